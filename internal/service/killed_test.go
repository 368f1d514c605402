package service

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/internal/tiny"
)

// dataFolder is one that the account PostgreSQL runs as may enter, also where the tests run as root.
func dataFolder(t *testing.T) string {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	return filepath.Join(dir, "data")
}

// killPostgres ends the postmaster of the data folder as the kernel does for want of memory.
func killPostgres(t *testing.T, dir string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	require.NoError(t, err)
	first, _, _ := strings.Cut(string(data), "\n")
	pid, err := strconv.Atoi(first)
	require.NoError(t, err)
	require.Greater(t, pid, 1)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
}

// course has the admin hand in to a course of their own; it gives the submission's id.
func (r *running) course(command string) string {
	r.Helper()
	require.Equal(r, 201, r.do("POST", "/api/v1/courses", `{"name":"net","title":"Net"}`, nil))
	require.Equal(r, 201, r.do("POST", "/api/v1/courses/net/assignments", `{"name":"tiny","title":"Tiny","suite":"tiny"}`, nil))
	require.Equal(r, 204, r.do("PUT", "/api/v1/courses/net/members/admin", `{"role":"student"}`, nil))
	return r.handIn(command, "x")
}

func (r *running) handIn(command, mark string) string {
	r.Helper()
	var sub struct{ ID string }
	require.Equal(r, 201, r.do("POST", "/api/v1/courses/net/assignments/tiny/submissions", tarball(tiny.Files(command, mark)), &sub))
	return sub.ID
}

// ready says whether the database answers.
func (r *running) ready() bool {
	res, err := http.Get(r.url + "/readyz")
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == 200
}

// TestDatabaseKilled kills the private PostgreSQL while a run is under way: it comes back by itself, and
// so does the service; the run ends where it was and is counted once.
func TestDatabaseKilled(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	entered, leave := make(chan struct{}, 10), make(chan struct{})
	r := startWith(t, dir, tiny.With(func(t *check.T) {
		entered <- struct{}{}
		<-leave
		end := t.Run(check.Input{}).Wait(0)
		t.Judge()
		t.Want(end.Output, end.Stdout, "right\n")
	}))
	sub := r.course("echo right")
	<-entered
	killPostgres(t, dir)
	require.Eventually(t, func() bool { return !r.ready() }, time.Minute, time.Millisecond)
	require.Eventually(t, r.ready, time.Minute, 10*time.Millisecond)
	close(leave)

	var text string
	require.Equal(t, 200, r.do("GET", "/api/v1/courses/net/submissions/"+sub+"/events", "", &text))
	require.Contains(t, text, `"state":"graded"`)
	require.Equal(t, 200, r.do("GET", "/api/v1/courses/net/submissions/"+sub+"/runs", "", &text))
	require.Equal(t, 1, strings.Count(text, `"status":`), text)
	require.Equal(t, 1, strings.Count(text, `"counted":true`), text)
	next := r.handIn("echo right", "y")
	require.Equal(t, 200, r.do("GET", "/api/v1/courses/net/submissions/"+next+"/events", "", &text))
	require.Contains(t, text, `"state":"graded"`)
	require.NoError(t, r.stop())
	require.Contains(t, r.log.String(), "the private PostgreSQL ended unasked")
	require.Contains(t, r.log.String(), "signal: killed")
	require.Contains(t, r.log.String(), "the private PostgreSQL was started again")
}

// TestDatabaseGone has a private PostgreSQL that cannot be started again: the service ends and says why,
// although a run is under way that nobody can store.
func TestDatabaseGone(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	r := startWith(t, dir, tiny.With(func(t *check.T) {
		t.Run(check.Input{Hold: true}).Wait(0)
	}))
	sub := r.course("exec cat")
	require.Eventually(t, func() bool {
		var now struct{ State string }
		r.do("GET", "/api/v1/courses/net/submissions/"+sub, "", &now)
		return now.State == "running"
	}, time.Minute, 10*time.Millisecond)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "data", "postgresql.conf"), []byte("no_such_setting = 1\n"), 0o600))
	killPostgres(t, dir)
	select {
	case err := <-r.done:
		require.ErrorContains(t, err, "the private PostgreSQL ended unasked (signal: killed)")
		require.ErrorContains(t, err, "no_such_setting")
	case <-time.After(2 * time.Minute):
		t.Fatal("the service goes on without its database")
	}
}
