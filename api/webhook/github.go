package webhook

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/gittree"
)

// GitHubOptions say who we are on GitHub.
type GitHubOptions struct {
	URL    string // "https://github.com", or an Enterprise server's
	Secret string // of the webhook
	App    int64  // our GitHub App; 0 where there is none
	Key    []byte // its private key, PEM
	Token  string // for commit statuses and clones where there is no App

	Store Keeper
	Queue store.Queue
	View  View
	Link  Link              // nil makes none
	Dir   string            // for clones, which are removed at once; "" is the system's
	HTTP  http.RoundTripper // nil is a transport of its own
	Log   *slog.Logger
}

// GitHub hears GitHub's webhooks, fetches what they announce and tells how it goes.
type GitHub struct {
	GitHubOptions
	app *github.Client // speaks as the App; nil where there is none
}

// rerun is the identifier of the button of our check runs.
const rerun = "rerun"

// maxReruns is how often a commit is run a day at its student's wish.
const maxReruns = 10

// A Call is one call of GitHub's.
type Call struct {
	Event, Delivery, Signature string // X-GitHub-Event, X-GitHub-Delivery, X-Hub-Signature-256
	Body                       []byte
}

// Hear takes one call in. It answers at once: what takes GitHub's time is done
// by a job. Pushes may come in any order: each is dated by GitHub's clock.
func (g *GitHub) Hear(ctx context.Context, c Call) (Answer, error) {
	// go-github takes SHA-1, too, which GitHub sends beside for old receivers.
	if !strings.HasPrefix(c.Signature, "sha256=") || github.ValidateSignature(c.Signature, c.Body, []byte(g.Secret)) != nil {
		return Answer{}, ErrSignature
	}
	if c.Delivery == "" || len(c.Delivery) > 100 || strings.ContainsFunc(c.Delivery, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return Answer{}, fmt.Errorf("%w: X-GitHub-Delivery", ErrMalformed)
	}
	switch c.Event {
	case "ping":
		return Answer{Delivery: c.Delivery, Outcome: "pong"}, nil
	case "push", "check_run":
	default:
		return ignored(c, "the event "+store.Quoted(c.Event)+" means nothing here"), nil
	}
	event, err := github.ParseWebHook(c.Event, c.Body)
	if err != nil {
		return Answer{}, fmt.Errorf("%w: the body is no %s event", ErrMalformed, c.Event)
	}
	digest := sha256.Sum256(c.Body)
	d := store.Delivery{Source: store.SourceGitHub, Delivery: c.Delivery, Event: c.Event, Digest: digest[:]}
	switch e := event.(type) {
	case *github.PushEvent:
		return g.push(ctx, c, d, e)
	case *github.CheckRunEvent:
		return g.checkRun(ctx, c, d, e)
	default:
		return Answer{}, fmt.Errorf("%w: %s", ErrMalformed, c.Event)
	}
}

func ignored(c Call, why string) Answer {
	return Answer{Delivery: c.Delivery, Outcome: "ignored: " + why}
}

// bound finds whose the repository is. A name may be given again to another
// repository: where the installation is known, it must be that one.
func (g *GitHub) bound(ctx context.Context, name string, installation int64) (store.Repository, error) {
	r, err := g.Store.RepositoryByRemote(ctx, store.SourceGitHub, name)
	if errors.Is(err, store.ErrNotFound) {
		return r, ErrUnbound
	}
	if err == nil && r.Installation != 0 && r.Installation != installation {
		return r, ErrUnbound
	}
	return r, err
}

func (g *GitHub) push(ctx context.Context, c Call, d store.Delivery, e *github.PushEvent) (Answer, error) {
	r, err := g.bound(ctx, e.GetRepo().GetFullName(), e.GetInstallation().GetID())
	if err != nil {
		return Answer{}, err
	}
	branch, ok := strings.CutPrefix(e.GetRef(), "refs/heads/")
	switch {
	case !ok:
		return ignored(c, "not a branch"), nil
	case r.Branch != "" && branch != r.Branch:
		return ignored(c, "only the branch "+r.Branch+" is graded"), nil
	case e.GetDeleted() || strings.Trim(e.GetAfter(), "0") == "":
		return ignored(c, "the branch was deleted"), nil
	case !gittree.ValidCommit(e.GetAfter()):
		return Answer{}, fmt.Errorf("%w: after is no commit", ErrMalformed)
	}
	d.Repository, d.Installation, d.Commit = r.ID, e.GetInstallation().GetID(), e.GetAfter()
	if gittree.ValidCommit(e.GetBefore()) {
		d.Before = e.GetBefore()
	}
	d.Pushed = e.GetRepo().GetPushedAt().Time
	kept, first, err := g.Store.Announce(ctx, d)
	if err != nil {
		return Answer{}, err
	}
	if first {
		g.Log.Info("a push was announced", "delivery", d.Delivery, "repository", r.Remote, "commit", d.Commit)
	}
	return answer(kept), nil
}

func (g *GitHub) checkRun(ctx context.Context, c Call, d store.Delivery, e *github.CheckRunEvent) (Answer, error) {
	switch {
	case e.GetAction() == "rerequested":
	case e.GetAction() == "requested_action" && e.RequestedAction != nil && e.RequestedAction.Identifier == rerun:
	default:
		return ignored(c, "nothing is asked for"), nil
	}
	r, err := g.bound(ctx, e.GetRepo().GetFullName(), e.GetInstallation().GetID())
	if err != nil {
		return Answer{}, err
	}
	run := e.GetCheckRun()
	// Ours is told by the App and the commit: its id may not be kept yet when the button is pressed.
	shown, err := g.Store.PushOf(ctx, r.ID, run.GetHeadSHA())
	if errors.Is(err, store.ErrNotFound) || err == nil && (g.App == 0 || run.GetApp().GetID() != g.App) {
		return ignored(c, "no check run of ours"), nil
	}
	if err != nil {
		return Answer{}, err
	}
	if shown.Submission == "" {
		// Its files never came, or it was refused: both may have changed. It counts as pushed when it was.
		d.Repository, d.Installation, d.Commit, d.Before, d.Pushed = r.ID, e.GetInstallation().GetID(), shown.Commit, shown.Before, shown.Pushed
		kept, _, err := g.Store.Announce(ctx, d)
		return answer(kept), err
	}
	d.Submission = shown.Submission
	kept, first, err := g.Store.Hear(ctx, d)
	if err != nil || !first {
		return answer(kept), err
	}
	outcome, err := g.again(ctx, r, shown.Submission, e.GetSender().GetLogin())
	if err != nil {
		return Answer{}, err
	}
	kept.Outcome = outcome
	return answer(kept), g.Store.Settle(ctx, kept.Source, kept.Delivery, outcome)
}

// again puts a submission in line again at somebody's wish.
func (g *GitHub) again(ctx context.Context, r store.Repository, sub store.ID, login string) (string, error) {
	n, err := g.Store.RunsSince(ctx, sub, time.Now().Add(-24*time.Hour))
	if err != nil {
		return "", err
	}
	if n >= maxReruns {
		return fmt.Sprintf("%sit ran %d times in a day: push a change, or ask the staff", refused, n), nil
	}
	queued, err := g.Queue.Regrade(ctx, store.Scope{Course: r.Course, Person: r.Person}, store.Selection{Submission: sub},
		store.Change{Why: "asked for on GitHub by " + store.Quoted(login)})
	switch {
	case err != nil:
		return "", err
	case queued == 0:
		return "it is in line already", nil
	default:
		return "in line again", nil
	}
}
