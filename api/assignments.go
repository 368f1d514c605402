package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/conditional"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/nearest"
	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/store"
)

// An Item gives the points for one group of checks.
type Item struct {
	Group  string  `json:"group"`
	Points float64 `json:"points" minimum:"0" maximum:"100000"`
	Extra  bool    `json:"extra,omitempty" doc:"extra credit: added to what is earned, not to what could be"`
}

// An Assignment is what a course hands out, under the course's rules.
type Assignment struct {
	Name    string                       `json:"name" pattern:"^[a-z0-9][a-z0-9._-]{0,63}$"`
	Title   string                       `json:"title" maxLength:"200"`
	Suite   string                       `json:"suite" doc:"what grades it, as grader list names it"`
	Rubric  []Item                       `json:"rubric,omitempty" doc:"points in place of the suite's"`
	Opens   *time.Time                   `json:"opens,omitempty"`
	Due     *time.Time                   `json:"due,omitempty"`
	Late    Late                         `json:"late,omitempty"`
	Limit   Limit                        `json:"limit,omitempty"`
	Counts  policy.Counts                `json:"counts,omitempty" enum:"last,best,chosen" default:"last"`
	Visible map[string]policy.Visibility `json:"visible,omitempty" doc:"by group: always, after-due or never"`
	Yours   bool                         `json:"extended,omitempty" readOnly:"true" doc:"due is yours alone: an extension moved it"`
	PassAt  float64                      `json:"pass_at,omitempty" minimum:"0" maximum:"100" doc:"percent that pass it"`
}

func viewAssignment(a store.Assignment) Assignment {
	v := Assignment{
		Name: a.Name, Title: a.Title, Suite: a.Suite, Opens: some(a.Opens), Due: some(a.Due),
		Late: viewLate(a.Late), Limit: viewLimit(a.Limit), Counts: a.Counts, Visible: a.Visible, PassAt: a.PassAt,
	}
	for _, i := range a.Rubric {
		v.Rubric = append(v.Rubric, Item{i.Group, i.Points, i.Extra})
	}
	return v
}

func (v Assignment) store(course store.ID) store.Assignment {
	a := store.Assignment{
		Course: course, Name: v.Name, Title: v.Title, Suite: v.Suite, Opens: given(v.Opens), Due: given(v.Due),
		Late: v.Late.rule(), Limit: v.Limit.rule(), Counts: v.Counts, Visible: v.Visible, PassAt: v.PassAt,
	}
	for _, i := range v.Rubric {
		a.Rubric = append(a.Rubric, grader.Item{Group: i.Group, Points: i.Points, Extra: i.Extra})
	}
	return a
}

// At is the assignment of a path, by name.
type At struct {
	In
	Assignment string `path:"assignment"`
}

