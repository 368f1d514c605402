package webhook_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/api/webhook"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/fakegithub"
)

// TestPush follows one push from GitHub's call to the completed check run, and the calls that only repeat it.
func TestPush(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	upper := x.Upper
	upper.Visible = map[string]policy.Visibility{"secret": policy.Never}
	_, err := x.pg.ChangeAssignment(t.Context(), upper, x.By)
	require.NoError(t, err)
	sha := x.repo.Commit("", hello)
	at := time.Now().Add(-time.Minute).Truncate(time.Second)
	body := x.repo.Push(fakegithub.Push{After: sha, At: at})
	code, first := x.deliver("push", "d1", body)
	require.Equal(t, 202, code)
	require.Equal(t, webhook.Answer{Delivery: "d1", Outcome: "fetching"}, first)

	require.Equal(t, "wiregrade / upper", x.shown(1, "queued").Name)
	x.handedIn(1)
	sub := x.submissions()[0]
	files, err := x.pg.SubmissionFiles(t.Context(), x.Of(x.Ann), sub.ID)
	require.NoError(t, err)
	require.Equal(t, []any{sha, store.SourceGitHub, store.TreeHash(files), 2, "d1"}, []any{sub.Commit, sub.Source, sub.Tree, sub.Files, sub.Delivery})
	require.True(t, sub.Received.Equal(at), "as GitHub dates it: its delay is not the student's")

	turn := x.claim()
	x.shown(1, "in_progress")
	x.finish(turn, run(grader.Pass))
	c := x.shown(1, "completed")
	require.Equal(t, []any{"success", "10 of 10 points", sha}, []any{c.Conclusion, c.Title, c.SHA}, "the group that is hidden has no points here")
	require.Contains(t, c.Summary, "word")
	require.NotContains(t, c.Summary, "secret")
	require.Equal(t, []string{"rerun"}, c.Actions)
	require.Equal(t, "https://grader.example/net/"+string(sub.ID), c.Details)

	// A replay is answered with what the first one made, and makes nothing.
	made := webhook.Answer{Delivery: "d1", Outcome: "submitted", Submission: sub.ID}
	code, again := x.deliver("push", "d1", body)
	require.Equal(t, []any{202, made}, []any{code, again})
	_, again = x.deliver("push", "d2", body)
	require.Equal(t, made, again, "GitHub does not sign the id: the same body is the same delivery")
	// The branch points there once more: another delivery, the same submission, no clone.
	_, again = x.deliver("push", "d3", x.repo.Push(fakegithub.Push{Before: strings.Repeat("a", 40), After: sha, At: at.Add(time.Hour)}))
	require.Equal(t, webhook.Answer{Delivery: "d3", Outcome: "submitted", Submission: sub.ID}, again)
	require.Len(t, x.submissions(), 1)
	require.Equal(t, 1, x.gh.Fetches())
}

