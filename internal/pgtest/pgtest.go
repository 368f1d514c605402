// Package pgtest gives each test a PostgreSQL database of its own, cloned from
// a template in a private cluster that the test program starts.
package pgtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/internal/localpg"
	"github.com/wiregrade/wiregrade/internal/postgres"
)

// template is the database that each test's is a copy of: migrated, and empty.
const template = "wiregrade_template"

var (
	cluster *localpg.Cluster
	number  atomic.Int64
)

// Main runs the tests of a package beside a private cluster: func
// TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }.
func Main(m *testing.M) int {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return 1
	}
	return code
}

func run(m *testing.M) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	dir, err := Dir()
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	cluster, err = localpg.Start(ctx, localpg.Options{Dir: filepath.Join(dir, "pg"), Forgetful: true, Settings: map[string]string{"max_connections": "300"}})
	if err != nil {
		return 0, err
	}
	defer cluster.Stop()
	if err := exec(ctx, "CREATE DATABASE "+template); err != nil {
		return 0, err
	}
	if _, err := postgres.Migrate(ctx, cluster.URL(template)); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// Dir makes a folder that PostgreSQL's account may enter, also where the tests
// run as root; the caller removes it.
func Dir() (string, error) {
	dir, err := os.MkdirTemp("", "wiregrade-test-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	return dir, err
}

func exec(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, cluster.URL(""))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

// URL is a database of the test's own, with the schema and nothing in it.
func URL(t testing.TB) string {
	name := fmt.Sprintf("test_%d", number.Add(1))
	require.NoError(t, exec(t.Context(), "CREATE DATABASE "+name+" TEMPLATE "+template))
	t.Cleanup(func() { exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)") })
	return cluster.URL(name)
}

// Empty is a database of the test's own without a schema.
func Empty(t testing.TB) string {
	name := fmt.Sprintf("test_%d", number.Add(1))
	require.NoError(t, exec(t.Context(), "CREATE DATABASE "+name))
	t.Cleanup(func() { exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)") })
	return cluster.URL(name)
}

// Store is a Store in a database of the test's own.
func Store(t testing.TB) *postgres.Store {
	s, err := postgres.Open(t.Context(), URL(t))
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}
