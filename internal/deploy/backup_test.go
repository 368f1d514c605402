// Package deploy holds docs/operating.md and the files under deploy to what the programs do: backups
// and queries are run as they are printed, and names are compared.
package deploy

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/api/githost"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/internal/localpg"
	"github.com/wiregrade/wiregrade/internal/pgtest"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/rig"
	"github.com/wiregrade/wiregrade/internal/service"
	"github.com/wiregrade/wiregrade/internal/tiny"
)

func TestMain(m *testing.M) {
	if status, ok := githost.Hook(os.Args); ok {
		os.Exit(status)
	}
	os.Exit(m.Run())
}

// page is docs/operating.md.
func page(t *testing.T) string {
	data, err := os.ReadFile("../../docs/operating.md")
	require.NoError(t, err)
	return string(data)
}

// blocks are the page's blocks of code in that language.
func blocks(page, language string) []string {
	var all []string
	for _, rest := range strings.Split(page, "\n```"+language+"\n")[1:] {
		code, _, _ := strings.Cut(rest, "\n```")
		all = append(all, code)
	}
	return all
}

// serve starts the service on the database, "" for a private one, and gives what stops it.
func serve(t *testing.T, database, dir string) (*rig.Service, func()) {
	s, _, stop := scraped(t, database, dir)
	return s, stop
}

// scraped is serve, with the address that Prometheus asks.
func scraped(t *testing.T, database, dir string) (s *rig.Service, metrics string, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var out bytes.Buffer
	done, ready := make(chan error, 1), make(chan string, 1)
	go func() {
		done <- service.Serve(ctx, service.Options{
			Listen: "127.0.0.1:0", Metrics: "127.0.0.1:0", Scraped: func(addr string) { metrics = "http://" + addr + "/metrics" }, Database: database, Dir: dir, Suites: []*check.Suite{tiny.Suite()}, Sandboxes: sandbox.Loopback{},
			Worker: postgres.Worker{Name: "here", Slots: 1, Version: "v1", Isolation: "loopback"}, Lease: 30 * time.Second, Grace: time.Minute,
			Log: slog.New(slog.DiscardHandler), Out: &out, Ready: func(addr string) { ready <- addr },
		})
	}()
	stop = func() { cancel(); require.NoError(t, <-done) }
	select {
	case addr := <-ready:
		_, token, _ := strings.Cut(strings.TrimSpace(out.String()), "once: ")
		return &rig.Service{URL: "http://" + addr, Token: token}, metrics, stop
	case err := <-done:
		require.NoError(t, err)
		return nil, "", nil
	}
}

// handIn uploads a program that runs the command, waits until it is graded, and gives its id.
func handIn(t *testing.T, s *rig.Service, token, command string) string {
	var body bytes.Buffer
	w := tar.NewWriter(&body)
	for _, f := range tiny.Files(command, command) {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: f.Path, Mode: 0o644, Size: int64(len(f.Data))}))
		_, err := w.Write(f.Data)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/api/v1/courses/net/assignments/tiny/submissions", &body)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	res.Body.Close()
	require.Equal(t, 201, res.StatusCode)
	var list struct{ Items []struct{ ID string } }
	require.NoError(t, s.Do(t.Context(), token, "GET", "/courses/net/assignments/tiny/submissions", nil, &list))
	id := list.Items[0].ID
	var events []byte
	require.NoError(t, s.Do(t.Context(), token, "GET", "/courses/net/submissions/"+id+"/events", nil, &events))
	require.Contains(t, string(events), `"state":"graded"`)
	return id
}

// everything is what the API says of the course: marks, submissions, files, runs, reports, captures, members, the audit trail.
func everything(t *testing.T, s *rig.Service, token string) map[string]string {
	all := map[string]string{}
	get := func(path string) string {
		var body []byte
		require.NoError(t, s.Do(t.Context(), token, "GET", path, nil, &body))
		all[path] = string(body)
		return string(body)
	}
	for _, path := range []string{"", "/assignments", "/marks", "/gradebook", "/members", "/audit?limit=500", "/assignments/tiny/overrides"} {
		get("/courses/net" + path)
	}
	ids := func(body string) (all []string) {
		for _, part := range strings.Split(body, `"id":"`)[1:] {
			id, _, _ := strings.Cut(part, `"`)
			all = append(all, id)
		}
		return all
	}
	subs := ids(get("/courses/net/assignments/tiny/submissions?scores=true&limit=500"))
	require.NotEmpty(t, subs)
	for _, sub := range subs {
		at := "/courses/net/submissions/" + sub
		get(at)
		get(at + "/files")
		get(at + "/archive")
		for _, run := range ids(get(at + "/runs")) {
			for _, path := range []string{"/report?format=json", "/report?format=text", "/record", "/captures"} {
				get("/courses/net/runs/" + run + path)
			}
		}
	}
	return all
}

