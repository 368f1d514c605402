package api

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/wiregrade/wiregrade/grader/store"
)

// A Need is what a route asks of its caller.
type Need string

// The needs. Those of a course are met by admins, too.
const (
	SignedIn   Need = "signed in"
	Admin      Need = "admin"
	Member     Need = "member"     // of the course in the path
	Staff      Need = "staff"      // of the course in the path
	Instructor Need = "instructor" // of the course in the path
)

// An actor is who makes a request, and where.
type actor struct {
	store.Person
	course store.Course
	role   store.Role // in the course; an admin is an instructor everywhere
}

type actorKey struct{}

// scope is what the actor reaches: the course for staff, their own for students.
func (a *actor) scope() store.Scope {
	if a.role.Staff() {
		return store.Scope{Course: a.course.ID}
	}
	return store.Scope{Course: a.course.ID, Person: a.ID}
}

// change is what the audit trail keeps of who does something.
func (a *actor) change(why string) store.Change { return store.Change{By: a.ID, Why: why} }

// guard lets a request pass that meets the need. It is the one place that decides.
func (s *server) guard(need Need) func(huma.Context, func(huma.Context)) {
	if need == Signed {
		return s.signed
	}
	return func(ctx huma.Context, next func(huma.Context)) {
		refuse := func(status int, says string) { huma.WriteErr(s.api, ctx, status, says) }
		r, w := humago.Unwrap(ctx)
		given := secret(ctx.Method(), ctx.Header("Authorization"))
		token, person, err := s.Store.TokenOwner(ctx.Context(), given)
		switch {
		case errors.Is(err, store.ErrNotFound):
			if !s.gate.Wrong(w, r, given) {
				refuse(http.StatusTooManyRequests, tooMany)
				return
			}
			if reads(ctx.Method()) && strings.Contains(ctx.Header("Accept"), "text/html") {
				// A browser that follows a link from a push asks its user: any name, and the token as password.
				ctx.SetHeader("WWW-Authenticate", `Basic realm="wiregrade: your login, and your token as password", charset="UTF-8"`)
			} else {
				ctx.SetHeader("WWW-Authenticate", `Bearer realm="wiregrade"`)
			}
			refuse(http.StatusUnauthorized, "a valid token is needed: Authorization: Bearer …")
			return
		case err != nil:
			s.fail(ctx, err)
			return
		case !s.gate.Right(w, r, string(person.ID)):
			refuse(http.StatusTooManyRequests, tooMany)
			return
		case token.Rights != "all" && !(token.Rights == "read" && ctx.Method() == http.MethodGet):
			refuse(http.StatusForbidden, "this token is for "+token.Rights+" only")
			return
		}
		a := &actor{Person: person}
		if name := ctx.Param("course"); name != "" {
			if err := s.enter(ctx, a, name); err != nil && !errors.Is(err, store.ErrNotFound) {
				s.fail(ctx, err)
				return
			} else if err != nil {
				// Whether the course exists is its members' business.
				refuse(http.StatusNotFound, "no such course, or you are not in it")
				return
			}
		}
		if !a.meets(need) {
			refuse(http.StatusForbidden, "this needs "+string(need))
			return
		}
		next(huma.WithValue(ctx, actorKey{}, a))
	}
}

// enter finds the course and the actor's role in it.
func (s *server) enter(ctx huma.Context, a *actor, name string) (err error) {
	if a.course, err = s.Store.CourseByName(ctx.Context(), name); err != nil {
		return err
	}
	if a.Admin {
		a.role = store.Instructor
		return nil
	}
	a.role, err = s.Store.RoleIn(ctx.Context(), a.course.ID, a.ID)
	return err
}

func (a *actor) meets(need Need) bool {
	switch need {
	case SignedIn:
		return true
	case Admin:
		return a.Admin
	case Member:
		return a.role.Valid()
	case Staff:
		return a.role.Staff()
	case Instructor:
		return a.role == store.Instructor
	default:
		return false
	}
}

// secret is the token of a request, "" without one: a bearer's or, where it only
// reads, a basic password, which is what a browser sends that followed a
// link. A browser sends it by itself from then on, so nothing may change by it.
func secret(method, header string) string {
	scheme, rest, _ := strings.Cut(header, " ")
	rest = strings.TrimSpace(rest)
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		return rest
	case strings.EqualFold(scheme, "Basic") && reads(method):
		plain, err := base64.StdEncoding.DecodeString(rest)
		_, password, ok := strings.Cut(string(plain), ":")
		if err != nil || !ok {
			return ""
		}
		return password
	}
	return ""
}

func reads(method string) bool { return method == http.MethodGet || method == http.MethodHead }