// TestNotOurs has calls that make nothing.
func TestNotOurs(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	sha := x.repo.Commit("", hello)
	good := x.repo.Push(fakegithub.Push{After: sha})
	other := x.gh.Repo("bob-upper")
	for name, tt := range map[string]struct {
		event string
		body  []byte
		more  []string
		code  int
		says  string
	}{
		"a forged signature":   {"push", good, []string{"X-Hub-Signature-256", fakegithub.Sign("guessed", good)}, 401, "signature"},
		"another's body":       {"push", good, []string{"X-Hub-Signature-256", fakegithub.Sign(x.gh.Secret, []byte("{}"))}, 401, "signature"},
		"SHA-1":                {"push", good, []string{"X-Hub-Signature-256", "sha1=0000000000000000000000000000000000000000"}, 401, "signature"},
		"no signature":         {"push", good, []string{"X-Hub-Signature-256", ""}, 401, "signature"},
		"no delivery id":       {"push", good, []string{"X-GitHub-Delivery", ""}, 422, "Delivery"},
		"another repository":   {"push", other.Push(fakegithub.Push{After: other.Commit("", hello)}), nil, 404, "not bound"},
		"another installation": {"push", x.repo.Push(fakegithub.Push{After: sha, Installation: 5}), nil, 404, "not bound"},
		"another branch":       {"push", x.repo.Push(fakegithub.Push{After: sha, Ref: "refs/heads/--upload-pack=evil"}), nil, 202, "ignored: only the branch main"},
		"a tag":                {"push", x.repo.Push(fakegithub.Push{After: sha, Ref: "refs/tags/main"}), nil, 202, "ignored"},
		"a deleted branch":     {"push", x.repo.Push(fakegithub.Push{Before: sha}), nil, 202, "ignored: the branch was deleted"},
		"no commit":            {"push", x.repo.Push(fakegithub.Push{After: "--help"}), nil, 422, "commit"},
		"no JSON":              {"push", []byte("x"), nil, 422, "push event"},
		"another event":        {"star", []byte("{}"), nil, 202, "ignored"},
		"a ping":               {"ping", []byte(`{"zen":"x","hook_id":1}`), nil, 202, "pong"},
		"a foreign check run":  {"check_run", x.repo.Button("rerequested", "", fakegithub.CheckRun{ID: 7, SHA: sha}), nil, 202, "ignored: no check run"},
		"a created check run":  {"check_run", x.repo.Button("created", "", fakegithub.CheckRun{ID: 7, SHA: sha}), nil, 202, "ignored"},
		"too large":            {"push", []byte(strings.Repeat(" ", 26<<20)), nil, 413, ""},
	} {
		code, text := x.gh.Deliver(x.url+"/hooks/github", tt.event, "d-"+strings.ReplaceAll(name, " ", "-"), tt.body, tt.more...)
		require.Equal(t, tt.code, code, "%s: %s", name, text)
		require.Contains(t, text, tt.says, name)
	}
	var n int
	require.NoError(t, x.pg.Pool().QueryRow(t.Context(), `SELECT (SELECT count(*) FROM deliveries) + (SELECT count(*) FROM submissions) + (SELECT count(*) FROM river_job)`).Scan(&n))
	require.Zero(t, n, "nothing was made")
	require.Zero(t, x.gh.Fetches())
}

// TestOutOfOrder has two pushes of one second announced the wrong way round:
// the one that came upon the other counts.
func TestOutOfOrder(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	a := x.repo.Commit("", hello)
	b := x.repo.Commit(a, map[string]string{"grader.yaml": "run: ./server\n", "server": "echo 2\n"})
	at := time.Now().Add(-time.Minute)
	x.push("second", fakegithub.Push{Before: a, After: b, At: at})
	x.shown(1, "queued")
	x.handedIn(1)
	body := x.repo.Push(fakegithub.Push{After: a, At: at})
	x.deliver("push", "first", body)
	for d := ""; d != "first"; {
		d = <-x.got
	}
	_, settled := x.deliver("push", "first", body)
	require.Equal(t, "replaced: a newer push took its place", settled.Outcome)
	subs := x.submissions()
	require.Len(t, subs, 1)
	require.Equal(t, []any{b, store.StateWaiting}, []any{subs[0].Commit, subs[0].State})
	require.Equal(t, 1, x.gh.Fetches())
	x.finish(x.claim(), run(grader.Pass))
	x.gh.Until("b graded", func(all []fakegithub.CheckRun) bool { return all[0].Conclusion == "success" })
	// Where the older was told to wait, it is told that it does not.
	x.gh.Until("a told", func(all []fakegithub.CheckRun) bool { return len(all) == 1 || all[1].Conclusion == "cancelled" })
}

