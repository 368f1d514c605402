package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/store"
)

const courseColumns = `c.id, c.name, c.title, c.pass, c.grace_days, c.created, c.version`

func scanCourse(r pgx.CollectableRow) (c store.Course, err error) {
	err = r.Scan(&c.ID, &c.Name, &c.Title, &c.Pass, &c.GraceDays, &c.Created, &c.Version)
	return c, err
}

// AddCourse stores a new course.
func (s *Store) AddCourse(ctx context.Context, c store.Course, by store.Change) (store.Course, error) {
	var added store.Course
	err := s.do(ctx, "add course", func(tx pgx.Tx) (err error) {
		added, err = one(ctx, tx, scanCourse, `INSERT INTO courses AS c (name, title, pass, grace_days) VALUES ($1, $2, $3, $4) RETURNING `+courseColumns,
			c.Name, c.Title, c.Pass, c.GraceDays)
		if err != nil {
			return err
		}
		return record(ctx, tx, by, added.ID, "add", "course "+added.Name, nil, added)
	})
	return added, err
}

// Course finds a course by id.
func (s *Store) Course(ctx context.Context, id store.ID) (store.Course, error) {
	c, err := one(ctx, s.pool, scanCourse, `SELECT `+courseColumns+` FROM courses c WHERE c.id = $1`, key(id))
	return c, wrap("find course", err)
}

// CourseByName finds a course by its name.
func (s *Store) CourseByName(ctx context.Context, name string) (store.Course, error) {
	c, err := one(ctx, s.pool, scanCourse, `SELECT `+courseColumns+` FROM courses c WHERE c.name = $1`, name)
	return c, wrap("find course", err)
}

// CoursesOf lists the courses that the person is in, or every one for an admin.
func (s *Store) CoursesOf(ctx context.Context, person store.ID) ([]store.Course, error) {
	courses, err := all(ctx, s.pool, scanCourse, `SELECT `+courseColumns+` FROM courses c
		WHERE EXISTS (SELECT FROM enrolments e WHERE e.course_id = c.id AND e.person_id = $1 AND NOT e.gone)
		   OR EXISTS (SELECT FROM people p WHERE p.id = $1 AND p.admin)
		ORDER BY c.name`, key(person))
	return courses, wrap("list courses", err)
}

// ChangeCourse stores a changed course.
func (s *Store) ChangeCourse(ctx context.Context, c store.Course, by store.Change) (store.Course, error) {
	var changed store.Course
	err := s.do(ctx, "change course", func(tx pgx.Tx) error {
		old, err := one(ctx, tx, scanCourse, `SELECT `+courseColumns+` FROM courses c WHERE c.id = $1 FOR UPDATE`, key(c.ID))
		if err != nil {
			return err
		}
		if old.Version != c.Version {
			return store.ErrStale
		}
		changed, err = one(ctx, tx, scanCourse, `UPDATE courses c SET name = $2, title = $3, pass = $4, grace_days = $5, version = version + 1
			WHERE c.id = $1 RETURNING `+courseColumns, key(c.ID), c.Name, c.Title, c.Pass, c.GraceDays)
		if err != nil {
			return err
		}
		return record(ctx, tx, by, c.ID, "change", "course "+old.Name, old, changed)
	})
	return changed, err
}
