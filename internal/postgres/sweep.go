package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/store"
)

// maxLosses is how many workers may go away with a turn before it is taken
// for what kills them.
const maxLosses = 10

// overdue is the condition that the lease of an entry l was not renewed for as long as its holder said, or
// for $1 where it did not say: not for as long as whoever sweeps would renew its own. A renewal
// that is yet to come was before the clock was set back, and is no sign of life.
const overdue = `(l.renewed < clock_timestamp() - COALESCE(l.ttl, $1::interval) OR l.renewed > clock_timestamp() + COALESCE(l.ttl, $1::interval))`

// Swept is what a sweep found.
type Swept struct {
	Lost    int // turns whose worker went away, put back in line
	Given   int // turns that were given up, after maxLosses
	Tickets int // that were missing
}

// gradable is the condition that a worker that is alive has the suite of the entry l; $1 is how long ago it was seen.
const gradable = `l.assignment_id IN (SELECT a.id FROM assignments a JOIN workers w ON w.suites IS NULL OR a.suite = ANY(w.suites)
	WHERE w.seen > clock_timestamp() - $1::interval)`

// Sweep takes back the turns whose lease was not renewed in time, which is ttl where the holder did not say, sees that
// there are tickets for all who wait, and drops what nobody reads any more.
// Any number of workers may sweep at once.
func (l *Line) Sweep(ctx context.Context, ttl time.Duration) (Swept, error) {
	var s Swept
	type stale struct {
		entry  int64
		person store.ID
	}
	turns, err := all(ctx, l.s.pool, func(r pgx.CollectableRow) (t stale, err error) {
		err = r.Scan(&t.entry, &t.person)
		return t, err
	}, `SELECT l.id, l.person_id FROM line l WHERE `+overdue+` ORDER BY l.id`, ttl)
	if err != nil {
		return s, wrap("sweep", err)
	}
	for _, t := range turns {
		if err := l.s.do(ctx, "sweep", func(tx pgx.Tx) error { return l.lose(ctx, tx, t.entry, t.person, ttl, &s) }); err != nil {
			return s, err
		}
	}
	err = l.s.do(ctx, "sweep", func(tx pgx.Tx) error {
		var mine bool
		// One of the workers is enough for the rest. Whom nobody can grade needs no ticket: a worker that can sweeps when it starts.
		if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(hashtext('wiregrade sweep'))`).Scan(&mine); err != nil || !mine {
			return err
		}
		for _, sql := range []string{
			`DELETE FROM progress WHERE at < now() - interval '1 hour'`,
			`DELETE FROM workers WHERE seen < now() - interval '1 day'`,
			`DELETE FROM calls WHERE claimed < now() - interval '1 day'`, // store.CallKept
		} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		pending, err := l.tickets.Pending(ctx, tx)
		if err != nil {
			return err
		}
		var waiting int
		if err := tx.QueryRow(ctx, `SELECT count(DISTINCT person_id) FROM line l WHERE `+ready+` AND `+gradable, alive).Scan(&waiting); err != nil {
			return err
		}
		if s.Tickets = max(0, waiting-pending); s.Tickets == 0 {
			return nil
		}
		return l.tickets.Issue(ctx, tx, s.Tickets)
	})
	return s, err
}

// lose takes one turn back. What its worker finds, should it still be alive, is not wanted any more.
func (l *Line) lose(ctx context.Context, tx pgx.Tx, entry int64, person store.ID, ttl time.Duration, s *Swept) error {
	if err := lock(ctx, tx, person); err != nil {
		return err
	}
	rows, err := all(ctx, tx, func(r pgx.CollectableRow) (t Turn, err error) {
		err = r.Scan(&t.Run, &t.Submission.ID, &t.Faults)
		return t, err
	}, `UPDATE line l SET losses = losses + 1 FROM runs r WHERE r.lease = l.lease AND `+overdue+` AND l.id = $2
		RETURNING r.id, r.submission_id, l.losses`, ttl, entry)
	if err != nil || len(rows) == 0 {
		return err // renewed, ended or swept by somebody else
	}
	t := rows[0]
	status := store.RunLost
	var replaced []store.ID
	if t.Faults >= maxLosses {
		s.Given++
		status = store.RunFault
		if _, err := tx.Exec(ctx, `DELETE FROM line WHERE id = $1`, entry); err != nil {
			return err
		}
	} else {
		s.Lost++
		if replaced, err = l.giveBack(ctx, tx, entry); err != nil {
			return err
		}
	}
	if err := closeRun(ctx, tx, t, status, "the worker went away", store.Phases{}); err != nil {
		return err
	}
	if err := l.s.moved(ctx, tx, t.Submission.ID); err != nil {
		return err
	}
	if status == store.RunFault {
		if err := l.givenUp(ctx, tx, t); err != nil {
			return err
		}
	}
	if err := l.callNext(ctx, tx, person); err != nil {
		return err
	}
	return tally(ctx, tx, t.Run, replaced)
}

// givenUp tells that a submission's runs were given up.
func (l *Line) givenUp(ctx context.Context, tx pgx.Tx, t Turn) (err error) {
	if t.Submission, err = one(ctx, tx, scanSubmission, `SELECT `+submissionColumns+` FROM submissions s WHERE s.id = $1`, key(t.Submission.ID)); err != nil {
		return err
	}
	return l.s.finished(ctx, tx, t, store.RunFault, "the worker went away", nil, nil)
}
