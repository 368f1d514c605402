package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/wiregrade/wiregrade/grader/store"
)

// Errands are what the service does beside grading: commits fetched, GitHub
// told, messages sent. Each is a River job entered in the transaction of its
// cause, so it is done although the service ends in between, maybe twice.
type Errands struct {
	// Fetch gets what a delivery announces and submits it. On the last attempt an error is final.
	Fetch func(ctx context.Context, source store.Source, delivery string, last bool) error
	// Show brings what is told about a commit in line with how far it is.
	Show func(ctx context.Context, repository store.ID, commit string) error
	// Send sends one message. On the last attempt it is settled.
	Send func(ctx context.Context, message store.ID, last bool) error

	// At is called at once and then every minute, for what is due by the clock.
	At  func(ctx context.Context) error
	Log *slog.Logger // nil means slog.Default()
	// Ready is called when errands are done; may be nil.
	Ready func()
	// Pause maps attempts, from 1, to the pause that follows a failed one; nil means the usual ones.
	Pause func(kind string, attempt int) time.Duration
}

// An AgainError asks for the errand to be done again later; it is no failed attempt.
type AgainError struct{ After time.Duration }

// Error is for error.
func (e *AgainError) Error() string { return fmt.Sprintf("again in %v", e.After) }

// River's names for the errands' queues: what waits for other people's
// endpoints does not hold up what students wait for.
const (
	errandQueue = "errands"
	sendQueue   = "send"
)

type fetchArgs struct {
	Source   store.Source `json:"source"`
	Delivery string       `json:"delivery"`
}

// Kind names the job for River.
func (fetchArgs) Kind() string { return "fetch" }

// InsertOpts are for River.
func (fetchArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: errandQueue, MaxAttempts: len(githubPauses) + 1}
}

type showArgs struct {
	Repository store.ID `json:"repository"`
	Commit     string   `json:"commit"`
}

// Kind names the job for River.
func (showArgs) Kind() string { return "show" }

// InsertOpts are for River.
func (showArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: errandQueue, MaxAttempts: len(githubPauses) + 1}
}

type sendArgs struct {
	Message store.ID `json:"message"`
}

// Kind names the job for River.
func (sendArgs) Kind() string { return "send" }

// InsertOpts are for River.
func (sendArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: sendQueue, MaxAttempts: len(sendPauses) + 1}
}

// sendPauses follow the failed attempts to send a message: two days in all.
var sendPauses = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour,
}

// githubPauses follow the failed attempts to fetch from GitHub and to tell it something: two days in all, as
// GitHub may be away for hours. Students wait for both, so at first it is seconds, and later no pause
// is much longer than GitHub was away before it.
var githubPauses = []time.Duration{
	2 * time.Second, 8 * time.Second, 30 * time.Second, 2 * time.Minute, 8 * time.Minute, 20 * time.Minute, 40 * time.Minute, time.Hour,
	2 * time.Hour, 3 * time.Hour, 4 * time.Hour, 5 * time.Hour, 6 * time.Hour, 7 * time.Hour, 8 * time.Hour, 11 * time.Hour,
}

// pause follows the nth failed attempt.
func pause(kind string, n int) time.Duration {
	all := githubPauses
	if kind == (sendArgs{}).Kind() {
		all = sendPauses
	}
	return all[min(n, len(all))-1]
}

// errands issues the jobs.
type errands struct{ client *river.Client[pgx.Tx] }

// Fetch is for postgres.Errands.
func (e errands) Fetch(ctx context.Context, tx pgx.Tx, source store.Source, delivery string) error {
	_, err := e.client.InsertTx(ctx, tx, fetchArgs{source, delivery}, nil)
	return err
}

// Show is for postgres.Errands.
func (e errands) Show(ctx context.Context, tx pgx.Tx, repository store.ID, commit string) error {
	_, err := e.client.InsertTx(ctx, tx, showArgs{repository, commit}, nil)
	return err
}

// Send is for postgres.Errands.
func (e errands) Send(ctx context.Context, tx pgx.Tx, messages []store.ID) error {
	params := make([]river.InsertManyParams, len(messages))
	for i, id := range messages {
		params[i] = river.InsertManyParams{Args: sendArgs{id}}
	}
	_, err := e.client.InsertManyFastTx(ctx, tx, params)
	return err
}

