package api

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wiregrade/wiregrade/grader/gradebook"
	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/store"
)

// Marks are one student's.
type Marks struct {
	Login       string          `json:"login"`
	Name        string          `json:"name"`
	Assignments []Mark          `json:"assignments"`
	Standing    policy.Standing `json:"standing"`
}

// A Mark is what a student has for one assignment.
type Mark struct {
	Assignment string   `json:"assignment"`
	Points     float64  `json:"points" doc:"after lateness and what was set by hand"`
	Max        float64  `json:"max"`
	Submission store.ID `json:"submission,omitempty" doc:"the one that counts"`
	Attempts   int      `json:"attempts"`
	DaysLate   int      `json:"days_late" doc:"that are charged"`
	GraceDays  int      `json:"grace_days" doc:"spent"`
	Overridden bool     `json:"overridden" doc:"set by hand"`
	Passed     bool     `json:"passed"`
}

func (s *server) marks() {
	route(s, Member, http.MethodGet, "/courses/{course}/marks", "Read marks: yours, or all for staff", func(ctx context.Context, a *actor, in *struct {
		In
		Login string `query:"login" doc:"of this student only"`
	}) (*List[Marks], error) {
		sc, err := s.of(ctx, a, in.Login)
		if err != nil {
			return nil, err
		}
		assignments, rows, err := s.gradebook(ctx, a, sc)
		return list(rows, "", func(r gradebook.Row) Marks {
			m := Marks{Login: r.Student.Login, Name: r.Student.Name, Standing: r.Standing, Assignments: []Mark{}}
			for i, c := range r.Cells {
				m.Assignments = append(m.Assignments, Mark{assignments[i].Name, c.Got, c.Max, c.Submission, c.Attempts, c.Days, c.Grace, c.Overridden, c.Passed})
			}
			return m
		}), err
	})
	route(s, Staff, http.MethodGet, "/courses/{course}/gradebook", "The course's marks as CSV", func(ctx context.Context, a *actor, in *struct {
		In
		Layout gradebook.Layout `query:"layout" enum:"plain,canvas,moodle" default:"plain"`
	}) (*huma.StreamResponse, error) {
		assignments, rows, err := s.gradebook(ctx, a, a.scope())
		if err != nil {
			return nil, err
		}
		var out bytes.Buffer
		if err := gradebook.WriteCSV(&out, in.Layout, assignments, rows); err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			ctx.SetHeader("Content-Type", "text/csv; charset=utf-8")
			ctx.SetHeader("Content-Disposition", `attachment; filename="`+a.course.Name+`.csv"`)
			ctx.BodyWriter().Write(out.Bytes())
		}}, nil
	})
}

// gradebook makes the marks within the scope that the actor may see. For a student the groups
// that are hidden have no points in it: their sum would tell what they hide.
func (s *server) gradebook(ctx context.Context, a *actor, sc store.Scope) ([]store.Assignment, []gradebook.Row, error) {
	f, err := s.facts(ctx, a, sc)
	if err != nil {
		return nil, nil, err
	}
	for page := (store.Page{Limit: 500}); ; {
		members, next, err := s.Store.Members(ctx, sc, page)
		if err != nil {
			return nil, nil, err
		}
		for _, m := range members {
			if m.Role == store.Student {
				f.Students = append(f.Students, m)
			}
		}
		if next == "" {
			break
		}
		page.After = next
	}
	for i := range f.Assignments {
		id := f.Assignments[i].ID
		if f.Graded[id], err = s.Store.Graded(ctx, sc, id); err != nil {
			return nil, nil, err
		}
	}
	return f.Assignments, gradebook.Make(f), nil
}

// facts are those of the course within the scope, without students and what is graded.
func (s *server) facts(ctx context.Context, a *actor, sc store.Scope) (f gradebook.Facts, err error) {
	f = gradebook.Facts{Course: a.course, Rubrics: s.rubrics, Graded: map[store.ID][]store.Graded{}, Hidden: map[store.ID]map[string]bool{}}
	if f.Assignments, err = s.Store.CourseAssignments(ctx, a.course.ID); err != nil {
		return f, err
	}
	if f.Extensions, err = s.Store.Extensions(ctx, sc); err != nil {
		return f, err
	}
	f.Overrides, err = s.Store.Overrides(ctx, sc)
	if !a.role.Staff() {
		for _, x := range f.Assignments {
			f.Hidden[x.ID] = hiddenIn(a, x, f.Extensions, time.Now())
		}
	}
	return f, err
}
