//go:build amd64 || arm64

package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Namespaces provides sandboxes that are cut off from the machine: each has a
// network of its own with nothing but a loopback, and each process its own
// view of files, processes and users. It needs no privilege where ordinary users may
// make user namespaces. main must have called Init.
type Namespaces struct {
	policy *policy
	shared *sharing
	groups *cgroups
	// missing has the cgroup controllers that may not be used, and why.
	missing map[string]error
	sweeper *sweeper

	mu     sync.Mutex // for what follows, and requests on conn
	conn   *net.UnixConn
	ended  chan struct{} // closed when the keeper has ended
	keeper int           // its process
	closed bool
}

// NewNamespaces starts a keeper. Its error says what this machine does not permit.
func NewNamespaces(ctx context.Context) (*Namespaces, error) {
	p, err := parsePolicy(policyText)
	if err != nil {
		return nil, err
	}
	n := &Namespaces{policy: p}
	if n.shared, err = newSharing(); err != nil {
		return nil, err
	}
	n.groups, n.missing = newCgroups()
	if n.sweeper, err = startSweeper(os.TempDir(), n.groups.parents()); err == nil {
		err = n.begin(ctx)
	}
	if err != nil {
		n.shared.close()
		err = errors.Join(err, n.groups.close())
		n.sweeper.close()
		return nil, err
	}
	return n, nil
}

// begin starts a keeper and waits until it is ready. On failure none is left.
func (n *Namespaces) begin(ctx context.Context) error {
	var theirs int
	var err error
	if n.conn, theirs, err = socketPair(); err != nil {
		return err
	}
	n.ended = make(chan struct{})
	err = n.startKeeper(theirs)
	unix.Close(theirs)
	if err == nil {
		err = send(n.conn, opening{Toolchains: toolchains(n.policy), Hidden: graders()})
	}
	var r reply
	if err == nil {
		stop := context.AfterFunc(ctx, func() { n.conn.Close() })
		_, err = receive(n.conn, &r, nil)
		stop()
	}
	if err == nil {
		err = r.err()
	}
	if err != nil {
		n.end()
		return fmt.Errorf("start the sandboxes' keeper: %w", err)
	}
	return nil
}

// end ends the keeper and with it whatever is left of its sandboxes.
func (n *Namespaces) end() {
	n.conn.Close()
	<-n.ended
}

// startKeeper starts this program again, in new namespaces, with sock as descriptor 3.
func (n *Namespaces) startKeeper(sock int) error {
	own := ownNamespaces()
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{keeperName, strconv.FormatUint(own.mnt, 10), strconv.FormatUint(own.user, 10)}
	cmd.Env = []string{"GOMAXPROCS=" + strconv.Itoa(runtime.GOMAXPROCS(0)), "GOTRACEBACK=none"}
	cmd.Dir = "/"
	fd, err := unix.FcntlInt(uintptr(sock), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return failed("start the keeper", err)
	}
	file := os.NewFile(uintptr(fd), "keeper")
	defer file.Close()
	cmd.ExtraFiles = []*os.File{file}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWIPC |
			unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP,
		UidMappings: n.shared.users(os.Getuid()),
		GidMappings: n.shared.users(os.Getgid()),
		// An ordinary user may not write a group map otherwise.
		GidMappingsEnableSetgroups: n.shared.first > 0,
		Pdeathsig:                  syscall.SIGKILL,
		Setpgid:                    true, // an interrupt at the terminal is the harness's to handle
	}
	started, ended := make(chan error), n.ended
	go func() {
		// The death signal comes with the end of the thread that started the
		// keeper. The thread lives on: it may have started others before.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			n.keeper = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			cmd.Wait()
		}
		close(ended)
	}()
	if err := errnoOf(<-started); err != nil {
		return whichStep(cmd.SysProcAttr, err)
	}
	return nil
}

// stepMaps is the step of a user namespace's start that needs more than its clone.
const stepMaps = "write the user namespace's uid_map and gid_map"

// whichStep finds out, one by one, which namespace could not be had: the
// kernel gives one errno for all of them together.
func whichStep(all *syscall.SysProcAttr, err error) error {
	try := func(flags uintptr, mapped bool) error {
		cmd := exec.Command("/proc/self/exe")
		cmd.Args = []string{nothingName}
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER | flags}
		if mapped {
			cmd.SysProcAttr.UidMappings, cmd.SysProcAttr.GidMappings = all.UidMappings, all.GidMappings
			cmd.SysProcAttr.GidMappingsEnableSetgroups = all.GidMappingsEnableSetgroups
		}
		err := cmd.Start()
		if err == nil {
			cmd.Wait()
		}
		return errnoOf(err)
	}
	if err := try(0, false); err != nil {
		return failed("clone the keeper into a new user namespace", err)
	}
	if err := try(0, true); err != nil {
		return failed(stepMaps, err)
	}
	for _, n := range []struct {
		name string
		flag uintptr
	}{
		{"mount", unix.CLONE_NEWNS}, {"pid", unix.CLONE_NEWPID}, {"network", unix.CLONE_NEWNET},
		{"ipc", unix.CLONE_NEWIPC}, {"uts", unix.CLONE_NEWUTS}, {"cgroup", unix.CLONE_NEWCGROUP},
	} {
		if err := try(n.flag, true); err != nil {
			return failed("clone the keeper into a new "+n.name+" namespace", err)
		}
	}
	return failed("clone the keeper into new namespaces", err)
}

// Isolation is "namespaces".
func (n *Namespaces) Isolation() string { return InNamespaces }

// Close ends the keeper and with it whatever is left of its sandboxes.
func (n *Namespaces) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil
	}
	n.closed = true
	n.end()
	n.shared.close()
	err := n.groups.close()
	n.sweeper.close()
	return err
}

// New makes a sandbox with a network namespace of its own. Should the keeper
// have been killed (a machine without memory chooses its own victims), what ran
// in it is lost, and another keeper is started.
func (n *Namespaces) New(ctx context.Context) (Sandbox, error) {
	conn, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	err = n.request(ctx, theirs)
	unix.Close(theirs)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("ask the keeper for a sandbox: %w", err)
	}
	b := &nsBox{n: n, conn: conn}
	fds, err := b.answer()
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("make a sandbox: %w", err)
	}
	b.diag = &diag{fds[0]}
	return b, nil
}

// request hands the keeper its end of a new sandbox's socket.
func (n *Namespaces) request(ctx context.Context, theirs int) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return net.ErrClosed
	}
	if err := send(n.conn, struct{}{}, theirs); !errors.Is(err, unix.EPIPE) {
		return err
	}
	n.end()
	if err := n.begin(ctx); err != nil {
		return err
	}
	return send(n.conn, struct{}{}, theirs)
}

// Capped says whether cgroups limit memory, pids or cpu here. Where they do
// not, each process is limited by itself, and not all of them together.
func (n *Namespaces) Capped(controller string) bool { return n.groups.has(controller) }
