package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
)

// A Worker is who takes turns.
type Worker struct {
	Name      string // unique among those alive
	Slots     int    // runs that it does at once
	Version   string // of the grader
	Isolation string // "namespaces" or "loopback"
	// Suites are those that it can grade, and so the turns it takes; nil takes every turn.
	Suites []string
	// Lease is how long what it takes is its without being renewed; 0 leaves that to those who sweep.
	Lease time.Duration
}

// A Turn is one submission at the head of the line, leased to one worker.
type Turn struct {
	Entry      int64
	Lease      store.ID // renewed while the run lasts; once it is lost, nothing it finds is wanted
	Run        store.ID
	Seed       uint64
	Class      store.Class
	Faults     int // runs of this turn before that ended in a fault of ours
	Waited     time.Duration
	Submission store.Submission
	Suite      string
	Assignment string // as the course calls it
	Rubric     []grader.Item
}

// Claim takes who is next of those whom the worker can grade and leases it to the
// worker. ok is false when nobody waits, or only students who have a run already.
func (l *Line) Claim(ctx context.Context, w Worker, seed uint64) (t Turn, ok bool, err error) {
	// First without waiting for anybody. When that finds nobody, somebody's lane
	// may just have been locked: the ticket must not be spent on that.
	for wait := ` SKIP LOCKED`; ; wait = `` {
		t, err = l.claim(ctx, w, seed, wait)
		var pg *pgconn.PgError
		switch {
		case err == nil:
			return t, true, nil
		case errors.Is(err, pgx.ErrNoRows):
			var somebody bool
			err = l.s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM line l WHERE `+ready+` AND `+mine+`)`, w.Suites).Scan(&somebody)
			if err != nil || !somebody {
				return t, false, wrap("claim a turn", err)
			}
		case errors.As(err, &pg) && (pg.Code == "23505" || pg.Code == "40P01"):
			// Another worker took a turn of the same student between our look and our
			// lock: line_running refused this one. The next look sees that.
		default:
			return t, false, wrap("claim a turn", err)
		}
	}
}

// ready is the condition that an entry l may be claimed.
const ready = `l.lease IS NULL AND NOT EXISTS (SELECT FROM line r WHERE r.person_id = l.person_id AND r.lease IS NOT NULL)`

// mine is the condition that the suites $1 grade the entry l.
const mine = `($1::text[] IS NULL OR l.assignment_id IN (SELECT a.id FROM assignments a WHERE a.suite = ANY($1)))`

// ttl is what the line has of a worker's Lease, $2.
const ttl = `NULLIF($2::interval, '0')`

func (l *Line) claim(ctx context.Context, w Worker, seed uint64, wait string) (Turn, error) {
	t := Turn{Seed: seed}
	err := pgx.BeginFunc(ctx, l.s.pool, func(tx pgx.Tx) error {
		var submission store.ID
		// The order is that of the view line_order, one step at a time.
		err := tx.QueryRow(ctx, `WITH next AS (
				SELECT l.id FROM line l JOIN line_people p USING (person_id) JOIN line_courses c USING (course_id)
				WHERE `+ready+` AND `+mine+` AND l.class = (SELECT min(l.class) FROM line l WHERE `+ready+` AND `+mine+`)
				ORDER BY c.served, p.served, l.id LIMIT 1 FOR UPDATE OF p`+wait+`
			) UPDATE line SET lease = gen_random_uuid(), renewed = clock_timestamp(), ttl = `+ttl+` FROM next WHERE line.id = next.id AND line.lease IS NULL
			RETURNING line.id, line.lease, line.class, line.faults, extract(epoch FROM clock_timestamp() - line.entered), line.submission_id`, w.Suites, w.Lease).Scan(
			&t.Entry, &t.Lease, &t.Class, &t.Faults, (*seconds)(&t.Waited), &submission)
		if err != nil {
			return err
		}
		batch := &pgx.Batch{}
		batch.Queue(`UPDATE line_people SET served = clock_timestamp() WHERE person_id = (SELECT person_id FROM line WHERE id = $1)`, t.Entry)
		batch.Queue(`UPDATE line_courses SET served = clock_timestamp() WHERE course_id = (SELECT course_id FROM line WHERE id = $1)`, t.Entry)
		batch.Queue(`INSERT INTO runs (submission_id, lease, grader, seed, isolation, worker) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
			key(submission), key(t.Lease), w.Version, int64(seed), w.Isolation, w.Name).QueryRow(func(r pgx.Row) error { return r.Scan(&t.Run) })
		batch.Queue(`SELECT `+submissionColumns+`, a.suite, a.name, a.rubric FROM submissions s JOIN assignments a ON a.id = s.assignment_id WHERE s.id = $1`,
			key(submission)).QueryRow(func(r pgx.Row) error {
			return r.Scan(append(submissionFields(&t.Submission), &t.Suite, &t.Assignment, &t.Rubric)...)
		})
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		return l.s.moved(ctx, tx, submission)
	})
	return t, err
}

