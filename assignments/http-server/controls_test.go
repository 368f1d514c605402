package httpserver

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness"
	"github.com/wiregrade/wiregrade/harness/submission"
)

// controls are servers that nobody here wrote, graded as submissions; testdata/controls has their folders.
var controls = []struct{ name, program, debian string }{
	{"nginx", "nginx", "nginx-light"},
	{"lighttpd", "lighttpd", "lighttpd"},
}

// unbound are the checks of what this course asks for and a server of files has not: /form, PUT and DELETE.
var unbound = []string{
	"methods/form-", "methods/put-", "methods/delete", "methods/no-content-",
	"connections/chunked", "connections/body-split", "connections/expect",
}

// exceptions are the rules that a control breaks, each with its reason. One that is not needed is a mistake too.
var exceptions = []struct{ server, check, clause, reason string }{
	{"nginx", "methods/allow", "RFC 9110 §15.5.6 MUST", "its own 405 page has no Allow"},
	{"nginx", "conditional/none-match-first", "RFC 9110 §13.1.3 MUST", "a tag that matches is 304 only when the date does not contradict"},
	{"lighttpd", "messages/target-malformed", "course §Targets MUST", "a broken escape stands for itself, and no RFC asks for 400"},
}

// TestControls holds the checks against servers that the world relies on: where one of them fails, it is the check
// that is suspected first.
func TestControls(t *testing.T) {
	for _, c := range controls {
		t.Run(c.name, func(t *testing.T) {
			if _, err := exec.LookPath(c.program); err != nil {
				t.Fatalf("%s is not installed: apt-get install %s", c.program, c.debian)
			}
			run := gradeControl(t, c.name, func(check string) bool {
				group, _, _ := strings.Cut(check, "/")
				return slices.Contains([]string{"messages", "methods", "conditional", "connections"}, group) &&
					!slices.ContainsFunc(unbound, func(prefix string) bool { return strings.HasPrefix(check, prefix) })
			})
			broken := map[string]string{}
			for _, r := range run.Results {
				if r.Verdict != grader.Pass && r.Share > 0 {
					broken[r.Name] = r.Clause.String()
				}
			}
			expected := map[string]string{}
			for _, e := range exceptions {
				if e.server == c.name {
					expected[e.check] = e.clause
				}
			}
			require.Equal(t, expected, broken)
		})
	}
}

// TestControlWithDefects grades a server whose defects are known: the checks find them.
func TestControlWithDefects(t *testing.T) {
	if _, err := exec.LookPath("busybox"); err != nil {
		t.Fatal("busybox is not installed: apt-get install busybox")
	}
	defects := map[string]grader.Verdict{
		"methods/head-no-content":   grader.Fail, // sends the file
		"messages/host-missing":     grader.Fail,
		"messages/target-absolute":  grader.Fail,
		"methods/lower-case":        grader.Fail,
		"conditional/since":         grader.Weak, // knows the tag alone
		"connections/persistent":    grader.Weak, // closes after each response
		"messages/length-exact":     grader.Pass,
		"messages/content-large":    grader.Pass,
		"connections/close":         grader.Pass,
		"connections/http10-closes": grader.Pass,
		"robustness/byte-by-byte":   grader.Pass,
		"security/dot-dot-escaped":  grader.Pass,
	}
	run := gradeControl(t, "busybox", func(check string) bool { return defects[check] != "" })
	got := map[string]grader.Verdict{}
	for _, r := range run.Results {
		got[r.Name] = r.Verdict
	}
	require.Equal(t, defects, got)
}

func gradeControl(t *testing.T, name string, match func(check string) bool) *grader.Run {
	t.Helper()
	dir := filepath.Join("testdata", "controls", name)
	m, err := submission.ReadManifest(dir, false)
	require.NoError(t, err)
	run, err := harness.Grade(t.Context(), Suite(), dir, m, harness.Options{Seed: 1, Match: match})
	require.NoError(t, err)
	require.Empty(t, run.Problem, run.Detail)
	require.NotEmpty(t, run.Results)
	return run
}
