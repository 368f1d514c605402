//go:build amd64 || arm64

package sandbox

import (
	"encoding/binary"
	"errors"
	"io"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A script is all that the processes of a sandbox do before the submission's
// command runs. Between clone and exec a child of a Go program has no runtime:
// it may not allocate, grow its stack or take a lock. So everything is
// prepared by the keeper, and the child only makes system calls, one after the
// other. That also spares it the start of another Go program.
type script struct {
	flags uintptr // of the clone
	from  nsIDs   // the keeper's namespaces, for the guard

	setup []call // made by PID 1
	main  []call // made by the submission's process; the last is execve

	sync, errs, report int // descriptors: go ahead, what failed, how it ended

	pidfd   int32
	failure [2]int32 // reason of the guard or 0, errno; the step's name follows
	ending  ending
	statx   unix.Statx_t
	usage   syscall.Rusage
	info    [128]byte // siginfo_t
	status  int32
	signals [3]uint64 // all; those PID 1 waits for; none
	old     uint64    // the keeper's own mask
	alive   []any     // memory that calls refer to
}

// A call is one prepared system call.
type call struct {
	nr       uintptr
	args     [6]uintptr
	optional bool   // failing is no reason to stop
	step     string // what it is for, in the words of an error
}

// An ending is what PID 1 reports when the submission's process has ended.
type ending struct {
	Status  int32 // as wait4 gives it
	Left    int32 // processes that were still there
	Stopped int32 // whether the harness asked for the end
	_       int32
	CPU     int64 // microseconds, of all processes
	MaxRSS  int64 // KiB, of the largest process
}

// readFailure waits until the command has been executed, or says which step
// failed. It reads what the child writes to errs.
func readFailure(errs io.Reader) error {
	b, err := io.ReadAll(errs)
	switch {
	case err != nil:
		return failed("wait for the command", err)
	case len(b) == 0:
		return nil
	case len(b) < 8:
		return errors.New("the sandbox's child failed in an unknown way")
	}
	if reason := int32(binary.NativeEndian.Uint32(b)); reason != 0 {
		return errors.New(refusals[reason])
	}
	return failed(string(b[8:]), unix.Errno(binary.NativeEndian.Uint32(b[4:])))
}

const endingSize = int(unsafe.Sizeof(ending{}))

// nsIDs are the inode numbers of a process's namespaces.
type nsIDs struct{ mnt, user uint64 }

// initialUser is the inode number of the initial user namespace (PROC_USER_INIT_INO).
const initialUser = 0xEFFFFFFD

// Reasons of the guard, as the first word of a failure.
const (
	refusedPID   = -1
	refusedMount = -2
	refusedUser  = -3
)

var refusals = map[int32]string{
	refusedPID:   "refused: not PID 1 of a new pid namespace",
	refusedMount: "refused: still in the parent's mount namespace",
	refusedUser:  "refused: not in a user namespace of its own",
}

var (
	mntPath  = [...]byte{'/', 'p', 'r', 'o', 'c', '/', 's', 'e', 'l', 'f', '/', 'n', 's', '/', 'm', 'n', 't', 0}
	userPath = [...]byte{'/', 'p', 'r', 'o', 'c', '/', 's', 'e', 'l', 'f', '/', 'n', 's', '/', 'u', 's', 'e', 'r', 0}
)

// guard refuses to go on outside of namespaces of its own: what follows would
// take the machine's root away. It returns 0 when all is well.
//
//go:nosplit
//go:norace
func (s *script) guard() int32 {
	if pid, _, _ := syscall.RawSyscall6(unix.SYS_GETPID, 0, 0, 0, 0, 0, 0); pid != 1 {
		return refusedPID
	}
	if ino := s.inode(uintptr(unsafe.Pointer(&mntPath))); ino == 0 || ino == s.from.mnt || s.from.mnt == 0 {
		return refusedMount
	}
	if ino := s.inode(uintptr(unsafe.Pointer(&userPath))); ino == 0 || ino == s.from.user || ino == initialUser || s.from.user == 0 {
		return refusedUser
	}
	return 0
}

//go:nosplit
//go:norace
func (s *script) inode(path uintptr) uint64 {
	s.statx.Ino = 0
	const cwd = ^uintptr(99) // AT_FDCWD, -100
	_, _, errno := syscall.RawSyscall6(unix.SYS_STATX, cwd, path, 0, unix.STATX_INO, uintptr(unsafe.Pointer(&s.statx)), 0)
	if errno != 0 {
		return 0
	}
	return s.statx.Ino
}

// fork clones the child and returns its number; the child never returns. The
// caller has locked its thread. The child has a copy of all memory.
//
//go:nosplit
//go:norace
//go:noinline
func (s *script) fork() (pid int, errno syscall.Errno) {
	// The child must never run one of the runtime's signal handlers.
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, 2, uintptr(unsafe.Pointer(&s.signals[0])), uintptr(unsafe.Pointer(&s.old)), 8, 0, 0)
	p, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, s.flags, 0, uintptr(unsafe.Pointer(&s.pidfd)), 0, 0, 0)
	if p == 0 && errno == 0 {
		s.first()
	}
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, 2, uintptr(unsafe.Pointer(&s.old)), 0, 8, 0, 0)
	return int(p), errno
}

