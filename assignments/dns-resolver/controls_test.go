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

// exceptions are the rules that unbound breaks, each with its clause and reason. One that is not needed is a mistake too.
var exceptions = []struct{ check, clause, reason string }{
	{"iteration/none-answers", "course §Deadlines MUST", "goes on trying for longer than 15 s before it says SERVFAIL"},
	{"negative/no-name-any-type", "RFC 2308 §5 SHOULD", "keeps NXDOMAIN for the type that was asked, unless the answer is signed"},
}

// TestUnbound holds the checks against a resolver that the world relies on: where it fails, it is the check
// that is suspected first.
func TestUnbound(t *testing.T) {
	if _, err := exec.LookPath("unbound"); err != nil {
		if _, err := exec.LookPath("/usr/sbin/unbound"); err != nil {
			t.Fatal("unbound is not installed: apt-get install unbound")
		}
	}
	dir := filepath.Join("testdata", "controls", "unbound")
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
		expected[e.check] = e.clause
	}
	require.Equal(t, expected, broken)
}
