package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/store"
)

// Submit stores a submission and puts it in line, in one transaction.
func (l *Line) Submit(ctx context.Context, n store.NewSubmission) (store.Submission, bool, error) {
	if err := l.s.limits.Check(n.Files); err != nil {
		return store.Submission{}, false, fmt.Errorf("submit: %w", err)
	}
	blobs, err := l.s.blobs(ctx, n.Files)
	if err != nil {
		return store.Submission{}, false, wrap("submit", err)
	}
	var sub store.Submission
	var first bool
	err = l.s.do(ctx, "submit", func(tx pgx.Tx) (err error) {
		if err = lock(ctx, tx, n.Person); err != nil {
			return err
		}
		// The enrolment is looked at under the lock: who left the course a moment ago is out.
		if _, err = roleIn(ctx, tx, n.Course, n.Person); err != nil {
			return err
		}
		same, err := all(ctx, tx, scanSubmission, `SELECT `+submissionColumns+` FROM submissions s WHERE `+within+` AND s.assignment_id = $3
			AND (s.commit <> '' AND s.commit = $4 OR s.delivery <> '' AND s.delivery = $5 AND s.source = $6)`,
			key(n.Course), key(n.Person), key(n.Assignment), n.Commit, n.Delivery, n.Source)
		if err != nil {
			return err
		}
		if len(same) > 0 {
			sub = same[0]
			if err := delivered(ctx, tx, n, sub.ID); err != nil {
				return err
			}
			return l.s.moved(ctx, tx, sub.ID)
		}
		late, err := l.admit(ctx, tx, &n)
		if err != nil {
			return err
		}
		if err = writeBlobs(ctx, tx, blobs); err != nil {
			return err
		}
		var bytes int64
		for _, f := range n.Files {
			bytes += int64(len(f.Data))
		}
		var id store.ID
		err = tx.QueryRow(ctx, `INSERT INTO submissions (course_id, assignment_id, person_id, source, commit, tree, delivery, received, late, files, bytes)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id`,
			key(n.Course), key(n.Assignment), key(n.Person), n.Source, n.Commit, store.TreeHash(n.Files), n.Delivery, n.Received, late, len(n.Files), bytes).Scan(&id)
		if err != nil {
			return err
		}
		if err = writeFiles(ctx, tx, id, n.Files); err != nil {
			return err
		}
		if err = delivered(ctx, tx, n, id); err != nil {
			return err
		}
		replaced, err := l.enter(ctx, tx, n, id, classOf(late))
		if err != nil {
			return err
		}
		if n.By.By != "" {
			if err = record(ctx, tx, n.By, n.Course, "submit", "submission of "+string(n.Person)+" for assignment "+string(n.Assignment), nil, id); err != nil {
				return err
			}
		}
		first = true
		if sub, err = one(ctx, tx, scanSubmission, `SELECT `+submissionColumns+` FROM submissions s WHERE s.id = $1`, key(id)); err != nil {
			return err
		}
		return tally(ctx, tx, "", replaced)
	})
	return sub, first, err
}

// admit says whether the submission is taken, by the assignment's rules for
// this student, and sets when it was received.
func (l *Line) admit(ctx context.Context, tx pgx.Tx, n *store.NewSubmission) (late bool, err error) {
	a, err := one(ctx, tx, scanAssignment, `SELECT `+assignmentColumns+` FROM assignments a WHERE a.course_id = $1 AND a.id = $2`, key(n.Course), key(n.Assignment))
	if err != nil {
		return false, err
	}
	var now, extended time.Time
	var grace int
	// The database's clock: it is one for all the machines that take submissions in.
	err = tx.QueryRow(ctx, `SELECT clock_timestamp(), (SELECT grace_days FROM courses WHERE id = $1),
		(SELECT due FROM extensions WHERE course_id = $1 AND assignment_id = $2 AND person_id = $3)`,
		key(n.Course), key(n.Assignment), key(n.Person)).Scan(&now, &grace, nullTime{&extended})
	if err != nil {
		return false, err
	}
	if n.Received.IsZero() {
		n.Received = now
	}
	due := a.Due
	if !extended.IsZero() {
		due = extended
	}
	late = a.Late.DaysLate(due, n.Received) > 0
	if n.Waive {
		return late, nil
	}
	closes := a.Late.Closes(due, grace)
	switch {
	case !a.Opens.IsZero() && n.Received.Before(a.Opens):
		return late, &store.Refusal{Reason: store.RefusedNotOpen, Next: a.Opens, Says: fmt.Sprintf("%s opens at %s", a.Name, stamp(a.Opens))}
	case !closes.IsZero() && n.Received.After(closes):
		return late, &store.Refusal{Reason: store.RefusedClosed, Says: fmt.Sprintf("%s closed at %s", a.Name, stamp(closes))}
	case a.Limit != (policy.Limit{}):
		return late, l.limit(ctx, tx, a, n, classOf(late))
	}
	return late, nil
}

