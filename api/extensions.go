package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wiregrade/wiregrade/grader/store"
)

// An Extension is one student's own due date.
type Extension struct {
	Login string    `json:"login"`
	Due   time.Time `json:"due"`
	Why   string    `json:"why"`
}

func (s *server) extensions() {
	const path = "/courses/{course}/assignments/{assignment}/extensions"
	route(s, Member, http.MethodGet, path, "List due dates that were moved: yours, or all for staff", func(ctx context.Context, a *actor, in *At) (*List[Extension], error) {
		x, err := s.Store.AssignmentByName(ctx, a.course.ID, in.Assignment)
		if err != nil {
			return nil, err
		}
		all, err := s.Store.Extensions(ctx, a.scope())
		if err != nil {
			return nil, err
		}
		out := &List[Extension]{}
		out.Body.Items = []Extension{}
		for _, e := range all {
			if e.Assignment != x.ID {
				continue
			}
			p, err := s.Store.Person(ctx, e.Person)
			if err != nil {
				return nil, err
			}
			out.Body.Items = append(out.Body.Items, Extension{p.Login, e.Due, e.Why})
		}
		return out, nil
	})
	route(s, Staff, http.MethodPut, path+"/{login}", "Move the due date for one student", func(ctx context.Context, a *actor, in *struct {
		At
		Because
		Login string `path:"login"`
		Body  struct {
			Due time.Time `json:"due"`
		}
	}) (*nothing, error) {
		x, p, err := s.pair(ctx, a, in.Assignment, in.Login)
		if err != nil {
			return nil, err
		}
		bad := func(says string) error {
			return huma.Error422UnprocessableEntity(says, &huma.ErrorDetail{Location: "body.due", Value: in.Body.Due, Message: says})
		}
		switch {
		case in.Why == "":
			return nil, huma.Error422UnprocessableEntity("say why: ?why=…")
		case x.Due.IsZero():
			return nil, bad(x.Name + " has no due date that could be moved")
		case in.Body.Due.Before(x.Due):
			return nil, bad("an extension is not before the due date, " + x.Due.UTC().Format(time.RFC3339))
		}
		return nil, s.Store.Extend(ctx, store.Extension{Course: a.course.ID, Assignment: x.ID, Person: p.ID, Due: in.Body.Due, Why: in.Why}, a.change(in.Why))
	})
	route(s, Staff, http.MethodDelete, path+"/{login}", "Take an extension back", func(ctx context.Context, a *actor, in *struct {
		At
		Because
		Login string `path:"login"`
	}) (*nothing, error) {
		x, p, err := s.pair(ctx, a, in.Assignment, in.Login)
		if err != nil {
			return nil, err
		}
		return nil, s.Store.Unextend(ctx, store.Extension{Course: a.course.ID, Assignment: x.ID, Person: p.ID}, a.change(in.Why))
	})
}

// own are a student's extensions, by assignment. Staff, who change assignments, see them as they are for all.
type own map[store.ID]time.Time

func (s *server) extended(ctx context.Context, a *actor) (own, error) {
	mine := own{}
	if a.role.Staff() {
		return mine, nil
	}
	all, err := s.Store.Extensions(ctx, a.scope())
	for _, e := range all {
		mine[e.Assignment] = e.Due
	}
	return mine, err
}

// view shows the assignment with the due date that holds for the student.
func (o own) view(x store.Assignment) Assignment {
	due, extended := o[x.ID]
	if extended {
		x.Due = due
	}
	v := viewAssignment(x)
	v.Yours = extended
	return v
}

// etag differs when the student's due date moves, which changes no version of the assignment.
func (o own) etag(x store.Assignment) string {
	tag := etag(x.Version)
	if due, ok := o[x.ID]; ok {
		tag += "." + strconv.FormatInt(due.Unix(), 10)
	}
	return tag
}
