//go:build linux && (amd64 || arm64)

package sandbox

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A block is a lock in a folder that only root may write: nobody else can take all of them away.
func TestUserNumbersAreRootsToClaim(t *testing.T) {
	first, err := newSharing()
	require.NoError(t, err)
	defer first.close()
	if !mayMapUsers() || os.Getuid() != 0 {
		require.Zero(t, first.first, "an ordinary user has none")
		return
	}
	second, err := newSharing()
	require.NoError(t, err)
	defer second.close()
	require.GreaterOrEqual(t, first.first, lowUser)
	require.NotEqual(t, first.first, second.first)
	info, err := os.Stat(filepath.Dir(first.block.Name()))
	require.NoError(t, err)
	require.EqualValues(t, 0o700, info.Mode().Perm())
}

func TestUserMapsAreRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "uid_map")
	require.NoError(t, os.WriteFile(path, []byte("         0       1001          1\n         1     100000      65536\n"), 0o644))
	r := idMap(path)
	require.True(t, r.has(16384, blockUsers))
	require.False(t, r.has(63000, blockUsers))
	require.False(t, r.has(firstUser, blockUsers))
	require.False(t, r.has(0, 2))
}

// Root of a user namespace, as in a rootless container, has sandboxes too.
func TestRootOfAUserNamespaceHasSandboxes(t *testing.T) {
	if os.Getenv("WIREGRADE_INNER_ROOT") != "" {
		p, out := runIn(t, box(t, namespaces(t)), Command{Line: "id -u"})
		require.Equal(t, "1000\n", out, "%s", p.Stderr())
		return
	}
	unshare, err := exec.LookPath("unshare")
	require.NoError(t, err)
	cmd := exec.Command(unshare, "--user", "--map-root-user", os.Args[0], "-test.run", "^TestRootOfAUserNamespaceHasSandboxes$")
	cmd.Env = append(os.Environ(), "WIREGRADE_INNER_ROOT=1", "TMPDIR="+t.TempDir())
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, strings.TrimSpace(string(out)), "PASS")
}
