package localpg

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

func query(t *testing.T, c *Cluster, sql string) string {
	conn, err := pgx.Connect(t.Context(), c.URL(""))
	require.NoError(t, err)
	defer conn.Close(t.Context())
	var s string
	require.NoError(t, conn.QueryRow(t.Context(), sql).Scan(&s))
	return s
}

// folder is a new folder that the account PostgreSQL runs as may enter, also where the tests run as root.
func folder(t *testing.T, name string) string {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	return filepath.Join(dir, name)
}

func TestCluster(t *testing.T) {
	t.Parallel()

	dir := folder(t, "cluster")
	c, err := Start(t.Context(), Options{Dir: dir, Forgetful: true})
	require.NoError(t, err)
	require.Equal(t, "", query(t, c, "SHOW listen_addresses"), "no network")
	require.Equal(t, "off", query(t, c, "SHOW fsync"))
	require.Equal(t, "UTF8", query(t, c, "SHOW server_encoding"))
	info, err := os.Stat(c.sockets)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm(), "only its owner reaches the socket")
	query(t, c, "WITH a AS (SELECT 1) SELECT 'x'")

	c.Kill()
	_, err = net.Dial("unix", filepath.Join(c.sockets, ".s.PGSQL.5432"))
	require.Error(t, err)
	require.NoError(t, c.Restart(t.Context()), "after a crash, its socket and pid file left behind")
	require.Equal(t, "1", query(t, c, "SELECT '1'"))

	_, err = Start(t.Context(), Options{Dir: dir, Forgetful: true})
	require.ErrorContains(t, err, "postmaster.pid", "one cluster, one postmaster")
	require.Equal(t, "1", query(t, c, "SELECT '1'"), "which goes on")
	require.NoError(t, c.Stop())
}

func TestDurableByDefault(t *testing.T) {
	t.Parallel()
	c, err := Start(t.Context(), Options{Dir: folder(t, strings.Repeat("long", 30)), Settings: map[string]string{"max_connections": "17"}})
	require.NoError(t, err)
	require.Equal(t, "on", query(t, c, "SHOW fsync"))
	require.Equal(t, "on", query(t, c, "SHOW synchronous_commit"))
	require.Equal(t, "17", query(t, c, "SHOW max_connections"))
	sockets := c.sockets
	require.NoError(t, c.Stop())
	require.NoDirExists(t, sockets, "the folder outside the data, for a long path, goes too")
}

func TestUnreachableFolder(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root has to become somebody else")
	}
	dir := filepath.Join(t.TempDir(), "cluster")
	_, err := Start(t.Context(), Options{Dir: dir})
	require.ErrorContains(t, err, "may not enter "+filepath.Dir(filepath.Dir(dir)))
}

func TestMissing(t *testing.T) {
	_, err := find("7")
	var missing *MissingError
	require.ErrorAs(t, err, &missing)
	require.ErrorContains(t, err, "no PostgreSQL 7, which the data folder was made with,")
	for release, want := range map[string]string{
		"ID=debian\n":                      "apt-get install postgresql",
		"ID=linuxmint\nID_LIKE=ubuntu\n":   "apt-get install postgresql",
		"ID=\"rocky\"\nID_LIKE=\"rhel\"\n": "dnf install postgresql-server",
		"ID=alpine\n":                      "apk add postgresql",
		"":                                 "your system's package manager",
	} {
		require.Contains(t, advice("linux", release), want, release)
		require.Contains(t, advice("linux", release), "DATABASE_URL")
	}
	require.Contains(t, advice("darwin", ""), "brew")
}
