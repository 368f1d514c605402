package service

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/api/githost"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/internal/localpg"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/tiny"
)

func TestMain(m *testing.M) {
	if status, ok := githost.Hook(os.Args); ok {
		os.Exit(status)
	}
	os.Exit(m.Run())
}

// A running service, and what stops it.
type running struct {
	*testing.T
	url     string
	metrics string
	token   string
	out     bytes.Buffer
	log     bytes.Buffer
	stop    func() error
	done    chan error
}

func start(t *testing.T, dir string) *running { return startWith(t, dir, tiny.Suite()) }

func startWith(t *testing.T, dir string, suite *check.Suite) *running {
	done, ready := make(chan error, 1), make(chan string, 1)
	r := &running{T: t, done: done}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		done <- Serve(ctx, Options{
			Listen: "127.0.0.1:0", Metrics: "127.0.0.1:0", Scraped: func(addr string) { r.metrics = "http://" + addr + "/metrics" }, Dir: dir, Suites: []*check.Suite{suite}, Sandboxes: sandbox.Loopback{},
			Worker: postgres.Worker{Name: "here", Slots: 1, Version: "v1", Isolation: "loopback"}, Grace: time.Minute,
			Log: slog.New(slog.NewTextHandler(&r.log, nil)), Out: &r.out, Ready: func(addr string) { ready <- addr },
		})
	}()
	select {
	case addr := <-ready:
		r.url = "http://" + addr
	case err := <-done:
		t.Fatal(err)
	}
	r.stop = func() error { cancel(); return <-done }
	_, r.token, _ = strings.Cut(strings.TrimSpace(r.out.String()), "once: ")
	return r
}

func (r *running) do(method, path, body string, into any) int {
	r.Helper()
	req, err := http.NewRequestWithContext(r.Context(), method, r.url+path, strings.NewReader(body))
	require.NoError(r, err)
	req.Header.Set("Authorization", "Bearer "+r.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	require.NoError(r, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(r, err)
	if into != nil {
		if s, ok := into.(*string); ok {
			*s = string(data)
		} else {
			require.NoError(r, json.Unmarshal(data, into), string(data))
		}
	}
	return res.StatusCode
}

// scrape asks as Prometheus does.
func (r *running) scrape() string {
	r.Helper()
	res, err := http.Get(r.metrics)
	require.NoError(r, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(r, err)
	require.Equal(r, 200, res.StatusCode, string(data))
	return string(data)
}

// TestServe starts the service on nothing, makes a course by its API, hands in,
// follows the events to the end, stops it, and finds all of it again.
func TestServe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755)) // for PostgreSQL, which is not run as root
	r := start(t, filepath.Join(dir, "data"))
	require.True(t, strings.HasPrefix(r.token, "wgt_"), r.out.String())
	require.NotContains(t, r.log.String(), r.token, "no secret in the log")
	var text string
	require.Equal(t, 200, r.do("GET", "/healthz", "", nil))
	require.Equal(t, 200, r.do("GET", "/readyz", "", nil))
	require.Equal(t, 201, r.do("POST", "/api/v1/courses", `{"name":"net","title":"Net"}`, nil))
	require.Equal(t, 201, r.do("POST", "/api/v1/courses/net/assignments", `{"name":"tiny","title":"Tiny","suite":"tiny"}`, nil))
	require.Equal(t, 204, r.do("PUT", "/api/v1/courses/net/members/admin", `{"role":"student"}`, nil))

	var sub struct{ ID, State string }
	require.Equal(t, 201, r.do("POST", "/api/v1/courses/net/assignments/tiny/submissions", tarball(tiny.Files("echo right", "x")), &sub))
	// The stream ends when the grading has.
	require.Equal(t, 200, r.do("GET", "/api/v1/courses/net/submissions/"+sub.ID+"/events", "", &text))
	require.Contains(t, text, `"check":"word/right","verdict":"pass"`)
	require.Contains(t, text, `"state":"graded"`)
	require.Equal(t, 404, r.do("GET", "/metrics", "", nil), "what a proxy stands before has none")
	text = r.scrape()
	for _, line := range []string{
		"wiregrade_database_up 1", "wiregrade_running 0", `wiregrade_waiting{class="1"} 0`, "wiregrade_workers 1", "wiregrade_slots 1",
		`wiregrade_runs_total{outcome="graded",suite="tiny"} 1`, `wiregrade_stranded{suite="tiny"} 0`, `wiregrade_grading_seconds_count{suite="tiny"} 1`, `wiregrade_grading_seconds_bucket{suite="tiny",le="600"} 1`,
	} {
		require.Contains(t, text, line+"\n")
	}

	// The same by git, to the end of its grading. The link that it is told opens.
	out := r.push(tiny.Files("echo right", "y"))
	require.Contains(t, out, "remote: tiny: 10 of 10 points")
	_, link, ok := strings.Cut(out, "all of it: "+r.url)
	require.True(t, ok, out)
	require.Equal(t, 200, r.do("GET", strings.Fields(link)[0], "", &text))
	require.Contains(t, text, "10 of 10 points")
	token := r.token
	require.NoError(t, r.stop())

	r = start(t, filepath.Join(dir, "data"))
	require.Empty(t, r.out.String(), "the token is shown once")
	r.token = token
	require.Equal(t, 200, r.do("GET", "/api/v1/courses/net/submissions/"+sub.ID, "", &sub))
	require.Equal(t, "graded", sub.State)
	require.NoError(t, r.stop())
}

// push pushes the files to the admin's repository and gives what git prints.
func (r *running) push(files []store.File) string {
	dir := r.TempDir()
	for _, f := range files {
		require.NoError(r, os.WriteFile(filepath.Join(dir, f.Path), f.Data, 0o644))
	}
	var out []byte
	for _, args := range [][]string{
		{"init", "-q", "-b", "main"}, {"add", "-A"}, {"-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "x"},
		{"push", strings.Replace(r.url, "http://", "http://me:"+r.token+"@", 1) + "/git/net/tiny/admin.git", "main"},
	} {
		cmd := exec.CommandContext(r.Context(), "git", args...)
		cmd.Dir = dir
		var err error
		out, err = cmd.CombinedOutput()
		require.NoError(r, err, string(out))
	}
	return string(out)
}

func TestRefusesToStart(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	err := Serve(t.Context(), Options{Database: "postgres://wiregrade:changeme@db.example/wiregrade", Log: log})
	require.ErrorIs(t, err, ErrSecret)

	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	c, err := localpg.Start(t.Context(), localpg.Options{Dir: filepath.Join(dir, "pg"), Forgetful: true})
	require.NoError(t, err)
	defer c.Stop()
	require.ErrorIs(t, Serve(t.Context(), Options{Database: c.URL(""), Log: log}), store.ErrOlder, "somebody else's database is not upgraded unasked")
}

// tarball is a tar of the files.
func tarball(files []store.File) string {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range files {
		w.WriteHeader(&tar.Header{Name: f.Path, Mode: 0o644, Size: int64(len(f.Data))})
		w.Write(f.Data)
	}
	w.Close()
	return out.String()
}
