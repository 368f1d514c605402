//go:build linux && (amd64 || arm64)

// Package attackservice tries on the service what a visitor or a submission tries: a real
// service with a real worker on a real PostgreSQL, asked by HTTP, by git and by raw bytes.
// Names of tests begin with the lines that they cover: S stealing, B breaking.
// docs/security.md says which test has which line.
package attackservice

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/api/githost"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/internal/pgtest"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
	"github.com/wiregrade/wiregrade/internal/rig"
	"github.com/wiregrade/wiregrade/internal/service"
	"github.com/wiregrade/wiregrade/internal/tiny"
)

// The canaries are what must not be found. Each is where a service has the like of it.
const (
	canaryEnv  = "canary-of-the-environment"
	canaryFile = "canary-of-a-file"
)

var (
	isolated *sandbox.Namespaces
	scratch  string // the folder that workers put submissions in
)

func TestMain(m *testing.M) {
	sandbox.Init()
	if status, ok := githost.Hook(os.Args); ok {
		os.Exit(status)
	}
	if dir := os.Getenv(smallDiskEnv); dir != "" {
		os.Exit(onSmallDisk(dir))
	}
	os.Exit(func() int {
		var err error
		if scratch, err = pgtest.Dir(); err != nil {
			panic(err)
		}
		defer os.RemoveAll(scratch)
		os.Setenv("TMPDIR", scratch)
		// As the service's own process has them.
		os.Setenv("DATABASE_URL", "postgres://wiregrade:"+canaryEnv+"@192.0.2.1/wiregrade")
		os.Setenv(service.GitHubTokenEnv, canaryEnv)
		if isolated, err = sandbox.NewNamespaces(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, "attackservice: this machine cannot isolate:", err)
			return 1
		}
		defer isolated.Close()
		return pgtest.Main(m)
	}())
}

// suite has a group that everybody sees, and one that is hidden until the due date.
func suite() *check.Suite {
	prints := func(t *check.T) {
		end := t.Run(check.Input{}).Wait(0)
		t.Judge()
		t.Want(end.Output, end.Stdout, "right\n")
	}
	s := tiny.With(prints)
	s.Rubric = append(s.Rubric, grader.Item{Group: "trap", Points: 5})
	s.Groups = append(s.Groups, check.Group{Name: "trap", Checks: []check.Check{
		{Name: "deep", Clause: check.Course("The trap"), Says: "nobody knows of the pitfall", Run: prints},
	}})
	return s
}

// A site is a running service with a course, and what reaches it.
type site struct {
	*testing.T
	*rig.Service
	course *rig.Course
	pg     *postgres.Store
	q      *queue.Queue
	dir    string // the service's data
	log    *lockedLog
}

// A lockedLog may be read while it is written.
type lockedLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newSite starts a service. Without sandboxes nobody grades.
func newSite(t *testing.T, boxes sandbox.Provider, proxies ...netip.Prefix) *site {
	url := pgtest.URL(t)
	pg, err := postgres.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(pg.Close)
	q, err := queue.New(pg)
	require.NoError(t, err)
	s := &site{T: t, pg: pg, q: q, dir: filepath.Join(t.TempDir(), "data"), log: &lockedLog{}}
	require.NoError(t, os.Mkdir(s.dir, 0o755))
	ctx, cancel := context.WithCancel(context.Background())
	var out bytes.Buffer
	done, ready := make(chan error, 1), make(chan string, 1)
	go func() {
		done <- service.Serve(ctx, service.Options{
			Listen: "127.0.0.1:0", Database: url, Dir: s.dir, Suites: []*check.Suite{suite()}, Sandboxes: boxes, Proxies: proxies,
			Worker: postgres.Worker{Name: "here", Slots: 1, Version: "v1", Isolation: "namespaces"}, Lease: 30 * time.Second, Grace: time.Minute,
			Log: slog.New(slog.NewTextHandler(s.log, nil)), Out: &out, Ready: func(addr string) { ready <- addr },
		})
	}()
	select {
	case addr := <-ready:
		_, token, _ := strings.Cut(strings.TrimSpace(out.String()), "once: ")
		s.Service = &rig.Service{URL: "http://" + addr, Token: token}
	case err := <-done:
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); require.NoError(t, <-done) })
	s.course, err = s.MakeCourse(t.Context(), "net", tiny.Name, "ann", "bob")
	require.NoError(t, err)
	return s
}

// ask asks anything below the service, as whoever has the token; "" is nobody.
func (s *site) ask(token, method, path string, body io.Reader, headers ...string) (int, string) {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), method, s.URL+path, body)
	require.NoError(s, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(s, err)
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	require.NoError(s, err)
	return res.StatusCode, string(data)
}

// upload hands in a folder of these files, and gives the submission's id.
func (s *site) upload(login string, files map[string]string) store.ID {
	s.Helper()
	var sub struct{ ID store.ID }
	status, body := s.ask(s.course.Tokens[login], "POST", uploads, bytes.NewReader(pack(files)))
	require.Equal(s, 201, status, body)
	decode(s.T, body, &sub)
	return sub.ID
}

// pack is a tar of the files.
func pack(files map[string]string) []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for name, data := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data))}); err != nil {
			panic(err)
		}
		io.WriteString(w, data)
	}
	w.Close()
	return out.Bytes()
}

const uploads = "/api/v1/courses/net/assignments/" + tiny.Name + "/submissions"

// graded waits for the end of a submission's grading and gives its run that counts.
func (s *site) graded(sub store.ID) (store.ID, *grader.Run) {
	s.Helper()
	// The stream of events ends when the grading has.
	status, events := s.ask(s.Token, "GET", "/api/v1/courses/net/submissions/"+string(sub)+"/events", nil)
	require.Equal(s, 200, status, events)
	require.Contains(s, events, `"state":"graded"`)
	course, err := s.pg.CourseByName(s.Context(), "net")
	require.NoError(s, err)
	staff := store.Scope{Course: course.ID}
	runs, err := s.pg.RunsOf(s.Context(), staff, sub)
	require.NoError(s, err)
	for _, r := range runs {
		if r.Counted {
			report, err := s.pg.Report(s.Context(), staff, r.ID)
			require.NoError(s, err)
			return r.ID, report
		}
	}
	s.Fatal("no run counts")
	return "", nil
}

// said is all that the submission printed in a run.
func said(run *grader.Run) string {
	var out strings.Builder
	out.WriteString(run.Problem + "\n")
	for _, r := range run.Results {
		for _, e := range r.Transcript.Events {
			out.Write(e.Data)
		}
	}
	return out.String()
}
