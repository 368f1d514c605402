//go:build linux

package main

import (
	"bytes"
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
		if os.Getuid() == 0 {
			doctorWithoutWalls(t)
		}
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

// What doctor says is what check does above, and of limits it knows of none.
func doctorWithoutWalls(t *testing.T) {
	var out bytes.Buffer
	doctor := newDoctor()
	doctor.SetOut(&out)
	doctor.SetArgs([]string{})
	doctor.SilenceErrors, doctor.SilenceUsage = true, true
	err := doctor.ExecuteContext(t.Context())
	require.Equal(t, exitFault, status(err))
	var told *exitError
	require.ErrorAs(t, err, &told)
	require.Contains(t, told.hint, "does not grade them as root (exit status 3); --no-isolation")
	require.Contains(t, out.String(), "NO   memory limit           nothing limits it without a sandbox")
	require.NotRegexp(t, "(?m)^yes", out.String())
	require.NotContains(t, out.String(), "instead")
}

func TestDoctorTellsAnOrdinaryUser(t *testing.T) {
	require.Contains(t, without(1000), "grades them on plain loopback with your own rights")
	require.Contains(t, without(1000), "with --require-isolation it does not (exit status 3)")
}
