package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
)

// hidden are the groups of checks that the actor does not see now: neither
// their results, nor their names in the progress, nor their points.
type hidden map[string]bool

// hidden works out what is kept from the actor. Staff see all.
func (s *server) hidden(ctx context.Context, a *actor, assignment store.ID) (hidden, error) {
	if a.role.Staff() {
		return nil, nil
	}
	x, err := s.Store.Assignment(ctx, a.scope(), assignment)
	if err != nil {
		return nil, err
	}
	extensions, err := s.Store.Extensions(ctx, a.scope())
	if err != nil {
		return nil, err
	}
	return hiddenIn(a, x, extensions, time.Now()), nil
}

// hiddenOf is hidden of a submission's assignment; ErrNotFound when the actor does not reach the submission.
func (s *server) hiddenOf(ctx context.Context, a *actor, submission store.ID) (hidden, error) {
	sub, err := s.Store.Submission(ctx, a.scope(), submission)
	if err != nil {
		return nil, err
	}
	return s.hidden(ctx, a, sub.Assignment)
}

func hiddenIn(a *actor, x store.Assignment, extensions []store.Extension, now time.Time) hidden {
	due := x.Due
	for _, e := range extensions {
		if e.Assignment == x.ID && e.Person == a.ID {
			due = e.Due
		}
	}
	closes := x.Late.Closes(due, a.course.GraceDays)
	h := hidden{}
	for group, v := range x.Visible {
		if !v.Visible(now, closes) {
			h[group] = true
		}
	}
	return h
}

// check says whether a check, named group/check, is hidden.
func (h hidden) check(name string) bool {
	group, _, _ := strings.Cut(name, "/")
	return h[group]
}

// run takes what is hidden out of a report.
func (h hidden) run(r *grader.Run) {
	if len(h) == 0 {
		return
	}
	r.Results = slices.DeleteFunc(r.Results, func(x grader.Result) bool { return h.check(x.Name) })
	r.Assignment.Rubric = h.rubric(r.Assignment.Rubric)
	// The time that all took, and gaps between those that are shown, would tell of those that are left
	// out: it is told as if those that are shown had been done alone, one after another.
	r.Millis = r.Build.Millis
	for i := range r.Results {
		x := &r.Results[i]
		x.Started = r.Started.Add(time.Duration(r.Millis * float64(time.Millisecond)))
		r.Millis += x.Millis
	}
}

func (h hidden) rubric(all []grader.Item) []grader.Item {
	return slices.DeleteFunc(slices.Clone(all), func(i grader.Item) bool { return h[i.Group] })
}
