//go:build amd64 || arm64

package sandbox

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A keptBox is the keeper's side of one sandbox: its network namespace.
type keptBox struct {
	k    *keeper
	net  int
	pids []int
	dead []chan struct{}
}

// serve answers a sandbox's requests until its socket is closed.
func (k *keeper) serve(fd int) {
	c, err := unixConn(fd)
	if err != nil {
		return
	}
	defer c.Close()
	b := &keptBox{k: k}
	defer b.close()
	diag, err := b.open()
	if err != nil {
		send(c, replyOf(err))
		return
	}
	err = send(c, reply{}, diag)
	unix.Close(diag)
	for err == nil {
		var r request
		var fds []int
		if fds, err = receive(c, &r); err != nil {
			return
		}
		result := -1
		var failure error
		switch {
		case r.Socket != nil:
			failure = b.inside(func() (err error) {
				s := r.Socket
				result, err = unix.Socket(s.Family, s.Type|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, s.Protocol)
				return failed("make a socket", err)
			})
		case r.Launch != nil:
			result, failure = b.launch(r.Launch, fds)
		case r.Close:
			b.close()
		}
		closeAll(fds)
		if result < 0 {
			err = send(c, replyOf(failure))
			continue
		}
		err = send(c, reply{}, result)
		unix.Close(result)
	}
}

// open makes the network namespace, with nothing but a loopback in it, and
// returns a sock_diag socket on it.
func (b *keptBox) open() (diag int, err error) {
	b.net, diag = -1, -1
	err = onThread(b.k.home, func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return failed("unshare the network namespace", err)
		}
		if b.net, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
			return failed("open the network namespace", err)
		}
		if err := loopbackUp(); err != nil {
			return err
		}
		// Port 53 and 80 need no privilege in there.
		if err := os.WriteFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", []byte("0"), 0); err != nil {
			return failed("set ip_unprivileged_port_start", errnoOf(err))
		}
		diag, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
		return failed("open sock_diag", err)
	})
	return diag, err
}

// close ends what still runs and lets go of the network namespace.
func (b *keptBox) close() {
	for i, pid := range b.pids {
		select {
		case <-b.dead[i]:
		default:
			unix.Kill(pid, unix.SIGKILL)
		}
	}
	for _, d := range b.dead {
		<-d
	}
	b.pids, b.dead = nil, nil
	if b.net >= 0 {
		unix.Close(b.net)
	}
	b.net = -1
}

// inside runs f on a thread that is in the sandbox's network namespace.
func (b *keptBox) inside(f func() error) error {
	return onThread(b.k.home, func() error {
		if err := unix.Setns(b.net, unix.CLONE_NEWNET); err != nil {
			return failed("enter the network namespace", err)
		}
		return f()
	})
}

// onThread runs f, which may change the thread's network namespace, and
// changes it back. A thread for which that fails is never used again.
func onThread(home int, f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := f()
		if unix.Setns(home, unix.CLONE_NEWNET) == nil {
			runtime.UnlockOSThread()
		}
		done <- err
	}()
	return <-done
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

// launch starts a process and returns the pidfd of its sandbox's PID 1.
func (b *keptBox) launch(l *launch, fds []int) (pidfd int, err error) {
	if len(fds) != 4+l.Cgroups {
		return -1, fmt.Errorf("launch: %d descriptors came", len(fds))
	}
	var sync, errs [2]int
	if err := unix.Pipe2(sync[:], unix.O_CLOEXEC); err != nil {
		return -1, failed("make a pipe", err)
	}
	defer closeAll(sync[:])
	if err := unix.Pipe2(errs[:], unix.O_CLOEXEC); err != nil {
		return -1, failed("make a pipe", err)
	}
	defer unix.Close(errs[0])
	s, err := b.k.script(l, fds)
	if err != nil {
		unix.Close(errs[1])
		return -1, err
	}
	s.sync, s.errs = sync[0], errs[1]
	pid := 0
	err = b.inside(func() error {
		var errno error
		if p, e := s.fork(); e != 0 {
			errno = e
		} else {
			pid = p
		}
		return failed("clone into new namespaces", errno)
	})
	unix.Close(errs[1])
	if err != nil {
		return -1, err
	}
	b.pids, b.dead = append(b.pids, pid), append(b.dead, b.k.child(pid))
	err = mapUsers(pid, l.Slot)
	if err == nil {
		_, err = unix.Write(sync[1], []byte{1})
	}
	if err == nil {
		err = s.outcome(errs[0])
	}
	runtime.KeepAlive(s)
	if err != nil {
		unix.Kill(pid, unix.SIGKILL)
		unix.Close(int(s.pidfd))
		return -1, err
	}
	return int(s.pidfd), nil
}

// outcome waits until the command has been executed, or reports which step failed.
func (s *script) outcome(errs int) error {
	var failure [2]int32
	b := unsafe.Slice((*byte)(unsafe.Pointer(&failure)), 8)
	for {
		n, err := unix.Read(errs, b)
		if err == unix.EINTR {
			continue
		}
		switch i := int(failure[0]); {
		case err != nil:
			return failed("wait for the command", err)
		case n == 0:
			return nil
		case i < 0:
			return fmt.Errorf("%s", refusals[failure[0]])
		case i < len(s.setup):
			return failed(s.setup[i].step, unix.Errno(failure[1]))
		case i-len(s.setup) < len(s.main) && failure[1] != 0:
			return failed(s.main[i-len(s.setup)].step, unix.Errno(failure[1]))
		}
		return fmt.Errorf("the sandbox's child failed in an unknown way: %v", failure)
	}
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
