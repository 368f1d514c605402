package postgres_test

import (
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/pgtest"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
	"github.com/wiregrade/wiregrade/internal/storetest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func open(t *testing.T) (*postgres.Store, *queue.Queue) {
	s := pgtest.Store(t)
	q, err := queue.New(s)
	require.NoError(t, err)
	return s, q
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) (store.Store, store.Queue) { return open(t) })
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	require.ErrorIs(t, postgres.CheckSchema(t.Context(), url), store.ErrOlder)
	done := make(chan error)
	for range 3 {
		go func() {
			_, err := postgres.Migrate(t.Context(), url)
			done <- err
		}()
	}
	for range 3 {
		require.NoError(t, <-done, "workers that start together migrate once")
	}
	require.NoError(t, postgres.CheckSchema(t.Context(), url))
	names, err := postgres.Migrate(t.Context(), url)
	require.NoError(t, err)
	require.Empty(t, names)

	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`)
	require.NoError(t, err)
	require.ErrorIs(t, postgres.CheckSchema(t.Context(), url), store.ErrNewer)
	_, err = postgres.Migrate(t.Context(), url)
	require.ErrorIs(t, err, store.ErrNewer, "an old program leaves a new schema alone")
}

// TestAppendOnly asks the database itself, as a mistaken statement would.
func TestAppendOnly(t *testing.T) {
	t.Parallel()
	s, q := open(t)
	w := storetest.NewWorld(t, s, q)
	w.MustSubmit(t, w.Ann, "1")
	for _, sql := range []string{
		`UPDATE audit SET why = 'x'`,
		`DELETE FROM audit`,
		`TRUNCATE audit`,
		`UPDATE submissions SET commit = 'x'`,
		`DELETE FROM submission_files`,
	} {
		_, err := s.Pool().Exec(t.Context(), sql)
		require.ErrorContains(t, err, "append-only", sql)
	}
}

func TestContentIsKeptOnce(t *testing.T) {
	t.Parallel()
	s, q := open(t)
	w := storetest.NewWorld(t, s, q)
	count := func() (blobs, bytes int) {
		require.NoError(t, s.Pool().QueryRow(t.Context(), `SELECT count(*), sum(length(data)) FROM blobs`).Scan(&blobs, &bytes))
		return blobs, bytes
	}
	n := w.Hand(w.Ann, "1")
	n.Files = append(n.Files, store.File{Path: "zeros", Mode: store.Regular, Data: make([]byte, 8<<20)})
	_, _, err := q.Submit(t.Context(), n)
	require.NoError(t, err)
	blobs, bytes := count()
	require.Equal(t, 4, blobs)
	require.Less(t, bytes, 100<<10, "compressed")
	n.Person, n.Commit = w.Bob.ID, "other"
	_, _, err = q.Submit(t.Context(), n)
	require.NoError(t, err)
	again, _ := count()
	require.Equal(t, blobs, again, "whoever hands it in")
}

func TestOpenHidesThePassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"postgres://u:hunter2@127.0.0.1:1/x?sslmode=disable", "postgres://u:hunter2@[::1/x", "hunter2"} {
		_, err := postgres.Open(t.Context(), url)
		require.Error(t, err)
		require.NotContains(t, err.Error(), "hunter2")
	}
}
