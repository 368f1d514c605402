package githost_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/api/githost"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/internal/pgtest"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
	"github.com/wiregrade/wiregrade/internal/storetest"
	"github.com/wiregrade/wiregrade/internal/tiny"
	"github.com/wiregrade/wiregrade/internal/worker"
)

func TestMain(m *testing.M) {
	if status, ok := githost.Hook(os.Args); ok {
		os.Exit(status)
	}
	os.Exit(pgtest.Main(m))
}

// A site is a course with an assignment, tiny, and a host that takes pushes to it.
type site struct {
	*storetest.World
	*testing.T
	q    *queue.Queue
	a    store.Assignment
	dir  string // of the repositories
	url  string // "http://127.0.0.1:…"
	log  *safeBuffer
	home string
	stop func() // as the service's shutdown ends what has no end of its own
}

func newSite(t *testing.T, change func(*githost.Options)) *site {
	pg := pgtest.Store(t)
	q, err := queue.New(pg)
	require.NoError(t, err)
	s := &site{World: storetest.NewWorld(t, pg, q), T: t, q: q, dir: filepath.Join(t.TempDir(), "git"), log: &safeBuffer{}, home: t.TempDir()}
	s.a, err = s.AddAssignment(t.Context(), store.Assignment{Course: s.Course.ID, Name: tiny.Name, Suite: tiny.Name}, s.By)
	require.NoError(t, err)
	o := githost.Options{
		Store: pg, Queue: q, Dir: s.dir, Log: slog.New(slog.NewTextHandler(s.log, nil)),
		Link: func(c store.Course, run store.ID) string { return "/" + c.Name + "/runs/" + string(run) },
	}
	if change != nil {
		change(&o)
	}
	exe, err := os.Executable()
	require.NoError(t, err)
	h, err := githost.New(o, exe)
	require.NoError(t, err)
	srv := httptest.NewUnstartedServer(h)
	streams, stop := context.WithCancel(context.Background())
	srv.Config.BaseContext = func(net.Listener) context.Context { return streams }
	srv.Start()
	s.stop = stop
	t.Cleanup(stop)
	t.Cleanup(func() {
		srv.Close()
		require.NoError(t, h.Close())
		require.NotContains(t, s.log.String(), "wgt_", "no secret in the log")
	})
	s.url = srv.URL
	return s
}

// work starts a worker with the suite.
func (s *site) work(suite *check.Suite) {
	s.Helper()
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	w := worker.New(s.q, worker.Options{Suites: []*check.Suite{suite}, Sandboxes: sandbox.Loopback{}, Jobs: 2, Patience: 20 * time.Second, Log: quiet})
	ctx, cancel := context.WithCancel(context.Background())
	done, ready := make(chan error, 1), make(chan struct{})
	go func() {
		done <- w.Work(ctx, queue.Options{
			Worker: postgres.Worker{Name: s.T.Name(), Slots: 2, Version: "v1", Isolation: "loopback"}, Grace: time.Second, Log: quiet, Ready: func() { close(ready) },
		})
	}()
	select {
	case <-ready:
	case err := <-done:
		require.NoError(s, err)
	}
	s.Cleanup(func() { cancel(); <-done })
}

// token is a new one of the person's.
func (s *site) token(p store.Person, rights string) string {
	_, secret, err := s.AddToken(s.Context(), store.Token{Person: p.ID, Rights: rights}, s.By)
	require.NoError(s, err)
	return secret
}

// remote is the address of a repository with a password in it.
func (s *site) remote(path, secret string) string {
	u, err := url.Parse(s.url)
	require.NoError(s, err)
	u.User = url.UserPassword("me", secret)
	u.Path = githost.Prefix + path
	return u.String()
}

func (s *site) command(dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(s.Context(), "git", args...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.home, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org",
	}
	return cmd
}

// kill ends a client with the helpers that it started.
func kill(cmd *exec.Cmd) {
	syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	cmd.Wait()
}

// git runs a git client and gives all that it prints.
func (s *site) git(dir string, args ...string) (string, error) {
	out, err := s.command(dir, args...).CombinedOutput()
	return string(out), err
}

func (s *site) must(dir string, args ...string) string {
	s.Helper()
	out, err := s.git(dir, args...)
	require.NoError(s, err, "git %v: %s", args, out)
	return strings.TrimSpace(out)
}

// clone is a repository on the student's side with one commit, on main.
func (s *site) clone(command, mark string) string {
	s.Helper()
	dir := s.TempDir()
	s.must(dir, "init", "-q", "-b", "main")
	s.commit(dir, tiny.Files(command, mark)...)
	return dir
}

