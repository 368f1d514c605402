//go:build amd64 || arm64

package sandbox

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// script prepares everything that the children of one launch will do. volumes are where those of it are mounted, by folder.
func (k *keeper) script(l *launch, volumes map[string]string, fds []int) (*script, error) {
	limits := k.policy.limits[l.Build]
	setup, main := &steps{}, &steps{}
	setup.add("make mounts private", unix.SYS_MOUNT, "none", "/", 0, unix.MS_REC|unix.MS_PRIVATE, 0)
	setup.quotas()
	setup.root(k.root, l, volumes, limits)
	setup.add("set the host name", unix.SYS_SETHOSTNAME, "sandbox", len("sandbox"))

	// PID 1 stays outside of the limits, so that it can tell what became of the rest.
	for _, fd := range fds[4:] {
		main.add("join the cgroup", unix.SYS_WRITE, fd, []byte("0"), 1)
	}
	main.add("unshare the cgroup namespace", unix.SYS_UNSHARE, unix.CLONE_NEWCGROUP)
	// Not a session: the kernel would schedule it as a group of its own
	// (sched_autogroup), which doubles the time that a server takes to start on
	// a loaded machine. There is no terminal in here to be cut off from.
	main.add("start a process group", unix.SYS_SETPGID, 0, 0)
	for i, fd := range fds[:3] {
		main.add("set up the standard streams", unix.SYS_DUP3, fd, i, 0)
	}
	main.add("close descriptors", unix.SYS_CLOSE_RANGE, 3, 1<<32-1, unix.CLOSE_RANGE_CLOEXEC)
	main.add("set the file mode mask", unix.SYS_UMASK, 0o022)
	main.limit(limits, l.Capped)
	main.privileges(l.Slot > 0)
	main.add("enter the folder of the command", unix.SYS_CHDIR, l.Dir)
	var none uint64
	main.add("unblock signals", unix.SYS_RT_SIGPROCMASK, 2, unsafe.Pointer(&none), 0, 8)
	main.add("install the seccomp filter", unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0,
		unsafe.Pointer(&unix.SockFprog{Len: uint16(len(k.filter)), Filter: &k.filter[0]}))
	main.add("execute "+l.Argv[0], unix.SYS_EXECVE, l.Argv[0], main.strings(l.Argv), main.strings(l.Env))
	s := &script{
		flags: unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWUTS |
			unix.CLONE_PIDFD | uintptr(syscall.SIGCHLD),
		from: k.from, report: fds[3],
		setup: setup.calls, main: main.calls, alive: append(setup.alive, main.alive...),
	}
	s.signals = [3]uint64{^uint64(0), signalBit(syscall.SIGCHLD) | signalBit(syscall.SIGTERM), 0}
	return s, errorOf(setup.err, main.err)
}

func signalBit(s syscall.Signal) uint64 { return 1 << (s - 1) }

func errorOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// steps are prepared calls and the memory that they refer to.
type steps struct {
	calls []call
	alive []any
	err   error
}

// add prepares one call. An argument is a number, a string, bytes or a pointer.
func (s *steps) add(step string, nr uintptr, args ...any) *call {
	c := call{nr: nr, step: step}
	for i, a := range args {
		switch v := a.(type) {
		case int:
			c.args[i] = uintptr(v)
		case uintptr:
			c.args[i] = v
		case string:
			p, err := unix.BytePtrFromString(v)
			if err != nil {
				s.err = failed(step, err)
			}
			s.alive = append(s.alive, p)
			c.args[i] = uintptr(unsafe.Pointer(p))
		case []byte:
			s.alive = append(s.alive, v)
			c.args[i] = uintptr(unsafe.Pointer(&v[0]))
		case unsafe.Pointer:
			s.alive = append(s.alive, v)
			c.args[i] = uintptr(v)
		default:
			panic(fmt.Sprintf("an argument of %s is a %T", step, a))
		}
	}
	s.calls = append(s.calls, c)
	return &s.calls[len(s.calls)-1]
}

// strings is a NULL-terminated array of C strings.
func (s *steps) strings(list []string) unsafe.Pointer {
	p, err := syscall.SlicePtrFromStrings(list)
	if err != nil {
		s.err = failed("prepare arguments", err)
		p = []*byte{nil}
	}
	s.alive = append(s.alive, p)
	return unsafe.Pointer(&p[0])
}