// TestOlderGivesWay has an older push that came while the newer one was being
// graded, by a worker that then hands it back.
func TestOlderGivesWay(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	hand := func(commit string, at time.Time) store.Submission {
		n := x.Hand(x.Ann, commit)
		n.Received = at
		sub, _, err := x.Submit(t.Context(), n)
		require.NoError(t, err)
		return sub
	}
	at := time.Now().Add(-time.Minute)
	newer := hand("b", at)
	turn := x.claim()
	older := hand("a", at.Add(-time.Second))
	require.NoError(t, x.q.Return(t.Context(), turn))
	oldest := hand("c", at.Add(-2*time.Second))
	require.Equal(t, store.StateReplaced, oldest.State, "nor does one that comes while the newer one waits")
	require.Equal(t, newer.ID, x.claim().Submission.ID)
	older, err := x.pg.Submission(t.Context(), x.Of(x.Ann), older.ID)
	require.NoError(t, err)
	require.Equal(t, store.StateReplaced, older.State)
}

// TestFlood has one student who pushes all the time, and another who waits for the same fetchers.
func TestFlood(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	theirs := x.gh.Repo("bob-upper")
	_, err := x.pg.AddRepository(t.Context(), store.Repository{Course: x.Course.ID, Assignment: x.Upper.ID, Person: x.Bob.ID, Kind: store.SourceGitHub, Remote: theirs.Name}, x.By)
	require.NoError(t, err)
	open := make(chan struct{})
	x.gh.Fail = func(r *http.Request) (int, bool) {
		if strings.Contains(r.URL.Path, ".git/") {
			<-open // the fetchers have their hands full
		}
		return 0, false
	}
	const pushes = 60
	sha := ""
	at := time.Now().Add(-time.Hour)
	for i := range pushes {
		next := x.repo.Commit(sha, map[string]string{"n": fmt.Sprint(i)})
		x.push(fmt.Sprint("d", i), fakegithub.Push{Before: sha, After: next, At: at.Add(time.Duration(i) * time.Second)})
		sha = next
	}
	code, _ := x.deliver("push", "bob's", theirs.Push(fakegithub.Push{After: theirs.Commit("", hello)}))
	require.Equal(t, 202, code)
	close(open)
	x.gh.Until("both", func(all []fakegithub.CheckRun) bool {
		queued := map[string]bool{}
		for _, c := range all {
			queued[c.Repository+c.SHA] = true
		}
		return queued[x.repo.Name+sha] && len(all) > 1
	})
	for range pushes + 1 {
		<-x.got
	}
	require.Equal(t, sha, x.submissions()[0].Commit)
	require.LessOrEqual(t, x.gh.Fetches(), 8+2, "those that were under way, the newest and Bob's")
	bobs, _, err := x.pg.SubmissionsOf(t.Context(), x.Of(x.Bob), x.Upper.ID, store.Page{})
	require.NoError(t, err)
	require.Len(t, bobs, 1)
}

// TestCutOff has a body that ends before its length says.
func TestCutOff(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	body := x.repo.Push(fakegithub.Push{After: x.repo.Commit("", hello)})
	conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(x.url, "http://"), "/api/v1"))
	require.NoError(t, err)
	defer conn.Close()
	fmt.Fprintf(conn, "POST /api/v1/hooks/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-GitHub-Event: push\r\nX-GitHub-Delivery: d\r\nX-Hub-Signature-256: %s\r\nContent-Length: %d\r\n\r\n%s",
		fakegithub.Sign(x.gh.Secret, body), len(body)+100, body)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer res.Body.Close()
	require.GreaterOrEqual(t, res.StatusCode, 400)
	_, err = x.pg.Heard(t.Context(), store.SourceGitHub, "d")
	require.ErrorIs(t, err, store.ErrNotFound)
}