func (s *site) commit(dir string, files ...store.File) string {
	s.Helper()
	for _, f := range files {
		require.NoError(s, os.MkdirAll(filepath.Dir(filepath.Join(dir, f.Path)), 0o755))
		require.NoError(s, os.WriteFile(filepath.Join(dir, f.Path), f.Data, 0o644))
	}
	s.must(dir, "add", "-A")
	s.must(dir, "commit", "-q", "--allow-empty", "-m", "x")
	return s.must(dir, "rev-parse", "HEAD")
}

// refused pushes and gives what is printed; the push must not succeed, and nothing be handed in.
func (s *site) refused(dir string, args ...string) string {
	s.Helper()
	before := s.submissions()
	out, err := s.git(dir, append([]string{"push"}, args...)...)
	require.Error(s, err, out)
	require.Equal(s, before, s.submissions(), out)
	return out
}

func (s *site) submissions() int {
	all, _, err := s.SubmissionsOf(s.Context(), s.Staff(), s.a.ID, store.Page{Limit: 500})
	require.NoError(s, err)
	return len(all)
}

// newest is the submission that came last.
func (s *site) newest() store.Submission {
	s.Helper()
	all, _, err := s.SubmissionsOf(s.Context(), s.Staff(), s.a.ID, store.Page{Limit: 1})
	require.NoError(s, err)
	require.NotEmpty(s, all)
	return all[0]
}

// head is where main stands in the repository of the service.
func (s *site) head(path string, secret string) string {
	out, _, _ := strings.Cut(s.must(s.home, "ls-remote", s.remote(path, secret), "refs/heads/main"), "\t")
	return out
}

func TestPush(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	release := make(chan struct{})
	s.work(tiny.With(func(c *check.T) {
		<-release
		end := c.Run(check.Input{}).Wait(0)
		c.Judge()
		c.Want(end.Output, end.Stdout, "right\n")
	}))
	secret := s.token(s.Ann, "push")
	dir := s.clone("echo right", "1")
	commit := s.must(dir, "rev-parse", "HEAD")

	cmd := s.command(dir, "push", s.remote("net/tiny/ann.git", secret), "main")
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var said []string
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		said = append(said, strings.TrimRight(lines.Text(), " "))
		if strings.HasPrefix(lines.Text(), "remote: a worker has it") {
			// The check waits for us: what was told was told while the run goes on.
			require.Equal(t, store.StateRunning, s.newest().State)
			close(release)
		}
	}
	require.NoError(t, cmd.Wait(), said)
	all := strings.Join(said, "\n")
	runs, err := s.RunsOf(t.Context(), s.Of(s.Ann), s.newest().ID)
	require.NoError(t, err)
	require.Equal(t, "remote: tiny: commit "+commit[:10]+" is handed in (2 files, 34 bytes)", said[0], all)
	for _, want := range []string{
		"remote: a worker has it",
		"remote: word               1 of   1 checks   10 of 10 points", "remote: tiny: 10 of 10 points",
		"remote: all of it: " + s.url + "/net/runs/" + string(runs[0].ID), "main -> main",
	} {
		require.Contains(t, all, want)
	}

	sub := s.newest()
	require.Equal(t, commit, sub.Commit)
	require.Equal(t, store.TreeHash(tiny.Files("echo right", "1")), sub.Tree, "an archive with the same files would be the same")
	require.Equal(t, store.SourceGit, sub.Source)
	require.Equal(t, s.Ann.ID, sub.Person)
	require.Equal(t, commit, s.head("net/tiny/ann.git", secret))
}

func TestPushAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.work(tiny.Suite())
	secret := s.token(s.Ann, "all")
	remote := s.remote("net/tiny/ann.git", secret)
	dir := s.clone("echo wrong", "1")
	first := s.must(dir, "rev-parse", "HEAD")

	out := s.must(dir, "push", remote, "main")
	require.Contains(t, out, "remote: fail    word/right: the program prints the word")
	require.Contains(t, out, "tiny: 0 of 10 points")

	require.Contains(t, s.must(dir, "push", remote, "main"), "Everything up-to-date")
	require.Equal(t, 1, s.submissions())

	// Another commit of the same files is another submission, and a force push is one, too.
	s.must(dir, "commit", "-q", "--amend", "-m", "amended")
	require.Contains(t, s.refused(dir, remote, "main"), "rejected", "the client itself stops what is no fast-forward")
	require.Contains(t, s.must(dir, "push", "--force", remote, "main"), "tiny: 0 of 10 points")
	require.Equal(t, 2, s.submissions())

	// Back to the commit before: it is told again, and not graded again.
	out = s.must(dir, "push", "--force", remote, first+":main")
	require.Contains(t, out, "was handed in before")
	require.Contains(t, out, "tiny: 0 of 10 points")
	require.Equal(t, 2, s.submissions())
	require.Equal(t, first, s.head("net/tiny/ann.git", secret))

	// What was pushed can be had back, and so can a shallow clone be pushed from.
	clone := filepath.Join(t.TempDir(), "clone")
	s.must(t.TempDir(), "clone", "-q", "--depth", "1", remote, clone)
	require.FileExists(t, filepath.Join(clone, "grader.yaml"))
	s.commit(clone, tiny.Files("echo right", "2")...)
	require.Contains(t, s.must(clone, "push", "origin", "main"), "tiny: 10 of 10 points")
}

