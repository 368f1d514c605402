package githost_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/api/githost"
	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/tiny"
)

// TestRefused: each refusal is one plain line, and says what to do.
func TestRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *githost.Options) {
		o.MaxPush = 1 << 20
		o.Limits = store.Limits{Files: 10, File: 1 << 20, Total: 2 << 20, Path: 100}
	})
	remote := s.remote("net/tiny/ann.git", s.token(s.Ann, "push"))
	dir := s.clone("echo right", "1")
	says := func(want string, args ...string) {
		t.Helper()
		out := s.refused(dir, append([]string{remote}, args...)...)
		require.Equal(t, 1, strings.Count(out, "remote: "), out)
		require.Contains(t, out, "remote: refused: "+want)
	}
	s.must(dir, "tag", "v1")
	s.must(dir, "branch", "dev")
	says("only the branch main is graded, and this is the branch dev: git push REMOTE HEAD:main", "dev")
	says("only the branch main is graded, and this is the tag v1", "v1")
	says("only the branch main is graded, and this is the branch --upload-pack=x", "main:refs/heads/--upload-pack=x")
	says("this pushes 2 references at once, and one is graded: push main alone", "main", "dev")
	says("this pushes 3 references at once", "main", "dev", "v1")

	rules := func(change func(a *store.Assignment)) {
		a, err := s.AssignmentByName(t.Context(), s.Course.ID, tiny.Name)
		require.NoError(t, err)
		a.Opens, a.Due, a.Limit = time.Time{}, time.Time{}, policy.Limit{}
		change(&a)
		_, err = s.ChangeAssignment(t.Context(), a, s.By)
		require.NoError(t, err)
	}
	rules(func(a *store.Assignment) { a.Opens = time.Date(2100, 1, 2, 3, 4, 0, 0, time.UTC) })
	says("tiny opens at 2100-01-02 03:04 UTC; push the same commit again then", "main")
	rules(func(a *store.Assignment) { a.Due = time.Date(2020, 1, 2, 3, 4, 0, 0, time.UTC) })
	says("tiny closed at 2020-01-02 03:04 UTC; what you handed in before counts; ask the staff", "main")
	require.Empty(t, s.head("net/tiny/ann.git", s.token(s.Ann, "all")), "a refused push moves nothing")
	rules(func(a *store.Assignment) { a.Limit.Total = 1 })
	s.must(dir, "push", "-o", "no-wait", remote, "main")
	// What still waits would give its place to the next, and not be counted.
	_, taken, err := s.q.Claim(t.Context(), postgres.Worker{Name: "busy", Slots: 1}, 1)
	require.NoError(t, err)
	require.True(t, taken)
	first := s.must(dir, "rev-parse", "HEAD")
	says("the branch main cannot be deleted: what was handed in stays handed in", ":main")
	second := s.commit(dir, store.File{Path: "mark", Data: []byte("2")})
	says("tiny takes 1 submission, and this would be one more; what you handed in before counts", "main")
	require.Equal(t, first, s.head("net/tiny/ann.git", s.token(s.Ann, "all")))

	// What was refused once is taken once it may be: nothing of it was kept.
	rules(func(*store.Assignment) {})
	for i := range 12 {
		s.commit(dir, store.File{Path: fmt.Sprintf("file%d", i)})
	}
	says("more than 10 files; leave out what the program does not need", "main")
	s.must(dir, "reset", "-q", "--hard", second)
	s.commit(dir, store.File{Path: "zeros", Data: make([]byte, 1500<<10)})
	says(`"zeros": at most 1048576 bytes in a file and 2097152 altogether`, "main")
	s.must(dir, "reset", "-q", "--hard", second)
	noise := make([]byte, 3<<20)
	rand.Read(noise)
	s.commit(dir, store.File{Path: "noise", Data: noise})
	says("the push is larger than 1048 kB: leave out what the program does not need", "main")
	s.must(dir, "reset", "-q", "--hard", second)
	s.must(dir, "push", "-o", "no-wait", remote, "main")
	require.Equal(t, 2, s.submissions())
}

