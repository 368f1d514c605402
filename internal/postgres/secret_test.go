package postgres

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCheckSecret has a published password in every place where one can stand.
func TestCheckSecret(t *testing.T) {
	for _, bad := range []string{
		"postgres://wiregrade:changeme@db.example/wiregrade",
		"postgres://wiregrade:Postgres1@db.example/wiregrade",
		"postgres:///postgres?host=/run/pg&password=postgres",
		"host=/run/pg user=wiregrade dbname=postgres password=postgres",
		"host=db.example password='1234'",
	} {
		require.ErrorIs(t, CheckSecret(bad), ErrSecret, bad)
	}
	const without = "postgres://wiregrade@db.example/wiregrade"
	for _, good := range []string{without, "", "postgres://wiregrade:5f0c1b7a9d@db.example/wiregrade", "host=db.example password=5f0c1b7a9d"} {
		require.NoError(t, CheckSecret(good), good)
	}
	t.Setenv("PGPASSWORD", "postgres")
	require.ErrorIs(t, CheckSecret(without), ErrSecret)
	t.Setenv("PGPASSWORD", "")
	file := filepath.Join(t.TempDir(), "pgpass")
	require.NoError(t, os.WriteFile(file, []byte("*:*:*:*:secret\n"), 0o600))
	t.Setenv("PGPASSFILE", file)
	require.ErrorIs(t, CheckSecret(without), ErrSecret)
}
