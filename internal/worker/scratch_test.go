package worker

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSweepScratch has a folder that is in use, and one that a killed worker left.
func TestSweepScratch(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	used, remove, err := scratch()
	require.NoError(t, err)
	left, err := os.MkdirTemp("", scratchName)
	require.NoError(t, err)
	sweepScratch(time.Now())
	require.DirExists(t, left, "too new to tell")
	sweepScratch(time.Now().Add(time.Hour))
	require.NoDirExists(t, left)
	require.DirExists(t, used, "somebody holds it")
	remove()
	require.NoDirExists(t, used)
}
