//go:build linux && (amd64 || arm64)

package attack

import (
	"regexp"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/harness/sandbox"
)

func bomb(t *testing.T, kind string) outcome {
	capped := "free"
	if provider.Capped("memory") {
		capped = "capped"
	}
	return try(t, attempt{file: "bomb.py", args: []string{kind, capped}})
}

// after is the number in "errno after 17".
func after(t *testing.T, s string) int {
	m := regexp.MustCompile(`after (\d+)`).FindStringSubmatch(s)
	require.NotNil(t, m, s)
	n, err := strconv.Atoi(m[1])
	require.NoError(t, err)
	return n
}

func TestB1ForkBomb(t *testing.T) {
	o := bomb(t, "fork")
	require.Contains(t, o.said["fork"], "EAGAIN", "RLIMIT_NPROC, or the pids cgroup")
	n := after(t, o.said["fork"])
	require.Less(t, n, 256)
	require.Equal(t, n, o.exit.Usage.Left, "all were there at the end, and all were ended")
}

// Memory of every kind ends the program, by the memory cgroup or, without one, by measuring.
func TestB1MemoryBomb(t *testing.T) {
	for _, kind := range []string{"memory", "shared", "memfd"} {
		o := bomb(t, kind)
		require.True(t, o.exit.Usage.OOM, kind)
		require.Contains(t, o.exit.String(), "more memory than is allowed", kind)
		require.NotContains(t, o.out, "ALLOWED")
		if provider.Capped("memory") {
			require.LessOrEqual(t, o.exit.Usage.Memory, int64(513<<20))
		}
	}
	o := bomb(t, "sysv")
	require.Contains(t, o.said["sysv"], "ENOSPC", "kernel.shmall of the sandbox's ipc namespace")
	require.LessOrEqual(t, after(t, o.said["sysv"]), 64)
	o = bomb(t, "forked")
	require.Equal(t, "done", o.said["forked"], "what is shared counts once: %v", o.exit)
}

func TestB1Tmpfs(t *testing.T) {
	o := bomb(t, "tmpfs")
	require.Contains(t, o.said["tmpfs"], "ENOSPC", "the size of the tmpfs")
	require.LessOrEqual(t, after(t, o.said["tmpfs"]), 64)
	o = bomb(t, "inodes")
	require.Contains(t, o.said["inodes"], "ENOSPC", "the inodes of the tmpfs")
}

// The assignment's folder is a file system of its own, which holds what is
// allowed and no more: also what has no name any more, or none that can be seen.
func TestB1Disk(t *testing.T) {
	o := bomb(t, "file")
	require.Contains(t, o.said["file"], "EFBIG", "RLIMIT_FSIZE")
	for _, kind := range []string{"disk", "unlinked", "hidden", "reserved"} {
		o := bomb(t, kind)
		require.Contains(t, o.said[kind], "ENOSPC", "%s: the size of the folder's file system", kind)
		require.LessOrEqual(t, after(t, o.said[kind]), 128)
	}
	o = bomb(t, "entries")
	require.Contains(t, o.said["entries"], "ENOSPC", "the inodes of the folder's file system")
	require.LessOrEqual(t, after(t, o.said["entries"]), 20000)
}

// A build's tree stands on the machine's disk: it is measured.
func TestB1E1DiskOfABuild(t *testing.T) {
	for _, kind := range []string{"unlinked", "deep"} {
		o := try(t, attempt{file: "bomb.py", args: []string{kind, "", "stay"}, build: true})
		require.True(t, o.exit.Filled, "%s: what is written is counted", kind)
		require.Contains(t, o.exit.String(), "wrote more into its folders")
	}
}

func TestB1SocketBuffers(t *testing.T) {
	o := bomb(t, "sockets")
	if o.exit.Usage.OOM {
		return
	}
	require.Contains(t, o.said["sockets"], "EMFILE", "RLIMIT_NOFILE bounds what one process holds")
	require.Less(t, after(t, o.said["sockets"]), 1024)
	o = bomb(t, "descriptors")
	require.Contains(t, o.said["descriptors"], "EMFILE")
}

func TestB1Flood(t *testing.T) {
	o := bomb(t, "flood")
	require.True(t, o.exit.Flooded, "the harness counts output")
	// As much as is allowed, to the byte, and one more.
	o = try(t, attempt{file: "bomb.py", args: []string{"print", strconv.Itoa(16 << 20)}})
	require.Equal(t, "exit status 0", o.exit.String())
	o = try(t, attempt{file: "bomb.py", args: []string{"print", strconv.Itoa(16<<20 + 1)}})
	require.True(t, o.exit.Flooded)
	require.EqualValues(t, 16<<20+1, o.exit.Usage.Output)
}

// What spins or sleeps for ever, and ignores signals, ends with its sandbox.
func TestB1SpinAndSleep(t *testing.T) {
	for _, kind := range []string{"cpu", "sleep"} {
		o := try(t, attempt{file: "bomb.py", args: []string{kind, ""}, endless: true, during: func(p sandbox.Process) {
			select {
			case <-p.Done():
				t.Fatal("it ended by itself: ", p.Exit())
			default:
			}
		}})
		require.Equal(t, syscall.SIGKILL, o.exit.Signal)
		require.True(t, o.exit.Killed)
	}
}

// Only the harness ends a sandbox: PID 1 knows its request by who sends it.
func TestF4ForgedEnd(t *testing.T) {
	o := bomb(t, "forge")
	require.Contains(t, []string{"sent", "EPERM"}, o.said["forge"])
	require.Equal(t, "here", o.said["still"])
	require.Equal(t, "exit status 0", o.exit.String())
}

func TestB2F7Daemon(t *testing.T) {
	o := bomb(t, "daemon")
	require.Equal(t, "exit status 0", o.exit.String())
	require.Equal(t, 1, o.exit.Usage.Left, "it was there, and was ended with PID 1")
}

func TestS4Channels(t *testing.T) {
	leave, err := provider.New(t.Context())
	require.NoError(t, err)
	defer leave.Close()
	dir := t.TempDir()
	line := compile(t, dir, "channel.py")
	stdin, hold := pipe(t)
	said := door(t, leave)
	p, err := leave.Start(t.Context(), sandbox.Command{
		Line: line, Args: []string{"leave"}, Dir: dir, Stdin: stdin, Env: []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp/home"},
	})
	require.NoError(t, err)
	defer hold.Close()
	require.Contains(t, said(p), "/dev/shm/sign", "%s", p.Stderr())
	o := try(t, attempt{file: "channel.py", args: []string{"look"}})
	require.Equal(t, "[]", o.said["found"])
}
