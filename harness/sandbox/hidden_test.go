//go:build linux && (amd64 || arm64)

package sandbox

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// No grader can be run from inside: it could have the reference answer.
func TestGradersAreNotShown(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	require.NoError(t, err)
	// A program that every sandbox shows plays a grader that is on PATH by a link.
	real, err := filepath.EvalSymlinks("/usr/bin/tac")
	require.NoError(t, err)
	require.NoError(t, os.Symlink("/usr/bin/tac", filepath.Join(dir, "grader")))
	linked := filepath.Join(filepath.Dir(self), "another-name")
	require.NoError(t, os.Link(self, linked))
	defer os.Remove(linked)
	t.Setenv("PATH", dir+":"+filepath.Dir(self)+":"+os.Getenv("PATH"))
	require.Subset(t, graders(), []string{self, real, linked})

	p, out := runIn(t, box(t, namespaces(t)), Command{Line: `echo line | tac; [ ! -s /usr/bin/tac ] && echo covered; rm -f /etc/wiregrade-sandbox 2>/dev/null; cat /etc/wiregrade-sandbox; true`})
	require.Equal(t, "covered\nThis is a sandbox of Wiregrade.\n", out)
	require.Contains(t, string(p.Stderr()), "ermission denied")
	require.False(t, Inside())
}
