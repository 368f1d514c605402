//go:build linux && (amd64 || arm64)

package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatIsWrittenIsCounted(t *testing.T) {
	t.Parallel()
	l := limits{Written: 1 << 20, Entries: 50}
	own := []int{os.Getpid()}
	write := func(path string, size int) *os.File {
		f, err := os.Create(path)
		require.NoError(t, err)
		t.Cleanup(func() { f.Close() })
		_, err = f.Write(make([]byte, size))
		require.NoError(t, err)
		return f
	}
	dir := t.TempDir()
	require.False(t, filled([]string{dir}, held{}, l))
	write(filepath.Join(dir, "file"), 512<<10)
	require.False(t, filled([]string{dir}, holdings(own, true), l))

	// Without a name any more.
	f := write(filepath.Join(dir, "gone"), 2<<20)
	require.NoError(t, os.Remove(f.Name()))
	require.False(t, filled([]string{dir}, held{}, l))
	require.True(t, filled([]string{dir}, holdings(own, true), l))
	f.Close()
	require.False(t, filled([]string{dir}, holdings(own, true), l))

	// In a folder that cannot be listed.
	hidden := filepath.Join(dir, "hidden")
	require.NoError(t, os.Mkdir(hidden, 0o755))
	write(filepath.Join(hidden, "file"), 2<<20).Close()
	require.NoError(t, os.Chmod(hidden, 0o300))
	require.True(t, filled([]string{dir}, holdings(own, true), l))
	require.NoError(t, os.RemoveAll(hidden))
	require.False(t, filled([]string{dir}, holdings(own, true), l))

	for i := range 60 {
		write(filepath.Join(dir, fmt.Sprint(i)), 0)
	}
	require.True(t, filled([]string{dir}, holdings(own, true), l))
}