func (s *server) assignments() {
	s.extensions()
	route(s, Member, http.MethodGet, "/courses/{course}/assignments", "List the course's assignments", func(ctx context.Context, a *actor, _ *In) (*List[Assignment], error) {
		all, err := s.Store.CourseAssignments(ctx, a.course.ID)
		if err != nil {
			return nil, err
		}
		mine, err := s.extended(ctx, a)
		return list(all, "", mine.view), err
	})
	route(s, Instructor, http.MethodPost, "/courses/{course}/assignments", "Make an assignment", func(ctx context.Context, a *actor, in *struct {
		In
		Because
		Body Assignment
	}) (*Tagged[Assignment], error) {
		if err := s.knows(in.Body); err != nil {
			return nil, err
		}
		x, err := s.Store.AddAssignment(ctx, in.Body.store(a.course.ID), a.change(in.Why))
		return &Tagged[Assignment]{quoted(x.Version), viewAssignment(x)}, err
	}, status(http.StatusCreated))
	route(s, Member, http.MethodGet, "/courses/{course}/assignments/{assignment}", "Read an assignment", func(ctx context.Context, a *actor, in *struct {
		At
		conditional.Params
	}) (*Tagged[Assignment], error) {
		x, err := s.Store.AssignmentByName(ctx, a.course.ID, in.Assignment)
		if err != nil {
			return nil, err
		}
		mine, err := s.extended(ctx, a)
		if err != nil {
			return nil, err
		}
		if in.HasConditionalParams() {
			if err := in.PreconditionFailed(mine.etag(x), time.Time{}); err != nil {
				return nil, err
			}
		}
		return &Tagged[Assignment]{strconv.Quote(mine.etag(x)), mine.view(x)}, nil
	})
	route(s, Instructor, http.MethodPut, "/courses/{course}/assignments/{assignment}", "Change an assignment", func(ctx context.Context, a *actor, in *struct {
		At
		Versioned
		Because
		Body Assignment
	}) (*Tagged[Assignment], error) {
		version, err := in.version()
		if err != nil {
			return nil, err
		}
		if err := s.knows(in.Body); err != nil {
			return nil, err
		}
		old, err := s.Store.AssignmentByName(ctx, a.course.ID, in.Assignment)
		if err != nil {
			return nil, err
		}
		if in.Body.Name != old.Name && slices.Contains(a.course.Pass.Must, old.Name) {
			return nil, huma.Error422UnprocessableEntity("the course's pass rule names " + old.Name + ": change the rule first")
		}
		x := in.Body.store(a.course.ID)
		x.ID, x.Version = old.ID, version
		x, err = s.Store.ChangeAssignment(ctx, x, a.change(in.Why))
		return &Tagged[Assignment]{quoted(x.Version), viewAssignment(x)}, err
	})
	route(s, Staff, http.MethodPut, "/courses/{course}/assignments/{assignment}/overrides/{login}", "Set a student's points by hand", func(ctx context.Context, a *actor, in *struct {
		At
		Because
		Login string `path:"login"`
		Body  struct {
			Group  string  `json:"group,omitempty" doc:"a group of checks; all of it when missing"`
			Points float64 `json:"points" minimum:"0" maximum:"100000"`
			Bonus  bool    `json:"bonus,omitempty" doc:"may be more than there are points"`
		}
	}) (*nothing, error) {
		x, p, err := s.pair(ctx, a, in.Assignment, in.Login)
		if err != nil {
			return nil, err
		}
		if in.Why == "" {
			return nil, huma.Error422UnprocessableEntity("say why: ?why=…")
		}
		var groups []string
		var there float64
		for _, i := range s.rubric(x) {
			groups = append(groups, i.Group)
			if in.Body.Group == "" || in.Body.Group == i.Group {
				there += i.Points
			}
		}
		if g := in.Body.Group; g != "" && !slices.Contains(groups, g) {
			return nil, unknown("body.group", "group", g, groups)
		}
		if in.Body.Points > there && !in.Body.Bonus {
			says := fmt.Sprintf("there are %g points: send \"bonus\":true with more, if that is meant", there)
			return nil, huma.Error422UnprocessableEntity(says, &huma.ErrorDetail{Location: "body.points", Value: in.Body.Points, Message: says})
		}
		return nil, s.Store.SetOverride(ctx, store.Override{Course: a.course.ID, Assignment: x.ID, Person: p.ID, Group: in.Body.Group, Points: in.Body.Points}, a.change(in.Why))
	})
	route(s, Staff, http.MethodDelete, "/courses/{course}/assignments/{assignment}/overrides/{login}", "Take back points that were set by hand", func(ctx context.Context, a *actor, in *struct {
		At
		Because
		Login string `path:"login"`
		Group string `query:"group" doc:"a group of checks; what was set for all of it when missing"`
	}) (*nothing, error) {
		x, p, err := s.pair(ctx, a, in.Assignment, in.Login)
		if err != nil {
			return nil, err
		}
		return nil, s.Store.ClearOverride(ctx, store.Override{Course: a.course.ID, Assignment: x.ID, Person: p.ID, Group: in.Group}, a.change(in.Why))
	})
	route(s, Member, http.MethodGet, "/courses/{course}/assignments/{assignment}/overrides", "List points that were set by hand: yours, or all for staff", func(ctx context.Context, a *actor, in *At) (*List[Override], error) {
		x, err := s.Store.AssignmentByName(ctx, a.course.ID, in.Assignment)
		if err != nil {
			return nil, err
		}
		h, err := s.hidden(ctx, a, x.ID)
		if err != nil {
			return nil, err
		}
		all, err := s.Store.Overrides(ctx, a.scope())
		if err != nil {
			return nil, err
		}
		out := &List[Override]{}
		out.Body.Items = []Override{}
		for _, o := range all {
			if o.Assignment != x.ID || h[o.Group] {
				continue
			}
			p, err := s.Store.Person(ctx, o.Person)
			if err != nil {
				return nil, err
			}
			out.Body.Items = append(out.Body.Items, Override{p.Login, o.Group, o.Points, o.Why, o.At})
		}
		return out, nil
	})
}

// An Override is points that were set by hand.
type Override struct {
	Login  string    `json:"login"`
	Group  string    `json:"group,omitempty" doc:"a group of checks; all of it when missing"`
	Points float64   `json:"points"`
	Why    string    `json:"why"`
	At     time.Time `json:"at"`
}

// pair finds an assignment of the course and a person by their names.
func (s *server) pair(ctx context.Context, a *actor, assignment, login string) (store.Assignment, store.Person, error) {
	x, err := s.Store.AssignmentByName(ctx, a.course.ID, assignment)
	if err != nil {
		return x, store.Person{}, err
	}
	p, err := s.Store.PersonByLogin(ctx, login)
	return x, p, err
}

// rubric is the assignment's, or its suite's where it has none.
func (s *server) rubric(x store.Assignment) []grader.Item {
	if len(x.Rubric) > 0 {
		return x.Rubric
	}
	return s.rubrics[x.Suite]
}

// knows refuses names that mean nothing: points for a group that is not there, or
// one that is to be hidden and is not, would be found out too late.
func (s *server) knows(v Assignment) error {
	rubric, ok := s.rubrics[v.Suite]
	if !ok {
		var names []string
		for name := range s.rubrics {
			names = append(names, name)
		}
		return unknown("body.suite", "suite", v.Suite, names)
	}
	var groups []string
	for _, i := range rubric {
		groups = append(groups, i.Group)
	}
	for _, i := range v.Rubric {
		if !slices.Contains(groups, i.Group) {
			return unknown("body.rubric", "group", i.Group, groups)
		}
	}
	for g, when := range v.Visible {
		if !slices.Contains(groups, g) {
			return unknown("body.visible", "group", g, groups)
		}
		if when == policy.AfterDue && v.Due == nil {
			return huma.Error422UnprocessableEntity("group "+g+" is visible after-due, and there is no due date: set one, or nobody will ever see it",
				&huma.ErrorDetail{Location: "body.due", Message: "after-due needs it"})
		}
	}
	return nil
}

// unknown names what there is in place of a name that there is not.
func unknown(where, kind, name string, there []string) error {
	slices.Sort(there)
	says := "there is none"
	if len(there) > 0 {
		says = "there are " + strings.Join(there, ", ")
	}
	if n := nearest.To(name, there); n != "" {
		says = "did you mean " + n + "? " + says
	}
	return huma.Error422UnprocessableEntity("no such "+kind+": "+store.Quoted(name)+"; "+says, &huma.ErrorDetail{Location: where, Value: name, Message: "unknown"})
}
