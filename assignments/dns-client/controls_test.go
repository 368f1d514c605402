package dnsclient

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness"
	"github.com/wiregrade/wiregrade/harness/submission"
)

// exceptions are the rules that dig breaks, by check: the clause and the reason. One that is not needed is a mistake too.
var exceptions = map[string]struct{ clause, reason string }{
	"forged/broken-reply": {"course §What is left open MAY", "it says that it got a bad packet, and ends"},
	"forged/not-a-reply":  {"course §Strangers MUST", "it warns that the bit QR is not set, and prints the message all the same"},
}

// TestControls holds the checks against dig: where it fails one, it is the check that is suspected first.
func TestControls(t *testing.T) {
	if _, err := exec.LookPath("dig"); err != nil {
		t.Fatal("dig is not installed: apt-get install bind9-dnsutils")
	}
	dir := filepath.Join("testdata", "controls", "dig")
	m, err := submission.ReadManifest(dir, true)
	require.NoError(t, err)
	run, err := harness.Grade(t.Context(), Suite(), dir, m, harness.Options{Seed: 1})
	require.NoError(t, err)
	require.Empty(t, run.Problem, run.Detail)
	require.Len(t, run.Results, len(Suite().Items()))
	broken, expected := map[string]string{}, map[string]string{}
	for _, r := range run.Results {
		if r.Verdict != grader.Pass {
			broken[r.Name] = r.Clause.String()
			t.Logf("%s %s: %s %v", r.Verdict, r.Name, r.Reason, r.Violations)
		}
	}
	for check, e := range exceptions {
		expected[check] = e.clause
	}
	require.Equal(t, expected, broken)
}
