package api

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wiregrade/wiregrade/api/webhook"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
)

// Signed is the need of calls that other machines sign: there is no person.
const Signed Need = "signed"

// Hooks are the ways in for other machines.
type Hooks struct {
	GitHub *webhook.GitHub // nil where GitHub is not set up
	CI     *webhook.CI     // nil for none
	To     webhook.Addresses
}

// The paths of the ways in.
const (
	githubHook = "/hooks/github"
	ciHook     = "/hooks/ci"
)

// maxGitHub is what GitHub sends at most.
const maxGitHub = 25 << 20

// signed lets calls pass that carry a signature at all, for whoever checks it: a body without one is not read.
func (s *server) signed(ctx huma.Context, next func(huma.Context)) {
	header, known, absent := "Webhook-Signature", false, ""
	if strings.HasSuffix(ctx.Operation().Path, githubHook) {
		header = "X-Hub-Signature-256"
		known = githubSignature.MatchString(ctx.Header(header))
		if s.Hooks.GitHub == nil {
			absent = "GitHub is not set up on this service"
		}
	} else {
		known = ctx.Header(header) != ""
		if s.Hooks.CI == nil {
			absent = "webhooks are not set up on this service"
		} else if known {
			// A body is only read for a key that there is.
			_, _, err := s.Store.HookKey(ctx.Context(), store.ID(ctx.Header("Wiregrade-Key")))
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				s.fail(ctx, err)
				return
			}
			known = err == nil
		}
	}
	switch {
	case !known:
		ctx.SetHeader("WWW-Authenticate", header)
		huma.WriteErr(s.api, ctx, http.StatusUnauthorized, "a valid signature is needed: "+header)
	case absent != "":
		huma.WriteErr(s.api, ctx, http.StatusNotFound, absent)
	default:
		next(huma.WithValue(ctx, actorKey{}, &actor{}))
	}
}

// githubSignature is what GitHub's signature looks like: an HMAC of SHA-256.
var githubSignature = regexp.MustCompile(`^sha256=[0-9a-f]{64}$`)

// A Heard is what a call is answered with.
type Heard struct{ Body webhook.Answer }

func (s *server) hooks() {
	of := func(scheme string, maxBody int64, wait time.Duration) func(*huma.Operation) {
		return func(op *huma.Operation) {
			op.Security = []map[string][]string{{scheme: {}}}
			op.Errors = []int{http.StatusUnauthorized, http.StatusNotFound, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity}
			op.SkipValidateBody = true // it is read as it was signed
			op.MaxBodyBytes, op.BodyReadTimeout, op.DefaultStatus = maxBody, wait, http.StatusAccepted
		}
	}
	route(s, Signed, http.MethodPost, githubHook, "Hear GitHub: push, check_run and ping; other events are ignored", func(ctx context.Context, _ *actor, in *struct {
		Event     string `header:"X-GitHub-Event"`
		Delivery  string `header:"X-GitHub-Delivery"`
		Signature string `header:"X-Hub-Signature-256"`
		RawBody   []byte `contentType:"application/json"`
	}) (*Heard, error) {
		a, err := s.Hooks.GitHub.Hear(ctx, webhook.Call{Event: in.Event, Delivery: in.Delivery, Signature: in.Signature, Body: in.RawBody})
		return &Heard{a}, hookProblem(err)
	}, of("github", maxGitHub, 20*time.Second))
	route(s, Signed, http.MethodPost, ciHook, "Hand in from any CI: JSON, signed as Standard Webhooks has it", func(ctx context.Context, _ *actor, in *struct {
		Key       store.ID `header:"Wiregrade-Key" doc:"the hook key's id"`
		ID        string   `header:"Webhook-Id" doc:"a new one for each call; the same one makes nothing new, and with another body it is refused"`
		Timestamp string   `header:"Webhook-Timestamp" doc:"seconds since 1970, at most five minutes off"`
		Signature string   `header:"Webhook-Signature" doc:"v1, and the base64 of HMAC-SHA256 over id.timestamp.body"`
		RawBody   []byte   `contentType:"application/json"`
	}) (*Heard, error) {
		h := http.Header{}
		h.Set("Webhook-Id", in.ID)
		h.Set("Webhook-Timestamp", in.Timestamp)
		h.Set("Webhook-Signature", in.Signature)
		a, err := s.Hooks.CI.Hear(ctx, in.Key, h, in.RawBody)
		return &Heard{a}, hookProblem(err)
	}, of("webhook", webhook.MaxCI, time.Minute))
	s.hookKeys()
	s.endpoints()
}