// TestRerun presses the button.
func TestRerun(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.push("d", fakegithub.Push{After: x.repo.Commit("", hello)})
	x.shown(1, "queued")
	x.handedIn(1)
	x.finish(x.claim(), run(grader.Fail))
	c := x.shown(1, "completed")
	require.Equal(t, []string{"failure", "5 of 15 points"}, []string{c.Conclusion, c.Title})

	_, a := x.deliver("check_run", "b1", x.repo.Button("requested_action", "else", c))
	require.Contains(t, a.Outcome, "ignored")
	x.gh.App++
	_, a = x.deliver("check_run", "b1", x.repo.Button("requested_action", "rerun", c))
	require.Contains(t, a.Outcome, "ignored", "another App's")
	x.gh.App--
	press := x.repo.Button("requested_action", "rerun", c)
	_, a = x.deliver("check_run", "b2", press)
	require.Equal(t, webhook.Answer{Delivery: "b2", Outcome: "in line again", Submission: x.submissions()[0].ID}, a)
	queued := x.shown(2, "queued")
	require.NotEqual(t, c.ID, queued.ID, "a new one stands beside the completed one")
	for _, id := range []string{"b2", "b3"} {
		_, again := x.deliver("check_run", id, press)
		require.Equal(t, a, again)
	}
	_, a = x.deliver("check_run", "b4", x.repo.Button("rerequested", "", c))
	require.Equal(t, "it is in line already", a.Outcome, "the button of the old one")
	turn := x.claim()
	x.shown(2, "in_progress")
	x.finish(turn, run(grader.Pass))
	c = x.shown(2, "completed")
	require.Equal(t, "success", c.Conclusion)
	require.Equal(t, []string{"queued", "in_progress", "completed"}, c.Phases)
	trail, _, err := x.pg.Audit(t.Context(), x.Course.ID, store.Page{})
	require.NoError(t, err)
	require.Contains(t, trail[0].Why, `GitHub by "ann"`)

	// A student who fishes for luck is told when it is enough.
	for i := range 8 {
		_, a = x.deliver("check_run", fmt.Sprint("more", i), x.repo.Button("rerequested", "", c))
		require.Equal(t, "in line again", a.Outcome, i)
		x.finish(x.claim(), run(grader.Pass))
		c = x.shown(3+i, "completed")
	}
	_, a = x.deliver("check_run", "enough", x.repo.Button("rerequested", "", c))
	require.Contains(t, a.Outcome, "refused: it ran 10 times")
}

// TestFault has a run that failed for a reason of ours, twice.
func TestFault(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.push("d", fakegithub.Push{After: x.repo.Commit("", hello)})
	x.handedIn(1)
	for range 2 {
		turn := x.claim()
		_, err := x.q.Fault(t.Context(), turn, "panic at /srv/oracle.go", nil, store.Phases{})
		require.NoError(t, err)
	}
	c := x.shown(1, "completed")
	require.Equal(t, []string{"neutral", "A fault of ours"}, []string{c.Conclusion, c.Title})
	require.NotContains(t, c.Summary, "oracle.go")
}

// TestRefusedPush has trees and times that are refused: the student reads why at the commit.
func TestRefusedPush(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	blob := x.repo.Blob("x")
	lines := map[string]string{
		"submodule":    "160000 commit " + strings.Repeat("1", 40) + "\tsub\n100644 blob " + blob + "\ta\n",
		".git":         "040000 tree " + x.repo.Git("100644 blob "+blob+"\tconfig\n", "mktree") + "\t.GIT\n",
		"a file":       "100644 blob " + x.repo.Blob(strings.Repeat("0", 17<<20)) + "\tlarge\n",
		"Git LFS":      "100644 blob " + x.repo.Blob("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n") + "\tbig.bin\n",
		"control char": "100644 blob " + blob + "\t\"a\\033[2J\"\n",
	}
	n := 0
	for says, tree := range lines {
		n++
		x.push("d"+says[:2], fakegithub.Push{After: x.repo.Tree("", tree)})
		c := x.shown(n, "completed")
		require.Equal(t, []string{"failure", "Not handed in"}, []string{c.Conclusion, c.Title})
		if says == "control char" {
			require.NotContains(t, c.Summary, "\x1b")
			says = "control character"
		}
		require.Contains(t, c.Summary, says)
	}
	// Symbolic links are kept as what they are; nothing follows them here.
	x.push("link", fakegithub.Push{After: x.repo.Tree("", "120000 blob "+x.repo.Blob("/etc/passwd")+"\tlink\n100644 blob "+blob+"\ta\n")})
	x.handedIn(1)
	files, err := x.pg.SubmissionFiles(t.Context(), x.Of(x.Ann), x.submissions()[0].ID)
	require.NoError(t, err)
	require.Equal(t, store.File{Path: "link", Mode: store.Link, Data: []byte("/etc/passwd")}, files[1])

	upper, err := x.pg.AssignmentByName(t.Context(), x.Course.ID, "upper")
	require.NoError(t, err)
	upper.Due = time.Now().Add(-time.Hour)
	upper, err = x.pg.ChangeAssignment(t.Context(), upper, x.By)
	require.NoError(t, err)
	sha := x.repo.Commit("", hello)
	x.push("late", fakegithub.Push{After: sha})
	n += 2
	c := x.shown(n, "completed")
	require.Contains(t, c.Summary, "upper closed at")
	// What it was pushed before the due date counts as such, however late GitHub's call comes.
	x.push("delayed", fakegithub.Push{After: x.repo.Commit(sha, hello), At: time.Now().Add(-2 * time.Hour)})
	x.handedIn(2)
	// The rules change; the button asks again.
	upper.Due = time.Time{}
	_, err = x.pg.ChangeAssignment(t.Context(), upper, x.By)
	require.NoError(t, err)
	_, a := x.deliver("check_run", "press", x.repo.Button("rerequested", "", c))
	require.Equal(t, "fetching", a.Outcome)
	x.handedIn(3)
}