// TestOthers: what is another's cannot be told from what does not exist.
func TestOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	ann, bob, eve, prof := s.token(s.Ann, "all"), s.token(s.Bob, "all"), s.token(s.Eve, "all"), s.token(s.Prof, "all")
	dir := s.clone("echo right", "1")
	s.must(dir, "push", "-o", "no-wait", s.remote("net/tiny/ann.git", ann), "main")

	absent := "remote: no such repository, or it is not yours: check the course, the assignment and your login in its address"
	for path, secret := range map[string]string{
		"net/tiny/ann.git": bob, "net/tiny/nobody.git": bob, "net/none/bob.git": bob, "none/tiny/bob.git": bob, // others', and what is not there
		"net/tiny/eve.git": eve, "net/upper/eve.git": eve, // not in the course
		"net/tiny/prof.git": ann,
	} {
		require.Contains(t, s.refused(dir, s.remote(path, secret), "main"), absent, path)
		out, err := s.git(t.TempDir(), "clone", s.remote(path, secret))
		require.Error(t, err)
		require.Contains(t, out, absent, path)
	}
	status, body := s.get("/git/net/tiny/ann.git/info/refs?service=git-upload-pack", bob)
	nowhere, same := s.get("/git/none/tiny/ann.git/info/refs?service=git-upload-pack", bob)
	require.Equal(t, 404, status)
	require.Equal(t, []any{nowhere, same}, []any{status, body})

	// Staff fetch, and do not push for others. An admin is staff everywhere.
	out := filepath.Join(t.TempDir(), "fetched")
	s.must(t.TempDir(), "clone", "-q", s.remote("net/tiny/ann.git", prof), out)
	require.FileExists(t, filepath.Join(out, "mark"))
	require.Contains(t, s.refused(dir, s.remote("net/tiny/ann.git", prof), "main"), "only its owner pushes to a repository")
	root, err := s.AddPerson(t.Context(), store.Person{Login: "root", Admin: true}, s.By)
	require.NoError(t, err)
	s.must(t.TempDir(), "ls-remote", s.remote("net/tiny/ann.git", s.token(root, "all")))
	require.Contains(t, s.refused(dir, s.remote("net/tiny/root.git", s.token(root, "all")), "main"), absent)

	// Who left the course is out at once.
	require.NoError(t, s.Unenrol(t.Context(), s.Course.ID, s.Ann.ID, s.By))
	s.commit(dir)
	require.Contains(t, s.refused(dir, s.remote("net/tiny/ann.git", ann), "main"), absent)
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	dir := s.clone("echo right", "1")
	for _, secret := range []string{"", "wrong", "wgt_" + strings.Repeat("a", 43)} {
		require.Contains(t, s.refused(dir, s.remote("net/tiny/ann.git", secret), "main"), "Authentication failed")
	}
	status, body := s.get("/git/net/tiny/ann.git/info/refs?service=git-receive-pack", "wgt_wrong")
	require.Equal(t, http.StatusUnauthorized, status)
	require.Contains(t, body, "the password is no valid token")
	status, body = s.get("/git/net/tiny/ann.git/info/refs?service=git-receive-pack", "")
	require.Equal(t, http.StatusUnauthorized, status)
	require.Contains(t, body, "a token of yours as the password")

	read := s.token(s.Ann, "read")
	require.Contains(t, s.refused(dir, s.remote("net/tiny/ann.git", read), "main"), "remote: this token is for read only")
	s.must(t.TempDir(), "clone", "-q", s.remote("net/tiny/ann.git", read), "empty")
	tok, secret, err := s.AddToken(t.Context(), store.Token{Person: s.Ann.ID, Rights: "push"}, s.By)
	require.NoError(t, err)
	s.must(dir, "push", "-o", "no-wait", s.remote("net/tiny/ann.git", secret), "main")
	require.NoError(t, s.RevokeToken(t.Context(), s.Ann.ID, tok.ID, s.By))
	require.Contains(t, s.refused(dir, s.remote("net/tiny/ann.git", secret), "main"), "Authentication failed")
}

// TestOnlyGit: of a repository's files none is served as a file.
func TestOnlyGit(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	ann := s.token(s.Ann, "all")
	s.must(s.clone("echo right", "1"), "push", "-o", "no-wait", s.remote("net/tiny/ann.git", ann), "main")
	for _, path := range []string{
		"HEAD", "config", "objects/info/packs", "info/refs", "info/refs?service=git-upload-archive", "../../../etc/passwd", "..%2f..%2fHEAD",
		"git-receive-pack", "objects/info/alternates", "",
	} {
		status, body := s.get("/git/net/tiny/ann.git/"+path, ann)
		require.Equal(t, http.StatusNotFound, status, path)
		require.Contains(t, body, "this is no repository", path)
	}
}

// TestLarge pushes 512 MB: little of it is kept, and the answer is a git one.
func TestLarge(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	line := strings.Repeat("0", 40) + " " + strings.Repeat("1", 40) + " refs/heads/main\x00 report-status side-band-64k"
	greeting := fmt.Sprintf("%04x%s0000", len(line)+4, line)
	body := io.MultiReader(strings.NewReader(greeting), io.LimitReader(zeros{}, 512<<20))
	status, answer := s.post(body, nil)
	require.Equal(t, 200, status)
	require.Contains(t, answer, "refused: the push is larger than 67.1 MB")
	require.Contains(t, answer, "ng refs/heads/main refused")
	require.Less(t, s.kept(), int64(1<<20), "nothing of it stays")
	require.Zero(t, s.submissions())

	// Compressed, some bytes would be as much.
	status, answer = s.post(strings.NewReader(greeting), http.Header{"Content-Encoding": {"gzip"}})
	require.Equal(t, http.StatusUnsupportedMediaType, status)
	require.Contains(t, answer, "not taken compressed")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// post pushes the bytes to Ann's repository.
func (s *site) post(body io.Reader, more http.Header) (int, string) {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), http.MethodPost, s.url+"/git/net/tiny/ann.git/git-receive-pack", body)
	require.NoError(s, err)
	req.SetBasicAuth("", s.token(s.Ann, "push"))
	req.Header.Set("Content-Type", "application/x-git-receive-pack-request")
	for name, v := range more {
		req.Header[name] = v
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(s, err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	require.NoError(s, err)
	return res.StatusCode, string(answer)
}

// kept is how many bytes stand in the service's folder.
func (s *site) kept() (n int64) {
	require.NoError(s, filepath.WalkDir(s.dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			info, err := d.Info()
			if err != nil {
				return err
			}
			n += info.Size()
		}
		return err
	}))
	return n
}

