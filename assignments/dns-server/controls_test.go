package dnsserver

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness"
	"github.com/wiregrade/wiregrade/harness/submission"
)

// controls are servers that nobody here wrote, graded as submissions; testdata/controls has their folders.
var controls = []struct {
	name, program, debian string
	lacks                 string // a group of checks for what the server has not
}{
	{name: "bind", program: "named", debian: "bind9"},
	{name: "nsd", program: "nsd", debian: "nsd", lacks: "update"},
}

// exceptions are the rules that a control breaks, each with its reason. One that is not needed is a mistake too. There are
// none: where the two differ, the statement leaves it open.
var exceptions []struct{ server, check, clause, reason string }

// TestControls holds the checks against servers that the world relies on: where one of them fails, it is the check
// that is suspected first. Advice counts here as a rule does.
func TestControls(t *testing.T) {
	for _, c := range controls {
		t.Run(c.name, func(t *testing.T) {
			_, err := exec.LookPath(c.program)
			if err != nil {
				_, err = exec.LookPath("/usr/sbin/" + c.program) // not everybody's PATH has it
			}
			if err != nil {
				t.Fatalf("%s is not installed: apt-get install %s", c.program, c.debian)
			}
			dir := filepath.Join("testdata", "controls", c.name)
			m, err := submission.ReadManifest(dir, false)
			require.NoError(t, err)
			run, err := harness.Grade(t.Context(), Suite(), dir, m, harness.Options{Seed: 1})
			require.NoError(t, err)
			require.Empty(t, run.Problem, run.Detail)
			require.False(t, run.Faulted())
			expected := map[string]string{}
			for _, e := range exceptions {
				if e.server == c.name {
					expected[e.check] = e.clause
				}
			}
			broken := map[string]string{}
			for _, r := range run.Results {
				if group, _, _ := strings.Cut(r.Name, "/"); group == c.lacks {
					require.NotEqual(t, grader.Pass, r.Verdict, "%s without what it is about", r.Name)
				} else if r.Verdict != grader.Pass {
					broken[r.Name] = r.Clause.String()
				}
			}
			require.Equal(t, expected, broken)
		})
	}
}
