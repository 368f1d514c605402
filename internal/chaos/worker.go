package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
	"github.com/wiregrade/wiregrade/internal/tiny"
	"github.com/wiregrade/wiregrade/internal/worker"
)

// workerEnv makes this program a worker on the database that it names.
const workerEnv = "WIREGRADE_CHAOS_WORKER"

// lease is short, so that what a killed worker had is soon graded by another.
const lease = 2 * time.Second

// beWorker is what grader work does, with the tiny suite and a short lease.
func beWorker(url string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	s, err := postgres.Open(ctx, url)
	if err != nil {
		return 1
	}
	defer s.Close()
	q, err := queue.New(s)
	if err != nil {
		return 1
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	w := worker.New(q, worker.Options{
		Suites: []*check.Suite{tiny.Suite()}, Sandboxes: sandbox.Loopback{}, Jobs: 1, Log: log, Persist: 20 * time.Second,
	})
	err = w.Work(ctx, queue.Options{
		Worker: postgres.Worker{Name: fmt.Sprintf("chaos-%d", os.Getpid()), Slots: 2, Version: "chaos", Isolation: "loopback"},
		Lease:  lease, Grace: 10 * time.Second, Log: log,
	})
	if err != nil {
		return 1
	}
	return 0
}

// A fleet keeps worker processes alive: one that ends is started again.
type fleet struct {
	url string
	log *os.File
	tmp string // what killed workers leave behind

	mu      sync.Mutex
	procs   []*exec.Cmd
	frozen  []bool
	ending  bool
	started int
	wg      sync.WaitGroup
}

func (f *fleet) start(n int) {
	f.procs, f.frozen = make([]*exec.Cmd, n), make([]bool, n)
	for i := range n {
		f.wg.Go(func() { f.keep(i) })
	}
}

func (f *fleet) keep(i int) {
	for {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = append(os.Environ(), workerEnv+"="+f.url, "TMPDIR="+f.tmp)
		cmd.Stderr = f.log
		f.mu.Lock()
		if f.ending {
			f.mu.Unlock()
			return
		}
		err := cmd.Start()
		if err == nil {
			f.procs[i] = cmd
			f.started++
		}
		f.mu.Unlock()
		if err == nil {
			cmd.Wait()
		}
		time.Sleep(50 * time.Millisecond) // as a supervisor would, so that a dead database is not besieged
	}
}

// kill ends one worker at once, and says whether there was one.
func (f *fleet) kill(i int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.procs[i] != nil && !f.frozen[i] && f.procs[i].Process.Kill() == nil
}

// freeze stops a worker until others have its turns, and lets it go on. It is
// not killed before it had the time to say what it found.
func (f *fleet) freeze(i int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.procs[i]
	if p == nil || f.frozen[i] || p.Process.Signal(syscall.SIGSTOP) != nil {
		return false
	}
	f.frozen[i] = true
	time.AfterFunc(2*lease, func() { p.Process.Signal(syscall.SIGCONT) })
	time.AfterFunc(5*lease/2, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.frozen[i] = false
	})
	return true
}

// stop ends all workers, the way an operator does.
func (f *fleet) stop() {
	f.mu.Lock()
	f.ending = true
	for _, p := range f.procs {
		if p != nil {
			p.Process.Signal(syscall.SIGTERM)
		}
	}
	f.mu.Unlock()
	f.wg.Wait()
}
