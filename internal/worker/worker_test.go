package worker_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/score"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/internal/pgtest"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
	"github.com/wiregrade/wiregrade/internal/storetest"
	"github.com/wiregrade/wiregrade/internal/tiny"
	"github.com/wiregrade/wiregrade/internal/worker"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// A service is a world with workers.
type service struct {
	*storetest.World
	*testing.T
	pg *postgres.Store
	q  *queue.Queue
	a  store.Assignment
}

func newService(t *testing.T) *service {
	pg := pgtest.Store(t)
	q, err := queue.New(pg)
	require.NoError(t, err)
	w := storetest.NewWorld(t, pg, q)
	a, err := w.AddAssignment(t.Context(), store.Assignment{Course: w.Course.ID, Name: tiny.Name, Suite: tiny.Name}, w.By)
	require.NoError(t, err)
	return &service{w, t, pg, q, a}
}

// work starts a worker with the suite and returns what stops it and waits until it has.
func (s *service) work(suite *check.Suite, grace time.Duration) (stop func()) {
	s.Helper()
	w := worker.New(s.q, worker.Options{
		Suites: []*check.Suite{suite}, Sandboxes: sandbox.Loopback{}, Jobs: 2, Patience: 20 * time.Second,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	ctx, cancel := context.WithCancel(context.Background())
	done, ready := make(chan error, 1), make(chan struct{})
	go func() {
		done <- w.Work(ctx, queue.Options{
			Worker: postgres.Worker{Name: s.Name() + time.Now().String(), Slots: 2, Version: "v1", Isolation: "loopback"},
			Grace:  grace, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Ready: func() { close(ready) },
		})
	}()
	select {
	case <-ready:
	case err := <-done:
		require.NoError(s, err)
	}
	var stopped atomic.Bool
	stop = func() {
		if stopped.CompareAndSwap(false, true) {
			cancel()
			require.NoError(s, <-done)
		}
	}
	s.Cleanup(stop)
	return stop
}

func (s *service) push(p store.Person, files []store.File) store.Submission {
	s.Helper()
	sub, _, err := s.q.Submit(s.Context(), store.NewSubmission{Course: s.Course.ID, Assignment: s.a.ID, Person: p.ID, Source: store.SourceUpload, Files: files})
	require.NoError(s, err)
	return sub
}

// until waits, woken by the store, until the submission is in one of the states.
func (s *service) until(sub store.Submission, states ...store.State) store.Submission {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	woken, err := s.Watch(ctx, s.Staff(), sub.ID)
	require.NoError(s, err)
	for range woken {
		now, err := s.Submission(ctx, s.Staff(), sub.ID)
		require.NoError(s, err)
		for _, state := range states {
			if now.State == state {
				return now
			}
		}
	}
	s.Fatalf("submission never came to be %v", states)
	return sub
}

func (s *service) graded(sub store.Submission) (store.Run, *grader.Run) {
	s.Helper()
	s.until(sub, store.StateGraded)
	runs, err := s.RunsOf(s.Context(), s.Staff(), sub.ID)
	require.NoError(s, err)
	for _, r := range runs {
		if r.Counted {
			report, err := s.pg.Report(s.Context(), s.Staff(), r.ID)
			require.NoError(s, err)
			return r, report
		}
	}
	s.Fatal("no run counts")
	return store.Run{}, nil
}

func TestGrades(t *testing.T) {
	t.Parallel()
	s := newService(t)
	right := s.push(s.Ann, tiny.Files("echo right", "a"))
	s.work(tiny.Suite(), time.Minute)
	wrong := s.push(s.Bob, tiny.Files("echo wrong", "b"))

	run, report := s.graded(right)
	require.Equal(t, grader.Pass, report.Results[0].Verdict)
	require.Equal(t, run.Seed, report.Seed)
	require.Equal(t, right.Tree[:12], report.Submission, "no path of the worker's machine")
	require.Equal(t, 10.0, score.Of(report.Assignment.Rubric, report.Results).Got)
	require.Positive(t, run.Phases.Checks)
	require.Equal(t, "loopback", run.Isolation)
	steps, err := s.Steps(t.Context(), s.Of(s.Ann), run.ID, 0)
	require.NoError(t, err)
	require.Equal(t, "fetch", steps[0].Phase)
	require.Equal(t, "word/right", steps[len(steps)-1].Check)

	_, report = s.graded(wrong)
	require.Equal(t, grader.Fail, report.Results[0].Verdict)
	require.NotEmpty(t, report.Results[0].Reference.Events, "the reference's answer is stored, too")

	// Points come from what is stored and a rubric: another rubric needs no new run.
	all, err := s.Graded(t.Context(), s.Staff(), s.a.ID)
	require.NoError(t, err)
	require.Len(t, all, 2)
	var got float64
	for _, g := range all {
		got += score.Of([]grader.Item{{Group: "word", Points: 3}}, g.Results()).Got
	}
	require.Equal(t, 3.0, got)
}

// TestHostileTrees hands in what is to make the worker read or write elsewhere.
func TestHostileTrees(t *testing.T) {
	t.Parallel()
	s := newService(t)
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("hunter2: x\n"), 0o600))
	s.work(tiny.Suite(), time.Minute)
	for problem, files := range map[string][]store.File{
		"not a plain file":     {{Path: "grader.yaml", Mode: store.Link, Data: []byte(secret)}},
		"no grader.yaml":       {{Path: "README", Mode: store.Regular, Data: []byte("hello")}},
		"unknown key \"runn\"": {{Path: "grader.yaml", Mode: store.Regular, Data: []byte("runn: x\n")}},
	} {
		run, report := s.graded(s.push(s.Ann, files))
		require.Contains(t, run.Problem, problem)
		require.Equal(t, grader.Blocked, report.Results[0].Verdict)
		require.NotContains(t, run.Problem+report.Problem+report.Results[0].Reason, "hunter2")
		require.NotContains(t, run.Problem, os.TempDir(), "nor where the folder stood")
	}
}

