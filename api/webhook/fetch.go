package webhook

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/google/go-github/v60/github"

	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/gittree"
)

// Fetch gets the commit that a delivery announces and submits it. On the last
// attempt a commit that cannot be had is given up.
//
// It is fetched by git into a bare repository and read by plumbing. GitHub's
// archives would be less work, but an archive is what the student's own
// .gitattributes make of the commit (export-ignore, export-subst): the staff would
// look at other files than were graded. The commit's name vouches for these.
func (g *GitHub) Fetch(ctx context.Context, source store.Source, delivery string, last bool) error {
	d, r, err := g.Store.Pushed(ctx, source, delivery)
	if errors.Is(err, store.ErrNotFound) {
		return nil // it was fetched, or nobody's any more
	}
	if err != nil {
		return err
	}
	log := g.Log.With("delivery", delivery, "repository", r.Remote, "commit", d.Commit)
	switch newer, err := g.Store.Replaced(ctx, d); {
	case err != nil:
		return err
	case newer:
		return g.Store.GiveUp(ctx, d, replaced+"a newer push took its place")
	}
	files, err := g.clone(ctx, r, d)
	var sub store.Submission
	if err == nil {
		sub, _, err = g.Queue.Submit(ctx, store.NewSubmission{
			Course: r.Course, Assignment: r.Assignment, Person: r.Person, Source: source,
			Commit: d.Commit, Delivery: d.Delivery, Received: d.Pushed, Files: files,
		})
	}
	if err == nil {
		log.Info("a push was handed in", "submission", sub.ID)
		return nil
	}
	outcome, settled := refusal(err)
	if !settled {
		if !last {
			return err
		}
		outcome = lost + "the commit could not be fetched from GitHub"
	}
	log.Info("a push was not handed in", "outcome", outcome, "error", err)
	return g.Store.GiveUp(ctx, d, outcome)
}

// clone gives the files of the announced commit.
func (g *GitHub) clone(ctx context.Context, r store.Repository, d store.Delivery) ([]store.File, error) {
	if !validRemote(r.Remote) {
		return nil, store.ErrInvalid
	}
	installation := d.Installation
	if installation == 0 {
		installation = r.Installation
	}
	p, err := g.pass(ctx, r, installation, &github.InstallationPermissions{Contents: github.String("read")})
	if err != nil {
		return nil, err
	}
	defer p.end()
	dir, err := os.MkdirTemp(g.Dir, "wiregrade-clone-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	repo, err := gittree.Fetch(ctx, dir, gittree.Remote{URL: g.URL + "/" + r.Remote + ".git", User: "x-access-token", Password: p.token}, d.Commit)
	if err != nil {
		return nil, err
	}
	tree, err := gittree.Read(ctx, repo, d.Commit, store.DefaultLimits())
	return tree.Files, err
}

// validRemote says whether name is owner/name as GitHub has them: it goes into URLs.
func validRemote(name string) bool {
	owner, repo, ok := strings.Cut(name, "/")
	plain := func(s string) bool {
		return s != "" && len(s) <= 100 && !strings.HasPrefix(s, "-") && strings.Trim(s, ".") != "" &&
			!strings.ContainsFunc(s, func(r rune) bool {
				return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
			})
	}
	return ok && plain(owner) && plain(repo)
}
