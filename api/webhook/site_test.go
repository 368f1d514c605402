package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/api"
	"github.com/wiregrade/wiregrade/api/webhook"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/fakegithub"
	"github.com/wiregrade/wiregrade/internal/pgtest"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
	"github.com/wiregrade/wiregrade/internal/storetest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// A site is the service's API and errands before a fake GitHub, with Ann's
// repository bound to her work.
type site struct {
	*storetest.World
	*testing.T
	pg   *postgres.Store
	q    *queue.Queue
	gh   *fakegithub.GitHub
	repo *fakegithub.Repo
	url  string
	sent chan store.ID // messages after each attempt
	got  chan string   // deliveries after each attempt to fetch
}

// settings change a site before it starts.
type settings func(*webhook.GitHubOptions, *fakegithub.GitHub)

// newSite starts one. Grading is done by hand: see grade.
func newSite(t *testing.T, change ...settings) *site {
	pg := pgtest.Store(t)
	q, err := queue.New(pg)
	require.NoError(t, err)
	x := &site{World: storetest.NewWorld(t, pg, q), T: t, pg: pg, q: q, gh: fakegithub.New(t), sent: make(chan store.ID, 100), got: make(chan string, 100)}
	x.repo = x.gh.Repo("ann-upper")
	_, err = pg.AddRepository(t.Context(), store.Repository{Course: x.Course.ID, Assignment: x.Upper.ID, Person: x.Ann.ID,
		Kind: store.SourceGitHub, Remote: x.repo.Name, Installation: fakegithub.Installation, Branch: "main"}, x.By)
	require.NoError(t, err)
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	o := webhook.GitHubOptions{
		URL: x.gh.URL, Secret: x.gh.Secret, App: x.gh.App, Key: x.gh.Key, Store: pg, Queue: q, View: api.StudentView(pg), Log: log, Dir: t.TempDir(),
		Link: func(c store.Course, s store.Submission, _ store.ID) string {
			return "https://grader.example/" + c.Name + "/" + string(s.ID)
		},
	}
	for _, f := range change {
		f(&o, x.gh)
	}
	g, err := webhook.NewGitHub(o)
	require.NoError(t, err)
	to := webhook.Addresses{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
	sender := webhook.NewSender(pg, to, "v1")
	again := func(err error) error {
		var later *webhook.LaterError
		if errors.As(err, &later) {
			return &queue.AgainError{After: 50 * time.Millisecond}
		}
		return err
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- q.Run(ctx, queue.Errands{
			Fetch: func(ctx context.Context, s store.Source, d string, last bool) error {
				err := again(g.Fetch(ctx, s, d, last))
				x.got <- d
				return err
			},
			Show: func(ctx context.Context, r store.ID, c string) error { return again(g.Show(ctx, r, c)) },
			Send: func(ctx context.Context, m store.ID, last bool) error {
				err := sender.Send(ctx, m, last)
				x.sent <- m
				return err
			},
			Pause: func(string, int) time.Duration { return time.Millisecond },
			Log:   log, Ready: func() { close(ready) },
		})
	}()
	<-ready
	srv := httptest.NewServer(api.New(api.Options{Store: pg, Queue: q, Version: "v1", Log: log, Rate: 100000,
		Hooks: api.Hooks{GitHub: g, CI: &webhook.CI{Store: pg, Queue: q}, To: to}}))
	t.Cleanup(func() {
		srv.Close()
		stop()
		require.NoError(t, <-done)
		require.Zero(t, x.gh.Live(), "every token is revoked")
		left, err := os.ReadDir(o.Dir)
		require.NoError(t, err)
		require.Empty(t, left, "no clone stays")
	})
	x.url = srv.URL + api.Prefix
	return x
}

// deliver has GitHub call, and reads the answer.
func (x *site) deliver(event, delivery string, body []byte, headers ...string) (int, webhook.Answer) {
	x.Helper()
	code, text := x.gh.Deliver(x.url+"/hooks/github", event, delivery, body, headers...)
	var a webhook.Answer
	require.NoError(x, json.Unmarshal([]byte(text), &a), text)
	return code, a
}

// push announces a push and expects it to be taken.
func (x *site) push(delivery string, p fakegithub.Push) webhook.Answer {
	x.Helper()
	code, a := x.deliver("push", delivery, x.repo.Push(p))
	require.Equal(x, 202, code, a)
	return a
}

// submissions are Ann's, the latest first.
func (x *site) submissions() []store.Submission {
	x.Helper()
	all, _, err := x.pg.SubmissionsOf(x.Context(), x.Of(x.Ann), x.Upper.ID, store.Page{})
	require.NoError(x, err)
	return all
}

// handedIn waits until Ann has n submissions.
func (x *site) handedIn(n int) {
	x.Helper()
	deadline := time.After(2 * time.Minute)
	for len(x.submissions()) != n {
		select {
		case <-x.got:
		case <-deadline:
			x.Fatalf("want %d submissions, got %d", n, len(x.submissions()))
		}
	}
}

// claim takes the next turn.
func (x *site) claim() postgres.Turn {
	x.Helper()
	turn, ok, err := x.q.Claim(x.Context(), postgres.Worker{Name: "w", Slots: 1, Version: "v1", Isolation: "namespaces"}, 1)
	require.NoError(x, err)
	require.True(x, ok, "somebody should wait")
	return turn
}

// rubric is that of the runs that finish makes.
var rubric = []grader.Item{{Group: "word", Points: 10}, {Group: "secret", Points: 5}}

// run is what a grading found.
func run(word grader.Verdict) *grader.Run {
	result := func(name string, v grader.Verdict) grader.Result {
		return grader.Result{Verdict: v, Rule: grader.Rule{Name: name, Share: 1, Says: "says " + name, Clause: grader.Clause{Document: grader.Course, Section: "x", Level: grader.Must}}}
	}
	return &grader.Run{Assignment: grader.Assignment{Name: "tcp-upper-server", Rubric: rubric}, Isolation: "namespaces",
		Results: []grader.Result{result("word/right", word), result("secret/trap", grader.Pass)}}
}

func (x *site) finish(turn postgres.Turn, found *grader.Run) {
	x.Helper()
	require.NoError(x, x.q.Finish(x.Context(), turn, found, store.Phases{}))
}

// shown waits until the last check run of n has the status, and gives it.
func (x *site) shown(n int, status string) fakegithub.CheckRun {
	x.Helper()
	all := x.gh.Until(status, func(all []fakegithub.CheckRun) bool { return len(all) == n && all[n-1].Status == status })
	return all[n-1]
}

var hello = map[string]string{"grader.yaml": "run: ./server\n", "server": "echo\n"}
