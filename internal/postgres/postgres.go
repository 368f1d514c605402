// Package postgres keeps the service's data in PostgreSQL, 15 or later. Each
// noun of grader/store has a file; line.go holds who waits to be graded.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/wiregrade/wiregrade/grader/store"
)

// A Store is a store.Store in one PostgreSQL database.
type Store struct {
	pool   *pgxpool.Pool
	hear   *listener
	limits store.Limits
	// errands is set by NewLine, before the Store is used by anybody else.
	errands Errands
}

var _ store.Store = (*Store)(nil)

// Open connects to the database at url, which must answer. It does not look at the schema: see CheckSchema.
func Open(ctx context.Context, url string) (*Store, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errAddress
	}
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "wiregrade"
	}
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	return &Store{pool: pool, hear: newListener(cfg.ConnConfig), limits: store.DefaultLimits(), errands: idle{}}, nil
}

// errAddress does not hold the text of pgx, which repeats the URL and with it a password that it could not parse out.
var errAddress = errors.New("connect to PostgreSQL: DATABASE_URL cannot be parsed: want postgres://user:password@host/database")

// Password is the password with which Open would connect to url, "" when there is none.
func Password(url string) (string, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return "", errAddress
	}
	return cfg.Password, nil
}

// Close ends every connection. Watchers' channels are closed.
func (s *Store) Close() {
	s.hear.close()
	s.pool.Close()
}

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.pool.Ping(ctx) }

// Pool is the connection pool, for those who share a transaction with the
// Store (internal/queue).
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// do runs f in a transaction; what names it in errors.
func (s *Store) do(ctx context.Context, what string, f func(pgx.Tx) error) error {
	return wrap(what, pgx.BeginFunc(ctx, s.pool, f))
}

// A querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// one reads exactly one row.
func one[T any](ctx context.Context, q querier, scan pgx.RowToFunc[T], sql string, args ...any) (T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		var zero T
		return zero, err
	}
	return pgx.CollectExactlyOneRow(rows, scan)
}

// all reads every row.
func all[T any](ctx context.Context, q querier, scan pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
}

// wrap names the call and turns PostgreSQL's errors into the Store's.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, known(err))
}

func known(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return store.ErrNotFound
	}
	if unavailable(err) {
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	switch pg.Code {
	case "23505": // unique_violation
		return fmt.Errorf("%w: %s", store.ErrExists, pg.ConstraintName)
	case "23503": // foreign_key_violation: it refers to what is not there, or stands in another course
		return store.ErrNotFound
	case "23514", "23502", "22021", "22P05", "22P02": // a check, a null, a NUL or broken UTF-8 in text
		return fmt.Errorf("%w: %s", store.ErrInvalid, pg.ConstraintName+pg.ColumnName)
	default:
		return err
	}
}

// none is an id that no row has.
const none = "00000000-0000-0000-0000-000000000000"

// key is an id as a parameter. What is no UUID is no id of ours, so nothing is found.
func key(id store.ID) string {
	if len(id) != len(none) {
		return none
	}
	for i, c := range []byte(id) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
		if dash != (c == '-') || !dash && !hex {
			return none
		}
	}
	return string(id)
}

// maybe is an id as a parameter that may be null.
func maybe(id store.ID) *string {
	if id == "" {
		return nil
	}
	k := key(id)
	return &k
}

// when is a time as a parameter; the zero time is null.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// A nullTime scans null as the zero time.
type nullTime struct{ t *time.Time }

// Scan is for database/sql's interface, which pgx knows too.
func (n nullTime) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*n.t = time.Time{}
	case time.Time:
		*n.t = v
	default:
		return fmt.Errorf("scan %T as a time", v)
	}
	return nil
}

// A nullID scans null as the empty id.
type nullID struct{ id *store.ID }

// Scan is for database/sql's interface, which pgx knows too.
func (n nullID) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*n.id = ""
	case string:
		*n.id = store.ID(v)
	default:
		return fmt.Errorf("scan %T as an id", v)
	}
	return nil
}
