package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/wiregrade/wiregrade/grader/store"
)

// An Endpoint is an address that is told of a course's events.
type Endpoint struct {
	ID       store.ID      `json:"id"`
	URL      string        `json:"url"`
	Events   []store.Event `json:"events"`
	Disabled bool          `json:"disabled"`
	Created  time.Time     `json:"created"`
	Secret   string        `json:"secret,omitempty" doc:"shown this once"`
}

func viewEndpoint(e store.Endpoint) Endpoint {
	return Endpoint{ID: e.ID, URL: e.URL, Events: e.Events, Disabled: e.Disabled, Created: e.Created}
}

// A Message is one event on its way to an endpoint, or arrived.
type Message struct {
	ID       store.ID            `json:"id" doc:"as in webhook-id"`
	Event    store.Event         `json:"event"`
	Payload  json.RawMessage     `json:"payload"`
	Status   store.MessageStatus `json:"status" enum:"pending,delivered,failed"`
	Attempts int                 `json:"attempts"`
	Created  time.Time           `json:"created"`
	Tried    *time.Time          `json:"tried,omitempty"`
	Code     int                 `json:"code,omitempty" doc:"of the last response"`
	Response string              `json:"response,omitempty" doc:"its first bytes"`
	Problem  string              `json:"problem,omitempty" doc:"why the last attempt failed"`
}

func viewMessage(m store.Message) Message {
	return Message{m.ID, m.Event, m.Payload, m.Status, m.Attempts, m.Created, some(m.Tried), m.Code, m.Response, m.Problem}
}

// Hook is the endpoint of a path.
type Hook struct {
	In
	Because
	Endpoint string `path:"endpoint"`
}

func (s *server) endpoints() {
	const path = "/courses/{course}/endpoints"
	route(s, Staff, http.MethodGet, path, "List who is told of the course's events", func(ctx context.Context, a *actor, _ *In) (*List[Endpoint], error) {
		all, err := s.Store.EndpointsOf(ctx, a.course.ID)
		return list(all, "", viewEndpoint), err
	})
	route(s, Staff, http.MethodPost, path, "Have an address told of the course's events; its secret is shown this once", func(ctx context.Context, a *actor, in *struct {
		In
		Because
		Body struct {
			URL    string        `json:"url" maxLength:"2000"`
			Events []store.Event `json:"events" minItems:"1" uniqueItems:"true" enum:"run.finished,score.changed,assignment.closed"`
		}
	}) (*struct{ Body Endpoint }, error) {
		if err := s.Hooks.To.Check(in.Body.URL); err != nil {
			return nil, err
		}
		e, secret, err := s.Store.AddEndpoint(ctx, store.Endpoint{Course: a.course.ID, URL: in.Body.URL, Events: in.Body.Events}, a.change(in.Why))
		out := &struct{ Body Endpoint }{viewEndpoint(e)}
		out.Body.Secret = secret
		return out, err
	}, status(http.StatusCreated))
	route(s, Staff, http.MethodPut, path+"/{endpoint}", "Disable an endpoint, or enable it again", func(ctx context.Context, a *actor, in *struct {
		Hook
		Body struct {
			Disabled bool `json:"disabled"`
		}
	}) (*struct{ Body Endpoint }, error) {
		e, err := s.Store.SetEndpoint(ctx, a.course.ID, store.ID(in.Endpoint), in.Body.Disabled, a.change(in.Why))
		return &struct{ Body Endpoint }{viewEndpoint(e)}, err
	})
	route(s, Staff, http.MethodDelete, path+"/{endpoint}", "Delete an endpoint and what it was told", func(ctx context.Context, a *actor, in *Hook) (*nothing, error) {
		return nil, s.Store.DeleteEndpoint(ctx, a.course.ID, store.ID(in.Endpoint), a.change(in.Why))
	})
	route(s, Staff, http.MethodPost, path+"/{endpoint}/secret", "Make a new secret; for a day messages are signed by the old one, too", func(ctx context.Context, a *actor, in *Hook) (*struct {
		Body struct {
			Secret string `json:"secret" doc:"shown this once"`
		}
	}, error) {
		out := &struct {
			Body struct {
				Secret string `json:"secret" doc:"shown this once"`
			}
		}{}
		var err error
		out.Body.Secret, err = s.Store.RotateEndpoint(ctx, a.course.ID, store.ID(in.Endpoint), a.change(in.Why))
		return out, err
	})
	route(s, Staff, http.MethodGet, path+"/{endpoint}/messages", "List what an endpoint was told, the latest first", func(ctx context.Context, a *actor, in *struct {
		In
		Paged
		Endpoint string `path:"endpoint"`
	}) (*List[Message], error) {
		all, next, err := s.Store.Messages(ctx, a.course.ID, store.ID(in.Endpoint), in.page())
		return list(all, next, viewMessage), err
	})
	route(s, Staff, http.MethodPost, path+"/{endpoint}/messages/{message}/redeliver", "Send a message again", func(ctx context.Context, a *actor, in *struct {
		Hook
		Message string `path:"message"`
	}) (*struct{ Body Message }, error) {
		m, err := s.Store.Redeliver(ctx, a.course.ID, store.ID(in.Endpoint), store.ID(in.Message), a.change(in.Why))
		return &struct{ Body Message }{viewMessage(m)}, err
	}, status(http.StatusAccepted))
}
