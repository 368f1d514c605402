package githost

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/wiregrade/wiregrade/grader/store"
)

// A wish is what a request asks for, before anybody looked who asks.
type wish struct {
	course, assignment, login string
	push                      bool // or else fetch
	advertise                 bool // the list of branches, which comes first
}

// parse reads a request of git's smart protocol; no other file of a repository is served.
func parse(r *http.Request) (wish, bool) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, Prefix), "/")
	if len(parts) < 4 {
		return wish{}, false
	}
	login, ok := strings.CutSuffix(parts[2], ".git")
	if !ok || login == "" {
		return wish{}, false
	}
	x := wish{course: parts[0], assignment: parts[1], login: login}
	switch what := strings.Join(parts[3:], "/"); {
	case what == "info/refs" && r.Method == http.MethodGet:
		x.advertise = true
		// Without a service it is the protocol that reads a repository file by file.
		service := r.URL.Query().Get("service")
		x.push = service == "git-receive-pack"
		return x, x.push || service == "git-upload-pack"
	case (what == "git-receive-pack" || what == "git-upload-pack") && r.Method == http.MethodPost:
		x.push = what == "git-receive-pack"
		return x, true
	default:
		return wish{}, false
	}
}

// service is the name of what git is asked to do.
func (x wish) service() string {
	if x.push {
		return "git-receive-pack"
	}
	return "git-upload-pack"
}

// url is the request as git http-backend takes it, for the repository at path.
func (x wish) url(path string) *url.URL {
	if x.advertise {
		return &url.URL{Path: path + "/info/refs", RawQuery: "service=" + x.service()}
	}
	return &url.URL{Path: path + "/" + x.service()}
}

// A target is a repository that the caller may use as they wish to.
type target struct {
	person     store.Person // who asks
	role       store.Role
	course     store.Course
	assignment store.Assignment
	owner      store.ID
}

// A refusal is an answer in one line.
type refusal struct {
	status int
	says   string
}

// absent is said of whatever lies outside the caller's reach, whether it exists or not.
var absent = &refusal{http.StatusNotFound, "no such repository, or it is not yours: check the course, the assignment and your login in its address"}

// often is said to who asks too often.
var often = &refusal{http.StatusTooManyRequests, "too many requests: wait a minute, then try again"}

// enter finds out who asks, by a token as the password, and whether they may.
func (h *Host) enter(w http.ResponseWriter, r *http.Request, x wish) (*target, *refusal) {
	ctx := r.Context()
	_, secret, ok := r.BasicAuth()
	if !ok {
		return nil, &refusal{http.StatusUnauthorized, "sign in with any user name, and a token of yours as the password"}
	}
	token, person, err := h.Store.TokenOwner(ctx, secret)
	switch {
	case errors.Is(err, store.ErrNotFound):
		if !h.gate.Wrong(w, r, secret) {
			return nil, often
		}
		return nil, &refusal{http.StatusUnauthorized, "the password is no valid token: it may have expired or been revoked; any user name will do, and a token of yours as the password"}
	case err != nil:
		return nil, h.ours(err)
	case !h.gate.Right(w, r, string(person.ID)):
		return nil, often
	case token.Rights != "all" && token.Rights != "push" && (x.push || token.Rights != "read"):
		return nil, &refusal{http.StatusForbidden, "this token is for " + token.Rights + " only: use one whose rights are all or push"}
	}
	t := &target{person: person}
	return t, h.admit(ctx, t, x)
}

func (h *Host) admit(ctx context.Context, t *target, x wish) *refusal {
	var err error
	if t.course, err = h.Store.CourseByName(ctx, x.course); err != nil {
		return h.missing(err)
	}
	t.role, err = h.Store.RoleIn(ctx, t.course.ID, t.person.ID)
	own := x.login == t.person.Login
	if errors.Is(err, store.ErrNotFound) && t.person.Admin && !own {
		t.role, err = store.Instructor, nil
	}
	if err != nil {
		return h.missing(err)
	}
	// Nothing of others is looked up for a student: not even how long it takes tells anything.
	if !own && !t.role.Staff() {
		return absent
	}
	if t.assignment, err = h.Store.AssignmentByName(ctx, t.course.ID, x.assignment); err != nil {
		return h.missing(err)
	}
	t.owner = t.person.ID
	if own {
		return nil
	}
	owner, err := h.Store.PersonByLogin(ctx, x.login)
	if err != nil {
		return h.missing(err)
	}
	if _, err := h.Store.RoleIn(ctx, t.course.ID, owner.ID); err != nil {
		return h.missing(err)
	}
	if x.push {
		return &refusal{http.StatusForbidden, "only its owner pushes to a repository: staff may fetch from it"}
	}
	t.owner = owner.ID
	return nil
}

func (h *Host) missing(err error) *refusal {
	if errors.Is(err, store.ErrNotFound) {
		return absent
	}
	return h.ours(err)
}

func (h *Host) ours(err error) *refusal {
	h.Log.Error("look up a repository", "error", err)
	if errors.Is(err, store.ErrUnavailable) {
		return &refusal{http.StatusServiceUnavailable, "the service's database does not answer: try again in a moment"}
	}
	return &refusal{http.StatusInternalServerError, "a fault of ours: try again, and tell the staff if it stays"}
}
