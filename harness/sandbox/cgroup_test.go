//go:build linux && (amd64 || arm64)

package sandbox

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHierarchiesAreFound(t *testing.T) {
	t.Parallel()
	const v1 = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
39 31 0:36 /outer /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
41 31 0:38 / /sys/fs/cgroup/nowhere rw,relatime - cgroup2 cgroup2 rw
`
	require.Equal(t, []hierarchy{
		{controllers: []string{"cpu"}, dir: "/sys/fs/cgroup/cpu,cpuacct"},
		{controllers: []string{"memory"}, dir: "/sys/fs/cgroup/memory/a/b"},
		{controllers: []string{"pids"}, dir: "/sys/fs/cgroup/pids/inner"},
	}, findHierarchies(v1, "8:pids:/outer/inner\n4:memory:/a/b\n2:cpu,cpuacct:/\n0::/\n"), "a unified tree without controllers is passed over")

	// A delegated subtree of v2, played by a folder.
	point := t.TempDir()
	own := filepath.Join(point, "user.slice", "grader.scope")
	require.NoError(t, os.MkdirAll(own, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(own, "cgroup.controllers"), []byte("cpuset cpu io memory pids\n"), 0o644))
	found := findHierarchies("30 23 0:26 / "+point+" rw - cgroup2 cgroup2 rw,nsdelegate\n", "0::/user.slice/grader.scope\n")
	require.Equal(t, []hierarchy{{v2: true, controllers: []string{"cpu", "memory", "pids"}, dir: own}}, found)

	c := &cgroups{}
	require.NoError(t, c.use(found[0]))
	require.True(t, c.has("memory"))
	read := func(elem ...string) string {
		b, err := os.ReadFile(filepath.Join(elem...))
		require.NoError(t, err)
		return string(b)
	}
	require.Equal(t, "+cpu +memory +pids", read(own, "cgroup.subtree_control"))
	l := limits{Memory: 512 << 20, Processes: 256, CPUs: 2}
	dir := filepath.Join(c.trees[0].dir, "1")
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.NoError(t, c.trees[0].limit(dir, l))
	require.Equal(t, "536870912", read(dir, "memory.max"))
	require.Equal(t, "0", read(dir, "memory.swap.max"))
	require.Equal(t, "256", read(dir, "pids.max"))
	require.Equal(t, "200000 100000", read(dir, "cpu.max"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "memory.peak"), []byte("1234\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "memory.events"), []byte("low 0\noom 1\noom_kill 1\n"), 0o644))
	memory, oom := (&cgroup{trees: c.trees, dirs: []string{dir}}).usage()
	require.EqualValues(t, 1234, memory)
	require.True(t, oom)
	for _, f := range c.locks {
		f.Close()
	}
}

func TestPolicyIsRead(t *testing.T) {
	t.Parallel()
	p, err := parsePolicy(policyText)
	require.NoError(t, err)
	require.Positive(t, p.limits[true].Memory)
	require.Greater(t, p.limits[true].Memory, p.limits[false].Memory)
	_, err = p.filter()
	require.NoError(t, err)
	for text, want := range map[string]string{
		"hide /etc":       "policy line 1: no such word: hide",
		"\nrun memory=1X": "policy line 2: not a size",
		"run memory=1M":   "is missing",
		"run speed=1":     "no such limit: speed",
	} {
		_, err := parsePolicy(text)
		require.ErrorContains(t, err, want)
	}
	for text, want := range map[string]string{
		"deny EPERM launch_missiles": "no such system call",
		"deny EIO ptrace":            "errno EIO",
		"family netlink:uevent":      "no such socket family",
	} {
		p, err := parsePolicy(text)
		require.NoError(t, err)
		_, err = p.filter()
		require.ErrorContains(t, err, want)
	}
}
