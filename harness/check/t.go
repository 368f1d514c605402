package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/netlab"
	"github.com/wiregrade/wiregrade/harness/sandbox"
)

// Errors of the steps that read: what came instead of bytes, beside io.EOF and
// syscall.ECONNRESET. T.Missing puts each into words.
var (
	ErrSilence  = netlab.ErrSilence
	ErrTooMuch  = netlab.ErrTooMuch
	ErrOverlong = netlab.ErrOverlong
)

// T is what a running check has in hand.
//
// Until Judge is called every step is set-up: when one fails the check is
// blocked and nobody is accused. From Judge on a missing answer is a failure of the check's own clause.
type T struct {
	ctx      context.Context
	suite    *Suite
	setup    Setup
	rec      *netlab.Recorder
	patience *netlab.Patience
	rng      *rand.Rand

	starting sync.Mutex
	server   sandbox.Process // guarded by starting
	also     *error          // what came of waiting for the suite's other network; guarded by starting

	mu        sync.Mutex
	judged    bool
	port      uint16
	processes []sandbox.Process
	folders   map[string]*Folder
	written   map[string]bool         // files, by their environment names
	exits     map[sandbox.Process]int // the events that note an end
	quits     []func()                // closes the harness's sockets at the end
	hand      string                  // a command that shows it by hand, in place of the check's own
}

// A Mark is the place in the transcript that shows something: an event, and
// the Len bytes from At on in it. Len 0 means the whole event.
type Mark struct{ Event, At, Len int }

// Judge says that the steps from here on are the ones the clause is about.
func (t *T) Judge() {
	t.mu.Lock()
	t.judged = true
	t.mu.Unlock()
}

// Fail ends the check with a violation of its clause.
func (t *T) Fail(at Mark, want, got string) {
	panic(stop{violation: &grader.Violation{Event: at.Event, At: at.At, Len: at.Len, Want: want, Got: got}})
}

// Want fails the check unless got is one of the acceptable outcomes.
func (t *T) Want(at Mark, got string, acceptable ...string) {
	for _, w := range acceptable {
		if got == w {
			return
		}
	}
	t.Fail(at, strings.Join(acceptable, " or "), got)
}

// Require fails the check unless ok.
func (t *T) Require(ok bool, at Mark, want, got string) {
	if !ok {
		t.Fail(at, want, got)
	}
}

// Block ends the check without judging its clause.
func (t *T) Block(format string, args ...any) {
	panic(stop{reason: fmt.Sprintf(format, args...)})
}

// Missing ends the check because something did not come: a failure of the
// clause once the check judges, else blocked. err is what came instead.
func (t *T) Missing(at Mark, want string, err error) { t.absent(at, want, t.describe(err)) }

// absent is Missing with the words for what came instead.
func (t *T) absent(at Mark, want, got string) {
	t.mu.Lock()
	judged := t.judged
	t.mu.Unlock()
	if judged {
		t.Fail(at, want, got)
	}
	t.Block("want %s, got %s", want, got)
}

// describe puts the error of a wait, and how the process fared, into words for the student.
func (t *T) describe(err error) string {
	if t.ctx.Err() != nil {
		panic(stop{fault: errInterrupted})
	}
	var s string
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		s = "the end of the stream"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		s = "a connection reset"
	case errors.Is(err, syscall.ECONNREFUSED):
		s = "a connection refused"
	case errors.Is(err, netlab.ErrSilence):
		s = fmt.Sprintf("nothing within %v", t.setup.Patience)
	case errors.Is(err, netlab.ErrOverlong):
		s = fmt.Sprintf("no end after %v", t.setup.Total)
	default:
		s = err.Error()
	}
	exit := t.exited()
	if exit != "" && errors.Is(err, netlab.ErrSilence) {
		s = "nothing" // the wait ended with the program
	}
	if exit != "" {
		s += fmt.Sprintf("; the program had ended: %s", exit)
	}
	return s
}

// exited says how the latest process ended, "" when it runs. A process that
// just closed its last socket is given a moment to be seen dead.
func (t *T) exited() string {
	t.mu.Lock()
	var p sandbox.Process
	if n := len(t.processes); n > 0 {
		p = t.processes[n-1]
	}
	t.mu.Unlock()
	if p == nil {
		return ""
	}
	wait := 500 * time.Millisecond
	if t.setup.Command.Program != nil {
		wait = 0 // it ends before its sockets do
	}
	if !endsWithin(p, wait) {
		return ""
	}
	return p.Exit().String()
}

// endsWithin waits for the end of p, longer than wait while p is busy: where
// many programs run, one that ends takes its time.
func endsWithin(p sandbox.Process, wait time.Duration) bool {
	late := time.NewTimer(wait)
	defer late.Stop()
	stirs := sandbox.Stirs(p)
	for range 100 {
		select {
		case <-p.Done():
			return true
		case <-late.C:
		}
		select { // both may be so, and then it has ended
		case <-p.Done():
			return true
		default:
		}
		if wait == 0 || !stirs() {
			return false
		}
		late.Reset(50 * time.Millisecond)
	}
	return false
}

// Note records a one-line remark in the transcript and returns its mark.
func (t *T) Note(format string, args ...any) Mark {
	return Mark{Event: t.rec.Note(grader.Note, fmt.Sprintf(format, args...), nil)}
}

// Read says in one line what event m shows, such as "200 OK, 12 bytes".
func (t *T) Read(m Mark, format string, args ...any) {
	t.rec.Say(m.Event, fmt.Sprintf(format, args...))
}

// Hand gives the command that shows by hand what the check has just done, where that differs from one run to the
// next; it takes the place of the check's own and of the suite's, until it is "". $HOST and $PORT stand for the address.
func (t *T) Hand(command string) {
	t.mu.Lock()
	t.hand = command
	t.mu.Unlock()
}

// Role says which end of the protocol the submission plays.
func (t *T) Role() grader.Role { return t.suite.Assignment.Role }

// Rand draws the check's hostile choices. The seed is kept with the result.
// It may not be used by several goroutines.
func (t *T) Rand() *rand.Rand { return t.rng }

// Word draws n lower-case letters, so that no answer can be known by heart.
func (t *T) Word(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + t.rng.IntN(26))
	}
	return string(b)
}

// Text draws about n bytes of lower-case words with blanks between them.
func (t *T) Text(n int) string {
	var b strings.Builder
	for b.Len() < n {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.Word(min(2+t.rng.IntN(7), max(1, n-b.Len()))))
	}
	return b.String()
}

// Bytes draws n bytes of any value.
func (t *T) Bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(t.rng.Uint32())
	}
	return b
}

// Patience is how long one wait lasts before "nothing came".
func (t *T) Patience() time.Duration { return t.setup.Patience }

// Together runs f n times at once and waits for all. The first failure by
// number ends the check; failures come before blocks.
func (t *T) Together(n int, f func(i int)) {
	stops := make([]any, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			defer func() { stops[i] = recover() }()
			f(i)
		})
	}
	all.Wait()
	var first any
	for _, p := range stops {
		s, isStop := p.(stop)
		switch {
		case p == nil:
		case !isStop || s.fault != nil:
			panic(p)
		case s.violation != nil:
			if f, ok := first.(stop); !ok || f.violation == nil {
				first = p
			}
		case first == nil:
			first = p
		}
	}
	if first != nil {
		panic(first)
	}
}
