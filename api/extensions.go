package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wiregrade/wiregrade/grader/policy"
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

// own is what a student sees of the course's assignments: their own due dates, and nothing of the groups
// that are hidden from them. Staff, who change assignments, see them as they are for all.
type own struct {
	a          *actor
	extensions []store.Extension
}

func (s *server) extended(ctx context.Context, a *actor) (own, error) {
	mine := own{a: a}
	if a.role.Staff() {
		return mine, nil
	}
	var err error
	mine.extensions, err = s.Store.Extensions(ctx, a.scope())
	return mine, err
}

// view shows the assignment as it is for the actor.
func (o own) view(x store.Assignment) Assignment {
	if o.a.role.Staff() {
		return viewAssignment(x)
	}
	h := hiddenIn(o.a, x, o.extensions, time.Now())
	x.Rubric = h.rubric(x.Rubric)
	x.Visible = maps.Clone(x.Visible)
	maps.DeleteFunc(x.Visible, func(group string, _ policy.Visibility) bool { return h[group] })
	extended := false
	for _, e := range o.extensions {
		if e.Assignment == x.ID {
			x.Due, extended = e.Due, true
		}
	}
	v := viewAssignment(x)
	v.Yours = extended
	return v
}

// etag is the assignment's version for staff. What a student sees of it also changes as time goes by.
func (o own) etag(x store.Assignment) string {
	if o.a.role.Staff() {
		return etag(x.Version)
	}
	data, _ := json.Marshal(o.view(x))
	sum := sha256.Sum256(data)
	return fmt.Sprintf("%s.%x", etag(x.Version), sum[:8])
}