func TestNoWait(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	secret := s.token(s.Ann, "push")
	dir := s.clone("echo right", "1")
	// No worker runs: a push that waited would not come back.
	out := s.must(dir, "push", "-o", "no-wait", s.remote("net/tiny/ann.git", secret), "main")
	require.Contains(t, out, "is handed in")
	require.Contains(t, out, "remote: waiting, 0 before it; no worker that grades it is running")
	require.Equal(t, store.StateWaiting, s.newest().State)
	require.Contains(t, s.refused(s.clone("echo x", "2"), "-o", "nowait", s.remote("net/tiny/bob.git", s.token(s.Bob, "push")), "main"),
		"remote: refused: there is no push option nowait: there is no-wait")
}

// TestPatience: a push does not stay for ever, and what it handed in does.
func TestPatience(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *githost.Options) { o.Patience = 200 * time.Millisecond })
	out := s.must(s.clone("echo right", "1"), "push", s.remote("net/tiny/ann.git", s.token(s.Ann, "push")), "main")
	require.Contains(t, out, "remote: no result after 200ms: nothing more is told here, and it is graded all the same")
	require.Equal(t, store.StateWaiting, s.newest().State)
}

// TestStopped: a service that is stopped says so to who waits.
func TestStopped(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	cmd := s.command(s.clone("echo right", "1"), "push", s.remote("net/tiny/ann.git", s.token(s.Ann, "push")), "main")
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(stderr)
	for lines.Scan() && !strings.Contains(lines.Text(), "remote: waiting") {
	}
	s.stop()
	rest, err := io.ReadAll(stderr)
	require.NoError(t, err)
	require.NoError(t, cmd.Wait(), string(rest))
	require.Contains(t, string(rest), "remote: the service is being stopped: what you handed in is safe")
}

// TestGone: a client that leaves takes nothing back.
func TestGone(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	secret := s.token(s.Ann, "push")
	dir := s.clone("echo right", "1")
	cmd := s.command(dir, "push", s.remote("net/tiny/ann.git", secret), "main")
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(stderr)
	for lines.Scan() && !strings.Contains(lines.Text(), "is handed in") {
	}
	kill(cmd)
	require.Equal(t, store.StateWaiting, s.newest().State)
	require.Equal(t, s.newest().Commit, s.head("net/tiny/ann.git", secret), "the branch moved before anything was told")
	// A newer push takes its place, and tells so to who still waits for the older one.
	older := s.command(dir, "push", "--force", s.remote("net/tiny/ann.git", secret), "main")
	s.must(dir, "commit", "-q", "--amend", "-m", "again")
	var out bytes.Buffer
	older.Stdout, older.Stderr = &out, &out
	require.NoError(t, older.Start())
	s.untilHead(secret, s.must(dir, "rev-parse", "HEAD"))
	s.must(dir, "commit", "-q", "--amend", "-m", "and again")
	s.must(dir, "push", "--force", "-o", "no-wait", s.remote("net/tiny/ann.git", secret), "main")
	require.NoError(t, older.Wait(), out.String())
	require.Contains(t, out.String(), "a newer push of yours took its place")
}

// untilHead asks until main of Ann's repository is the commit.
func (s *site) untilHead(secret, commit string) {
	s.Helper()
	require.Eventually(s, func() bool { return s.head("net/tiny/ann.git", secret) == commit }, 20*time.Second, 20*time.Millisecond)
}

// client is a plain HTTP client with a password.
func (s *site) get(path, secret string) (int, string) {
	req, err := http.NewRequestWithContext(s.Context(), http.MethodGet, s.url+path, nil)
	require.NoError(s, err)
	if secret != "" {
		req.SetBasicAuth("", secret)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(s, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(s, err)
	return res.StatusCode, string(body)
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
