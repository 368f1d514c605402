//go:build unix

package sandbox

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// command is a process of the operating system and its group.
type command struct {
	cmd    *exec.Cmd
	done   chan struct{}
	stdout output
	stderr output

	mu      sync.Mutex
	exit    Exit
	killed  bool
	flooded bool
}

// drain is how long output may still come after the process has ended: what
// it wrote is in the pipe already, so this only bounds a child that left the
// group and holds the pipe open.
const drain = 500 * time.Millisecond

func startCommand(ctx context.Context, c Command) (*command, error) {
	p := &command{
		done:   make(chan struct{}),
		stdout: output{max: keepStdout},
		stderr: output{max: keepStderr, tail: true},
	}
	// Arguments travel as "$@", so no shell ever parses them.
	p.cmd = exec.Command("sh", append([]string{"-c", c.Line + ` "$@"`, "sh"}, c.Args...)...)
	p.cmd.Dir, p.cmd.Env = c.Dir, c.Env
	p.cmd.SysProcAttr = processAttributes()
	out, outW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	errs, errsW, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, out.Close(), outW.Close())
	}
	p.cmd.Stdout, p.cmd.Stderr = outW, errsW
	var in, inW *os.File
	if c.Stdin != nil {
		if in, inW, err = os.Pipe(); err != nil {
			return nil, errors.Join(err, out.Close(), outW.Close(), errs.Close(), errsW.Close())
		}
		p.cmd.Stdin = in
	}
	err = p.cmd.Start()
	outW.Close()
	errsW.Close()
	if in != nil {
		in.Close()
	}
	if err != nil {
		if inW != nil {
			inW.Close()
		}
		return nil, errors.Join(err, out.Close(), errs.Close())
	}
	if inW != nil {
		go func() {
			io.Copy(inW, c.Stdin) // a program that does not read its input is no fault
			inW.Close()
		}()
	}
	bytes := budget{over: func() {
		p.mu.Lock()
		p.flooded = true
		p.mu.Unlock()
		p.signal()
	}}
	bytes.left.Store(maxOutput)
	if c.MaxOutput > 0 {
		bytes.left.Store(c.MaxOutput)
	}
	var copies sync.WaitGroup
	copies.Go(func() { bytes.copy(&p.stdout, out) })
	copies.Go(func() { bytes.copy(&p.stderr, errs) })
	stop := context.AfterFunc(ctx, p.Kill)
	go func() {
		awaitExit(p.cmd.Process.Pid)
		p.signal() // whatever is left of the group, while its number is still ours
		err := p.cmd.Wait()
		reapGroup(p.cmd.Process.Pid)
		stop()
		late := time.AfterFunc(drain, func() {
			out.SetReadDeadline(time.Now())
			errs.SetReadDeadline(time.Now())
		})
		copies.Wait()
		late.Stop()
		out.Close()
		errs.Close()
		if inW != nil {
			inW.SetWriteDeadline(time.Now())
		}
		p.ended(err)
		if r, ok := c.Stdin.(io.Closer); ok {
			r.Close()
		}
		close(p.done)
	}()
	return p, nil
}

func (p *command) ended(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case !ok || err != nil && p.cmd.ProcessState == nil:
		p.exit = Exit{Ended: true, Code: -1}
	case status.Signaled():
		p.exit = Exit{Ended: true, Code: -1, Signal: status.Signal()}
	default:
		p.exit = exited(status.ExitStatus())
	}
	p.exit.Flooded = p.flooded
	p.exit.Killed = p.killed && !p.flooded
}

func (p *command) Done() <-chan struct{} { return p.done }
func (p *command) Stdout() []byte        { return p.stdout.bytes() }
func (p *command) Stderr() []byte        { return p.stderr.bytes() }
func (p *command) Delay() time.Duration  { return groupDelay(p.cmd.Process.Pid) }

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
