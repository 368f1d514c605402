package githost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/api"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
)

// pulse is how often a push that waits looks at its place, and shows that it lives.
const pulse = 5 * time.Second

// A follower tells a pusher what becomes of the submission.
type follower struct {
	x     *push
	v     api.Viewer
	hides func(check string) bool
	some  bool // something is hidden: how many checks there are is, too
	w     io.Writer
	gone  error // writing failed: the client has left

	run    store.ID
	seq    int64
	last   string // what was said last of the place in line
	shown  int    // checks of the run that may be told of
	notyet int    // checks that did not pass so far
	tenths int    // of the checks, as last said
}

// follow tells what becomes of the submission until it is graded or the client leaves.
func (x *push) follow(ctx context.Context, r *held) {
	f := &follower{x: x, v: api.NewViewer(x.h.Store, x.h.Assignments, x.t.person, x.t.course, x.t.role), w: r.to.w}
	f.received(ctx)
	err := f.watch(ctx)
	switch {
	case err == nil:
	case ctx.Err() != nil: // or the client has left, and nobody reads this
		f.say("the service is being stopped: what you handed in is safe, and is graded when it is back")
	case errors.Is(err, context.DeadlineExceeded):
		f.say("no result after %v: nothing more is told here, and it is graded all the same", x.h.Patience)
	default:
		x.h.Log.Error("follow a submission", "submission", x.taken.ID, "error", err)
		f.say("a fault of ours: nothing more is told here; what you handed in is safe, and is graded all the same")
	}
}

// say writes one line to the pusher's terminal.
func (f *follower) say(format string, args ...any) {
	if f.gone == nil {
		_, f.gone = io.WriteString(f.w, text(fmt.Sprintf(format, args...)+"\n"))
	}
}

func (f *follower) received(ctx context.Context) {
	sub := f.x.taken
	if !f.x.first {
		f.say("commit %.10s was handed in before, on %s: it is not graded twice", sub.Commit, stamp(sub.Received))
		return
	}
	late := ""
	if sub.Late {
		late = ", late"
	}
	f.say("%s: commit %.10s is handed in (%s, %s%s)", f.x.t.assignment.Name, sub.Commit, plural(sub.Files, "file"), sizeOf(sub.Bytes), late)
	// What it costs is told as well as it is known: what was handed in stays so without.
	switch cost, err := f.v.Lateness(ctx, *sub); {
	case err != nil && ctx.Err() == nil:
		f.x.h.Log.Error("work out what lateness costs", "submission", sub.ID, "error", err)
	case err == nil && cost != "":
		f.say("%s", cost)
	}
}

func (f *follower) watch(ctx context.Context) (err error) {
	sub := f.x.taken
	if f.x.noWait {
		return f.leave(ctx)
	}
	if f.hides, f.some, err = f.v.Hides(ctx, sub.Assignment); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, f.x.h.Patience)
	defer cancel()
	woken, err := f.x.h.Store.Watch(ctx, f.v.Scope(), sub.ID)
	if err != nil {
		return err
	}
	alive := time.NewTicker(pulse)
	defer alive.Stop()
	for f.gone == nil {
		select {
		case <-alive.C:
			// An empty answer, as git itself sends while it is busy.
			_, f.gone = io.WriteString(f.w, packet(bandAnswer))
		case _, ok := <-woken:
			if !ok {
				return ctx.Err()
			}
		}
		if ended, err := f.look(ctx); ended || err != nil {
			return err
		}
	}
	return nil
}

// leave says where the submission stands and no more.
func (f *follower) leave(ctx context.Context) error {
	p, err := f.x.h.Queue.Place(ctx, f.v.Scope(), f.x.taken.ID)
	if err != nil {
		return err
	}
	f.say("%s", p)
	if p.Known {
		f.say("(%s)", p.Measure)
	}
	return nil
}

// look says what is new, and whether the grading has ended.
func (f *follower) look(ctx context.Context) (ended bool, err error) {
	// The state is read first: a run that ends while we look is not said to have ended before its last step.
	sub, err := f.x.h.Store.Submission(ctx, f.v.Scope(), f.x.taken.ID)
	if err != nil {
		return false, err
	}
	runs, err := f.x.h.Store.RunsOf(ctx, f.v.Scope(), sub.ID)
	if err != nil {
		return false, err
	}
	if len(runs) > 0 {
		if err := f.steps(ctx, runs[0].ID); err != nil {
			return false, err
		}
	}
	switch sub.State {
	case store.StateWaiting:
		p, err := f.x.h.Queue.Place(ctx, f.v.Scope(), sub.ID)
		if err != nil {
			return false, err
		}
		// Said anew when somebody before it is done, not when the estimate moves a little.
		if at := fmt.Sprint(p.State, p.Ahead, p.Own, p.Slots); p.State == store.StateWaiting && at != f.last {
			f.last = at
			f.say("%s", p)
		}
		return false, nil
	case store.StateRunning:
		return false, nil
	case store.StateReplaced:
		f.say("not graded: a newer push of yours took its place in line")
	case store.StateFault:
		f.say("not graded, by a fault of ours: the staff has been told, and it costs you nothing")
	case store.StateGraded:
		for _, r := range runs {
			if r.Counted {
				return true, f.result(ctx, r.ID)
			}
		}
	}
	return true, nil
}

// steps says how far the run is: each phase, and the checks by tenths.
func (f *follower) steps(ctx context.Context, run store.ID) error {
	if run != f.run {
		f.run, f.seq, f.shown, f.notyet, f.tenths = run, 0, 0, 0, 0
	}
	steps, err := f.x.h.Store.Steps(ctx, f.v.Scope(), run, f.seq)
	if err != nil {
		return err
	}
	for _, p := range steps {
		f.seq = p.Seq
		switch {
		case p.Phase == "fetch":
			f.say("a worker has it")
		case p.Phase == "build":
			f.say("building it")
		case p.Total > 0 && !f.hides(p.Check):
			if p.Verdict != grader.Pass {
				f.notyet++
			}
			f.shown++
			passed := "all passed"
			if f.notyet > 0 {
				passed = fmt.Sprintf("%d not passed", f.notyet)
			}
			tenths := 10 * p.Done / p.Total
			switch {
			case f.some && f.shown%10 == 0:
				f.say("%d checks done, %s", f.shown, passed)
			case !f.some && tenths > f.tenths && p.Done < p.Total:
				f.tenths = tenths
				f.say("%d of %d checks done, %s", p.Done, p.Total, passed)
			}
		}
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// sizeOf is a size as people say it.
func sizeOf(n int64) string {
	switch {
	case n < 10_000:
		return plural(int(n), "byte")
	case n < 10_000_000:
		return fmt.Sprintf("%d kB", n/1000)
	default:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/1e6), ".0") + " MB"
	}
}
