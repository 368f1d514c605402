//go:build linux

package main

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// Where root cannot isolate, a submission is not run with root's rights unless that is asked for.
func TestRootNeverFallsBack(t *testing.T) {
	if os.Getenv("WIREGRADE_NO_CAPABILITIES") != "" {
		boxes, err := (&isolationFlags{}).open(t.Context())
		if os.Getuid() == 0 {
			require.Equal(t, exitFault, status(err))
			require.ErrorContains(t, err, "cannot isolate")
			boxes, err = (&isolationFlags{without: true}).open(t.Context())
		}
		require.NoError(t, err)
		boxes.close()
		return
	}
	self := []string{os.Args[0], "-test.run", "^TestRootNeverFallsBack$"}
	if os.Getuid() == 0 {
		self = append([]string{"setpriv", "--bounding-set=-all", "--inh-caps=-all"}, self...)
	}
	cmd := exec.Command(self[0], self[1:]...)
	cmd.Env = append(os.Environ(), "WIREGRADE_NO_CAPABILITIES=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "PASS")
}
