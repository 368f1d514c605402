package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/store"
)

func roleIn(ctx context.Context, q querier, course, person store.ID) (role store.Role, err error) {
	err = q.QueryRow(ctx, `SELECT e.role FROM enrolments e JOIN people p ON p.id = e.person_id
		WHERE e.course_id = $1 AND e.person_id = $2 AND NOT e.gone AND NOT p.disabled`, key(course), key(person)).Scan(&role)
	return role, err
}

// Enrol gives the person the role in the course.
func (s *Store) Enrol(ctx context.Context, e store.Enrolment, by store.Change) error {
	return s.do(ctx, "enrol", func(tx pgx.Tx) error {
		_, err := enrol(ctx, tx, e, by)
		return err
	})
}

// enrol gives the role, and says which there was before.
func enrol(ctx context.Context, tx pgx.Tx, e store.Enrolment, by store.Change) (store.Role, error) {
	old, err := roleIn(ctx, tx, e.Course, e.Person)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO enrolments (course_id, person_id, role) VALUES ($1, $2, $3)
		ON CONFLICT (course_id, person_id) DO UPDATE SET role = excluded.role, gone = false`, key(e.Course), key(e.Person), e.Role); err != nil {
		return "", err
	}
	return old, record(ctx, tx, by, e.Course, "enrol", "person "+string(e.Person), roleOrNil(old), e.Role)
}

// EnrolMany enrols all of them or none. Who has the role already is left as they are.
func (s *Store) EnrolMany(ctx context.Context, course store.ID, list []store.NewMember, by store.Change) ([]store.Enrolled, error) {
	var done []store.Enrolled
	err := s.do(ctx, "enrol many", func(tx pgx.Tx) error {
		for _, m := range list {
			e := store.Enrolled{Role: m.Role}
			found, err := all(ctx, tx, scanPerson, `SELECT `+personColumns+` FROM people p WHERE p.login = $1`, m.Login)
			if err != nil {
				return err
			}
			if len(found) == 0 {
				e.Made = true
				if e.Person, err = addPerson(ctx, tx, store.Person{Login: m.Login, Name: m.Name, Email: m.Email}, by); err != nil {
					return err
				}
			} else {
				e.Person = found[0]
			}
			if err := store.CheckRole(e.Person, m.Role, by); err != nil {
				return err
			}
			if e.Was, err = roleIn(ctx, tx, course, e.Person.ID); err != nil && !errors.Is(err, pgx.ErrNoRows) {
				return err
			}
			if e.Was != m.Role {
				if _, err := enrol(ctx, tx, store.Enrolment{Course: course, Person: e.Person.ID, Role: m.Role}, by); err != nil {
					return err
				}
			}
			done = append(done, e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return done, nil
}

func roleOrNil(r store.Role) any {
	if r == "" {
		return nil
	}
	return r
}

// Unenrol takes the person out of the course.
func (s *Store) Unenrol(ctx context.Context, course, person store.ID, by store.Change) error {
	return s.do(ctx, "unenrol", func(tx pgx.Tx) error {
		var old store.Role
		err := tx.QueryRow(ctx, `UPDATE enrolments SET gone = true WHERE course_id = $1 AND person_id = $2 AND NOT gone RETURNING role`,
			key(course), key(person)).Scan(&old)
		if err != nil {
			return err
		}
		return record(ctx, tx, by, course, "unenrol", "person "+string(person), old, nil)
	})
}

// RoleIn gives the person's role in the course.
func (s *Store) RoleIn(ctx context.Context, course, person store.ID) (store.Role, error) {
	role, err := roleIn(ctx, s.pool, course, person)
	return role, wrap("find role", err)
}

// Members lists who is in the course, by login.
func (s *Store) Members(ctx context.Context, sc store.Scope, p store.Page) ([]store.Member, string, error) {
	members, err := all(ctx, s.pool, func(r pgx.CollectableRow) (m store.Member, err error) {
		err = r.Scan(&m.Course, &m.Person, &m.Role, &m.Created, &m.Login, &m.Name, &m.Email)
		return m, err
	}, `SELECT e.course_id, e.person_id, e.role, e.created, p.login, p.name, p.email
		FROM enrolments e JOIN people p ON p.id = e.person_id
		WHERE e.course_id = $1 AND ($2::uuid IS NULL OR e.person_id = $2) AND NOT e.gone AND p.login > $3
		ORDER BY p.login LIMIT $4`, key(sc.Course), maybe(sc.Person), p.After, limit(p))
	if err != nil {
		return nil, "", wrap("list members", err)
	}
	next := ""
	if len(members) == limit(p) {
		next = members[len(members)-1].Login
	}
	return members, next, nil
}
