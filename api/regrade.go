package api

import (
	"context"
	"net/http"
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
	DryRun     bool           `json:"dry_run,omitempty" doc:"say how many it would be, and grade none"`
}

// Regraded says how many submissions are graded again.
type Regraded struct {
	Status int
	Body   struct {
		Queued int `json:"queued" doc:"put in line; those that stood there are not counted"`
	}
}

func (s *server) regrades() {
	route(s, Staff, http.MethodPost, "/courses/{course}/regrade", "Grade again", func(ctx context.Context, a *actor, in *struct {
		In
		Because
		Body Regrade
	}) (*Regraded, error) {
		sel, err := s.selection(ctx, a, in.Body)
		if err != nil {
			return nil, err
		}
		sc, err := s.of(ctx, a, in.Body.Login)
		if err != nil {
			return nil, err
		}
		out := &Regraded{Status: http.StatusAccepted}
		if in.Body.DryRun {
			out.Status = http.StatusOK
			out.Body.Queued, err = s.Queue.Matching(ctx, sc, sel)
		} else {
			out.Body.Queued, err = s.Queue.Regrade(ctx, sc, sel, a.change(in.Why))
		}
		return out, err
	}, status(http.StatusAccepted))
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