// hookProblem turns the errors of calls into what their callers read.
func hookProblem(err error) error {
	switch {
	case errors.Is(err, webhook.ErrSignature):
		return huma.ErrorWithHeaders(huma.Error401Unauthorized(err.Error()), http.Header{"WWW-Authenticate": {"Signature"}})
	case errors.Is(err, webhook.ErrUnbound):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, webhook.ErrMalformed), errors.Is(err, webhook.ErrOtherBody):
		return huma.Error422UnprocessableEntity(err.Error())
	default:
		return err
	}
}

// A HookKey lets a CI hand in.
type HookKey struct {
	ID         store.ID  `json:"id"`
	Assignment store.ID  `json:"assignment,omitempty" doc:"missing: for every one of the course"`
	Person     store.ID  `json:"person,omitempty" doc:"missing: for every student of the course"`
	Name       string    `json:"name"`
	Created    time.Time `json:"created"`
	Secret     string    `json:"secret,omitempty" doc:"shown this once"`
}

func viewHookKey(k store.HookKey) HookKey {
	return HookKey{ID: k.ID, Assignment: k.Assignment, Person: k.Person, Name: k.Name, Created: k.Created}
}

// NewHookKey is a key to be made: for one student's work, or for the whole course.
type NewHookKey struct {
	Name       string `json:"name" maxLength:"100"`
	Assignment string `json:"assignment,omitempty" doc:"with login: the key is for that work alone, and may be that student's to hold"`
	Login      string `json:"login,omitempty" doc:"with assignment; without both the key hands in for everybody"`
}

func (s *server) hookKeys() {
	route(s, Staff, http.MethodGet, "/courses/{course}/hook-keys", "List the keys of the CI webhook", func(ctx context.Context, a *actor, _ *In) (*List[HookKey], error) {
		all, err := s.Store.HookKeysOf(ctx, a.course.ID)
		return list(all, "", viewHookKey), err
	})
	route(s, Staff, http.MethodPost, "/courses/{course}/hook-keys", "Make a key of the CI webhook; its secret is shown this once", func(ctx context.Context, a *actor, in *struct {
		In
		Because
		Body NewHookKey
	}) (*struct{ Body HookKey }, error) {
		k := store.HookKey{Course: a.course.ID, Name: in.Body.Name}
		if (in.Body.Assignment == "") != (in.Body.Login == "") {
			return nil, huma.Error422UnprocessableEntity("name both assignment and login, or neither for a key of the whole course")
		}
		if in.Body.Login != "" {
			x, err := s.Store.AssignmentByName(ctx, a.course.ID, in.Body.Assignment)
			if err != nil {
				return nil, err
			}
			p, err := s.Store.PersonByLogin(ctx, in.Body.Login)
			if err != nil {
				return nil, err
			}
			if _, err := s.Store.RoleIn(ctx, a.course.ID, p.ID); err != nil {
				return nil, err
			}
			k.Assignment, k.Person = x.ID, p.ID
		}
		k, secret, err := s.Store.AddHookKey(ctx, k, a.change(in.Why))
		out := &struct{ Body HookKey }{viewHookKey(k)}
		out.Body.Secret = secret
		return out, err
	}, status(http.StatusCreated))
	route(s, Staff, http.MethodDelete, "/courses/{course}/hook-keys/{key}", "End a key of the CI webhook", func(ctx context.Context, a *actor, in *struct {
		In
		Because
		Key string `path:"key"`
	}) (*nothing, error) {
		return nil, s.Store.RevokeHookKey(ctx, a.course.ID, store.ID(in.Key), a.change(in.Why))
	})
}

// StudentView takes out of a report what its student may not see now.
func StudentView(s store.Store) webhook.View {
	return func(ctx context.Context, sub store.Submission, r *grader.Run) error {
		c, err := s.Course(ctx, sub.Course)
		if err != nil {
			return err
		}
		view := &server{Options: Options{Store: s}}
		h, err := view.hidden(ctx, &actor{Person: store.Person{ID: sub.Person}, course: c, role: store.Student}, sub.Assignment)
		if err != nil {
			return err
		}
		h.run(r)
		return nil
	}
}