// root puts the sandbox's file system together and makes it the only one.
func (s *steps) root(t *template, l *launch, volumes map[string]string, limits limits) {
	s.add("mount the root", unix.SYS_MOUNT, "tmpfs", baseRoot, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV,
		fmt.Sprintf("size=%d,nr_inodes=%d,mode=0755", limits.Tmpfs, limits.Inodes))
	s.add("enter the root", unix.SYS_CHDIR, baseRoot)
	made := folders{s, map[string]bool{}}
	for _, dir := range []string{"/proc", "/dev", "/tmp", "/run/shm"} {
		made.make(dir)
	}
	for _, dir := range []string{"/tmp", "/run/shm"} {
		s.add("open "+dir+" to all", unix.SYS_FCHMODAT, unix.AT_FDCWD, "."+dir, 0o1777)
	}
	for _, name := range slices.Sorted(maps.Keys(t.links)) {
		s.add("link /"+name, unix.SYS_SYMLINKAT, t.links[name], unix.AT_FDCWD, name)
	}
	own := slices.Concat(l.Made, l.Readable, l.Writable)
	for _, top := range t.tops {
		if !slices.ContainsFunc(own, func(path string) bool { return strings.HasPrefix(path, "/"+top+"/") }) {
			s.bind(made, baseShown+"/"+top, "/"+top)
			continue
		}
		// Something of this sandbox stands in the same folder: show its parts one by one.
		for _, m := range t.mounts {
			if strings.HasPrefix(m, "/"+top+"/") {
				s.bind(made, baseShown+m, m)
			}
		}
	}
	s.bind(made, baseDev, "/dev")
	// Read-only: by /proc/self/autogroup a process gives the processor's time away of all that share its session, the
	// harness among them, and as an ordinary user it might set what PID 1 is worth when memory is short.
	s.add("mount /proc", unix.SYS_MOUNT, "proc", "./proc", "proc", unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, 0)
	for _, dir := range l.Made {
		made.make(dir)
		if l.Slot > 0 {
			s.add("give away "+dir, unix.SYS_FCHOWNAT, unix.AT_FDCWD, "."+dir, insideUser, insideUser, 0)
		}
	}
	for _, dir := range l.Readable {
		s.bind(made, dir, dir)
		s.attributes(dir, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV)
	}
	for _, dir := range l.Writable {
		from := dir
		if at, ok := volumes[dir]; ok {
			from = at
		}
		s.bind(made, from, dir)
		s.attributes(dir, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV)
	}
	s.add("change the root", unix.SYS_PIVOT_ROOT, ".", ".")
	s.add("let go of the old root", unix.SYS_UMOUNT2, ".", unix.MNT_DETACH)
	s.add("enter the new root", unix.SYS_CHDIR, "/")
}

func (s *steps) bind(made folders, from, to string) {
	made.make(to)
	s.add("bind "+to, unix.SYS_MOUNT, from, "."+to, 0, unix.MS_BIND|unix.MS_REC, 0)
}

func (s *steps) attributes(dir string, set uint64) {
	s.add("set the attributes of "+dir, unix.SYS_MOUNT_SETATTR, unix.AT_FDCWD, "."+dir, unix.AT_RECURSIVE,
		unsafe.Pointer(&unix.MountAttr{Attr_set: set}), sizeofMountAttr)
}

// folders makes each folder of a path once.
type folders struct {
	*steps
	there map[string]bool
}

func (f folders) make(dir string) {
	if dir == "/" || f.there[dir] {
		return
	}
	f.make(filepath.Dir(dir))
	f.there[dir] = true
	// It may stand on a bound file system already.
	f.add("make "+dir, unix.SYS_MKDIRAT, unix.AT_FDCWD, "."+dir, 0o755).optional = true
}

// limit sets the limits that each process has by itself. Where no cgroup
// bounds memory, the size of a process's data does.
func (s *steps) limit(l limits, capped bool) {
	set := func(resource int, v int64) {
		s.add("set limits", unix.SYS_PRLIMIT64, 0, resource, unsafe.Pointer(&unix.Rlimit{Cur: uint64(v), Max: uint64(v)}), 0)
	}
	set(unix.RLIMIT_CORE, 0)
	set(unix.RLIMIT_NPROC, l.Processes)
	set(unix.RLIMIT_CPU, l.CPUSeconds)
	set(unix.RLIMIT_FSIZE, l.File)
	set(unix.RLIMIT_NOFILE, l.Open)
	set(unix.RLIMIT_MEMLOCK, 64<<10)
	set(unix.RLIMIT_MSGQUEUE, 0)
	set(unix.RLIMIT_SIGPENDING, pendingSignals)
	if !capped {
		set(unix.RLIMIT_DATA, l.Data)
	}
}

// What one user of the machine has few of is shared among its sandboxes.
const (
	pendingSignals = 1024
	watchers       = 16   // inotify instances
	watched        = 2048 // their watches
)

// quotas sets, for all processes of the sandbox's user namespace, how much of that they may have.
func (s *steps) quotas() {
	for _, q := range []struct {
		name string
		most int
	}{{"max_inotify_instances", watchers}, {"max_inotify_watches", watched}} {
		// What PID 1 has as standard input is of no use to it; a file opened next takes that number.
		s.add("close the standard input", unix.SYS_CLOSE, 0).optional = true
		path := "/proc/sys/user/" + q.name
		text := []byte(strconv.Itoa(q.most))
		s.add("open "+path, unix.SYS_OPENAT, unix.AT_FDCWD, path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
		s.add("set user."+q.name, unix.SYS_WRITE, 0, text, len(text))
	}
}

// privileges gives up every privilege for good.
func (s *steps) privileges(slot bool) {
	for c := range 64 {
		s.add("drop the bounding set", unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, c).optional = true
	}
	s.add("drop groups", unix.SYS_SETGROUPS, 0, 0).optional = !slot
	if slot {
		s.add("become the submission's group", unix.SYS_SETRESGID, insideUser, insideUser, insideUser)
		s.add("become the submission's user", unix.SYS_SETRESUID, insideUser, insideUser, insideUser)
	}
	s.add("drop capabilities", unix.SYS_CAPSET,
		unsafe.Pointer(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}), unsafe.Pointer(&[2]unix.CapUserData{}))
	s.add("give up new privileges", unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
}
