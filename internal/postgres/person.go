package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/store"
)

const personColumns = `p.id, p.login, p.name, p.email, p.admin, p.disabled, p.created, p.version`

func scanPerson(r pgx.CollectableRow) (p store.Person, err error) {
	err = r.Scan(&p.ID, &p.Login, &p.Name, &p.Email, &p.Admin, &p.Disabled, &p.Created, &p.Version)
	return p, err
}

// AddPerson stores a new person.
func (s *Store) AddPerson(ctx context.Context, p store.Person, by store.Change) (store.Person, error) {
	var added store.Person
	err := s.do(ctx, "add person", func(tx pgx.Tx) (err error) {
		added, err = addPerson(ctx, tx, p, by)
		return err
	})
	return added, err
}

func addPerson(ctx context.Context, tx pgx.Tx, p store.Person, by store.Change) (store.Person, error) {
	added, err := one(ctx, tx, scanPerson, `INSERT INTO people AS p (login, name, email, admin, disabled) VALUES ($1, $2, $3, $4, $5) RETURNING `+personColumns,
		p.Login, p.Name, p.Email, p.Admin, p.Disabled)
	if err != nil {
		return added, err
	}
	return added, record(ctx, tx, by, "", "add", "person "+added.Login, nil, added)
}

// Person finds a person by id.
func (s *Store) Person(ctx context.Context, id store.ID) (store.Person, error) {
	p, err := one(ctx, s.pool, scanPerson, `SELECT `+personColumns+` FROM people p WHERE p.id = $1`, key(id))
	return p, wrap("find person", err)
}

// PersonByLogin finds a person by login.
func (s *Store) PersonByLogin(ctx context.Context, login string) (store.Person, error) {
	p, err := one(ctx, s.pool, scanPerson, `SELECT `+personColumns+` FROM people p WHERE p.login = $1`, login)
	return p, wrap("find person", err)
}

// ListPeople lists everybody, by login.
func (s *Store) ListPeople(ctx context.Context, p store.Page) ([]store.Person, string, error) {
	people, err := all(ctx, s.pool, scanPerson, `SELECT `+personColumns+` FROM people p WHERE p.login > $1 ORDER BY p.login LIMIT $2`, p.After, limit(p))
	if err != nil {
		return nil, "", wrap("list people", err)
	}
	next := ""
	if len(people) == limit(p) {
		next = people[len(people)-1].Login
	}
	return people, next, nil
}

// ChangePerson stores a changed person.
func (s *Store) ChangePerson(ctx context.Context, p store.Person, by store.Change) (store.Person, error) {
	var changed store.Person
	err := s.do(ctx, "change person", func(tx pgx.Tx) error {
		old, err := one(ctx, tx, scanPerson, `SELECT `+personColumns+` FROM people p WHERE p.id = $1 FOR UPDATE`, key(p.ID))
		if err != nil {
			return err
		}
		if old.Version != p.Version {
			return store.ErrStale
		}
		changed, err = one(ctx, tx, scanPerson, `UPDATE people p SET login = $2, name = $3, email = $4, admin = $5, disabled = $6, version = version + 1
			WHERE p.id = $1 RETURNING `+personColumns, key(p.ID), p.Login, p.Name, p.Email, p.Admin, p.Disabled)
		if err != nil {
			return err
		}
		return record(ctx, tx, by, "", "change", "person "+old.Login, old, changed)
	})
	return changed, err
}
