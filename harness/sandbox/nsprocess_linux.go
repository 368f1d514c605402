//go:build amd64 || arm64

package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/wiregrade/wiregrade/grader"
)

// An nsProcess is a command in namespaces of its own.
type nsProcess struct {
	*streams
	pidfd  *os.File // of the PID 1 in there
	pid    int      // the same, as this process numbers it
	report *os.File
	group  *cgroup
	slot   int
	done   chan struct{}

	mu     sync.Mutex
	exit   Exit
	killed bool
	filled bool
	heavy  int64 // bytes of memory at which we ended it, 0 when we did not
}

// reluctance is how long PID 1 may take to end its processes before it is ended itself.
const reluctance = 2 * time.Second

func (b *nsBox) start(ctx context.Context, c Command) (*nsProcess, error) {
	p := &nsProcess{done: make(chan struct{})}
	var err error
	if p.streams, err = openStreams(c, p.signal); err != nil {
		return nil, err
	}
	l := b.prepare(c)
	if err := b.n.shared.prepare(l, b.folder); err != nil {
		p.abandon()
		return nil, fmt.Errorf("prepare the folders: %w", err)
	}
	if err := b.launch(p, l); err != nil {
		p.abandon()
		b.n.shared.release(l.Slot)
		return nil, err
	}
	p.started()
	stop := context.AfterFunc(ctx, p.Kill)
	limits := b.n.policy.limits[l.Build]
	measured := slices.DeleteFunc(slices.Clone(l.Writable), func(dir string) bool { _, ok := l.Volumes[dir]; return ok })
	if len(measured) > 0 {
		go p.watch(measured, limits)
	}
	if !l.Capped {
		go p.weigh(limits)
	}
	go func() {
		ending, reported := p.await()
		stop()
		if len(measured) > 0 && filled(measured, held{}, limits) {
			p.setFilled() // since the last look
		}
		p.finish()
		p.ended(ending, reported)
		b.n.shared.release(l.Slot)
		p.closeSource()
		close(p.done)
	}()
	return p, nil
}

// launch has the keeper start p.
func (b *nsBox) launch(p *nsProcess, l *launch) (err error) {
	if p.group, err = b.n.groups.make(b.n.policy.limits[l.Build]); err != nil {
		return err
	}
	report, theirs, err := os.Pipe()
	if err != nil {
		return errors.Join(err, p.group.remove())
	}
	fds := []int{int(p.theirs[0].Fd()), int(p.theirs[1].Fd()), int(p.theirs[2].Fd()), int(theirs.Fd())}
	for _, f := range p.group.procs {
		fds = append(fds, int(f.Fd()))
	}
	l.Cgroups, l.Capped = len(p.group.procs), b.n.groups.has("memory")
	got, err := b.ask(request{Launch: l}, 2, fds...)
	closeFiles(append(p.group.procs, theirs))
	p.group.procs = nil
	if err != nil {
		return errors.Join(err, report.Close(), p.group.remove())
	}
	p.report, p.pidfd, p.pid = report, os.NewFile(uintptr(got[0]), "pidfd"), pidOf(got[0])
	p.slot = l.Slot
	unix.SetNonblock(got[1], true) // so that it is waited for without a thread
	errs := os.NewFile(uintptr(got[1]), "errors")
	defer errs.Close()
	if err := readFailure(errs); err != nil {
		// Whatever there is of it ends with the sandbox.
		return errors.Join(err, report.Close(), p.pidfd.Close(), p.group.remove())
	}
	return nil
}

// watch ends a process that fills the disk: what it has written there is
// counted while it runs, the more seldom the longer that takes.
func (p *nsProcess) watch(dirs []string, l limits) {
	pause := often
	var hidden looks
	for {
		select {
		case <-p.done:
			return
		case <-time.After(pause):
		}
		start := time.Now()
		h := holdings(p.others(), true)
		hidden = hidden.next(h)
		if hidden.long() || filled(dirs, h, l) {
			p.setFilled()
			p.signal()
			return
		}
		pause = min(max(often, 20*time.Since(start)), seldom)
	}
}

const (
	often  = 20 * time.Millisecond
	seldom = 250 * time.Millisecond
)

func (p *nsProcess) setFilled() {
	p.mu.Lock()
	p.filled = true
	p.mu.Unlock()
}

// prepare says what the command is to see: its folder read-only unless it may
// write it, and a HOME and TMPDIR on a file system of the sandbox's own unless they are its to write.
func (b *nsBox) prepare(c Command) *launch {
	l := &launch{Argv: c.shell(), Env: c.Env, Dir: c.Dir, Readable: slices.Clone(c.Readable), Writable: slices.Clone(c.Writable), Build: c.Build}
	l.Argv[0] = "/bin/sh"
	if l.Dir == "" {
		l.Dir = "/"
	} else if !within(l.Dir, c.Writable) {
		l.Readable = append(l.Readable, l.Dir)
	}
	slices.Sort(l.Readable)
	slices.Sort(l.Writable)
	b.mu.Lock()
	for i, v := range b.volumes {
		if slices.Contains(l.Writable, v.dir) {
			if l.Volumes == nil {
				l.Volumes = map[string]int{}
			}
			l.Volumes[v.dir] = i
		}
	}
	b.mu.Unlock()
	for _, kv := range c.Env {
		name, dir, _ := strings.Cut(kv, "=")
		if (name == "HOME" || name == "TMPDIR") && filepath.IsAbs(dir) && !within(dir, slices.Concat(l.Readable, l.Writable, l.Made)) {
			l.Made = append(l.Made, filepath.Clean(dir))
		}
	}
	return l
}

