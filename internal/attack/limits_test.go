//go:build linux && (amd64 || arm64)

package attack

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/harness/sandbox"
)

// policy are the lines of policy.txt that begin with a word.
func policy(t *testing.T, word string) (lines []string) {
	text, err := os.ReadFile("../../harness/sandbox/policy.txt")
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, word+" "); ok {
			lines = append(lines, strings.TrimSpace(rest))
		}
	}
	require.NotEmpty(t, lines)
	return lines
}

// allowed are the limits that policy.txt sets for a run or a build.
func allowed(t *testing.T, profile string) map[string]int64 {
	l := map[string]int64{}
	for _, f := range strings.Fields(policy(t, profile)[0]) {
		name, value, _ := strings.Cut(f, "=")
		number := strings.TrimRight(value, "KMG")
		n, err := strconv.ParseInt(number, 10, 64)
		require.NoError(t, err)
		shift := map[string]int{"": 0, "K": 10, "M": 20, "G": 30}[strings.TrimPrefix(value, number)]
		l[name] = n << shift
	}
	return l
}

// Every limit is the policy's, as the kernel tells the program itself.
func TestB1Rlimits(t *testing.T) {
	profiles(t, func(t *testing.T, build bool) {
		l := allowed(t, map[bool]string{false: "run", true: "build"}[build])
		o := try(t, attempt{file: "limits.py", build: build})
		for name, want := range map[string]int64{
			"CPU": l["cpu-seconds"], "NPROC": l["processes"], "FSIZE": l["file"], "NOFILE": l["open"], "CORE": 0, "MEMLOCK": 64 << 10, "MSGQUEUE": 0, "SIGPENDING": 1024,
		} {
			require.Equal(t, fmt.Sprintf("%d %d", want, want), o.said[name], name)
		}
		if !provider.Capped("memory") {
			require.Equal(t, fmt.Sprintf("%d %d", l["data"], l["data"]), o.said["DATA"])
		}
		require.Equal(t, "EMFILE after 16", o.said["inotify"], "what the machine's user has few of is shared")
		require.Equal(t, "EPERM", o.said["raise"], "a hard limit is not raised")
	})
}

// The cgroups of a process that runs have the policy's limits, and it is in them.
func TestB1Cgroups(t *testing.T) {
	l := allowed(t, "run")
	seen := map[string]bool{}
	try(t, attempt{file: "bomb.py", args: []string{"sleep", ""}, endless: true, during: func(p sandbox.Process) {
		for _, dir := range cgroups(t) {
			read := func(name string) string {
				data, _ := os.ReadFile(filepath.Join(dir, name))
				return strings.TrimSpace(string(data))
			}
			if read("cgroup.procs") == "" {
				continue // not a sandbox's
			}
			for name, want := range map[string]string{
				"memory.limit_in_bytes": fmt.Sprint(l["memory"]), "memory.max": fmt.Sprint(l["memory"]), "pids.max": fmt.Sprint(l["processes"]),
				"cpu.cfs_quota_us": fmt.Sprint(l["cpus"] * 100_000), "cpu.max": fmt.Sprint(l["cpus"]*100_000, " 100000"),
			} {
				if got := read(name); got != "" {
					require.Equal(t, want, got, dir)
					controller, _, _ := strings.Cut(name, ".")
					seen[controller] = true
				}
			}
		}
	}})
	for _, controller := range []string{"memory", "pids", "cpu"} {
		require.Equal(t, provider.Capped(controller), seen[controller], controller)
	}
}

// As root every submission is a user of its own outside, and none is root.
func TestS1UsersDiffer(t *testing.T) {
	users := map[string]int{}
	count := func() {
		for _, pid := range descendants(os.Getpid()) {
			comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
			status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			if _, rest, ok := strings.Cut(string(status), "\nUid:\t"); ok && strings.HasPrefix(string(comm), "python3") {
				uid, _, _ := strings.Cut(rest, "\t")
				users[uid]++
			}
		}
	}
	// The neighbour is the other one.
	try(t, attempt{file: "bomb.py", args: []string{"sleep", ""}, endless: true, during: func(p sandbox.Process) {
		count()
	}})
	if os.Getuid() == 0 {
		require.Len(t, users, 2, "%v", users)
		require.NotContains(t, users, "0")
	} else {
		require.Equal(t, map[string]int{strconv.Itoa(os.Getuid()): 2}, users)
	}
}