// An errand does the jobs of one kind. River's leader, which may be any
// program, drops stuck jobs of kinds that it does not know: see kinds.
type errand[A river.JobArgs] struct {
	river.WorkerDefaults[A]
	do    func(ctx context.Context, a A, last bool) error
	pause func(kind string, attempt int) time.Duration
}

// Timeout bounds an errand, and tells River when one is stuck.
func (*errand[A]) Timeout(*river.Job[A]) time.Duration { return 2 * time.Minute }

// NextRetry is when a failed errand is tried again.
func (e *errand[A]) NextRetry(j *river.Job[A]) time.Time {
	return time.Now().Add(e.pause(j.Kind, max(1, len(j.Errors)+1)))
}

// Work does the errand.
func (e *errand[A]) Work(ctx context.Context, j *river.Job[A]) error {
	err := e.do(ctx, j.Args, j.Attempt >= j.MaxAttempts)
	var again *AgainError
	if errors.As(err, &again) {
		return river.JobSnooze(again.After)
	}
	return err
}

// kinds registers the errands with a client, whether it does them or not.
func kinds(w *river.Workers, e Errands) error {
	if e.Pause == nil {
		e.Pause = pause
	}
	return errors.Join(
		river.AddWorkerSafely(w, &errand[fetchArgs]{pause: e.Pause, do: func(ctx context.Context, a fetchArgs, last bool) error {
			return e.Fetch(ctx, a.Source, a.Delivery, last)
		}}),
		river.AddWorkerSafely(w, &errand[showArgs]{pause: e.Pause, do: func(ctx context.Context, a showArgs, _ bool) error { return e.Show(ctx, a.Repository, a.Commit) }}),
		river.AddWorkerSafely(w, &errand[sendArgs]{pause: e.Pause, do: func(ctx context.Context, a sendArgs, last bool) error { return e.Send(ctx, a.Message, last) }}),
	)
}

// stuckAfter is when a job whose program went away is taken up again by another.
const stuckAfter = 5 * time.Minute

// Run does errands until ctx ends, then lets running ones finish for a few seconds.
func (q *Queue) Run(ctx context.Context, e Errands) error {
	if e.Log == nil {
		e.Log = slog.Default()
	}
	workers := river.NewWorkers()
	// The tickets are known here, too, for the leader's sake.
	if err := errors.Join(kinds(workers, e), river.AddWorkerSafely(workers, &taker{})); err != nil {
		return fmt.Errorf("do errands: %w", err)
	}
	client, err := river.NewClient(riverpgxv5.New(q.store.Pool()), &river.Config{
		Queues:                      map[string]river.QueueConfig{errandQueue: {MaxWorkers: 8}, sendQueue: {MaxWorkers: 16}},
		Workers:                     workers,
		Logger:                      quiet(e.Log),
		FetchCooldown:               5 * time.Millisecond,
		FetchPollInterval:           time.Second,
		JobTimeout:                  -1, // errands have their own; tickets none
		RescueStuckJobsAfter:        stuckAfter,
		CompletedJobRetentionPeriod: time.Hour,
		SoftStopTimeout:             5 * time.Second,
		ErrorHandler:                failures{e.Log},
	})
	if err != nil {
		return fmt.Errorf("do errands: %w", err)
	}
	if err := client.Start(ctx); err != nil {
		return fmt.Errorf("do errands: %w", err)
	}
	if e.Ready != nil {
		e.Ready()
	}
	every := time.NewTicker(time.Minute)
	defer every.Stop()
	for {
		if e.At != nil {
			if err := e.At(ctx); err != nil && ctx.Err() == nil {
				e.Log.Warn("what is due by the clock was not done", "error", err)
			}
		}
		select {
		case <-client.Stopped():
			return nil
		case <-every.C:
		}
	}
}

// failures logs failed attempts.
type failures struct{ log *slog.Logger }

// HandleError is for River.
func (f failures) HandleError(_ context.Context, j *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	f.log.Warn("an errand failed", "kind", j.Kind, "attempt", j.Attempt, "of", j.MaxAttempts, "error", err)
	return nil
}

// HandlePanic is for River.
func (f failures) HandlePanic(_ context.Context, j *rivertype.JobRow, v any, trace string) *river.ErrorHandlerResult {
	f.log.Error("an errand panicked", "kind", j.Kind, "attempt", j.Attempt, "panic", v, "trace", trace)
	return nil
}
