package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/store"
)

const assignmentColumns = `a.id, a.course_id, a.name, a.title, a.suite, a.rubric, a.opens, a.due, a.late, a.bound, a.counts, a.visible, a.pass_at, a.created, a.version`

func scanAssignment(r pgx.CollectableRow) (a store.Assignment, err error) {
	err = r.Scan(&a.ID, &a.Course, &a.Name, &a.Title, &a.Suite, &a.Rubric, nullTime{&a.Opens}, nullTime{&a.Due}, &a.Late, &a.Limit, &a.Counts, &a.Visible, &a.PassAt, &a.Created, &a.Version)
	return a, err
}

// assignmentValues are the values of what can be changed, in the order of the statements below.
func assignmentValues(a store.Assignment) []any {
	rubric, visible, counts := a.Rubric, a.Visible, a.Counts
	if rubric == nil {
		rubric = []grader.Item{}
	}
	if visible == nil {
		visible = map[string]policy.Visibility{}
	}
	if counts == "" {
		counts = policy.Last
	}
	return []any{a.Name, a.Title, a.Suite, rubric, when(a.Opens), when(a.Due), a.Late, a.Limit, counts, visible, a.PassAt}
}

// AddAssignment stores a new assignment of a course.
func (s *Store) AddAssignment(ctx context.Context, a store.Assignment, by store.Change) (store.Assignment, error) {
	var added store.Assignment
	err := s.do(ctx, "add assignment", func(tx pgx.Tx) (err error) {
		if err := checkAssignment(a); err != nil {
			return err
		}
		added, err = one(ctx, tx, scanAssignment, `INSERT INTO assignments AS a (course_id, name, title, suite, rubric, opens, due, late, bound, counts, visible, pass_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING `+assignmentColumns,
			append([]any{key(a.Course)}, assignmentValues(a)...)...)
		if err != nil {
			return err
		}
		return record(ctx, tx, by, a.Course, "add", "assignment "+a.Name, nil, added)
	})
	return added, err
}

// checkAssignment refuses rules that nobody means: they would be found out by a wrong mark.
func checkAssignment(a store.Assignment) error {
	for _, err := range []error{a.Late.Check(), a.Limit.Check()} {
		if err != nil {
			return fmt.Errorf("%w: %v", store.ErrInvalid, err)
		}
	}
	if !a.Opens.IsZero() && !a.Due.IsZero() && !a.Opens.Before(a.Due) {
		return fmt.Errorf("%w: it opens at %s, after it is due at %s", store.ErrInvalid, stamp(a.Opens), stamp(a.Due))
	}
	seen := map[string]bool{}
	for _, i := range a.Rubric {
		if seen[i.Group] {
			return fmt.Errorf("%w: the rubric has group %s twice", store.ErrInvalid, i.Group)
		}
		seen[i.Group] = true
	}
	for group, v := range a.Visible {
		// An unknown word would hide nothing or everything by accident.
		if !v.Valid() {
			return fmt.Errorf("%w: group %s: unknown visibility %q", store.ErrInvalid, group, v)
		}
		if v == policy.AfterDue && a.Due.IsZero() {
			return fmt.Errorf("%w: group %s is visible after-due, and there is no due date: set one, or nobody will ever see it", store.ErrInvalid, group)
		}
	}
	return nil
}

// Assignment finds an assignment of the scope's course by id.
func (s *Store) Assignment(ctx context.Context, sc store.Scope, id store.ID) (store.Assignment, error) {
	a, err := one(ctx, s.pool, scanAssignment, `SELECT `+assignmentColumns+` FROM assignments a WHERE a.course_id = $1 AND a.id = $2`, key(sc.Course), key(id))
	return a, wrap("find assignment", err)
}

// AssignmentByName finds an assignment by its name in the course.
func (s *Store) AssignmentByName(ctx context.Context, course store.ID, name string) (store.Assignment, error) {
	a, err := one(ctx, s.pool, scanAssignment, `SELECT `+assignmentColumns+` FROM assignments a WHERE a.course_id = $1 AND a.name = $2`, key(course), name)
	return a, wrap("find assignment", err)
}

// CourseAssignments lists a course's assignments.
func (s *Store) CourseAssignments(ctx context.Context, course store.ID) ([]store.Assignment, error) {
	as, err := all(ctx, s.pool, scanAssignment, `SELECT `+assignmentColumns+` FROM assignments a WHERE a.course_id = $1 ORDER BY a.due NULLS LAST, a.name`, key(course))
	return as, wrap("list assignments", err)
}

