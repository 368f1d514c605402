package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/store"
)

const deliveryColumns = `d.source, d.delivery, d.event, d.received, d.outcome, d.submission_id::text, d.digest, d.repository_id::text, d.installation, d.commit, d.before, d.pushed`

func deliveryFields(d *store.Delivery) []any {
	return []any{&d.Source, &d.Delivery, &d.Event, &d.Received, &d.Outcome, nullID{&d.Submission}, &d.Digest, nullID{&d.Repository}, &d.Installation, &d.Commit, &d.Before, nullTime{&d.Pushed}}
}

func scanDelivery(r pgx.CollectableRow) (d store.Delivery, err error) {
	err = r.Scan(deliveryFields(&d)...)
	return d, err
}

// Hear records a delivery. One that was heard but not settled is heard again:
// whoever heard it may have gone away before anything came of it.
func (s *Store) Hear(ctx context.Context, d store.Delivery) (store.Delivery, bool, error) {
	var kept store.Delivery
	var first bool
	err := s.do(ctx, "record delivery", func(tx pgx.Tx) (err error) {
		kept, first, err = hear(ctx, tx, d)
		return err
	})
	return kept, first || err == nil && kept.Outcome == "", err
}

// hear keeps the delivery, or finds it as it was kept: by its id, or by its body under another one.
func hear(ctx context.Context, tx pgx.Tx, d store.Delivery) (store.Delivery, bool, error) {
	kept, err := one(ctx, tx, scanDelivery, `INSERT INTO deliveries AS d (source, delivery, event, outcome, digest, repository_id, installation, commit, before, pushed, submission_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING RETURNING `+deliveryColumns,
		d.Source, d.Delivery, d.Event, d.Outcome, d.Digest, maybe(d.Repository), d.Installation, d.Commit, d.Before, when(d.Pushed), maybe(d.Submission))
	if !errors.Is(err, pgx.ErrNoRows) {
		return kept, err == nil, err
	}
	kept, err = one(ctx, tx, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries d WHERE d.source = $1 AND (d.delivery = $2 OR d.digest = $3)
		ORDER BY d.delivery = $2 DESC LIMIT 1`, d.Source, d.Delivery, d.Digest)
	return kept, false, err
}

// Settle records what was made of a delivery.
func (s *Store) Settle(ctx context.Context, source store.Source, delivery, outcome string) error {
	tag, err := s.pool.Exec(ctx, `UPDATE deliveries SET outcome = $3 WHERE source = $1 AND delivery = $2`, source, delivery, outcome)
	if err == nil && tag.RowsAffected() == 0 {
		err = store.ErrNotFound
	}
	return wrap("settle delivery", err)
}

// Heard finds a delivery.
func (s *Store) Heard(ctx context.Context, source store.Source, delivery string) (store.Delivery, error) {
	d, err := one(ctx, s.pool, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries d WHERE d.source = $1 AND d.delivery = $2`, source, delivery)
	return d, wrap("find delivery", err)
}

// DeliveriesOf lists what came for a course's repositories or became its submissions, the latest first.
func (s *Store) DeliveriesOf(ctx context.Context, course store.ID, p store.Page) ([]store.Delivery, string, error) {
	at, id := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), ""
	if p.After != "" {
		micros, rest, _ := strings.Cut(p.After, ".")
		n, err := strconv.ParseInt(micros, 10, 64)
		if err != nil {
			return nil, "", fmt.Errorf("list deliveries: %w: page %q", store.ErrInvalid, p.After)
		}
		at, id = time.UnixMicro(n), rest
	}
	ds, err := all(ctx, s.pool, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries d
		WHERE (d.repository_id IN (SELECT id FROM repositories WHERE course_id = $1) OR d.submission_id IN (SELECT id FROM submissions WHERE course_id = $1))
		AND (d.received, d.delivery) < ($2, $3) ORDER BY d.received DESC, d.delivery DESC LIMIT $4`, key(course), at, plain(id), limit(p))
	if err != nil {
		return nil, "", wrap("list deliveries", err)
	}
	next := ""
	if len(ds) == limit(p) {
		last := ds[len(ds)-1]
		next = strconv.FormatInt(last.Received.UnixMicro(), 10) + "." + last.Delivery
	}
	return ds, next, nil
}

var _ store.Fetcher = (*Store)(nil)

// Announce records a push and has its commit fetched.
func (s *Store) Announce(ctx context.Context, d store.Delivery) (store.Delivery, bool, error) {
	var kept store.Delivery
	var first bool
	err := s.do(ctx, "announce a push", func(tx pgx.Tx) (err error) {
		// Pushes of one repository are put in order one after another.
		r, err := one(ctx, tx, scanRepository, `SELECT `+repositoryColumns+` FROM repositories WHERE id = $1 FOR UPDATE`, key(d.Repository))
		if err != nil {
			return err
		}
		if d.Pushed, err = inOrder(ctx, tx, d); err != nil {
			return err
		}
		// A branch that points to a commit again needs no files again.
		same, err := all(ctx, tx, pgx.RowTo[store.ID], `SELECT id FROM submissions WHERE assignment_id = $1 AND person_id = $2 AND commit = $3`, key(r.Assignment), key(r.Person), d.Commit)
		if err != nil {
			return err
		}
		d.Outcome = store.OutcomeFetching
		if len(same) > 0 {
			d.Outcome, d.Submission = store.OutcomeSubmitted, same[0]
		}
		if kept, first, err = hear(ctx, tx, d); err != nil || !first {
			return err
		}
		if len(same) == 0 {
			if err := s.errands.Fetch(ctx, tx, kept.Source, kept.Delivery); err != nil {
				return err
			}
		}
		return s.errands.Show(ctx, tx, kept.Repository, kept.Commit)
	})
	return kept, first, err
}

// inOrder is when the push was, with pushes of the same second told apart by
// which one's commit the other came upon. GitHub delivers in no order and says whole seconds.
func inOrder(ctx context.Context, tx pgx.Tx, d store.Delivery) (time.Time, error) {
	if d.Pushed.IsZero() {
		return d.Pushed, nil
	}
	var now, earlier, later time.Time
	err := tx.QueryRow(ctx, `SELECT clock_timestamp(), max(pushed) FILTER (WHERE commit = $2), min(pushed) FILTER (WHERE before = $3) FROM deliveries
		WHERE repository_id = $1 AND pushed BETWEEN $4::timestamptz - interval '100 ms' AND $4::timestamptz + interval '900 ms'`,
		key(d.Repository), d.Before, d.Commit, d.Pushed).Scan(&now, nullTime{&earlier}, nullTime{&later})
	at := d.Pushed
	switch {
	case at.After(now): // a clock that is ahead of ours gains nothing
		at = now
	case !earlier.IsZero() && !at.After(earlier):
		at = earlier.Add(time.Millisecond)
	case !later.IsZero() && !at.Before(later):
		at = later.Add(-time.Millisecond)
	}
	return at, err
}

// GiveUp settles a push that becomes no submission.
func (s *Store) GiveUp(ctx context.Context, d store.Delivery, outcome string) error {
	return s.do(ctx, "give a push up", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE deliveries SET outcome = $3 WHERE source = $1 AND delivery = $2 AND outcome = $4`, d.Source, d.Delivery, plain(outcome), store.OutcomeFetching)
		if err != nil || tag.RowsAffected() == 0 || d.Repository == "" {
			return err
		}
		return s.errands.Show(ctx, tx, d.Repository, d.Commit)
	})
}