// TestGitHubAway has a GitHub that fails now and then: everything is told in the end, once.
func TestGitHubAway(t *testing.T) {
	t.Parallel()
	var tokens, made, updates, fetches atomic.Int32
	x := newSite(t)
	x.gh.Fail = func(r *http.Request) (int, bool) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/access_tokens"):
			return []int{0, 502, 0}[tokens.Add(1)%3], false
		case strings.HasSuffix(r.URL.Path, "/git-upload-pack") && fetches.Add(1) == 1:
			return 503, false
		case r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/check-runs") && made.Add(1) == 1:
			return 502, true // it is made, and its answer lost
		case r.Method == "PATCH" && updates.Add(1) == 1:
			return 500, false
		}
		return 0, false
	}
	x.push("d", fakegithub.Push{After: x.repo.Commit("", hello)})
	x.handedIn(1)
	x.finish(x.claim(), run(grader.Pass))
	require.Equal(t, "success", x.shown(1, "completed").Conclusion)
	require.Len(t, x.submissions(), 1)
	require.Greater(t, fetches.Load(), int32(1))
}

// TestGoneCommit has a commit that GitHub does not have any more: that is nobody's fault, and nothing is charged.
func TestGoneCommit(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	sha := x.repo.Commit("", hello)
	x.gh.Fail = func(r *http.Request) (int, bool) {
		if strings.Contains(r.URL.Path, ".git/") {
			return 404, false
		}
		return 0, false
	}
	x.push("d", fakegithub.Push{After: sha})
	c := x.shown(1, "completed")
	require.Equal(t, []string{"neutral", "Not handed in for a fault of ours"}, []string{c.Conclusion, c.Title})
	_, a := x.deliver("push", "d", x.repo.Push(fakegithub.Push{After: sha, At: time.Now().Add(time.Second)}))
	require.Contains(t, a.Outcome, "lost: ")
}

// TestToken has no App, only a token: commit statuses.
func TestToken(t *testing.T) {
	t.Parallel()
	x := newSite(t, func(o *webhook.GitHubOptions, gh *fakegithub.GitHub) { o.App, o.Key, o.Token = 0, nil, gh.PAT })
	x.push("d", fakegithub.Push{After: x.repo.Commit("", hello)})
	x.gh.UntilStatus("pending", func(all []fakegithub.Status) bool { return len(all) > 0 })
	x.handedIn(1)
	x.finish(x.claim(), run(grader.Pass))
	all := x.gh.UntilStatus("success", func(all []fakegithub.Status) bool { return all[len(all)-1].State == "success" })
	require.Equal(t, "pending", all[0].State)
	last := all[len(all)-1]
	require.Equal(t, []string{"wiregrade/upper", "15 of 15 points"}, []string{last.Context, last.Description})
}