// ChangeAssignment stores a changed assignment.
func (s *Store) ChangeAssignment(ctx context.Context, a store.Assignment, by store.Change) (store.Assignment, error) {
	var changed store.Assignment
	err := s.do(ctx, "change assignment", func(tx pgx.Tx) error {
		if err := checkAssignment(a); err != nil {
			return err
		}
		old, err := one(ctx, tx, scanAssignment, `SELECT `+assignmentColumns+` FROM assignments a WHERE a.course_id = $1 AND a.id = $2 FOR UPDATE`, key(a.Course), key(a.ID))
		if err != nil {
			return err
		}
		if old.Version != a.Version {
			return store.ErrStale
		}
		changed, err = one(ctx, tx, scanAssignment, `UPDATE assignments a SET name = $3, title = $4, suite = $5, rubric = $6, opens = $7, due = $8, late = $9,
			bound = $10, counts = $11, visible = $12, pass_at = $13, version = version + 1
			WHERE a.course_id = $1 AND a.id = $2 RETURNING `+assignmentColumns,
			append([]any{key(a.Course), key(a.ID)}, assignmentValues(a)...)...)
		if err != nil {
			return err
		}
		if !sameRules(old, changed) {
			if err := s.rescored(ctx, tx, a.Course, a.ID, "", "the assignment's rules changed"); err != nil {
				return err
			}
		}
		return record(ctx, tx, by, a.Course, "change", "assignment "+old.Name, old, changed)
	})
	return changed, err
}

// sameRules says whether both make the same points of the same results.
func sameRules(a, b store.Assignment) bool {
	return a.Due.Equal(b.Due) && a.Late == b.Late && a.Counts == b.Counts && slices.Equal(a.Rubric, b.Rubric)
}

func scanExtension(r pgx.CollectableRow) (e store.Extension, err error) {
	err = r.Scan(&e.Course, &e.Assignment, &e.Person, &e.Due, &e.Why)
	return e, err
}

const extensionColumns = `course_id, assignment_id, person_id, due, why`

// Extend stores an extension in place of an earlier one.
func (s *Store) Extend(ctx context.Context, e store.Extension, by store.Change) error {
	return s.do(ctx, "extend", func(tx pgx.Tx) error {
		old, err := all(ctx, tx, scanExtension, `SELECT `+extensionColumns+` FROM extensions WHERE assignment_id = $1 AND person_id = $2 AND course_id = $3 FOR UPDATE`,
			key(e.Assignment), key(e.Person), key(e.Course))
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `INSERT INTO extensions AS x (course_id, assignment_id, person_id, due, why) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (assignment_id, person_id) DO UPDATE SET due = excluded.due, why = excluded.why WHERE x.course_id = $1`,
			key(e.Course), key(e.Assignment), key(e.Person), e.Due, e.Why)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return store.ErrNotFound
		}
		if err := s.rescored(ctx, tx, e.Course, e.Assignment, e.Person, "an extension"); err != nil {
			return err
		}
		return record(ctx, tx, by, e.Course, "extend", "assignment "+string(e.Assignment)+" for "+string(e.Person), first(old), e)
	})
}

// Unextend takes an extension back.
func (s *Store) Unextend(ctx context.Context, e store.Extension, by store.Change) error {
	return s.do(ctx, "take an extension back", func(tx pgx.Tx) error {
		old, err := one(ctx, tx, scanExtension, `DELETE FROM extensions WHERE course_id = $1 AND assignment_id = $2 AND person_id = $3 RETURNING `+extensionColumns,
			key(e.Course), key(e.Assignment), key(e.Person))
		if err != nil {
			return err
		}
		if err := s.rescored(ctx, tx, e.Course, e.Assignment, e.Person, "an extension taken back"); err != nil {
			return err
		}
		return record(ctx, tx, by, e.Course, "unextend", "assignment "+string(e.Assignment)+" for "+string(e.Person), old, nil)
	})
}

// first is what was there before, nil for nothing.
func first[T any](old []T) any {
	if len(old) == 0 {
		return nil
	}
	return old[0]
}

// Extensions lists the extensions within the scope.
func (s *Store) Extensions(ctx context.Context, sc store.Scope) ([]store.Extension, error) {
	es, err := all(ctx, s.pool, scanExtension, `SELECT `+extensionColumns+` FROM extensions
		WHERE course_id = $1 AND ($2::uuid IS NULL OR person_id = $2) ORDER BY due, person_id`, key(sc.Course), maybe(sc.Person))
	return es, wrap("list extensions", err)
}
