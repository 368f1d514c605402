package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// program is a Program that runs as a Process.
type program struct {
	cancel context.CancelFunc
	done   chan struct{}
	stdout output
	stderr output

	mu   sync.Mutex
	exit Exit
}

func startProgram(ctx context.Context, cmd Command, network Network) *program {
	ctx, cancel := context.WithCancel(ctx)
	p := &program{
		cancel: cancel,
		done:   make(chan struct{}),
		stdout: output{max: keepStdout},
		stderr: output{max: keepStderr, tail: true},
	}
	env := &Env{Network: network, Vars: map[string]string{}, Args: cmd.Args, Stdin: cmd.Stdin, Stdout: &p.stdout, Stderr: &p.stderr}
	if env.Stdin == nil {
		env.Stdin = bytes.NewReader(nil)
	}
	for _, kv := range cmd.Env {
		name, value, _ := strings.Cut(kv, "=")
		env.Vars[name] = value
	}
	go func() {
		defer close(p.done)
		code := run(ctx, cmd.Program, env)
		p.mu.Lock()
		p.exit = Exit{Ended: true, Code: code, Killed: ctx.Err() != nil}
		p.mu.Unlock()
		if c, ok := cmd.Stdin.(io.Closer); ok {
			c.Close()
		}
	}()
	return p
}

// run turns a panic of the program into what a crashed process leaves behind.
func run(ctx context.Context, f Program, env *Env) (code int) {
	defer func() {
		if v := recover(); v != nil {
			fmt.Fprintf(env.Stderr, "panic: %v\n%s", v, debug.Stack())
			code = 2
		}
	}()
	return f(ctx, env)
}

func (p *program) Done() <-chan struct{} { return p.done }
func (p *program) Delay() time.Duration  { return 0 }
func (p *program) Stdout() []byte        { return p.stdout.bytes() }
func (p *program) Stderr() []byte        { return p.stderr.bytes() }

func (p *program) Exit() Exit {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exit
}

func (p *program) Kill() {
	p.cancel()
	<-p.done
}
