package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/store"
)

var _ store.Shows = (*Store)(nil)

// moved says that the state of a submission changed: to those who watch it
// here, and where its commit came from.
func (s *Store) moved(ctx context.Context, tx pgx.Tx, submission store.ID) error {
	if err := announce(ctx, tx, submission); err != nil {
		return err
	}
	return s.show(ctx, tx, []store.ID{submission})
}

// show has told how far submissions are where their commits came from.
func (s *Store) show(ctx context.Context, tx pgx.Tx, submissions []store.ID) error {
	type place struct {
		repository store.ID
		commit     string
	}
	places, err := all(ctx, tx, func(r pgx.CollectableRow) (p place, err error) {
		err = r.Scan(&p.repository, &p.commit)
		return p, err
	}, `SELECT DISTINCT repository_id, commit FROM deliveries WHERE submission_id = ANY($1::uuid[]) AND repository_id IS NOT NULL AND commit <> ''`, submissions)
	if err != nil {
		return err
	}
	for _, p := range places {
		if err := s.errands.Show(ctx, tx, p.repository, p.commit); err != nil {
			return err
		}
	}
	return nil
}

// Show takes the commit for one teller, for a minute.
func (s *Store) Show(ctx context.Context, repository store.ID, commit string) (x store.Showing, ok bool, err error) {
	x.Commit = commit
	err = s.pool.QueryRow(ctx, `INSERT INTO shows AS x (repository_id, commit, busy) VALUES ($1, $2, clock_timestamp() + interval '1 minute')
			ON CONFLICT (repository_id, commit) DO UPDATE SET busy = excluded.busy WHERE x.busy IS NULL OR x.busy < clock_timestamp()
			RETURNING check_id, phase, run, tried`, key(repository), commit).Scan(&x.Told.Check, &x.Told.Phase, &x.Told.Run, &x.Told.Tried)
	if errors.Is(err, pgx.ErrNoRows) {
		return x, false, nil
	}
	if err == nil {
		// All of one moment: between two looks a run that is in line ends, and would be neither there nor done.
		err = pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			return s.facts(ctx, tx, repository, &x)
		})
	}
	return x, err == nil, wrap("show a commit", err)
}

// facts reads how far the grading of the commit is.
func (s *Store) facts(ctx context.Context, tx pgx.Tx, repository store.ID, x *store.Showing) (err error) {
	if x.Repository, err = one(ctx, tx, scanRepository, `SELECT `+repositoryColumns+` FROM repositories WHERE id = $1`, key(repository)); err != nil {
		return err
	}
	if x.Assignment, err = one(ctx, tx, scanAssignment, `SELECT `+assignmentColumns+` FROM assignments a WHERE a.id = $1`, key(x.Repository.Assignment)); err != nil {
		return err
	}
	if err = tx.QueryRow(ctx, `SELECT login FROM people WHERE id = $1`, key(x.Repository.Person)).Scan(&x.Login); err != nil {
		return err
	}
	// Of several deliveries of the commit one that became something tells more than one that did not.
	var submission store.ID
	err = tx.QueryRow(ctx, `SELECT outcome, submission_id::text, installation FROM deliveries WHERE repository_id = $1 AND commit = $2
		ORDER BY submission_id IS NULL, received DESC LIMIT 1`, key(repository), x.Commit).Scan(&x.Outcome, nullID{&submission}, &x.Install)
	if err != nil {
		return err
	}
	if x.Install == 0 {
		x.Install = x.Repository.Installation
	}
	if submission == "" {
		x.Phase = store.PhaseCompleted
		if x.Outcome == store.OutcomeFetching {
			x.Phase = store.PhaseQueued
		}
		return nil
	}
	if x.Submission, err = one(ctx, tx, scanSubmission, `SELECT `+submissionColumns+` FROM submissions s WHERE s.id = $1`, key(submission)); err != nil {
		return err
	}
	runs, err := all(ctx, tx, scanRun, `SELECT `+runColumns+` FROM runs r WHERE r.submission_id = $1 AND r.status IN ('done', 'fault') ORDER BY r.ended DESC LIMIT 1`, key(submission))
	if err != nil {
		return err
	}
	if len(runs) > 0 {
		x.Run = runs[0]
	}
	err = tx.QueryRow(ctx, `SELECT CASE WHEN bool_or(lease IS NOT NULL) THEN 'in_progress' WHEN count(*) > 0 THEN 'queued' ELSE 'completed' END
		FROM line WHERE submission_id = $1`, key(submission)).Scan(&x.Phase)
	return err
}

// Trying notes that something new is about to be told.
func (s *Store) Trying(ctx context.Context, repository store.ID, commit string) error {
	_, err := s.pool.Exec(ctx, `UPDATE shows SET tried = true WHERE repository_id = $1 AND commit = $2`, key(repository), commit)
	return wrap("note what is told", err)
}

// Tell keeps what was told and lets go of the commit.
func (s *Store) Tell(ctx context.Context, repository store.ID, commit string, t store.Told) error {
	_, err := s.pool.Exec(ctx, `UPDATE shows SET check_id = $3, phase = $4, run = $5, tried = $6, busy = NULL WHERE repository_id = $1 AND commit = $2`,
		key(repository), commit, t.Check, t.Phase, string(t.Run), t.Tried)
	return wrap("keep what was told", err)
}

// PushOf finds the push that announced a commit: the one that became something, else the first.
func (s *Store) PushOf(ctx context.Context, repository store.ID, commit string) (store.Delivery, error) {
	d, err := one(ctx, s.pool, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries d WHERE d.repository_id = $1 AND d.commit = $2 AND d.commit <> ''
		ORDER BY d.submission_id IS NULL, d.pushed, d.received LIMIT 1`, key(repository), commit)
	return d, wrap("find push", err)
}

// RunsSince counts the runs of a submission that started since.
func (s *Store) RunsSince(ctx context.Context, submission store.ID, since time.Time) (n int, err error) {
	err = s.pool.QueryRow(ctx, `SELECT count(*) FROM runs WHERE submission_id = $1 AND started >= $2`, key(submission), since).Scan(&n)
	return n, wrap("count runs", err)
}
