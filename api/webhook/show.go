package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/go-github/v60/github"

	"github.com/wiregrade/wiregrade/grader/report"
	"github.com/wiregrade/wiregrade/grader/score"
	"github.com/wiregrade/wiregrade/grader/store"
)

// GitHub's limits on what a check run and a status say.
const (
	maxSummary     = 65535 // bytes
	maxAnnotations = 50    // in one request
	maxStatus      = 140   // characters of a status' description
)

// ErrBusy says that another job tells of the commit right now.
var ErrBusy = errors.New("another job tells of this commit")

// Show brings what GitHub shows at a commit in line with how far its grading
// is. It looks at the state there is, so any order and number of calls end in the same.
func (g *GitHub) Show(ctx context.Context, repository store.ID, commit string) error {
	x, ok, err := g.Store.Show(ctx, repository, commit)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil // unbound in the meantime
	case err != nil:
		return err
	case !ok:
		return &LaterError{time.Second, ErrBusy}
	}
	told, err := g.tell(ctx, x)
	// Whatever happened, the commit is let go of, and what was told is kept.
	return errors.Join(err, g.Store.Tell(context.WithoutCancel(ctx), repository, commit, told))
}

// tell says what is new, and gives what is told now.
func (g *GitHub) tell(ctx context.Context, x store.Showing) (store.Told, error) {
	want := store.Told{Check: x.Told.Check, Phase: x.Phase}
	if x.Phase == store.PhaseCompleted {
		want.Run = x.Run.ID
	}
	if want.Phase == x.Told.Phase && want.Run == x.Told.Run {
		return x.Told, nil
	}
	if x.Repository.Kind != store.SourceGitHub {
		return want, nil
	}
	if x.Told.Check == 0 && !x.Told.Tried && x.Submission.ID == "" && strings.HasPrefix(x.Outcome, replaced) {
		return want, nil // nobody was told of it, and it came to nothing
	}
	says, err := g.saying(ctx, x)
	if err != nil {
		return x.Told, err
	}
	p, err := g.pass(ctx, x.Repository, x.Install, &github.InstallationPermissions{Checks: github.String("write")})
	if errors.Is(err, errNoAccess) {
		return want, nil
	}
	if err != nil {
		return x.Told, err
	}
	defer p.end()
	if !p.checks {
		return want, g.status(ctx, p, x, says)
	}
	return g.check(ctx, p, x, want, says)
}

// A saying is what is told about a commit.
type saying struct {
	title, summary string
	conclusion     string // of a completed one
	annotations    []*github.CheckRunAnnotation
	link           string
}

func (g *GitHub) saying(ctx context.Context, x store.Showing) (saying, error) {
	s := saying{}
	if g.Link != nil && x.Submission.ID != "" {
		c, err := g.Store.Course(ctx, x.Submission.Course)
		if err != nil {
			return s, err
		}
		s.link = g.Link(c, x.Submission, x.Run.ID)
	}
	outcome, isRefused := strings.CutPrefix(x.Outcome, refused)
	outcome = strings.TrimPrefix(outcome, lost)
	switch {
	case x.Phase == store.PhaseQueued:
		s.title, s.summary = "Waiting to be graded", "It starts when those who pushed before have had their turn."
	case x.Phase == store.PhaseRunning:
		s.title, s.summary = "Being graded", "The checks are running."
	case x.Submission.ID == "" && strings.HasPrefix(x.Outcome, replaced), x.Submission.ID != "" && x.Run.ID == "":
		s.title, s.summary, s.conclusion = "Not graded: a newer push took its place", "The newer commit is graded.", "cancelled"
	case x.Submission.ID == "" && isRefused:
		s.title, s.summary, s.conclusion = "Not handed in", "Not handed in: "+prose(outcome)+".", "failure"
	case x.Submission.ID == "":
		s.title, s.summary, s.conclusion = "Not handed in for a fault of ours", "It costs nothing: "+prose(outcome)+". Press Re-run to try again.", "neutral"
	case x.Run.Status == store.RunFault:
		s.title, s.summary, s.conclusion = "A fault of ours", "The grading failed for a reason of ours. It costs no points, and the staff can see why.", "neutral"
	default:
		return s, g.result(ctx, x, &s)
	}
	return s, nil
}

