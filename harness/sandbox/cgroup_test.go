//go:build linux && (amd64 || arm64)

package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
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
	point, own := unified(t, "cpuset cpu io memory pids\n")
	require.NoError(t, os.WriteFile(filepath.Join(own, "cgroup.controllers"), []byte("cpuset cpu io memory pids\n"), 0o644))
	found := findHierarchies("30 23 0:26 / "+point+" rw - cgroup2 cgroup2 rw,nsdelegate\n", "0::/user.slice/grader.scope\n")
	require.Equal(t, []hierarchy{{v2: true, controllers: []string{"cpu", "memory", "pids"}, dir: own, top: point}}, found)

	c := &cgroups{}
	_, err := c.use(found[0])
	require.NoError(t, err)
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
	require.NoError(t, os.Remove(filepath.Join(dir, "memory.peak")))
	_, oom = (&cgroup{trees: c.trees, dirs: []string{dir}}).usage()
	require.True(t, oom, "Linux before 5.19 has no peak, and ends processes all the same")
	for _, f := range c.locks {
		f.Close()
	}
}

// unified is a folder that plays the tree of v2, with controllers at its top, and one in it that plays our cgroup.
func unified(t *testing.T, controllers string) (point, own string) {
	point = t.TempDir()
	own = filepath.Join(point, "user.slice", "grader.scope")
	require.NoError(t, os.MkdirAll(own, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(point, "cgroup.controllers"), []byte(controllers), 0o644))
	return point, own
}

// Where our cgroup cannot have others below it, the place is above: the
// nearest with the most controllers that lets us.
func TestThePlaceMayBeAbove(t *testing.T) {
	t.Parallel()
	point, own := unified(t, "cpu memory pids\n")
	slice := filepath.Dir(own)
	require.NoError(t, os.WriteFile(filepath.Join(own, "cgroup.controllers"), []byte("memory pids\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(slice, "cgroup.controllers"), []byte("memory pids\n"), 0o644))
	require.NoError(t, os.Mkdir(filepath.Join(own, "cgroup.subtree_control"), 0o755)) // cannot be written
	h := hierarchy{v2: true, controllers: []string{"cpu", "memory", "pids"}, dir: own, top: point}
	_, err := place(h)
	require.ErrorContains(t, err, "enable controllers in "+own, "nothing above lets us move a process")

	require.NoError(t, os.WriteFile(filepath.Join(slice, "cgroup.procs"), nil, 0o644))
	up, err := place(h)
	require.NoError(t, err)
	require.Equal(t, hierarchy{v2: true, controllers: []string{"memory", "pids"}, dir: slice, top: point}, up)

	require.NoError(t, os.WriteFile(filepath.Join(point, "cgroup.procs"), nil, 0o644))
	up, err = place(h)
	require.NoError(t, err)
	require.Equal(t, hierarchy{v2: true, controllers: []string{"cpu", "memory", "pids"}, dir: point, top: point}, up)
}

func TestAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for procs, want := range map[string]bool{
		fmt.Sprintln(os.Getpid()):           true,
		fmt.Sprintf("1\n%d\n", os.Getpid()): false,
		"":                                  true, // we have moved down meanwhile
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(procs), 0o644))
		require.Equal(t, want, alone(dir), "%q", procs)
	}
}

// A root that may write the tree of v2 has every limit in it, also where a
// shell shares its cgroup, and as often as it asks.
func TestRootIsCappedOnV2(t *testing.T) {
	t.Parallel()
	mountinfo, err := os.ReadFile("/proc/self/mountinfo")
	require.NoError(t, err)
	self, err := os.ReadFile("/proc/self/cgroup")
	require.NoError(t, err)
	for _, h := range findHierarchies(string(mountinfo), string(self)) {
		if !h.v2 || os.Getuid() != 0 || len(h.controllers) < len(wantControllers) || unix.Access(h.top+"/cgroup.procs", unix.W_OK) != nil {
			continue
		}
		for range 3 {
			c, problems := newCgroups()
			defer c.close()
			require.Empty(t, problems)
		}
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

// Harnesses that start at once sweep the same folder: none takes another's new one away.
func TestHarnessesThatStartAtOnceKeepTheirCgroups(t *testing.T) {
	t.Parallel()
	first, want := newCgroups()
	defer first.close()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				c, problems := newCgroups()
				assert.Equal(t, len(want), len(problems), "%v", problems)
				assert.NoError(t, c.close())
			}
		})
	}
	all.Wait()
}