// TestSlow: who sends a little now and then, or less than they said, is let go, and no git waits for them.
func TestSlow(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *githost.Options) { o.Slack, o.Each = 200*time.Millisecond, 1 })
	secret := s.token(s.Ann, "push")
	req, err := http.NewRequest(http.MethodPost, s.url+"/git/net/tiny/ann.git/git-receive-pack", http.NoBody)
	require.NoError(t, err)
	req.SetBasicAuth("", secret)
	head := "POST " + req.URL.Path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nAuthorization: " + req.Header.Get("Authorization") + "\r\n\r\n0123"
	for _, hangUp := range []bool{false, true} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		require.NoError(t, err)
		defer conn.Close()
		_, err = io.WriteString(conn, head)
		require.NoError(t, err)
		if hangUp {
			require.NoError(t, conn.(*net.TCPConn).CloseWrite())
		}
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(20*time.Second)))
		got, err := io.ReadAll(conn)
		require.NoError(t, err, "the service ends it")
		require.NotContains(t, string(got), "receive-pack-result")
	}
	// Their place is free again.
	s.must(s.clone("echo right", "1"), "push", "-o", "no-wait", s.remote("net/tiny/ann.git", secret), "main")
}

// TestMany: one person has only so many pushes under way, and a repository only so much in it.
func TestMany(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *githost.Options) { o.Each, o.MaxRepository = 1, 1<<20 })
	secret := s.token(s.Ann, "push")
	remote := s.remote("net/tiny/ann.git", secret)
	dir := s.clone("echo right", "1")
	waits := s.command(dir, "push", remote, "main")
	stderr, err := waits.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, waits.Start())
	lines := bufio.NewScanner(stderr)
	for lines.Scan() && !strings.Contains(lines.Text(), "remote: waiting") {
	}
	require.Contains(t, s.refused(s.clone("echo right", "2"), remote, "main"), "remote: you have 1 pushes or fetches under way")
	// Bob is not held up by it.
	s.must(dir, "push", "-o", "no-wait", s.remote("net/tiny/bob.git", s.token(s.Bob, "push")), "main")
	kill(waits)
	noise := make([]byte, 2<<20)
	rand.Read(noise)
	s.commit(dir, store.File{Path: "noise", Data: noise})
	require.Eventually(t, func() bool {
		_, err := s.git(dir, "push", "-o", "no-wait", remote, "main")
		return err == nil
	}, 20*time.Second, 50*time.Millisecond, "the place of a client that left is free again")
	s.commit(dir, store.File{Path: "noise", Data: bytes.ToUpper(noise[:10])})
	require.Contains(t, s.refused(dir, remote, "main"), "remote: your repository here has more than 1 MB and takes no more")
}

// TestWrongTokens has somebody make up passwords, and another behind the same address who does not suffer for it.
func TestWrongTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *githost.Options) { o.Rate = 20 })
	ask := func(token string) int {
		req, err := http.NewRequestWithContext(t.Context(), "GET", s.url+"/git/net/upper/ann.git/info/refs?service=git-upload-pack", nil)
		require.NoError(t, err)
		req.SetBasicAuth("x", token)
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		res.Body.Close()
		return res.StatusCode
	}
	last := 0
	for i := 0; i < 50 && last != 429; i++ {
		last = ask(fmt.Sprintf("wgt_made-up-%d", i))
	}
	require.Equal(t, 429, last)
	require.Equal(t, 200, ask(s.token(s.Ann, "push")), "a token that was idle")
}

// TestFirstRequests has many ask without a token, as git does first: that one is needed is said to each,
// and who shares their address pushes.
func TestFirstRequests(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *githost.Options) { o.Rate = 20 })
	for range 250 { // above ten times the rate
		status, _ := s.get("/git/net/tiny/ann.git/info/refs?service=git-receive-pack", "")
		require.Equal(t, 401, status)
	}
	s.must(s.clone("echo right", "1"), "push", "-o", "no-wait", s.remote("net/tiny/ann.git", s.token(s.Ann, "push")), "main")
}
