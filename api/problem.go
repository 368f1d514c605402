package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wiregrade/wiregrade/grader/store"
)

// problem turns an error into what the caller reads (RFC 9457). What is ours
// is logged and not told: it may name tables and machines.
func (s *server) problem(err error) error {
	var known huma.StatusError
	var refusal *store.Refusal
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &refusal):
		status := http.StatusForbidden
		if refusal.Reason == store.RefusedLimit {
			status = http.StatusTooManyRequests
		}
		return huma.NewError(status, refusal.Says, &huma.ErrorDetail{Message: refusal.Reason})
	case errors.Is(err, store.ErrUnavailable):
		s.Log.Warn("the database does not answer", "error", err)
		return huma.ErrorWithHeaders(huma.Error503ServiceUnavailable(away), http.Header{"Retry-After": {"5"}})
	case errors.Is(err, store.ErrNotFound):
		return huma.Error404NotFound("not found")
	case errors.Is(err, store.ErrExists):
		return huma.Error409Conflict("it already exists")
	case errors.Is(err, store.ErrStale):
		return huma.Error412PreconditionFailed("somebody else changed it in the meantime: read it again")
	case errors.Is(err, store.ErrTooLarge):
		return huma.NewError(http.StatusRequestEntityTooLarge, after(err, store.ErrTooLarge))
	case errors.Is(err, store.ErrInvalid):
		return huma.Error422UnprocessableEntity(after(err, store.ErrInvalid))
	default:
		s.Log.Error("a request failed", "error", err)
		return huma.Error500InternalServerError("a fault of ours")
	}
}

// away is said while the database is.
const away = "the service's database does not answer: try again in a moment"

// fail answers a request that a route is not asked about, since what stands before it has failed.
func (s *server) fail(ctx huma.Context, err error) {
	if errors.Is(err, store.ErrUnavailable) {
		s.Log.Warn("the database does not answer", "error", err)
		ctx.SetHeader("Retry-After", "5")
		huma.WriteErr(s.api, ctx, http.StatusServiceUnavailable, away)
		return
	}
	s.Log.Error("a request failed before its route", "error", err)
	huma.WriteErr(s.api, ctx, http.StatusInternalServerError, "a fault of ours")
}

// writeProblem answers with a problem where no route does.
func writeProblem(w http.ResponseWriter, status int, says string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	// What cannot be written has nobody to read it.
	json.NewEncoder(w).Encode(huma.NewError(status, says))
}

// An unrouted answer is the mux's own, with a problem in place of its line of text.
type unrouted struct {
	http.ResponseWriter
	said bool
}

// WriteHeader is for http.ResponseWriter.
func (u *unrouted) WriteHeader(status int) {
	switch status {
	case http.StatusNotFound:
		u.said = true
		writeProblem(u.ResponseWriter, status, "there is nothing at this address: "+Prefix+"/openapi.json lists what there is")
	case http.StatusMethodNotAllowed:
		u.said = true
		writeProblem(u.ResponseWriter, status, "this address takes other methods: "+u.Header().Get("Allow"))
	default:
		u.ResponseWriter.WriteHeader(status)
	}
}

// Write is for http.ResponseWriter.
func (u *unrouted) Write(p []byte) (int, error) {
	if u.said {
		return len(p), nil
	}
	return u.ResponseWriter.Write(p)
}

// after is the message from the sentinel on: what is wrong, without where in our code it was seen.
func after(err, sentinel error) string {
	_, rest, ok := strings.Cut(err.Error(), sentinel.Error())
	if !ok {
		return sentinel.Error()
	}
	return sentinel.Error() + rest
}

// etag is a version as an entity tag.
func etag(version int64) string { return fmt.Sprintf("v%d", version) }

// quoted is etag as a header has it.
func quoted(version int64) string { return strconv.Quote(etag(version)) }

// A Versioned input says which version it changes.
type Versioned struct {
	IfMatch string `header:"If-Match" doc:"the ETag of the version that is changed"`
}

// version is the version that is changed; a change that names none would overwrite what it has not seen.
func (v Versioned) version() (int64, error) {
	if v.IfMatch == "" {
		return 0, huma.Error428PreconditionRequired("name the version that you change: If-Match with the ETag that you read")
	}
	n, err := strconv.ParseInt(strings.TrimPrefix(strings.Trim(v.IfMatch, `"`), "v"), 10, 64)
	if err != nil {
		return 0, huma.Error412PreconditionFailed("If-Match is no ETag of ours")
	}
	return n, nil
}

// A Paged input asks for one page of a list.
type Paged struct {
	After string `query:"after" doc:"the next of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

func (p Paged) page() store.Page { return store.Page{After: p.After, Limit: p.Limit} }

// A List is one page.
type List[T any] struct {
	Body struct {
		Items []T    `json:"items"`
		Next  string `json:"next,omitempty" doc:"ask with after=next for the next page"`
	}
}

// list makes a page of what the store gave.
func list[S, T any](all []S, next string, view func(S) T) *List[T] {
	l := &List[T]{}
	l.Body.Items = make([]T, len(all))
	for i, x := range all {
		l.Body.Items[i] = view(x)
	}
	l.Body.Next = next
	return l
}

// A Tagged output carries its version.
type Tagged[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

// nothing is the output of what only succeeds.
type nothing struct{}
