package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/store"
)

const overrideColumns = `course_id, assignment_id, person_id, part, points, why, by, at`

func scanOverride(r pgx.CollectableRow) (o store.Override, err error) {
	err = r.Scan(&o.Course, &o.Assignment, &o.Person, &o.Group, &o.Points, &o.Why, &o.By, &o.At)
	return o, err
}

func overrideSubject(o store.Override) string {
	return "points of " + string(o.Person) + " for assignment " + string(o.Assignment) + " " + o.Group
}

// SetOverride stores points given by hand.
func (s *Store) SetOverride(ctx context.Context, o store.Override, by store.Change) error {
	return s.do(ctx, "set override", func(tx pgx.Tx) error {
		old, err := all(ctx, tx, scanOverride, `SELECT `+overrideColumns+` FROM overrides WHERE course_id = $1 AND assignment_id = $2 AND person_id = $3 AND part = $4 FOR UPDATE`,
			key(o.Course), key(o.Assignment), key(o.Person), o.Group)
		if err != nil {
			return err
		}
		is, err := one(ctx, tx, scanOverride, `INSERT INTO overrides AS x (course_id, assignment_id, person_id, part, points, why, by) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (assignment_id, person_id, part) DO UPDATE SET points = excluded.points, why = excluded.why, by = excluded.by, at = now() WHERE x.course_id = $1
			RETURNING `+overrideColumns, key(o.Course), key(o.Assignment), key(o.Person), o.Group, o.Points, by.Why, key(by.By))
		if err != nil {
			return err
		}
		if err := s.rescored(ctx, tx, o.Course, o.Assignment, o.Person, "points set by hand"); err != nil {
			return err
		}
		return record(ctx, tx, by, o.Course, "override", overrideSubject(o), first(old), is)
	})
}

// ClearOverride takes points given by hand back.
func (s *Store) ClearOverride(ctx context.Context, o store.Override, by store.Change) error {
	return s.do(ctx, "clear override", func(tx pgx.Tx) error {
		old, err := one(ctx, tx, scanOverride, `DELETE FROM overrides WHERE course_id = $1 AND assignment_id = $2 AND person_id = $3 AND part = $4 RETURNING `+overrideColumns,
			key(o.Course), key(o.Assignment), key(o.Person), o.Group)
		if err != nil {
			return err
		}
		if err := s.rescored(ctx, tx, o.Course, o.Assignment, o.Person, "points set by hand taken back"); err != nil {
			return err
		}
		return record(ctx, tx, by, o.Course, "clear override", overrideSubject(o), old, nil)
	})
}

// Overrides lists the points given by hand within the scope.
func (s *Store) Overrides(ctx context.Context, sc store.Scope) ([]store.Override, error) {
	os, err := all(ctx, s.pool, scanOverride, `SELECT `+overrideColumns+` FROM overrides
		WHERE course_id = $1 AND ($2::uuid IS NULL OR person_id = $2) ORDER BY at, part`, key(sc.Course), maybe(sc.Person))
	return os, wrap("list overrides", err)
}
