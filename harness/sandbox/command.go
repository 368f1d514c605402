//go:build unix

package sandbox

import (
	"context"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// command is a process of the operating system and its group.
type command struct {
	*streams
	cmd  *exec.Cmd
	done chan struct{}

	mu     sync.Mutex
	exit   Exit
	killed bool
}

// shell is the program and arguments that run a Line. Arguments travel as
// "$@", so no shell ever parses them.
func (c Command) shell() []string {
	return append([]string{"sh", "-c", c.Line + ` "$@"`, "sh"}, c.Args...)
}

func startCommand(ctx context.Context, c Command) (*command, error) {
	p := &command{done: make(chan struct{})}
	argv := c.shell()
	p.cmd = exec.Command(argv[0], argv[1:]...)
	p.cmd.Dir, p.cmd.Env = c.Dir, c.Env
	p.cmd.SysProcAttr = processAttributes()
	var err error
	if p.streams, err = openStreams(c, p.signal); err != nil {
		return nil, err
	}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = p.theirs[0], p.theirs[1], p.theirs[2]
	if err := p.cmd.Start(); err != nil {
		p.abandon()
		return nil, err
	}
	p.started()
	stop := context.AfterFunc(ctx, p.Kill)
	go func() {
		awaitExit(p.cmd.Process.Pid)
		p.signal() // whatever is left of the group, while its number is still ours
		err := p.cmd.Wait()
		reapGroup(p.cmd.Process.Pid)
		stop()
		p.finish()
		p.ended(err)
		p.closeSource()
		close(p.done)
	}()
	return p, nil
}

func (p *command) ended(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || err != nil && p.cmd.ProcessState == nil {
		p.exit = Exit{Ended: true, Code: -1}
	} else {
		p.exit = exitOf(status)
	}
	p.exit.Flooded = p.flooded.Load()
	p.exit.Killed = p.killed && !p.exit.Flooded
	p.exit.Usage.Output = p.written()
	if p.cmd.ProcessState != nil {
		p.exit.Usage.CPU = p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
	}
}

func (p *command) Done() <-chan struct{} { return p.done }
func (p *command) Stdout() []byte        { return p.stdout.bytes() }
func (p *command) Stderr() []byte        { return p.stderr.bytes() }
func (p *command) Delay() time.Duration  { return queued(p.processes()) }
func (p *command) processes() []int      { return groupProcesses(p.cmd.Process.Pid) }
func (p *command) foreground() []int     { return descendants(p.cmd.Process.Pid) }

func (p *command) Exit() Exit {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exit
}

func (p *command) Kill() {
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

// signal ends the whole group; that nobody is left in it is no error.
func (p *command) signal() { syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }
