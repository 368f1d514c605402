package api

import (
	"context"
	"net/http"
	"time"

	"github.com/wiregrade/wiregrade/grader/store"
)

// A Delivery is something that GitHub or a CI announced, and what was made of it.
type Delivery struct {
	Source     store.Source `json:"source"`
	Delivery   string       `json:"delivery" doc:"the sender's id of it"`
	Event      string       `json:"event"`
	Received   time.Time    `json:"received"`
	Outcome    string       `json:"outcome,omitempty" doc:"missing while nothing came of it yet"`
	Commit     string       `json:"commit,omitempty"`
	Repository store.ID     `json:"repository,omitempty"`
	Submission store.ID     `json:"submission,omitempty" doc:"that it became"`
}

func (s *server) deliveries() {
	route(s, Staff, http.MethodGet, "/courses/{course}/deliveries", "List what GitHub and CIs announced for the course, the latest first", func(ctx context.Context, a *actor, in *struct {
		In
		Paged
	}) (*List[Delivery], error) {
		all, next, err := s.Store.DeliveriesOf(ctx, a.course.ID, in.page())
		return list(all, next, func(d store.Delivery) Delivery {
			return Delivery{d.Source, d.Delivery, d.Event, d.Received, d.Outcome, d.Commit, d.Repository, d.Submission}
		}), err
	})
}
