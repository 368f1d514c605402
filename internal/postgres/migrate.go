package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib" // goose speaks database/sql
	"github.com/pressly/goose/v3"
	gooselock "github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/migrations"
)

// Migrate brings the schema at url up to date: ours, then River's. It returns the
// names of the migrations it applied. Two at once wait for each other; on a
// schema that is newer than this program it changes nothing and returns store.ErrNewer.
func Migrate(ctx context.Context, url string) ([]string, error) {
	db, p, err := provider(url)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	defer db.Close()
	if err := compare(ctx, p); errors.Is(err, store.ErrNewer) {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	done, err := p.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	var names []string
	for _, r := range done {
		names = append(names, r.Source.Path)
	}
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return names, fmt.Errorf("migrate the queue: %w", err)
	}
	defer pool.Close()
	m, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return names, fmt.Errorf("migrate the queue: %w", err)
	}
	res, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err != nil {
		return names, fmt.Errorf("migrate the queue: %w", err)
	}
	for _, v := range res.Versions {
		names = append(names, fmt.Sprintf("river %03d %s", v.Version, v.Name))
	}
	return names, nil
}

// CheckSchema compares the schema at url with what this program knows:
// store.ErrNewer, store.ErrOlder or nil.
func CheckSchema(ctx context.Context, url string) error {
	db, p, err := provider(url)
	if err != nil {
		return fmt.Errorf("check the schema: %w", err)
	}
	defer db.Close()
	if err := compare(ctx, p); err != nil {
		return fmt.Errorf("check the schema: %w", err)
	}
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return fmt.Errorf("check the queue's schema: %w", err)
	}
	defer pool.Close()
	m, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return fmt.Errorf("check the queue's schema: %w", err)
	}
	res, err := m.Validate(ctx, nil)
	if err != nil {
		return fmt.Errorf("check the queue's schema: %w", err)
	}
	if !res.OK {
		return fmt.Errorf("check the queue's schema: %w", store.ErrOlder)
	}
	return nil
}

func compare(ctx context.Context, p *goose.Provider) error {
	have, want, err := p.GetVersions(ctx)
	switch {
	case err != nil:
		return err
	case have > want:
		return fmt.Errorf("%w: it is at %d, this program knows %d", store.ErrNewer, have, want)
	case have < want:
		return fmt.Errorf("%w: it is at %d, this program needs %d", store.ErrOlder, have, want)
	}
	return nil
}

func provider(url string) (*sql.DB, *goose.Provider, error) {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return nil, nil, errors.New("the database URL cannot be parsed")
	}
	locker, err := gooselock.NewPostgresSessionLocker()
	if err == nil {
		var p *goose.Provider
		if p, err = goose.NewProvider(goose.DialectPostgres, db, migrations.Files, goose.WithSessionLocker(locker)); err == nil {
			return db, p, nil
		}
	}
	db.Close()
	return nil, nil, err
}
