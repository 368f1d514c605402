// Package queue has submissions graded: it brings the line of internal/postgres
// together with River, whose jobs are the tickets that wake a worker on any machine.
//
// A ticket names nobody. Who is next is decided by the line when a worker is
// free, so one River queue without limits of its own is enough for classes,
// fairness and one run at a time per student. What a worker takes is leased to
// it; a lease that is not renewed is swept and the submission is in line again
// within seconds. River's own rescue of stuck jobs is the slow net below that.
package queue

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/postgres"
)

// A Queue is the store.Queue of the service, and what workers take turns from.
type Queue struct {
	*postgres.Line
	store *postgres.Store
}

var _ store.Queue = (*Queue)(nil)

// queueName is River's name for the tickets.
const queueName = "grade"

// A ticket is the River job that says "somebody waits".
type ticket struct{}

// Kind names the job for River.
func (ticket) Kind() string { return "grade" }

// InsertOpts put all tickets in one River queue. One that fails is tried
// again as long as it takes: the database was away.
func (ticket) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queueName, MaxAttempts: 100}
}

// New is the queue of the store. It only takes in; see Work.
func New(s *postgres.Store) (*Queue, error) {
	client, err := river.NewClient(riverpgxv5.New(s.Pool()), &river.Config{
		Logger: quiet(slog.Default()),
		// Also how long River leaves out further notifications after one: with the
		// default of 100 ms the second of two pushes would wait for the workers' next poll.
		FetchCooldown: time.Millisecond,
	})
	if err != nil {
		return nil, fmt.Errorf("make the queue: %w", err)
	}
	return &Queue{Line: postgres.NewLine(s, tickets{client}, errands{client}), store: s}, nil
}

// tickets issues River jobs.
type tickets struct{ client *river.Client[pgx.Tx] }

// Issue adds n tickets in the transaction.
func (t tickets) Issue(ctx context.Context, tx pgx.Tx, n int) error {
	params := make([]river.InsertManyParams, n)
	for i := range params {
		params[i] = river.InsertManyParams{Args: ticket{}}
	}
	_, err := t.client.InsertManyFastTx(ctx, tx, params)
	return err
}

// Pending counts the tickets that no worker has taken yet.
func (tickets) Pending(ctx context.Context, tx pgx.Tx) (n int, err error) {
	err = tx.QueryRow(ctx, `SELECT count(*) FROM river_job WHERE kind = $1 AND state IN ('available', 'pending', 'retryable', 'scheduled')`, ticket{}.Kind()).Scan(&n)
	return n, err
}

// soon tries a ticket again after a second: the database was away, which no longer pause makes better.
type soon struct{}

// NextRetry is for River.
func (soon) NextRetry(*rivertype.JobRow) time.Time { return time.Now().Add(time.Second) }

// quiet leaves out what River says when all is well.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(warnings{log.Handler()}) }

type warnings struct{ slog.Handler }

// Enabled is for slog.
func (w warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && w.Handler.Enabled(ctx, l)
}