// within says whether path is one of dirs or stands in one.
func within(path string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool {
		rel, err := filepath.Rel(dir, path)
		return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
	})
}

// pidOf is the number that a pidfd's process has in our pid namespace.
func pidOf(pidfd int) int {
	info, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", pidfd))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(info, []byte("\nPid:\t"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	pid, _ := strconv.Atoi(string(line))
	return pid
}

// await waits for PID 1's report. Without one somebody has killed it.
func (p *nsProcess) await() (e ending, reported bool) {
	b := unsafe.Slice((*byte)(unsafe.Pointer(&e)), endingSize)
	_, err := io.ReadFull(p.report, b)
	if err == nil {
		// It has reported and is about to exit, the last one in its namespace.
		io.Copy(io.Discard, p.report)
	}
	p.report.Close()
	return e, err == nil
}

func (p *nsProcess) ended(e ending, reported bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if reported {
		p.exit = exitOf(syscall.WaitStatus(e.Status))
	} else {
		p.exit = Exit{Ended: true, Code: -1, Signal: syscall.SIGKILL}
	}
	p.exit.Usage = grader.Usage{
		CPU: time.Duration(e.CPU) * time.Microsecond, Memory: e.MaxRSS << 10, Left: int(e.Left), Output: p.written(),
	}
	memory, oom := p.group.usage()
	if p.exit.Usage.OOM = oom; memory > 0 { // v2 has a peak from Linux 5.19 on
		p.exit.Usage.Memory = memory
	}
	if p.heavy > 0 {
		p.exit.Usage.Memory, p.exit.Usage.OOM = p.heavy, true
	}
	p.exit.Flooded = p.flooded.Load()
	p.exit.Filled = p.filled && !p.exit.Flooded
	p.exit.Killed = p.killed && !p.exit.Flooded && !p.exit.Filled && p.heavy == 0
	p.pidfd.Close()
}

func (p *nsProcess) Done() <-chan struct{} { return p.done }
func (p *nsProcess) Stdout() []byte        { return p.stdout.bytes() }
func (p *nsProcess) Stderr() []byte        { return p.stderr.bytes() }
func (p *nsProcess) Delay() time.Duration  { return queued(p.processes()) }

// processes are those of the sandbox: whatever they do they stay below PID 1.
func (p *nsProcess) processes() []int {
	select {
	case <-p.done:
		return nil
	default:
		return descendants(p.pid)
	}
}

// others are the processes of the sandbox without PID 1, which is ours.
func (p *nsProcess) others() []int {
	all := p.processes()
	return all[min(1, len(all)):]
}

// alone says that there is no daemon: the command is PID 1's only child.
func (p *nsProcess) alone() bool {
	list, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", p.pid, p.pid))
	children := strings.Fields(string(list))
	return err == nil && len(children) == 1 && isCommand(children[0])
}

// foreground is the command and what it has started, without daemons: those
// have become children of PID 1.
func (p *nsProcess) foreground() []int {
	select {
	case <-p.done:
		return nil
	default:
	}
	for _, pid := range childrenOf(strconv.Itoa(p.pid)) {
		if isCommand(strconv.Itoa(pid)) {
			return descendants(pid)
		}
	}
	return nil
}

// isCommand says whether a process is the one that a sandbox was made for:
// number 2 in there, always.
func isCommand(pid string) bool {
	status, err := os.ReadFile("/proc/" + pid + "/status")
	_, rest, _ := bytes.Cut(status, []byte("\nNSpid:"))
	numbers, _, _ := bytes.Cut(rest, []byte("\n"))
	f := bytes.Fields(numbers)
	return err == nil && len(f) > 0 && string(f[len(f)-1]) == "2"
}

func (p *nsProcess) Exit() Exit {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exit
}

func (p *nsProcess) Kill() {
	select {
	case <-p.done:
		return
	default:
	}
	p.mu.Lock()
	p.killed = true
	p.mu.Unlock()
	p.signal()
	<-p.done
}

// signal asks PID 1 to end everything and report; should it not, it is ended itself.
func (p *nsProcess) signal() {
	p.pidfdSignal(unix.SIGTERM)
	hard := time.AfterFunc(reluctance, func() { p.pidfdSignal(unix.SIGKILL) })
	go func() { <-p.done; hard.Stop() }()
}

func (p *nsProcess) pidfdSignal(s unix.Signal) {
	raw, err := p.pidfd.SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) { unix.PidfdSendSignal(int(fd), s, nil, 0) })
}