func submissions(n int) string {
	if n == 1 {
		return "1 submission"
	}
	return fmt.Sprintf("%d submissions", n)
}

func classOf(late bool) store.Class {
	if late {
		return store.LateClass
	}
	return store.Interactive
}

// limit counts what came to a result or is about to. What ended as a fault of ours, or was
// replaced before it was graded, told the student nothing; nor will the one whose place in
// line this one takes.
func (l *Line) limit(ctx context.Context, tx pgx.Tx, a store.Assignment, n *store.NewSubmission, class store.Class) error {
	earlier, err := all(ctx, tx, pgx.RowTo[time.Time], `SELECT s.received FROM submissions s WHERE `+within+` AND s.assignment_id = $3
		AND (EXISTS (SELECT FROM runs r WHERE r.submission_id = s.id AND r.counted)
			OR EXISTS (SELECT FROM line l WHERE l.submission_id = s.id AND (l.lease IS NOT NULL OR l.class <> $4)))`,
		key(n.Course), key(n.Person), key(n.Assignment), class)
	if err != nil {
		return err
	}
	ok, next := a.Limit.Allows(n.Received, earlier)
	switch {
	case ok:
		return nil
	case next.IsZero():
		return &store.Refusal{Reason: store.RefusedLimit, Says: fmt.Sprintf("%s takes %s, and this would be one more", a.Name, submissions(a.Limit.Total))}
	default:
		return &store.Refusal{Reason: store.RefusedLimit, Next: next, Says: fmt.Sprintf("%s takes %s in %v; the next one is taken at %s", a.Name, submissions(a.Limit.Burst), a.Limit.Every, stamp(next))}
	}
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// enter puts a submission in line, in the place of the same student's that
// still waits there: one that keeps pushing neither loses nor gains by it. It gives the one that will not be graded.
func (l *Line) enter(ctx context.Context, tx pgx.Tx, n store.NewSubmission, id store.ID, class store.Class) ([]store.ID, error) {
	if _, err := tx.Exec(ctx, `INSERT INTO line_courses (course_id) VALUES ($1) ON CONFLICT DO NOTHING`, key(n.Course)); err != nil {
		return nil, err
	}
	var old *store.ID
	err := tx.QueryRow(ctx, `WITH old AS (
			SELECT submission_id FROM line WHERE person_id = $4 AND assignment_id = $3 AND class = $5 AND lease IS NULL
		), new AS (
			INSERT INTO line (submission_id, course_id, assignment_id, person_id, class) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (person_id, assignment_id, class) WHERE lease IS NULL AND class < 3
			DO UPDATE SET submission_id = excluded.submission_id, faults = 0, losses = 0, entered = excluded.entered
			WHERE (SELECT received FROM submissions o WHERE o.id = line.submission_id) <= $6
			RETURNING id
		) SELECT (SELECT submission_id FROM old) FROM new`, key(id), key(n.Course), key(n.Assignment), key(n.Person), class, n.Received).Scan(&old)
	if errors.Is(err, pgx.ErrNoRows) {
		// It was handed in before the one that waits, and comes later: deliveries
		// are in no order. The newer one is graded.
		return []store.ID{id}, l.s.moved(ctx, tx, id)
	}
	if err != nil {
		return nil, err
	}
	var replaced []store.ID
	if old != nil {
		replaced = append(replaced, *old)
		if err := l.s.moved(ctx, tx, *old); err != nil {
			return nil, err
		}
	} else if err := l.tickets.Issue(ctx, tx, 1); err != nil {
		return nil, err
	}
	return replaced, l.s.moved(ctx, tx, id)
}

// selected are the submissions of a selection; selection gives its parameters.
const selected = `SELECT s.id, s.course_id, s.assignment_id, s.person_id, s.received FROM submissions s
	LEFT JOIN runs r ON r.submission_id = s.id AND r.counted
	WHERE ` + within + `
	AND ($3::uuid IS NULL OR s.assignment_id = $3) AND ($4::uuid IS NULL OR s.id = $4)
	AND ($5::timestamptz IS NULL OR s.received >= $5) AND ($6::timestamptz IS NULL OR s.received < $6)
	AND ($7 = '' OR r.grader IS DISTINCT FROM $7)
	AND ($8 = '' AND $9 = '' OR EXISTS (SELECT FROM results o WHERE o.run_id = r.id AND ($8 = '' OR o.verdict = $8) AND ($9 = '' OR o.name = $9))
		-- A fault never counts: what is meant by it has no run that does.
		OR $8 = 'fault' AND r.id IS NULL AND EXISTS (SELECT FROM runs f WHERE f.submission_id = s.id AND f.status = 'fault'
			AND ($9 = '' OR EXISTS (SELECT FROM results o WHERE o.run_id = f.id AND o.verdict = 'fault' AND o.name = $9))))`

func selection(sc store.Scope, sel store.Selection) []any {
	return []any{key(sc.Course), maybe(sc.Person), maybe(sel.Assignment), maybe(sel.Submission), when(sel.Since), when(sel.Until), sel.Version, string(sel.Verdict), sel.Check}
}

// Matching says how many submissions Regrade would put in line: not those that stand there.
func (l *Line) Matching(ctx context.Context, sc store.Scope, sel store.Selection) (n int, err error) {
	err = l.s.pool.QueryRow(ctx, `SELECT count(*) FROM (`+selected+`) a WHERE NOT EXISTS (SELECT FROM line l WHERE l.submission_id = a.id)`, selection(sc, sel)...).Scan(&n)
	return n, wrap("count a regrade", err)
}

// Regrade puts the selected submissions in line again.
func (l *Line) Regrade(ctx context.Context, sc store.Scope, sel store.Selection, by store.Change) (int, error) {
	n := 0
	err := l.s.do(ctx, "regrade", func(tx pgx.Tx) error {
		rows, err := tx.Exec(ctx, `CREATE TEMPORARY TABLE again ON COMMIT DROP AS `+selected, selection(sc, sel)...)
		if err != nil || rows.RowsAffected() == 0 {
			return err
		}
		// In one order for everybody, since each row is a lock.
		for _, sql := range []string{
			`INSERT INTO line_people (person_id) SELECT DISTINCT person_id FROM again ORDER BY 1 ON CONFLICT DO NOTHING`,
			`INSERT INTO line_courses (course_id) SELECT DISTINCT course_id FROM again ON CONFLICT DO NOTHING`,
			`SELECT FROM line_people WHERE person_id IN (SELECT person_id FROM again) ORDER BY person_id FOR UPDATE`,
		} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		entered, err := all(ctx, tx, pgx.RowTo[store.ID], `INSERT INTO line (submission_id, course_id, assignment_id, person_id, class)
			SELECT id, course_id, assignment_id, person_id, $1 FROM again a
			WHERE NOT EXISTS (SELECT FROM line l WHERE l.submission_id = a.id) ORDER BY received, id ON CONFLICT DO NOTHING RETURNING submission_id`, store.Regrading)
		if err != nil {
			return err
		}
		n = len(entered)
		if n == 0 {
			return nil
		}
		if err := record(ctx, tx, by, sc.Course, "regrade", fmt.Sprintf("%d submissions", n), nil, sel); err != nil {
			return err
		}
		if err := l.s.show(ctx, tx, entered); err != nil {
			return err
		}
		return l.tickets.Issue(ctx, tx, n)
	})
	return n, err
}
