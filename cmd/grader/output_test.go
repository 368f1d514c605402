package main

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
)

// TestOutputKeepsAPipe: what is no regular file is written to and stays what it is. A pipe stands
// for a device here, since a test that fails must not cost the machine one.
func TestOutputKeepsAPipe(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for _, discard := range []bool{false, true} {
		read := make(chan []byte, 1)
		go func() {
			data, _ := os.ReadFile(pipe)
			read <- data
		}()
		f := &checkFlags{output: pipe, format: "json"}
		o, err := openOutputs(f, io.Discard)
		require.NoError(t, err)
		if discard {
			o.discard()
			require.Empty(t, <-read)
		} else {
			require.NoError(t, o.write(f, &grader.Run{}, ""))
			require.Contains(t, string(<-read), "grader.report/v1")
		}
		info, err := os.Lstat(pipe)
		require.NoError(t, err)
		require.Equal(t, os.ModeNamedPipe, info.Mode().Type())
		require.NoFileExists(t, pipe+".part")
	}
}
