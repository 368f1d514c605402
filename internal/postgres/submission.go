package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/store"
)

// submissionColumns end with the choice and the state, which are worked out.
// One that is graded stays so while it is graded again.
const submissionColumns = `s.id, s.course_id, s.assignment_id, s.person_id, s.source, s.commit, s.tree, s.delivery, s.received, s.late, s.files, s.bytes,
	EXISTS (SELECT FROM choices c WHERE c.submission_id = s.id), ` + stateOf

// stateOf works out the state of a submission s.
const stateOf = `CASE WHEN EXISTS (SELECT FROM runs r WHERE r.submission_id = s.id AND r.counted) THEN 'graded'
	     WHEN EXISTS (SELECT FROM line l WHERE l.submission_id = s.id AND l.lease IS NOT NULL) THEN 'running'
	     WHEN EXISTS (SELECT FROM line l WHERE l.submission_id = s.id) THEN 'waiting'
	     WHEN EXISTS (SELECT FROM runs r WHERE r.submission_id = s.id AND r.status = 'fault') THEN 'fault'
	     ELSE 'replaced' END`

func submissionFields(s *store.Submission) []any {
	return []any{&s.ID, &s.Course, &s.Assignment, &s.Person, &s.Source, &s.Commit, &s.Tree, &s.Delivery, &s.Received, &s.Late, &s.Files, &s.Bytes, &s.Chosen, &s.State}
}

func scanSubmission(r pgx.CollectableRow) (s store.Submission, err error) {
	err = r.Scan(submissionFields(&s)...)
	return s, err
}

// within is the condition that a submission lies in the scope, whose course and person are the first two parameters.
const within = `s.course_id = $1 AND ($2::uuid IS NULL OR s.person_id = $2)`

// Submission finds a submission within the scope.
func (s *Store) Submission(ctx context.Context, sc store.Scope, id store.ID) (store.Submission, error) {
	sub, err := one(ctx, s.pool, scanSubmission, `SELECT `+submissionColumns+` FROM submissions s WHERE `+within+` AND s.id = $3`, key(sc.Course), maybe(sc.Person), key(id))
	return sub, wrap("find submission", err)
}

// SubmissionsOf lists the submissions to an assignment within the scope, the latest first.
func (s *Store) SubmissionsOf(ctx context.Context, sc store.Scope, assignment store.ID, p store.Page) ([]store.Submission, string, error) {
	at, id := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), store.ID(none)
	if p.After != "" {
		micros, rest, _ := strings.Cut(p.After, ".")
		n, err := strconv.ParseInt(micros, 10, 64)
		if err != nil {
			return nil, "", fmt.Errorf("list submissions: %w: page %q", store.ErrInvalid, p.After)
		}
		at, id = time.UnixMicro(n), store.ID(rest)
	}
	subs, err := all(ctx, s.pool, scanSubmission, `SELECT `+submissionColumns+` FROM submissions s
		WHERE `+within+` AND s.assignment_id = $3 AND (s.received, s.id) < ($4, $5::uuid)
		ORDER BY s.received DESC, s.id DESC LIMIT $6`, key(sc.Course), maybe(sc.Person), key(assignment), at, key(id), limit(p))
	if err != nil {
		return nil, "", wrap("list submissions", err)
	}
	next := ""
	if len(subs) == limit(p) {
		last := subs[len(subs)-1]
		next = strconv.FormatInt(last.Received.UnixMicro(), 10) + "." + string(last.ID)
	}
	return subs, next, nil
}

// SubmissionFiles gives the tree of a submission within the scope.
func (s *Store) SubmissionFiles(ctx context.Context, sc store.Scope, id store.ID) ([]store.File, error) {
	if _, err := s.Submission(ctx, sc, id); err != nil {
		return nil, err
	}
	files, err := readFiles(ctx, s.pool, id)
	return files, wrap("read submission", err)
}

// SubmissionTree lists the tree of a submission within the scope, without contents.
func (s *Store) SubmissionTree(ctx context.Context, sc store.Scope, id store.ID) ([]store.TreeEntry, error) {
	if _, err := s.Submission(ctx, sc, id); err != nil {
		return nil, err
	}
	entries, err := all(ctx, s.pool, func(r pgx.CollectableRow) (e store.TreeEntry, err error) {
		err = r.Scan(&e.Path, &e.Mode, &e.Size, &e.Hash)
		return e, err
	}, `SELECT f.path, f.mode, b.size, encode(f.hash, 'hex') FROM submission_files f JOIN blobs b USING (hash) WHERE f.submission_id = $1 ORDER BY f.path`, key(id))
	return entries, wrap("list files", err)
}

// SubmissionFile gives one file of a submission within the scope.
func (s *Store) SubmissionFile(ctx context.Context, sc store.Scope, id store.ID, path string) (store.File, error) {
	if _, err := s.Submission(ctx, sc, id); err != nil {
		return store.File{}, err
	}
	f, err := one(ctx, s.pool, scanFile, fileColumns+` AND f.path = $2`, key(id), path)
	return f, wrap("read file", err)
}

// Choose marks the submission as the one that counts.
func (s *Store) Choose(ctx context.Context, sc store.Scope, id store.ID, by store.Change) error {
	return s.do(ctx, "choose submission", func(tx pgx.Tx) error {
		sub, err := one(ctx, tx, scanSubmission, `SELECT `+submissionColumns+` FROM submissions s WHERE `+within+` AND s.id = $3`, key(sc.Course), maybe(sc.Person), key(id))
		if err != nil {
			return err
		}
		var counts policy.Counts
		if err := tx.QueryRow(ctx, `SELECT counts FROM assignments WHERE id = $1`, key(sub.Assignment)).Scan(&counts); err != nil {
			return err
		}
		if counts != policy.Chosen {
			return fmt.Errorf("%w: the policy of this assignment is %q, so a choice would change nothing", store.ErrInvalid, counts)
		}
		old, err := all(ctx, tx, pgx.RowTo[store.ID], `SELECT submission_id FROM choices WHERE assignment_id = $1 AND person_id = $2 FOR UPDATE`, key(sub.Assignment), key(sub.Person))
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO choices (assignment_id, person_id, submission_id) VALUES ($1, $2, $3)
			ON CONFLICT (assignment_id, person_id) DO UPDATE SET submission_id = excluded.submission_id`, key(sub.Assignment), key(sub.Person), key(id)); err != nil {
			return err
		}
		if err := s.rescored(ctx, tx, sub.Course, sub.Assignment, sub.Person, "another submission chosen"); err != nil {
			return err
		}
		return record(ctx, tx, by, sub.Course, "choose", "submission of "+string(sub.Person)+" for assignment "+string(sub.Assignment), first(old), id)
	})
}
