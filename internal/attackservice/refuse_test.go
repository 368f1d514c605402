//go:build linux && (amd64 || arm64)

package attackservice

import (
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/internal/pgtest"
	"github.com/wiregrade/wiregrade/internal/service"
)

// TestB8Refusals: with each of these settings the service does not start, and says which one it is.
func TestB8Refusals(t *testing.T) {
	t.Parallel()
	newer := pgtest.URL(t)
	conn, err := pgx.Connect(t.Context(), newer)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`)
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
	good := strings.Repeat("5f0c1b7a9d", 3)
	for name, tt := range map[string]struct {
		o    service.Options
		says string
	}{
		"a published password":                  {service.Options{Database: "postgres://w:changeme@192.0.2.1/w"}, "DATABASE_URL has a password that is published"},
		"the same in capitals":                  {service.Options{Database: "postgres://w:ChangeMe@192.0.2.1/w"}, "DATABASE_URL has a password that is published"},
		"the same as a parameter":               {service.Options{Database: "postgres://192.0.2.1/w?user=w&password=postgres"}, "DATABASE_URL has a password that is published"},
		"the same in words":                     {service.Options{Database: "host=192.0.2.1 user=w password=secret"}, "DATABASE_URL has a password that is published"},
		"an address that is none":               {service.Options{Database: "postgres://w:" + good + "@[::1/w"}, "DATABASE_URL cannot be parsed"},
		"a webhook's secret that is an example": {service.Options{GitHub: service.GitHub{Secret: "changeme", Token: good}}, service.GitHubSecretEnv + " is published"},
		"one that can be guessed":               {service.Options{GitHub: service.GitHub{Secret: "aaaaaaaaaaaaaaaaaaaaaaaaa", Token: good}}, service.GitHubSecretEnv + " can be guessed"},
		"a GitHub without a secret":             {service.Options{GitHub: service.GitHub{Token: good}}, service.GitHubSecretEnv + " is not set"},
		"an App without its key":                {service.Options{GitHub: service.GitHub{Secret: good, App: 1}}, "--github-app-key is needed"},
		"an older schema":                       {service.Options{Database: pgtest.Empty(t)}, "older"},
		"a newer schema":                        {service.Options{Database: newer}, "newer"},
	} {
		tt.o.Log, tt.o.Out, tt.o.Listen = slog.New(slog.DiscardHandler), io.Discard, "127.0.0.1:0"
		tt.o.Ready = func(string) { t.Errorf("%s: it started", name) }
		err := service.Serve(t.Context(), tt.o)
		require.ErrorContains(t, err, tt.says, name)
		require.NotContains(t, err.Error(), good, name)
	}
}

// TestB8PasswordOfTheEnvironment: a published password is refused where PostgreSQL's own programs would read it, too.
func TestB8PasswordOfTheEnvironment(t *testing.T) {
	t.Setenv("PGPASSWORD", "wiregrade")
	require.ErrorIs(t, service.CheckDatabase("postgres://w@192.0.2.1/w"), service.ErrSecret)
	require.NoError(t, service.CheckDatabase("postgres://w:5f0c1b7a9d5f0c1b7a9d@192.0.2.1/w"))
}
