package githost

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/wiregrade/wiregrade/grader/report"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/gittree"
)

// noWait is the push option that leaves at once.
const noWait = "no-wait"

const theBranch = "refs/heads/" + Branch

// judge says why a push is not taken, "" when it is to be handed in.
func (x *push) judge(a asked) string {
	for _, o := range a.Options {
		if o != noWait {
			return fmt.Sprintf("there is no push option %s: there is %s", shown(o), noWait)
		}
	}
	for _, c := range a.commands {
		if c.deletes() {
			return fmt.Sprintf("%s cannot be deleted: what was handed in stays handed in; push a new commit in its place", called(c.ref))
		}
	}
	switch len(a.commands) {
	case 0:
		return "the push moves nothing: push a commit to " + Branch
	case 1:
	default:
		return fmt.Sprintf("this pushes %d references at once, and one is graded: push %s alone, git push REMOTE %s", len(a.commands), Branch, Branch)
	}
	c := a.commands[0]
	if c.ref != theBranch {
		return fmt.Sprintf("only the branch %s is graded, and this is %s: git push REMOTE HEAD:%s", Branch, called(c.ref), Branch)
	}
	return ""
}

// called is a reference as its owner calls it.
func called(ref string) string {
	for prefix, kind := range map[string]string{"refs/heads/": "the branch ", "refs/tags/": "the tag "} {
		if name, ok := strings.CutPrefix(ref, prefix); ok {
			return kind + shown(name)
		}
	}
	return shown(ref)
}

// shown is a name that somebody else chose, on a terminal.
func shown(name string) string {
	if len(name) > 100 {
		name = name[:100] + "…"
	}
	return report.Escape([]byte(name))
}

// submit reads the pushed files and hands them in.
func (x *push) submit(ctx context.Context, a asked) string {
	h, t, commit := x.h, x.t, a.commands[0].new
	repository := gittree.Repository{Dir: filepath.Join(h.Dir, filepath.FromSlash(t.path())), Env: append(a.env(), h.env...)}
	tree, err := gittree.Read(ctx, repository, commit, h.Limits)
	var sub store.Submission
	var first bool
	if err == nil {
		sub, first, err = h.Queue.Submit(ctx, store.NewSubmission{
			Course: t.course.ID, Assignment: t.assignment.ID, Person: t.person.ID, Source: store.SourceGit, Commit: commit, Files: tree.Files,
		})
	}
	var refused *store.Refusal
	switch {
	case err == nil:
		x.taken, x.first = &sub, first
		return ""
	case errors.As(err, &refused):
		return refused.Says + advice(refused)
	case errors.Is(err, store.ErrTooLarge):
		return shownError(err, store.ErrTooLarge) + "; leave out what the program does not need, such as builds and data (git rm --cached, .gitignore)"
	case errors.Is(err, store.ErrInvalid):
		return shownError(err, store.ErrInvalid) + "; take it out of the commit and push again"
	case errors.Is(err, store.ErrNotFound):
		return absent.says
	default:
		h.Log.Error("hand in a push", "repository", t.path(), "commit", commit, "error", err)
		return "a fault of ours, and nothing was handed in: push again, and tell the staff if it stays"
	}
}

// advice is what to do about a refusal.
func advice(r *store.Refusal) string {
	switch {
	case r.Reason == store.RefusedClosed:
		return "; what you handed in before counts; ask the staff if you need an extension"
	case r.Reason == store.RefusedNotOpen || !r.Next.IsZero():
		return "; push the same commit again then"
	case r.Reason == store.RefusedLimit:
		return "; what you handed in before counts; ask the staff if you need another"
	default:
		return ""
	}
}

// shownError is the message from the sentinel on, without where in our code it was seen.
func shownError(err, sentinel error) string {
	if _, rest, ok := strings.Cut(err.Error(), sentinel.Error()+": "); ok {
		return rest
	}
	return sentinel.Error()
}
