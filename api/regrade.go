package api

import (
	"context"
	"time"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
)

// Regrade says which submissions are graded again; what is missing selects all.
type Regrade struct {
	Assignment string         `json:"assignment,omitempty"`
	Submission store.ID       `json:"submission,omitempty"`
	Login      string         `json:"login,omitempty"`
	Verdict    grader.Verdict `json:"verdict,omitempty" enum:"pass,fail,weak,blocked,fault" doc:"some check ended so"`
	Check      string         `json:"check,omitempty" doc:"that check; with verdict, both of one result"`
	Since      *time.Time     `json:"since,omitempty"`
	Until      *time.Time     `json:"until,omitempty"`
	Outdated   bool           `json:"outdated,omitempty" doc:"graded by another version than this service's"`
}

func (s *server) selection(ctx context.Context, a *actor, r Regrade) (store.Selection, error) {
	sel := store.Selection{Submission: r.Submission, Verdict: r.Verdict, Check: r.Check, Since: given(r.Since), Until: given(r.Until)}
	if r.Outdated {
		sel.Version = s.Version
	}
	if r.Assignment == "" {
		return sel, nil
	}
	x, err := s.Store.AssignmentByName(ctx, a.course.ID, r.Assignment)
	sel.Assignment = x.ID
	return sel, err
}