// Replaced says whether a newer push of the same repository takes the place of this one.
func (s *Store) Replaced(ctx context.Context, d store.Delivery) (replaced bool, err error) {
	if d.Pushed.IsZero() {
		return false, nil
	}
	err = s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM deliveries n JOIN repositories r ON r.id = n.repository_id JOIN assignments a ON a.id = r.assignment_id
		LEFT JOIN extensions x ON x.assignment_id = r.assignment_id AND x.person_id = r.person_id
		WHERE n.repository_id = $1 AND n.pushed > $2 AND n.outcome IN ($3, $4) AND (coalesce(x.due, a.due) IS NULL OR n.pushed <= coalesce(x.due, a.due)))`,
		key(d.Repository), d.Pushed, store.OutcomeFetching, store.OutcomeSubmitted).Scan(&replaced)
	return replaced, wrap("look for a newer push", err)
}

// Pushed gives a push that waits for its files.
func (s *Store) Pushed(ctx context.Context, source store.Source, delivery string) (store.Delivery, store.Repository, error) {
	var d store.Delivery
	r, err := one(ctx, s.pool, func(row pgx.CollectableRow) (r store.Repository, err error) {
		err = row.Scan(append(deliveryFields(&d), &r.ID, &r.Course, &r.Assignment, &r.Person, &r.Kind, &r.Remote, &r.Installation, &r.Branch)...)
		return r, err
	}, `SELECT `+deliveryColumns+`, r.id, r.course_id, r.assignment_id, r.person_id, r.kind, r.remote, r.installation, r.branch
		FROM deliveries d JOIN repositories r ON r.id = d.repository_id WHERE d.source = $1 AND d.delivery = $2 AND d.outcome = $3`, source, delivery, store.OutcomeFetching)
	return d, r, wrap("find push", err)
}

// delivered keeps that a delivery became the submission, in the transaction in which it does.
func delivered(ctx context.Context, tx pgx.Tx, n store.NewSubmission, id store.ID) error {
	if n.Delivery == "" || n.Source != store.SourceGitHub && n.Source != store.SourceCI {
		return nil
	}
	tag, err := tx.Exec(ctx, `INSERT INTO deliveries AS d (source, delivery, event, outcome, submission_id, digest) VALUES ($1, $2, 'submit', $3, $4, $5)
		ON CONFLICT (source, delivery) DO UPDATE SET outcome = excluded.outcome, submission_id = excluded.submission_id WHERE d.submission_id IS NULL`,
		n.Source, n.Delivery, store.OutcomeSubmitted, key(id), n.Digest)
	if err != nil || tag.RowsAffected() > 0 || len(n.Digest) == 0 {
		return err
	}
	// It became one before, a moment ago perhaps: by another call under the same id, this one is undone.
	var same bool
	err = tx.QueryRow(ctx, `SELECT digest IS NULL OR digest = $3 FROM deliveries WHERE source = $1 AND delivery = $2`, n.Source, n.Delivery, n.Digest).Scan(&same)
	if err == nil && !same {
		err = store.ErrOtherCall
	}
	return err
}
