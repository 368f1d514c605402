package dnsresolver

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness"
	"github.com/wiregrade/wiregrade/harness/submission"
)

// controls are resolvers that nobody here wrote, graded as submissions; testdata/controls has their folders.
var controls = []struct{ name, program, debian string }{
	{"unbound", "unbound", "unbound"},
	{"bind", "named", "bind9"},
}

// exceptions are the rules that a control breaks, each with its clause and reason. One that is not needed is a mistake too.
var exceptions = []struct{ server, check, clause, reason string }{
	{"unbound", "iteration/none-answers", "course §Deadlines MUST", "goes on trying for longer than 15 s before it says SERVFAIL"},
	{"unbound", "negative/no-name-any-type", "RFC 2308 §5 SHOULD", "keeps NXDOMAIN for the type that was asked, unless the answer is signed"},
	{"bind", "iteration/servers-in-a-circle", "RFC 1034 §5.3.3 MUST", "does not notice the circle, and says SERVFAIL when its 10 s for a question are over: a moment after the check's"},
}

// TestControls holds the checks against resolvers that the world relies on: where one of them fails, it is the check
// that is suspected first.
func TestControls(t *testing.T) {
	for _, c := range controls {
		t.Run(c.name, func(t *testing.T) {
			if _, err := exec.LookPath(c.program); err != nil {
				if _, err := exec.LookPath("/usr/sbin/" + c.program); err != nil { // not everybody's PATH has it
					t.Fatalf("%s is not installed: apt-get install %s", c.program, c.debian)
				}
			}
			dir := filepath.Join("testdata", "controls", c.name)
			m, err := submission.ReadManifest(dir, false)
			require.NoError(t, err)
			run, err := harness.Grade(t.Context(), Suite(), dir, m, harness.Options{Seed: 1, Sandboxes: isolated(t)})
			require.NoError(t, err)
			require.Empty(t, run.Problem, run.Detail)
			require.NotEmpty(t, run.Results)
			broken, expected := map[string]string{}, map[string]string{}
			for _, r := range run.Results {
				if r.Verdict != grader.Pass && r.Share > 0 {
					broken[r.Name] = r.Clause.String()
					t.Logf("%s %s: %s %v", r.Verdict, r.Name, r.Reason, r.Violations)
				}
			}
			for _, e := range exceptions {
				if e.server == c.name {
					expected[e.check] = e.clause
				}
			}
			require.Equal(t, expected, broken)
		})
	}
}