// TestBackup fills a service, backs it up while it runs and restores it into another cluster, by the commands that
// docs/operating.md prints: everything that the API says is as it was, tokens open it, and pushes are there.
func TestBackup(t *testing.T) {
	t.Parallel()
	scripts := blocks(page(t), "sh")
	require.Len(t, scripts, 2, "one to back up, one to restore")
	from, err := pgtest.Dir()
	require.NoError(t, err)
	defer os.RemoveAll(from)
	to, err := pgtest.Dir()
	require.NoError(t, err)
	defer os.RemoveAll(to)
	work := t.TempDir()
	sh := func(script, database, data string) {
		cmd := exec.CommandContext(t.Context(), "sh", "-euc", script)
		cmd.Dir, cmd.Env = work, append(os.Environ(), "DATABASE_URL="+database, "DATA="+data)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s\n%s", script, out)
	}

	s, stop := serve(t, "", filepath.Join(from, "data"))
	c, err := s.MakeCourse(t.Context(), "net", tiny.Name, "ann", "bob")
	require.NoError(t, err)
	for i := range 5 {
		handIn(t, s, c.Tokens["ann"], fmt.Sprintf("echo wrong%d", i))
	}
	handIn(t, s, c.Tokens["ann"], "echo right")
	require.NoError(t, s.Do(t.Context(), s.Token, "PUT", "/courses/net/assignments/tiny/overrides/ann?why=oral", map[string]any{"points": 7}, nil))
	pushed := t.TempDir()
	for _, f := range tiny.Files("echo right", "pushed") {
		require.NoError(t, os.WriteFile(filepath.Join(pushed, f.Path), f.Data, 0o644))
	}
	require.NoError(t, rig.Commit(t.Context(), pushed, s.Remote(c, "bob")))
	out, err := rig.Git(t.Context(), pushed, "push", "grader", "main").CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "10 of 10 points")
	before, admin := everything(t, s, s.Token), s.Token

	private := "postgres:///postgres?host=" + filepath.Join(from, "data", "socket") + "&user=wiregrade"
	require.Contains(t, page(t), "'postgres:///postgres?host=/var/lib/wiregrade/socket&user=wiregrade'")
	sh(scripts[0], private, filepath.Join(from, "data"))
	handIn(t, s, c.Tokens["bob"], "echo after the dump")
	stop()
	require.NoError(t, os.RemoveAll(filepath.Join(from, "data")))

	cluster, err := localpg.Start(t.Context(), localpg.Options{Dir: filepath.Join(to, "pg"), Forgetful: true})
	require.NoError(t, err)
	defer cluster.Stop()
	data := filepath.Join(to, "data")
	sh(scripts[1], cluster.URL(""), data)
	s, stop = serve(t, cluster.URL(""), data)
	defer stop()
	require.Empty(t, s.Token, "the admin's token is the one that was")
	after := everything(t, s, admin)
	require.Len(t, after, len(before))
	for path, was := range before {
		require.Equal(t, was, after[path], path)
	}
	clone := filepath.Join(t.TempDir(), "clone")
	out, err = rig.Git(t.Context(), t.TempDir(), "clone", "-q", s.Remote(c, "bob"), clone).CombinedOutput()
	require.NoError(t, err, string(out))
	require.FileExists(t, filepath.Join(clone, "mark"))
	handIn(t, s, c.Tokens["bob"], "echo handed in again")
}

// TestQueries runs every query of the page, and the one that workers are scaled by, beside submissions that wait and run.
func TestQueries(t *testing.T) {
	t.Parallel()
	dir, err := pgtest.Dir()
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	cluster, err := localpg.Start(t.Context(), localpg.Options{Dir: filepath.Join(dir, "pg"), Forgetful: true})
	require.NoError(t, err)
	defer cluster.Stop()
	_, err = postgres.Migrate(t.Context(), cluster.URL(""))
	require.NoError(t, err)
	conn, err := pgx.Connect(t.Context(), cluster.URL(""))
	require.NoError(t, err)
	defer conn.Close(context.Background())
	waiting(t, cluster.URL(""))
	queries := blocks(page(t), "sql")
	require.Len(t, queries, 6)
	for _, q := range queries {
		_, err := conn.Exec(t.Context(), q)
		require.NoError(t, err, q)
	}
	var n int
	require.NoError(t, conn.QueryRow(t.Context(), scaler(t).Metadata.Query).Scan(&n))
	require.Equal(t, 3, n, "two wait and one is being graded")
}
