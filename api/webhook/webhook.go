// Package webhook is where the service meets other machines: GitHub, which
// announces pushes and is told how their grading goes; any CI, which hands in by
// a signed call; and endpoints of a course's own, which are told of its events.
//
// What comes in is kept once by its delivery id and answered with what it made
// the first time. Whatever takes a network's time is a job of its own, entered in
// the transaction of its cause. Signatures other than GitHub's are those of
// Standard Webhooks.
package webhook

import (
	"context"
	"errors"
	"strings"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
)

// A Keeper is the store with what webhooks need of it.
type Keeper interface {
	store.Store
	store.Fetcher
	store.Shows
	store.Outbox
}

// An Answer is what a call made, now or the first time it came.
type Answer struct {
	Delivery   string   `json:"delivery"`
	Outcome    string   `json:"outcome" doc:"fetching, submitted, or why nothing came of it"`
	Submission store.ID `json:"submission,omitempty" doc:"that it became, once its files are there"`
}

func answer(d store.Delivery) Answer { return Answer{d.Delivery, d.Outcome, d.Submission} }

// The errors of calls that make nothing.
var (
	ErrSignature = errors.New("the signature is missing, wrong or too old")
	ErrUnbound   = errors.New("this repository is not bound to anybody's work here")
	ErrMalformed = errors.New("not what such a call looks like")
	ErrOtherBody = errors.New("this Webhook-Id came with another body: each call has a new one")
)

// A View takes out of a report what the student whose submission it is may not see now.
type View func(ctx context.Context, sub store.Submission, r *grader.Run) error

// A Link is where people read about a submission, or one of its runs; "" is nowhere.
type Link func(c store.Course, sub store.Submission, run store.ID) string

// Outcomes of pushes that become no submission begin with whose doing it is.
const (
	refused  = "refused: "  // the student's, or the course's rules
	lost     = "lost: "     // ours, or GitHub's
	replaced = "replaced: " // a newer push's
)

// why is the rest of an error from its sentinel on, in words for the student.
func why(err, sentinel error) string {
	if _, rest, ok := strings.Cut(err.Error(), sentinel.Error()); ok {
		return sentinel.Error() + rest
	}
	return sentinel.Error()
}

// refusal says why a submission is not taken; ok is false when it is no refusal but trouble.
func refusal(err error) (outcome string, ok bool) {
	var r *store.Refusal
	switch {
	case errors.As(err, &r):
		return refused + r.Says, true
	case errors.Is(err, store.ErrInvalid):
		return refused + why(err, store.ErrInvalid), true
	case errors.Is(err, store.ErrTooLarge):
		return refused + why(err, store.ErrTooLarge), true
	case errors.Is(err, store.ErrNotFound):
		return refused + "its student is not in the course", true
	default:
		return "", false
	}
}
