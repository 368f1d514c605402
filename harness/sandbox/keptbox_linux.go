//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A keptBox is the keeper's side of one sandbox: its network and ipc namespaces.
type keptBox struct {
	k    *keeper
	own  shared
	pids []int // of every PID 1 in it

	volumes []string // where they are mounted
}

// serve answers a sandbox's requests until its socket is closed.
func (k *keeper) serve(fd int) {
	c, err := unixConn(fd)
	if err != nil {
		return
	}
	defer c.Close()
	s := <-k.spares
	b := &keptBox{k: k, own: s.shared}
	defer b.close()
	if s.err != nil {
		send(c, replyOf(s.err))
		return
	}
	err = send(c, reply{}, s.diag)
	unix.Close(s.diag)
	buffer := k.buffers.Get().([]byte)
	defer k.buffers.Put(buffer)
	for err == nil {
		var r request
		var fds, results []int
		if fds, err = receive(c, &r, buffer); err != nil {
			return
		}
		var failure error
		switch {
		case r.Socket != nil:
			results, failure = b.socket(*r.Socket)
		case r.Launch != nil:
			results, failure = b.launch(r.Launch, fds)
		case r.Volume:
			results, failure = b.volume()
		case r.Close:
			b.close()
		}
		closeAll(fds)
		err = send(c, replyOf(failure), results...)
		closeAll(results)
	}
}

func (b *keptBox) socket(s socketKind) (fds []int, err error) {
	err = b.inside(func() error {
		fd, err := unix.Socket(s.Family, s.Type|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, s.Protocol)
		if err == nil {
			fds = []int{fd}
		}
		return failed("make a socket", err)
	})
	return fds, err
}

// volume mounts a file system for a folder that the harness and the
// submission share: its size is what a submission may write. It
// returns its root, which is how the harness gets there.
func (b *keptBox) volume() ([]int, error) {
	at := fmt.Sprintf("%s/%d", baseVolume, b.k.volumes.Add(1))
	if err := unix.Mkdir(at, 0o755); err != nil {
		return nil, failed("make a volume", err)
	}
	l := b.k.policy.limits[false]
	options := fmt.Sprintf("size=%d,nr_inodes=%d,mode=0755", l.Written, l.Entries)
	if err := unix.Mount("tmpfs", at, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, options); err != nil {
		unix.Rmdir(at)
		return nil, failed("mount a volume", err)
	}
	b.volumes = append(b.volumes, at)
	fd, err := unix.Open(at, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, failed("open a volume", err)
	}
	return []int{fd}, nil
}

// shared are the namespaces that all processes of a sandbox have together.
// They belong to the keeper's user namespace: even root of a sandbox's own
// could not change them, neither the network nor the limits of System V ipc.
type shared struct{ net, ipc int }

func (s shared) close() {
	for _, fd := range []int{s.net, s.ipc} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}

// A spare is a pair of them that waits for a sandbox, and a sock_diag socket
// on its network; or why there is none.
type spare struct {
	shared
	diag int
	err  error
}

// spareCount is how many wait: making one takes longer than anything else that
// a launch needs.
const spareCount = 2

func (k *keeper) makeSpares() {
	for {
		k.spares <- k.makeSpare()
	}
}

// makeSpare makes a network namespace with nothing but a loopback in it, and
// an ipc namespace with room for little: what is in there is in no process's memory.
func (k *keeper) makeSpare() (s spare) {
	s.net, s.ipc, s.diag = -1, -1, -1
	s.err = onThread(k.home, func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return failed("unshare the network namespace", err)
		}
		if err := unix.Unshare(unix.CLONE_NEWIPC); err != nil {
			return failed("unshare the ipc namespace", err)
		}
		var err error
		if s.ipc, err = unix.Open("/proc/thread-self/ns/ipc", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
			return failed("open the ipc namespace", err)
		}
		for name, value := range map[string]string{
			"shmall": strconv.FormatInt(k.policy.limits[false].Tmpfs/int64(os.Getpagesize()), 10), "msgmni": "64",
			"sem": "32000 32000 500 128", // in an array, in all, in one call, arrays: 2 MiB
		} {
			if err := os.WriteFile("/proc/sys/kernel/"+name, []byte(value), 0); err != nil {
				return failed("set kernel."+name, errnoOf(err))
			}
		}
		if s.net, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
			return failed("open the network namespace", err)
		}
		if err := loopbackUp(); err != nil {
			return err
		}
		// Port 53 and 80 need no privilege in there.
		if err := os.WriteFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", []byte("0"), 0); err != nil {
			return failed("set ip_unprivileged_port_start", errnoOf(err))
		}
		s.diag, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
		return failed("open sock_diag", err)
	})
	return s
}

