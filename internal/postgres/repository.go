package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/store"
)

const repositoryColumns = `id, course_id, assignment_id, person_id, kind, remote, installation, branch`

func scanRepository(r pgx.CollectableRow) (x store.Repository, err error) {
	err = r.Scan(&x.ID, &x.Course, &x.Assignment, &x.Person, &x.Kind, &x.Remote, &x.Installation, &x.Branch)
	return x, err
}

// AddRepository binds a repository to a student and an assignment.
func (s *Store) AddRepository(ctx context.Context, r store.Repository, by store.Change) (store.Repository, error) {
	var added store.Repository
	err := s.do(ctx, "add repository", func(tx pgx.Tx) (err error) {
		added, err = one(ctx, tx, scanRepository, `INSERT INTO repositories (course_id, assignment_id, person_id, kind, remote, installation, branch)
			VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING `+repositoryColumns,
			key(r.Course), key(r.Assignment), key(r.Person), r.Kind, r.Remote, r.Installation, r.Branch)
		if err != nil {
			return err
		}
		return record(ctx, tx, by, r.Course, "add", "repository "+r.Remote, nil, added)
	})
	return added, err
}

// RepositoryByRemote finds who a repository belongs to. The case of a name on GitHub does not matter.
func (s *Store) RepositoryByRemote(ctx context.Context, kind store.Source, remote string) (store.Repository, error) {
	r, err := one(ctx, s.pool, scanRepository, `SELECT `+repositoryColumns+` FROM repositories
		WHERE kind = $1 AND (remote = $2 OR kind = 'github' AND lower(remote) = lower($2))`, kind, remote)
	return r, wrap("find repository", err)
}

// Repositories lists the repositories within the scope.
func (s *Store) Repositories(ctx context.Context, sc store.Scope, p store.Page) ([]store.Repository, string, error) {
	after := p.After
	if after == "" {
		after = none
	}
	rs, err := all(ctx, s.pool, scanRepository, `SELECT `+repositoryColumns+` FROM repositories
		WHERE course_id = $1 AND ($2::uuid IS NULL OR person_id = $2) AND id > $3 ORDER BY id LIMIT $4`,
		key(sc.Course), maybe(sc.Person), key(store.ID(after)), limit(p))
	if err != nil {
		return nil, "", wrap("list repositories", err)
	}
	next := ""
	if len(rs) == limit(p) {
		next = string(rs[len(rs)-1].ID)
	}
	return rs, next, nil
}

// RemoveRepository unbinds a repository within the scope.
func (s *Store) RemoveRepository(ctx context.Context, sc store.Scope, id store.ID, by store.Change) error {
	return s.do(ctx, "remove repository", func(tx pgx.Tx) error {
		old, err := one(ctx, tx, scanRepository, `DELETE FROM repositories
			WHERE course_id = $1 AND ($2::uuid IS NULL OR person_id = $2) AND id = $3 RETURNING `+repositoryColumns,
			key(sc.Course), maybe(sc.Person), key(id))
		if err != nil {
			return err
		}
		return record(ctx, tx, by, sc.Course, "remove", "repository "+old.Remote, old, nil)
	})
}