// first is PID 1 of the sandbox.
//
//go:nosplit
//go:norace
func (s *script) first() {
	if reason := s.guard(); reason != 0 {
		s.fail(reason, 0, "guard")
	}
	// The keeper writes one byte when the user and group maps are there.
	if n, _, _ := syscall.RawSyscall6(unix.SYS_READ, uintptr(s.sync), uintptr(unsafe.Pointer(&s.status)), 1, 0, 0, 0); n != 1 {
		exit(125)
	}
	for i := 0; i < len(s.setup); i++ {
		s.make(&s.setup[i])
	}
	pid := vfork(s)
	if pid < 0 {
		s.fail(0, int32(-pid), "clone the process of the command")
	}
	s.reap(uintptr(pid))
}

// vfork clones the process of the command, which shares PID 1's memory, while
// that stands still, until it executes the command: a copy of the page tables
// would be made only to be thrown away. It returns the child's number or a negative errno.
//
//go:noescape
func vfork(s *script) (result int64)

// becomeCommand is that process, called by vfork.
//
//go:nosplit
//go:norace
func becomeCommand(s *script) {
	for i := 0; i < len(s.main); i++ {
		s.make(&s.main[i])
	}
	exit(125)
}

//go:nosplit
//go:norace
func (s *script) make(c *call) {
	_, _, errno := syscall.RawSyscall6(c.nr, c.args[0], c.args[1], c.args[2], c.args[3], c.args[4], c.args[5])
	if errno != 0 && !c.optional {
		s.fail(0, int32(errno), c.step)
	}
}

//go:nosplit
//go:norace
func (s *script) fail(reason, errno int32, step string) {
	s.failure[0], s.failure[1] = reason, errno
	syscall.RawSyscall6(unix.SYS_WRITE, uintptr(s.errs), uintptr(unsafe.Pointer(&s.failure)), 8, 0, 0, 0)
	syscall.RawSyscall6(unix.SYS_WRITE, uintptr(s.errs), uintptr(unsafe.Pointer(unsafe.StringData(step))), uintptr(len(step)), 0, 0, 0)
	exit(125)
}

// reap collects the dead until the submission's process ends or the harness
// asks for the end (SIGTERM from outside), then ends the rest and reports.
//
//go:nosplit
//go:norace
func (s *script) reap(main uintptr) {
	report := uintptr(s.report)
	syscall.RawSyscall6(unix.SYS_CLOSE_RANGE, 0, report-1, 0, 0, 0, 0)
	syscall.RawSyscall6(unix.SYS_CLOSE_RANGE, report+1, ^uintptr(0)>>32, 0, 0, 0, 0)
	s.ending.Status = -1
	for s.ending.Status == -1 && s.ending.Stopped == 0 {
		signal, _, _ := syscall.RawSyscall6(unix.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(&s.signals[1])), uintptr(unsafe.Pointer(&s.info)), 0, 8, 0, 0)
		// The kernel says SI_USER and no sender (si_pid 0) for one outside. From inside
		// SI_USER comes with a pid, and a program that writes si_pid itself must use another code.
		if signal == uintptr(syscall.SIGTERM) && *(*int32)(unsafe.Pointer(&s.info[8])) == 0 && *(*int32)(unsafe.Pointer(&s.info[16])) == 0 {
			s.ending.Stopped = 1
		}
		for {
			pid, _, errno := syscall.RawSyscall6(unix.SYS_WAIT4, ^uintptr(0), uintptr(unsafe.Pointer(&s.status)), unix.WNOHANG, 0, 0, 0)
			if errno != 0 || pid == 0 {
				break
			}
			if pid == main {
				s.ending.Status = s.status
			}
		}
	}
	syscall.RawSyscall6(unix.SYS_KILL, ^uintptr(0), uintptr(syscall.SIGKILL), 0, 0, 0, 0)
	for {
		pid, _, errno := syscall.RawSyscall6(unix.SYS_WAIT4, ^uintptr(0), uintptr(unsafe.Pointer(&s.status)), 0, 0, 0, 0)
		if errno == syscall.EINTR {
			continue
		}
		if errno != 0 {
			break
		}
		if pid == main {
			s.ending.Status = s.status
		} else {
			s.ending.Left++
		}
	}
	const children = ^uintptr(0) // RUSAGE_CHILDREN
	syscall.RawSyscall6(unix.SYS_GETRUSAGE, children, uintptr(unsafe.Pointer(&s.usage)), 0, 0, 0, 0)
	s.ending.CPU = (s.usage.Utime.Sec+s.usage.Stime.Sec)*1e6 + s.usage.Utime.Usec + s.usage.Stime.Usec
	s.ending.MaxRSS = s.usage.Maxrss
	syscall.RawSyscall6(unix.SYS_WRITE, report, uintptr(unsafe.Pointer(&s.ending)), uintptr(endingSize), 0, 0, 0)
	exit(0)
}

//go:nosplit
//go:norace
func exit(code uintptr) {
	for {
		syscall.RawSyscall6(unix.SYS_EXIT_GROUP, code, 0, 0, 0, 0, 0)
	}
}
