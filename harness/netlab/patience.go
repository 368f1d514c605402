package netlab

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Errors of a wait. Both are the submission's doing, never the machine's.
var (
	// ErrSilence says that nothing came for as long as was allowed.
	ErrSilence = errors.New("nothing came")
	// ErrTooMuch says that more bytes came than any right answer has.
	ErrTooMuch = errors.New("too many bytes came")
	// ErrOverlong says that the check as a whole took longer than allowed.
	ErrOverlong = errors.New("the exchange took too long")
)

// A Patience decides when "nothing came" is said. Time that the submission's
// threads spent waiting for a processor is given back, up to five times the
// limit; so is time in which it does something, since what its ended children
// waited is known to nobody.
type Patience struct {
	Limit time.Duration // for one wait
	Total time.Duration // for all of a check; what its waits gave back comes on top, up to twice as much
	// Budget bounds what the waits of all checks of a run give back together; nil does not.
	Budget *Budget
	// Delay is the run-queue time of the submission so far; nil gives nothing back.
	Delay func() time.Duration
	// Stirs returns a function that says whether the submission does something,
	// or did since it was last asked; may be nil.
	Stirs func() func() bool
	// Gone ends when the submission's process has; nothing can come any more. May be nil.
	Gone context.Context
	// Idle is called once, when a wait has lasted so long that others may go on meanwhile. While the
	// submission stirs, as an interpreter that begins, they may not: all of them would only be slower.
	Idle func()

	idle  sync.Once
	lent  atomic.Bool
	given atomic.Int64 // what all waits gave back
	start time.Time
	base  time.Duration
}

// Begin starts the clock of the check. It must be called before the first wait.
func (p *Patience) Begin() {
	p.start = time.Now()
	if p.Delay != nil {
		p.base = p.Delay()
	}
}

const (
	// A wait shorter than brief looks for silence: the exchange goes on after
	// it, and to stretch it would cost the submission time that it counts itself.
	brief    = time.Second
	giveBack = 6                      // a wait lasts at most this many limits
	lend     = 100 * time.Millisecond // after which Idle is called
	// last is the final look at a socket when time is up: what the harness
	// itself was too slow to read is there already.
	last = 50 * time.Millisecond
	// afterwards is how long after the end of a check such looks are granted: a submission that always has
	// something to say would stretch it by them for ever, until it counts as our fault.
	afterwards = 5 * time.Second
)

// returned is the run-queue time to give back.
func (p *Patience) returned(limit time.Duration) time.Duration {
	if p.Delay == nil {
		return 0
	}
	return min(p.Delay()-p.base, (giveBack-1)*limit)
}

// Wait calls try until it is done, the time is up, the submission is gone or
// ctx ends. set gives the deadline of the socket that try waits on; it must be safe to
// call while try runs. try says whether it is done. limit 0 means p.Limit.
func (p *Patience) Wait(ctx context.Context, limit time.Duration, set func(deadline time.Time), try func() bool) error {
	if limit == 0 {
		limit = p.Limit
	}
	start := time.Now()
	until := start.Add(limit)
	overlong := false
	if end := p.start.Add(p.Total + min(time.Duration(p.given.Load()), 2*p.Total)); p.Total > 0 && end.Before(until) {
		until, overlong = end, true
		if start.After(end.Add(afterwards)) {
			return cmp.Or(ctx.Err(), ErrOverlong)
		}
	}
	d := deadline{set: set}
	stop := context.AfterFunc(ctx, d.hurry)
	defer stop()
	if p.Gone != nil {
		stop := context.AfterFunc(p.Gone, d.hurry)
		defer stop()
	}
	if p.rest(until, &d, try) {
		return nil
	}
	stirs := func() bool { return false }
	if p.Stirs != nil && limit >= brief {
		stirs = p.Stirs()
	}
	var granted, more time.Duration
	for {
		since := time.Now()
		d.at(until)
		done := try()
		p.Budget.put(more - time.Since(since)) // what of it was not needed
		if done {
			return nil
		}
		if more = 0; limit >= brief {
			more = p.returned(limit) - granted
		}
		if more <= 0 && granted < (giveBack-1)*limit && stirs() {
			more = lend
		}
		if more <= 0 || d.hurried() {
			break
		}
		if more = p.Budget.take(more); more == 0 {
			break
		}
		granted += more
		p.given.Add(int64(more))
		until = time.Now().Add(more)
	}
	d.at(time.Now().Add(last))
	if try() {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if overlong {
		return ErrOverlong
	}
	return ErrSilence
}

// rest waits until the submission only waits as well, and lets others go on then. It says whether try was done before.
func (p *Patience) rest(until time.Time, d *deadline, try func() bool) bool {
	if p.Idle == nil || p.lent.Load() {
		return false
	}
	var stirs func() bool
	for soon := time.Now().Add(lend); soon.Before(until) && !d.hurried(); soon = time.Now().Add(lend) {
		d.at(soon)
		if try() {
			return true
		}
		if stirs == nil && p.Stirs != nil {
			stirs = p.Stirs()
		}
		if stirs == nil || !stirs() {
			p.lend()
			break
		}
	}
	return false
}

func (p *Patience) lend() {
	p.lent.Store(true)
	p.idle.Do(p.Idle)
}

// Pass waits until d has passed, the submission is gone or ctx ends.
func (p *Patience) Pass(ctx context.Context, d time.Duration) {
	if p.Idle != nil && d > lend {
		p.lend()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	var gone <-chan struct{}
	if p.Gone != nil {
		gone = p.Gone.Done()
	}
	select {
	case <-timer.C:
	case <-gone:
	case <-ctx.Done():
	}
}

// A deadline is moved forward by the wait and cut short from outside.
type deadline struct {
	mu  sync.Mutex
	set func(time.Time)
	cut bool
}

func (d *deadline) at(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if soon := time.Now().Add(last); d.cut && soon.Before(t) {
		t = soon
	}
	d.set(t)
}

func (d *deadline) hurry() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cut = true
	d.set(time.Now().Add(last))
}

func (d *deadline) hurried() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cut
}
