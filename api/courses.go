package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/conditional"

	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/store"
)

// A Course is one course in one term.
type Course struct {
	Name      string          `json:"name" pattern:"^[a-z0-9][a-z0-9._-]{0,63}$"`
	Title     string          `json:"title" maxLength:"200"`
	Pass      policy.PassRule `json:"pass,omitempty"`
	GraceDays int             `json:"grace_days,omitempty" minimum:"0" maximum:"100"`
}

func viewCourse(c store.Course) Course { return Course{c.Name, c.Title, c.Pass, c.GraceDays} }

// In is the course of a path. It is the guard that reads it; it stands here for the OpenAPI document.
type In struct {
	Course string `path:"course"`
}

func (s *server) courses() {
	route(s, SignedIn, http.MethodGet, "/courses", "List your courses", func(ctx context.Context, a *actor, _ *struct{}) (*List[Course], error) {
		all, err := s.Store.CoursesOf(ctx, a.ID)
		return list(all, "", viewCourse), err
	})
	route(s, Admin, http.MethodPost, "/courses", "Make a course", func(ctx context.Context, a *actor, in *struct{ Body Course }) (*Tagged[Course], error) {
		b := in.Body
		if err := checkPass(b.Pass, nil); err != nil {
			return nil, err
		}
		c, err := s.Store.AddCourse(ctx, store.Course{Name: b.Name, Title: b.Title, Pass: b.Pass, GraceDays: b.GraceDays}, a.change(""))
		return &Tagged[Course]{quoted(c.Version), viewCourse(c)}, err
	}, status(http.StatusCreated))
	route(s, Member, http.MethodGet, "/courses/{course}", "Read a course", func(_ context.Context, a *actor, in *struct {
		In
		conditional.Params
	}) (*Tagged[Course], error) {
		if in.HasConditionalParams() {
			if err := in.PreconditionFailed(etag(a.course.Version), time.Time{}); err != nil {
				return nil, err
			}
		}
		return &Tagged[Course]{quoted(a.course.Version), viewCourse(a.course)}, nil
	})
	route(s, Instructor, http.MethodPut, "/courses/{course}", "Change a course", func(ctx context.Context, a *actor, in *struct {
		In
		Versioned
		Because
		Body Course
	}) (*Tagged[Course], error) {
		version, err := in.version()
		if err != nil {
			return nil, err
		}
		b := in.Body
		assignments, err := s.Store.CourseAssignments(ctx, a.course.ID)
		if err != nil {
			return nil, err
		}
		if err := checkPass(b.Pass, assignments); err != nil {
			return nil, err
		}
		c, err := s.Store.ChangeCourse(ctx, store.Course{ID: a.course.ID, Name: b.Name, Title: b.Title, Pass: b.Pass, GraceDays: b.GraceDays, Version: version}, a.change(in.Why))
		return &Tagged[Course]{quoted(c.Version), viewCourse(c)}, err
	})
}

// checkPass refuses a rule that nobody could pass, or that was not meant so.
func checkPass(r policy.PassRule, assignments []store.Assignment) error {
	bad := func(field, says string) error {
		return huma.Error422UnprocessableEntity("the pass rule: "+says, &huma.ErrorDetail{Location: "body.pass." + field, Message: says})
	}
	switch {
	case r.AtLeast < 0:
		return bad("at_least", "at_least is a number of assignments, not below 0")
	case !(r.Percent >= 0 && r.Percent <= 100):
		return bad("percent", "percent is from 0 to 100")
	}
	var names []string
	for _, a := range assignments {
		names = append(names, a.Name)
	}
	for _, name := range r.Must {
		if !slices.Contains(names, name) {
			return unknown("body.pass.must", "assignment in this course", name, names)
		}
	}
	return nil
}

// Because is why somebody changes something, for the audit trail.
type Because struct {
	Why string `query:"why" maxLength:"500" doc:"kept in the audit trail"`
}

// Who is the member of a path. (A type that is not exported would not be filled in.)
type Who struct {
	In
	Because
	Login string `path:"login"`
}

// A Membership is somebody's place in a course.
type Membership struct {
	ID    store.ID   `json:"id" doc:"as a submission's person"`
	Login string     `json:"login"`
	Name  string     `json:"name"`
	Email string     `json:"email"`
	Role  store.Role `json:"role"`
}

func (s *server) members() {
	route(s, Staff, http.MethodGet, "/courses/{course}/members", "List who is in the course", func(ctx context.Context, a *actor, in *struct {
		In
		Paged
	}) (*List[Membership], error) {
		all, next, err := s.Store.Members(ctx, a.scope(), in.page())
		return list(all, next, func(m store.Member) Membership { return Membership{m.Person, m.Login, m.Name, m.Email, m.Role} }), err
	})
	route(s, Instructor, http.MethodPut, "/courses/{course}/members/{login}", "Give somebody a role in the course", func(ctx context.Context, a *actor, in *struct {
		Who
		Body struct {
			Role store.Role `json:"role" enum:"student,ta,instructor"`
		}
	}) (*nothing, error) {
		p, err := s.Store.PersonByLogin(ctx, in.Login)
		if err != nil {
			return nil, err
		}
		by := a.change(in.Why)
		if err := store.CheckRole(p, in.Body.Role, by); err != nil {
			return nil, err
		}
		return nil, s.Store.Enrol(ctx, store.Enrolment{Course: a.course.ID, Person: p.ID, Role: in.Body.Role}, by)
	})
	route(s, Instructor, http.MethodDelete, "/courses/{course}/members/{login}", "Take somebody out of the course", func(ctx context.Context, a *actor, in *Who) (*nothing, error) {
		p, err := s.Store.PersonByLogin(ctx, in.Login)
		if err != nil {
			return nil, err
		}
		return nil, s.Store.Unenrol(ctx, a.course.ID, p.ID, a.change(in.Why))
	})
}
