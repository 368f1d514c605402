package main

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// lease is short, so that what a killed worker had is soon graded by another.
const lease = 2 * time.Second

// A fleet keeps worker processes alive: one that ends is started again.
type fleet struct {
	program string // grader
	url     string
	log     *os.File
	tmp     string // what killed workers leave behind

	mu     sync.Mutex
	procs  []*exec.Cmd
	frozen []bool
	ending bool
	wg     sync.WaitGroup
}

func (f *fleet) start(n int) {
	f.procs, f.frozen = make([]*exec.Cmd, n), make([]bool, n)
	for i := range n {
		f.wg.Go(func() { f.keep(i) })
	}
}

func (f *fleet) keep(i int) {
	for n := 0; ; n++ {
		// In sandboxes where the machine has them: what a killed worker leaves there must end with it.
		cmd := exec.Command(f.program, "work", "--name", fmt.Sprintf("chaos-%d-%d", i, n), "--slots", "2", "--jobs", "2",
			"--lease", lease.String(), "--grace", "10s", "--allow-unisolated")
		cmd.Env = append(os.Environ(), "DATABASE_URL="+f.url, "TMPDIR="+f.tmp)
		cmd.Stderr = f.log
		f.mu.Lock()
		if f.ending {
			f.mu.Unlock()
			return
		}
		err := cmd.Start()
		if err == nil {
			f.procs[i] = cmd
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
