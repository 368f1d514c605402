package api

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wiregrade/wiregrade/grader/store"
)

// A Repository is where a student's work for one assignment comes from.
type Repository struct {
	ID           store.ID     `json:"id"`
	Assignment   string       `json:"assignment"`
	Login        string       `json:"login"`
	Kind         store.Source `json:"kind" enum:"github,git"`
	Remote       string       `json:"remote"`
	Installation int64        `json:"installation,omitempty" doc:"of the GitHub App"`
	Branch       string       `json:"branch,omitempty" doc:"the one that is graded; every one when missing"`
}

// NewRepository binds a repository to a student and an assignment.
type NewRepository struct {
	Assignment   string       `json:"assignment"`
	Login        string       `json:"login"`
	Kind         store.Source `json:"kind,omitempty" enum:"github,git" default:"github"`
	Remote       string       `json:"remote" maxLength:"400" doc:"owner/name on GitHub, else an https:// URL"`
	Installation int64        `json:"installation,omitempty" minimum:"0"`
	Branch       string       `json:"branch,omitempty" maxLength:"200"`
}

func (s *server) repositories() {
	route(s, Member, http.MethodGet, "/courses/{course}/repositories", "List repositories: yours, or all for staff", func(ctx context.Context, a *actor, in *struct {
		In
		Paged
	}) (*List[Repository], error) {
		all, next, err := s.Store.Repositories(ctx, a.scope(), in.page())
		if err != nil {
			return nil, err
		}
		names, err := s.assignmentNames(ctx, a)
		if err != nil {
			return nil, err
		}
		out := &List[Repository]{}
		out.Body.Items, out.Body.Next = []Repository{}, next
		for _, r := range all {
			v, err := s.viewRepository(ctx, names, r)
			if err != nil {
				return nil, err
			}
			out.Body.Items = append(out.Body.Items, v)
		}
		return out, nil
	})
	// A student who could bind one could name another's, and take what is pushed to it.
	route(s, Staff, http.MethodPost, "/courses/{course}/repositories", "Bind a repository to a student and an assignment", func(ctx context.Context, a *actor, in *struct {
		In
		Because
		Body NewRepository
	}) (*struct{ Body Repository }, error) {
		if err := checkRemote(in.Body.Kind, in.Body.Remote, in.Body.Branch); err != nil {
			return nil, err
		}
		x, p, err := s.pair(ctx, a, in.Body.Assignment, in.Body.Login)
		if err != nil {
			return nil, err
		}
		r, err := s.Store.AddRepository(ctx, store.Repository{
			Course: a.course.ID, Assignment: x.ID, Person: p.ID, Kind: in.Body.Kind, Remote: in.Body.Remote,
			Installation: in.Body.Installation, Branch: in.Body.Branch,
		}, a.change(in.Why))
		if err != nil {
			return nil, err
		}
		v, err := s.viewRepository(ctx, map[store.ID]string{x.ID: x.Name}, r)
		return &struct{ Body Repository }{v}, err
	}, status(http.StatusCreated))
	route(s, Staff, http.MethodDelete, "/courses/{course}/repositories/{repository}", "Unbind a repository; what came from it stays", func(ctx context.Context, a *actor, in *struct {
		In
		Because
		Repository string `path:"repository"`
	}) (*nothing, error) {
		return nil, s.Store.RemoveRepository(ctx, a.scope(), store.ID(in.Repository), a.change(in.Why))
	})
}

func (s *server) viewRepository(ctx context.Context, assignments map[store.ID]string, r store.Repository) (Repository, error) {
	p, err := s.Store.Person(ctx, r.Person)
	return Repository{r.ID, assignments[r.Assignment], p.Login, r.Kind, r.Remote, r.Installation, r.Branch}, err
}

// assignmentNames are the names of the course's assignments.
func (s *server) assignmentNames(ctx context.Context, a *actor) (map[store.ID]string, error) {
	all, err := s.Store.CourseAssignments(ctx, a.course.ID)
	names := map[store.ID]string{}
	for _, x := range all {
		names[x.ID] = x.Name
	}
	return names, err
}

var (
	githubName = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}$`)
	branchName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._/+@-]*$`)
)

// checkRemote refuses what is no repository, and what git would take for an option.
func checkRemote(kind store.Source, remote, branch string) error {
	bad := func(field, value, says string) error {
		return huma.Error422UnprocessableEntity(says, &huma.ErrorDetail{Location: "body." + field, Value: value, Message: says})
	}
	if branch != "" && (!branchName.MatchString(branch) || strings.Contains(branch, "..")) {
		return bad("branch", branch, "no name of a branch")
	}
	if kind == store.SourceGitHub {
		name := remote[strings.IndexByte(remote, '/')+1:]
		if !githubName.MatchString(remote) || name == "." || name == ".." || strings.HasSuffix(name, ".git") {
			return bad("remote", remote, "a repository of GitHub is named owner/name, without .git")
		}
		return nil
	}
	u, err := url.Parse(remote)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "" || u.Path == "" || u.Fragment != "" || u.RawQuery != "":
		return bad("remote", remote, "a repository is named by its https:// URL")
	case u.User != nil:
		return bad("remote", "", "the URL holds a name or a password: leave it out, it would be shown to others")
	}
	return nil
}
