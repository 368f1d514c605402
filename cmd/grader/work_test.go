package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/localpg"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
	"github.com/wiregrade/wiregrade/internal/storetest"
)

// TestWork has a real worker process grade a real submission out of a real database.
func TestWork(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755)) // for PostgreSQL, which is not run as root
	cluster, err := localpg.Start(ctx, localpg.Options{Dir: filepath.Join(dir, "pg"), Forgetful: true})
	require.NoError(t, err)
	defer cluster.Stop()
	var out bytes.Buffer
	command := func(args ...string) *exec.Cmd {
		out.Reset()
		c := exec.CommandContext(ctx, "grader", args...)
		c.Env = append(os.Environ(), databaseEnv+"="+cluster.URL("")+"&password=hunter2")
		c.Stdout, c.Stderr = &out, &out
		return c
	}
	fails := func(status int, says string, args ...string) {
		t.Helper()
		err := command(args...).Run()
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		require.Equal(t, status, exit.ExitCode(), out.String())
		require.Contains(t, out.String(), says)
	}
	fails(exitFault, "run grader migrate", "work", "--allow-unisolated")
	require.NoError(t, command("migrate").Run(), out.String())
	require.Contains(t, out.String(), "applied 00001_people.sql")
	require.NoError(t, command("migrate").Run())
	require.Equal(t, "the schema is up to date\n", out.String())

	s, err := postgres.Open(ctx, cluster.URL(""))
	require.NoError(t, err)
	defer s.Close()
	q, err := queue.New(s)
	require.NoError(t, err)
	w := storetest.NewWorld(t, s, q)
	source, err := os.ReadFile("../../assignments/tcp-upper-server/solution/python/server.py")
	require.NoError(t, err)
	sub, _, err := q.Submit(ctx, store.NewSubmission{
		Course: w.Course.ID, Assignment: w.Upper.ID, Person: w.Ann.ID, Source: store.SourceGit, Commit: "c0ffee",
		Files: []store.File{
			{Path: "server.py", Mode: store.Regular, Data: source},
			{Path: "grader.yaml", Mode: store.Regular, Data: []byte("assignment: tcp-upper-server\nrun: python3 server.py\n")},
		},
	})
	require.NoError(t, err)

	process := command("work", "--allow-unisolated", "--slots", "1", "--log", "json")
	require.NoError(t, process.Start())
	woken, err := s.Watch(ctx, w.Of(w.Ann), sub.ID)
	require.NoError(t, err)
	for sub.State != store.StateGraded {
		_, ok := <-woken
		require.True(t, ok, "never graded; it is %s", sub.State)
		sub, err = s.Submission(ctx, w.Of(w.Ann), sub.ID)
		require.NoError(t, err)
	}
	require.NoError(t, process.Process.Signal(syscall.SIGTERM))
	require.NoError(t, process.Wait(), out.String())
	require.NotContains(t, out.String(), "hunter2")
	require.Contains(t, out.String(), `"msg":"stopped"`)

	runs, err := s.RunsOf(ctx, w.Of(w.Ann), sub.ID)
	require.NoError(t, err)
	require.Len(t, runs, 1)
	require.Contains(t, []string{"namespaces", "loopback"}, runs[0].Isolation)
	report, err := s.Report(ctx, w.Of(w.Ann), runs[0].ID)
	require.NoError(t, err)
	require.Empty(t, report.Problem)
	for _, r := range report.Results {
		require.Equal(t, grader.Pass, r.Verdict, r.Name)
	}
}

func TestWithoutIsolation(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	why := errors.New("clone: operation not permitted")
	_, err := withoutIsolation(why, false, nil)
	require.Equal(t, exitFault, status(err))
	require.ErrorContains(t, err, why.Error())
	p, err := withoutIsolation(why, true, slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	require.Equal(t, "loopback", p.Isolation())
	require.Contains(t, log.String(), "not isolated")
}