// result says what the run found, as its student may see it.
func (g *GitHub) result(ctx context.Context, x store.Showing, s *saying) error {
	sc := store.Scope{Course: x.Submission.Course, Person: x.Submission.Person}
	found, err := g.Store.Report(ctx, sc, x.Run.ID)
	if err != nil {
		return err
	}
	if err := g.View(ctx, x.Submission, found); err != nil {
		return err
	}
	s.conclusion = "failure"
	if found.Passed() {
		s.conclusion = "success"
	}
	points := score.Of(found.Assignment.Rubric, found.Results)
	s.title = fmt.Sprintf("%s of %s points", number(points.Got), number(points.Max))
	if found.Problem != "" {
		s.title = clip(oneLine(found.Problem), 200)
	}
	var out bytes.Buffer
	if err := report.Write(&out, report.Markdown, found, report.Options{}); err != nil {
		return err
	}
	s.summary = out.String()
	if found.Problem == "" {
		return nil
	}
	files, err := g.Store.SubmissionFiles(ctx, sc, x.Submission.ID)
	s.annotations = annotations(found, files)
	return err
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// output is what a check run shows, with the annotations from one request's worth on.
func (s saying) output(annotations []*github.CheckRunAnnotation) *github.CheckRunOutput {
	return &github.CheckRunOutput{Title: github.String(s.title), Summary: github.String(clip(s.summary, maxSummary)), Annotations: annotations}
}

// check makes or updates the check run. One that was completed is followed by a
// new one, as GitHub does it itself: its button asks for the newest.
func (g *GitHub) check(ctx context.Context, p *pass, x store.Showing, want store.Told, s saying) (store.Told, error) {
	owner, repo, _ := strings.Cut(x.Repository.Remote, "/")
	name := clip("wiregrade / "+x.Assignment.Name, 100)
	status := github.String(string(want.Phase))
	var conclusion, link *string
	var completed *github.Timestamp
	var actions []*github.CheckRunAction
	if want.Phase == store.PhaseCompleted {
		conclusion, completed = github.String(s.conclusion), &github.Timestamp{Time: time.Now()}
		actions = []*github.CheckRunAction{{Label: "Re-run", Description: "Grade this commit again", Identifier: rerun}}
	}
	if s.link != "" {
		link = github.String(s.link)
	}
	first := s.annotations[:min(len(s.annotations), maxAnnotations)]
	if x.Told.Check == 0 || x.Told.Phase == store.PhaseCompleted {
		// The id that we give it finds it again, should its making go through and our keeping not.
		ours := fmt.Sprintf("%s/%d", x.Commit[:12], x.Told.Check)
		id, err := g.made(ctx, p, x, owner, repo, name, ours)
		if err != nil {
			return x.Told, err
		}
		if id == 0 {
			if err := g.Store.Trying(ctx, x.Repository.ID, x.Commit); err != nil {
				return x.Told, err
			}
			x.Told.Tried = true
			made, _, err := p.client.Checks.CreateCheckRun(ctx, owner, repo, github.CreateCheckRunOptions{
				Name: name, HeadSHA: x.Commit, DetailsURL: link, ExternalID: &ours, Status: status, Conclusion: conclusion, CompletedAt: completed,
				Output: s.output(first), Actions: actions,
			})
			if err != nil {
				return x.Told, trouble("make a check run", err)
			}
			want.Check = made.GetID()
			return want, g.annotate(ctx, p, owner, repo, name, want.Check, s)
		}
		want.Check = id
	}
	_, _, err := p.client.Checks.UpdateCheckRun(ctx, owner, repo, want.Check, github.UpdateCheckRunOptions{
		Name: name, DetailsURL: link, Status: status, Conclusion: conclusion, CompletedAt: completed, Output: s.output(first), Actions: actions,
	})
	if err != nil {
		return x.Told, trouble("update a check run", err)
	}
	return want, g.annotate(ctx, p, owner, repo, name, want.Check, s)
}

// made finds the check run that an earlier attempt may have made, 0 where there is none.
func (g *GitHub) made(ctx context.Context, p *pass, x store.Showing, owner, repo, name, ours string) (int64, error) {
	if !x.Told.Tried {
		return 0, nil
	}
	all, _, err := p.client.Checks.ListCheckRunsForRef(ctx, owner, repo, x.Commit, &github.ListCheckRunsOptions{
		CheckName: &name, Filter: github.String("all"), AppID: &g.App, ListOptions: github.ListOptions{PerPage: 100},
	})
	if err != nil {
		return 0, trouble("list check runs", err)
	}
	for _, r := range all.CheckRuns {
		if r.GetExternalID() == ours {
			return r.GetID(), nil
		}
	}
	return 0, nil
}

// annotate adds the annotations that one request does not hold. That some are missing is not worth another attempt.
func (g *GitHub) annotate(ctx context.Context, p *pass, owner, repo, name string, id int64, s saying) error {
	for rest := s.annotations; len(rest) > maxAnnotations; {
		rest = rest[maxAnnotations:]
		_, _, err := p.client.Checks.UpdateCheckRun(ctx, owner, repo, id, github.UpdateCheckRunOptions{Name: name, Output: s.output(rest[:min(len(rest), maxAnnotations)])})
		if err != nil {
			g.Log.Warn("annotations are missing", "repository", owner+"/"+repo, "error", trouble("annotate", err))
			return nil
		}
	}
	return nil
}

// status tells by a commit status, where there is only a token.
func (g *GitHub) status(ctx context.Context, p *pass, x store.Showing, s saying) error {
	state := map[string]string{"": "pending", "success": "success", "failure": "failure"}[s.conclusion]
	if state == "" {
		state = "error"
	}
	owner, repo, _ := strings.Cut(x.Repository.Remote, "/")
	st := &github.RepoStatus{State: &state, Description: github.String(clip(s.title, maxStatus)), Context: github.String("wiregrade/" + x.Assignment.Name)}
	if s.link != "" {
		st.TargetURL = github.String(s.link)
	}
	_, _, err := p.client.Repositories.CreateStatus(ctx, owner, repo, x.Commit, st)
	if err != nil {
		return trouble("set a commit status", err)
	}
	return nil
}

// clip shortens text to n bytes, between characters.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	const more = "…"
	n -= len(more)
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + more
}

// oneLine keeps text on one line without control characters.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
}

// prose gives a line that may quote a student's file names as Markdown that is nothing but text.
func prose(text string) string {
	return "`" + strings.ReplaceAll(oneLine(text), "`", "'") + "`"
}