// seconds scans a number of seconds.
type seconds time.Duration

// Scan is for database/sql's interface, which pgx knows too.
func (s *seconds) Scan(v any) error {
	switch v := v.(type) {
	case float64:
		*s = seconds(v * float64(time.Second))
	case string:
		d, err := time.ParseDuration(v + "s")
		*s = seconds(d)
		return err
	}
	return nil
}

// Files gives the tree of the turn's submission.
func (l *Line) Files(ctx context.Context, t Turn) ([]store.File, error) {
	files, err := readFiles(ctx, l.s.pool, t.Submission.ID)
	return files, wrap("read submission", err)
}

// Renew says that the worker is alive and keeps the leases. It returns those that are still its.
func (l *Line) Renew(ctx context.Context, w Worker, leases []store.ID) ([]store.ID, error) {
	keys := make([]string, len(leases))
	for i, id := range leases {
		keys[i] = key(id)
	}
	var kept []store.ID
	err := l.s.do(ctx, "renew leases", func(tx pgx.Tx) (err error) {
		if _, err = tx.Exec(ctx, `INSERT INTO workers (name, slots, version, isolation, suites) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (name) DO UPDATE SET slots = excluded.slots, version = excluded.version, isolation = excluded.isolation, suites = excluded.suites, seen = clock_timestamp()`,
			w.Name, w.Slots, w.Version, w.Isolation, w.Suites); err != nil {
			return err
		}
		kept, err = all(ctx, tx, pgx.RowTo[store.ID], `UPDATE line SET renewed = clock_timestamp(), ttl = `+ttl+` WHERE lease = ANY($1::uuid[]) RETURNING lease`, keys, w.Lease)
		return err
	})
	return kept, err
}

// Leave takes a worker off the list of those alive.
func (l *Line) Leave(ctx context.Context, w Worker) error {
	_, err := l.s.pool.Exec(ctx, `DELETE FROM workers WHERE name = $1`, w.Name)
	return wrap("leave", err)
}

// Report stores steps of the run for those who watch it. Losing some in a
// crash is no loss, so the write is not waited for on the disk.
func (l *Line) Report(ctx context.Context, t Turn, steps []store.Progress) error {
	return l.s.do(ctx, "report progress", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL synchronous_commit = off`); err != nil {
			return err
		}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"progress"}, []string{"run_id", "phase", "done", "total", "name", "verdict"},
			pgx.CopyFromSlice(len(steps), func(i int) ([]any, error) {
				p := steps[i]
				return []any{string(t.Run), p.Phase, int32(p.Done), int32(p.Total), p.Check, string(p.Verdict)}, nil
			}))
		if err != nil {
			return err
		}
		return announce(ctx, tx, t.Submission.ID)
	})
}

// Finish stores what the run found and makes it the one that counts, once:
// whoever lost the lease gets store.ErrLease, and saying it again after a doubtful commit changes nothing.
func (l *Line) Finish(ctx context.Context, t Turn, found *grader.Run, ph store.Phases) error {
	return l.end(ctx, "finish run", t, func(tx pgx.Tx) ([]store.ID, error) {
		if _, err := tx.Exec(ctx, `DELETE FROM line WHERE id = $1`, t.Entry); err != nil {
			return nil, err
		}
		before, err := all(ctx, tx, pgx.RowTo[store.ID], `UPDATE runs SET counted = false WHERE submission_id = $1 AND counted RETURNING id`, key(t.Submission.ID))
		if err != nil {
			return nil, err
		}
		if err := closeRun(ctx, tx, t, store.RunDone, found.Problem, ph); err != nil {
			return nil, err
		}
		if err := writeReport(ctx, tx, t.Run, found); err != nil {
			return nil, err
		}
		return nil, l.s.finished(ctx, tx, t, store.RunDone, found.Problem, found, before)
	})
}

// Fault ends the run for a fault of ours. It does not count, so what counted
// before still does. It goes back in line once; again says whether.
func (l *Line) Fault(ctx context.Context, t Turn, problem string, found *grader.Run, ph store.Phases) (again bool, err error) {
	err = l.end(ctx, "end run with a fault", t, func(tx pgx.Tx) (replaced []store.ID, err error) {
		again = t.Faults == 0
		if again {
			if _, err := tx.Exec(ctx, `UPDATE line SET faults = faults + 1 WHERE id = $1`, t.Entry); err != nil {
				return nil, err
			}
			if replaced, err = l.giveBack(ctx, tx, t.Entry); err != nil {
				return nil, err
			}
		} else if _, err := tx.Exec(ctx, `DELETE FROM line WHERE id = $1`, t.Entry); err != nil {
			return nil, err
		}
		if err := closeRun(ctx, tx, t, store.RunFault, problem, ph); err != nil {
			return nil, err
		}
		if found != nil {
			if err := writeReport(ctx, tx, t.Run, found); err != nil {
				return nil, err
			}
		}
		if again {
			return replaced, nil
		}
		return nil, l.s.finished(ctx, tx, t, store.RunFault, problem, found, nil)
	})
	return again, err
}

// Return hands the turn back: its worker is to stop.
func (l *Line) Return(ctx context.Context, t Turn) error {
	return l.end(ctx, "hand run back", t, func(tx pgx.Tx) ([]store.ID, error) {
		replaced, err := l.giveBack(ctx, tx, t.Entry)
		if err != nil {
			return nil, err
		}
		return replaced, closeRun(ctx, tx, t, store.RunReturned, "", store.Phases{Wait: t.Waited})
	})
}

// end runs f for whoever holds the turn's lease, under the person's lock, and
// sees that those who wait have a ticket. f gives the submissions that it replaced.
func (l *Line) end(ctx context.Context, what string, t Turn, f func(pgx.Tx) ([]store.ID, error)) error {
	return l.s.do(ctx, what, func(tx pgx.Tx) error {
		if err := lock(ctx, tx, t.Submission.Person); err != nil {
			return err
		}
		var status store.RunStatus
		var held bool
		err := tx.QueryRow(ctx, `SELECT r.status, EXISTS (SELECT FROM line l WHERE l.id = $2 AND l.lease = r.lease) FROM runs r WHERE r.id = $1`,
			key(t.Run), t.Entry).Scan(&status, &held)
		switch {
		case err != nil:
			return err
		case !held && status != store.RunRunning && status != store.RunLost:
			return nil // it was said before, and the answer got lost
		case !held:
			return store.ErrLease
		}
		replaced, err := f(tx)
		if err != nil {
			return err
		}
		if err := l.s.moved(ctx, tx, t.Submission.ID); err != nil {
			return err
		}
		if err := l.callNext(ctx, tx, t.Submission.Person); err != nil {
			return err
		}
		return tally(ctx, tx, t.Run, replaced)
	})
}

// callNext issues a ticket when the person, who has no run now, waits with
// another: the ticket it came with may have found the person busy.
func (l *Line) callNext(ctx context.Context, tx pgx.Tx, person store.ID) error {
	var waits bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM line WHERE person_id = $1 AND lease IS NULL)`, key(person)).Scan(&waits)
	if err != nil || !waits {
		return err
	}
	return l.tickets.Issue(ctx, tx, 1)
}

