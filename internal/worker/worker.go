// Package worker grades the submissions that the queue gives it: files from
// the store to a folder, harness.Grade, the result back in one transaction.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/harness"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/harness/submission"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
)

// Options say how a worker grades.
type Options struct {
	Suites    []*check.Suite
	Sandboxes sandbox.Provider // must be given: what isolates is the operator's decision
	Jobs      int              // checks of one run at once; 0 as in harness.Options
	Patience  time.Duration    // as in harness.Options
	Log       *slog.Logger     // nil means slog.Default()
	// Persist is how long a result is offered to a database that is away; 0 means five minutes.
	Persist time.Duration
	// Gone ends when the database will not come back: runs are dropped and results not offered any more. nil is never.
	Gone context.Context
}

// A Worker grades turns.
type Worker struct {
	q      *queue.Queue
	o      Options
	suites map[string]*check.Suite
}

// New makes a worker for the queue.
func New(q *queue.Queue, o Options) *Worker {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Persist == 0 {
		o.Persist = 5 * time.Minute
	}
	if o.Gone == nil {
		o.Gone = context.Background()
	}
	w := &Worker{q: q, o: o, suites: map[string]*check.Suite{}}
	sweepScratch(time.Now())
	for _, s := range o.Suites {
		w.suites[s.Name] = s
	}
	return w
}

// Work takes turns of the suites that the worker has until ctx ends, as queue.Work does.
func (w *Worker) Work(ctx context.Context, o queue.Options) error {
	o.Worker.Suites = []string{} // not nil, which would be all
	for _, s := range w.o.Suites {
		o.Worker.Suites = append(o.Worker.Suites, s.Name)
	}
	return w.q.Work(ctx, o, w.handle)
}

// handle grades one turn and ends it. It is a queue.Handler.
func (w *Worker) handle(ctx context.Context, t postgres.Turn) {
	log := w.o.Log.With("submission", t.Submission.ID, "run", t.Run, "suite", t.Suite)
	ctx, drop := context.WithCancelCause(ctx)
	defer drop(nil)
	defer context.AfterFunc(w.o.Gone, func() { drop(context.Cause(w.o.Gone)) })()
	phases := store.Phases{Wait: t.Waited}
	found, err := w.grade(ctx, t, &phases)
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, store.ErrLease):
		log.Warn("the run was handed to another worker")
		return
	case err == nil && !found.Faulted():
		err = w.persist(ctx, func(ctx context.Context) error { return w.q.Finish(ctx, t, found, phases) })
		if err == nil {
			log.Info("graded", "wait", phases.Wait, "fetch", phases.Fetch, "build", phases.Build, "checks", phases.Checks, "problem", found.Problem)
		}
	case cause != nil:
		err = w.persist(ctx, func(ctx context.Context) error { return w.q.Return(ctx, t) })
		if err == nil {
			log.Info("handed back", "cause", cause)
		}
	default:
		problem := faults(found, err)
		var again bool
		err = w.persist(ctx, func(ctx context.Context) (err error) {
			again, err = w.q.Fault(ctx, t, problem, found, phases)
			return err
		})
		if err == nil {
			log.Error("a fault of ours", "problem", problem, "again", again)
		}
	}
	if err != nil {
		// The lease runs out, and another worker grades it.
		log.Error("could not store the result", "error", err)
	}
}

// grade makes the submission's folder and runs its suite. Whatever is the
// student's is in the run; the error is ours.
func (w *Worker) grade(ctx context.Context, t postgres.Turn, ph *store.Phases) (run *grader.Run, err error) {
	defer func() {
		if p := recover(); p != nil {
			run, err = nil, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	suite := w.suites[t.Suite]
	if suite == nil {
		return nil, fmt.Errorf("this worker does not know the suite %q", t.Suite)
	}
	steps := w.follow(t)
	defer steps.close()
	start := time.Now()
	steps.add(store.Progress{Phase: "fetch"})
	files, err := w.q.Files(ctx, t)
	if err != nil {
		return nil, err
	}
	dir, remove, err := scratch()
	if err != nil {
		return nil, err
	}
	defer remove()
	if err := materialise(dir, files); err != nil {
		return nil, err
	}
	ph.Fetch = time.Since(start)
	run, err = w.run(ctx, suite, dir, t, steps)
	if err != nil {
		return nil, err
	}
	if len(t.Rubric) > 0 {
		run.Assignment.Rubric = t.Rubric
	}
	run.Submission = name(t.Submission)
	ph.Build = time.Duration(run.Build.Millis * float64(time.Millisecond))
	ph.Checks = max(0, time.Since(start)-ph.Fetch-ph.Build)
	return run, nil
}

func (w *Worker) run(ctx context.Context, suite *check.Suite, dir string, t postgres.Turn, steps *steps) (*grader.Run, error) {
	m, err := submission.ReadManifest(dir, suite.Role == grader.Client)
	var bad *submission.ManifestError
	switch {
	case errors.As(err, &bad):
		// Where the folder stands here is nobody's business.
		bad.File = submission.ManifestName
		return w.refused(suite, t, bad.Error()), nil
	case errors.Is(err, submission.ErrNoManifest):
		return w.refused(suite, t, err.Error()), nil
	case err != nil:
		return nil, err
	}
	run, err := harness.Grade(ctx, suite, dir, m, harness.Options{
		Seed: t.Seed, Jobs: w.o.Jobs, Sandboxes: w.o.Sandboxes, Patience: w.o.Patience,
		Progress: func(p harness.Progress) {
			steps.add(store.Progress{Phase: p.Phase, Done: p.Done, Total: p.Total, Check: p.Name, Verdict: p.Verdict})
		},
	})
	if err == nil && m.Guess != "" {
		run.Remarks = append(run.Remarks, fmt.Sprintf("no grader.yaml; guessed from %s: run: %s", m.Guess, m.Run))
	}
	return run, err
}

// refused is the run of a submission whose manifest says nothing that could be run: the student's to mend.
func (w *Worker) refused(suite *check.Suite, t postgres.Turn, problem string) *grader.Run {
	run := &grader.Run{Assignment: suite.Assignment, Seed: t.Seed, Isolation: w.o.Sandboxes.Isolation(), Problem: problem, Started: time.Now()}
	for _, item := range suite.Items() {
		run.Results = append(run.Results, grader.Result{Rule: item.Rule, Verdict: grader.Blocked, Reason: problem, Seed: t.Seed})
	}
	return run
}

// name is how a report calls the submission.
func name(s store.Submission) string {
	if s.Commit != "" {
		return s.Commit
	}
	return s.Tree[:min(12, len(s.Tree))]
}

// faults says in words what went wrong on our side.
func faults(run *grader.Run, err error) string {
	if err != nil {
		return err.Error()
	}
	for _, r := range run.Results {
		if r.Verdict == grader.Fault {
			return r.Name + ": " + r.Reason
		}
	}
	return ""
}

// persist offers a result until the database takes it, refuses it, or has been
// away for too long. It goes on when the worker is to stop: the work is done.
func (w *Worker) persist(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.o.Persist)
	defer cancel()
	defer context.AfterFunc(w.o.Gone, cancel)()
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		err := f(ctx)
		if err == nil || errors.Is(err, store.ErrLease) || errors.Is(err, store.ErrInvalid) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}