func TestFaultOfOurs(t *testing.T) {
	t.Parallel()
	s := newService(t)
	var runs atomic.Int64
	stop := s.work(tiny.With(func(*check.T) {
		runs.Add(1)
		panic("the oracle is broken")
	}), time.Minute)
	sub := s.push(s.Ann, tiny.Files("echo right", "a"))
	s.until(sub, store.StateFault)
	// The engine tries a check twice, and the queue the run.
	require.EqualValues(t, 4, runs.Load())
	all, err := s.RunsOf(t.Context(), s.Staff(), sub.ID)
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Contains(t, all[0].Problem, "the oracle is broken")
	stop()

	s.work(tiny.Suite(), time.Minute)
	n, err := s.Regrade(t.Context(), s.Staff(), store.Selection{Submission: sub.ID}, s.By)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	_, report := s.graded(sub)
	require.Equal(t, grader.Pass, report.Results[0].Verdict, "mended, and graded again")
}

// TestUnknownSuite has a worker that lacks the suite of the first in line: it takes the next, and the
// first waits, without a fault, for a worker that has it.
func TestUnknownSuite(t *testing.T) {
	t.Parallel()
	s := newService(t)
	other := s.MustSubmit(t, s.Bob, "1") // its assignment's suite is another
	s.work(tiny.Suite(), time.Minute)
	s.graded(s.push(s.Ann, tiny.Files("echo right", "a")))
	now, err := s.Submission(t.Context(), s.Staff(), other.ID)
	require.NoError(t, err)
	require.Equal(t, store.StateWaiting, now.State)
	all, err := s.RunsOf(t.Context(), s.Staff(), other.ID)
	require.NoError(t, err)
	require.Empty(t, all, "nobody tried")

	suite := tiny.Suite()
	suite.Name = s.Upper.Suite
	s.work(suite, time.Minute)
	s.until(other, store.StateGraded)
	all, err = s.RunsOf(t.Context(), s.Staff(), other.ID)
	require.NoError(t, err)
	require.Len(t, all, 1)
}

// TestStop stops a worker in mid-run: without grace the run is handed back and
// the next worker ends it, with grace it ends where it is.
func TestStop(t *testing.T) {
	t.Parallel()
	s := newService(t)
	held := tiny.With(func(t *check.T) {
		end := t.Run(check.Input{Hold: true}).Wait(0)
		t.Judge()
		t.Want(end.Output, end.Stdout, "right\n")
	})
	stop := s.work(held, time.Nanosecond)
	sub := s.push(s.Ann, tiny.Files("exec cat", "a"))
	s.until(sub, store.StateRunning)
	stop()
	now, err := s.Submission(t.Context(), s.Staff(), sub.ID)
	require.NoError(t, err)
	require.Equal(t, store.StateWaiting, now.State)

	entered, leave := make(chan struct{}, 1), make(chan struct{})
	stop = s.work(tiny.With(func(t *check.T) {
		entered <- struct{}{}
		<-leave
	}), time.Minute)
	<-entered
	go close(leave)
	stop()
	now, err = s.Submission(t.Context(), s.Staff(), sub.ID)
	require.NoError(t, err)
	require.Equal(t, store.StateGraded, now.State, "within its grace the run ended and was stored")
	runs, err := s.RunsOf(t.Context(), s.Staff(), sub.ID)
	require.NoError(t, err)
	require.Equal(t, []store.RunStatus{store.RunDone, store.RunReturned}, []store.RunStatus{runs[0].Status, runs[1].Status})
}