// giveBack puts a leased turn back where it stood, unless a newer push of the same student waits there by now.
// The one that gives way is replaced.
func (l *Line) giveBack(ctx context.Context, tx pgx.Tx, entry int64) (replaced []store.ID, err error) {
	// One that waits there by now and was handed in before gives way, as it would have in its turn.
	replaced, err = all(ctx, tx, pgx.RowTo[store.ID], `DELETE FROM line n USING line l, submissions o, submissions s WHERE l.id = $1 AND l.class < 3
		AND n.id <> l.id AND n.lease IS NULL AND n.person_id = l.person_id AND n.assignment_id = l.assignment_id AND n.class = l.class
		AND o.id = n.submission_id AND s.id = l.submission_id AND o.received < s.received
		RETURNING n.submission_id`, entry)
	if err != nil {
		return nil, err
	}
	for _, id := range replaced {
		if err := l.s.moved(ctx, tx, id); err != nil {
			return nil, err
		}
	}
	type gone struct {
		id    store.ID
		again bool // it is the same submission that waits there
	}
	away, err := all(ctx, tx, func(r pgx.CollectableRow) (g gone, err error) {
		err = r.Scan(&g.id, &g.again)
		return g, err
	}, `DELETE FROM line l USING line n WHERE l.id = $1 AND n.id <> l.id AND n.lease IS NULL
		AND (l.class < 3 AND n.person_id = l.person_id AND n.assignment_id = l.assignment_id AND n.class = l.class OR n.submission_id = l.submission_id)
		RETURNING l.submission_id, n.submission_id = l.submission_id`, entry)
	if err != nil {
		return nil, err
	}
	if len(away) > 0 {
		if !away[0].again {
			replaced = append(replaced, away[0].id)
		}
		return replaced, nil
	}
	_, err = tx.Exec(ctx, `UPDATE line SET lease = NULL, renewed = NULL, ttl = NULL WHERE id = $1`, entry)
	return replaced, err
}

func closeRun(ctx context.Context, tx pgx.Tx, t Turn, status store.RunStatus, problem string, ph store.Phases) error {
	phases, err := json.Marshal(ph)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE runs SET status = $2, counted = ($2 = 'done'), problem = $3, phases = $4, ended = clock_timestamp() WHERE id = $1`,
		key(t.Run), string(status), plain(problem), phases)
	return err
}

// plain makes a text that PostgreSQL takes of one that a submission may have had a hand in.
func plain(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
