package service

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/internal/tiny"
)

// TestDatabaseIsNamed starts with a database where nobody answers: the setting that names it is said.
func TestDatabaseIsNamed(t *testing.T) {
	t.Parallel()
	err := Serve(t.Context(), Options{
		Database: "postgres://w@127.0.0.1:1/w", Listen: "127.0.0.1:0", Metrics: "127.0.0.1:0", Dir: t.TempDir(), Suites: []*check.Suite{tiny.Suite()},
		Sandboxes: sandbox.Loopback{}, Log: slog.New(slog.DiscardHandler),
	})
	require.ErrorContains(t, err, "the database that DATABASE_URL names (without it, a private PostgreSQL is started): check the schema: ")
}