// close ends what still runs, collects it and lets go of the network namespace.
func (b *keptBox) close() {
	for _, pid := range b.pids {
		unix.Kill(pid, unix.SIGKILL)
	}
	for _, pid := range b.pids {
		for {
			if _, err := unix.Wait4(pid, nil, 0, nil); err != unix.EINTR {
				break
			}
		}
	}
	b.pids = nil
	for _, at := range b.volumes {
		unix.Unmount(at, unix.MNT_DETACH)
		unix.Rmdir(at)
	}
	b.volumes = nil
	b.own.close()
	b.own = shared{-1, -1}
}

// inside runs f on a thread that is in the sandbox's network and ipc namespaces.
func (b *keptBox) inside(f func() error) error {
	return onThread(b.k.home, func() error {
		if err := unix.Setns(b.own.net, unix.CLONE_NEWNET); err != nil {
			return failed("enter the network namespace", err)
		}
		if err := unix.Setns(b.own.ipc, unix.CLONE_NEWIPC); err != nil {
			return failed("enter the ipc namespace", err)
		}
		return f()
	})
}

// onThread runs f, which may change the thread's network and ipc namespaces,
// and changes them back. A thread for which that failed must not be used again:
// the keeper ends, and everything with it.
func onThread(home shared, f func() error) error {
	runtime.LockOSThread()
	err := f()
	if failure := errors.Join(unix.Setns(home.net, unix.CLONE_NEWNET), unix.Setns(home.ipc, unix.CLONE_NEWIPC)); failure != nil {
		panic(failure)
	}
	runtime.UnlockOSThread()
	return err
}

// loopbackUp brings lo up in the thread's network namespace, with 127.0.0.1/8 and ::1.
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return failed("bring loopback up", err)
	}
	defer unix.Close(fd)
	r := struct {
		name  [unix.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}{name: [unix.IFNAMSIZ]byte{'l', 'o'}, flags: unix.IFF_UP | unix.IFF_RUNNING}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&r))); errno != 0 {
		return failed("bring loopback up", errno)
	}
	return nil
}

// launch starts a process. It returns the pidfd of its sandbox's PID 1, and
// the pipe on which that says what failed before the command was executed.
func (b *keptBox) launch(l *launch, fds []int) ([]int, error) {
	if len(fds) != 4+l.Cgroups {
		return nil, fmt.Errorf("launch: %d descriptors came", len(fds))
	}
	volumes := map[string]string{}
	for dir, number := range l.Volumes {
		if number < 0 || number >= len(b.volumes) {
			return nil, fmt.Errorf("launch: there is no volume %d", number)
		}
		volumes[dir] = b.volumes[number]
	}
	s, err := b.k.script(l, volumes, fds)
	if err != nil {
		return nil, err
	}
	var sync, errs [2]int
	if err := unix.Pipe2(sync[:], unix.O_CLOEXEC); err != nil {
		return nil, failed("make a pipe", err)
	}
	defer closeAll(sync[:])
	if err := unix.Pipe2(errs[:], unix.O_CLOEXEC); err != nil {
		return nil, failed("make a pipe", err)
	}
	s.sync, s.errs = sync[0], errs[1]
	pid := 0
	err = b.inside(func() error {
		var errno unix.Errno
		if pid, errno = s.fork(); errno != 0 {
			return failed("clone into new namespaces", errno)
		}
		return nil
	})
	unix.Close(errs[1])
	if err != nil {
		unix.Close(errs[0])
		return nil, err
	}
	b.pids = append(b.pids, pid)
	err = mapUsers(pid, l.Slot)
	if err == nil {
		_, err = unix.Write(sync[1], []byte{1})
	}
	if err != nil {
		unix.Kill(pid, unix.SIGKILL)
		closeAll([]int{errs[0], int(s.pidfd)})
		return nil, failed("let the sandbox go on", err)
	}
	return []int{int(s.pidfd), errs[0]}, nil
}

// mapUsers gives a new user namespace its maps: the submission is user 1000 in
// there. With a slot the sandbox's PID 1 is another user than the submission.
func mapUsers(pid, slot int) error {
	m := fmt.Sprintf("%d 0 1\n", insideUser)
	if slot > 0 {
		m = fmt.Sprintf("0 0 1\n%d %d 1\n", insideUser, slot)
	}
	for _, name := range []string{"uid_map", "gid_map"} {
		if err := os.WriteFile(fmt.Sprintf("/proc/%d/%s", pid, name), []byte(m), 0); err != nil {
			return failed("write "+name, errnoOf(err))
		}
	}
	return nil
}

// insideUser is the user and group that a submission is, as seen from inside.
const insideUser = 1000
