// Package api is the service's REST API: courses, assignments, submissions,
// runs and reports under /api/v1, described by the OpenAPI document that it
// serves. It is handed a Store, a Queue and the assignments there are; it never runs a submission.
//
// What a caller may do is decided in one place, guard, by what each route
// says it needs. What lies outside the caller's scope does not exist: 404, never 403.
package api

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/go-chi/httprate"

	"github.com/wiregrade/wiregrade/api/door"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
)

// Prefix is where the API stands.
const Prefix = "/api/v1"

// Options are what the API stands on.
type Options struct {
	Store       store.Store
	Queue       store.Queue
	Assignments []grader.Assignment // the suites there are
	Version     string              // of the grader
	Log         *slog.Logger        // nil means slog.Default()
	// Capture writes what one check recorded as a packet capture (pcapng); nil offers none.
	Capture func(w io.Writer, r *grader.Result) error
	// Hooks are the ways in for other machines.
	Hooks Hooks
	// Rate is how many requests a minute one person may make, and wrong tokens one address; 0 means 600.
	Rate int
	// Spool is the folder where large bodies are kept while they come in; "" is the system's for temporary files.
	Spool string
}

// A Route is one operation of the API and what it needs.
type Route struct {
	Method, Path string
	Need         Need
}

type server struct {
	Options
	api     huma.API
	rubrics map[string][]grader.Item
	routes  []Route
	bodies  *bodies
	gate    *door.Gate
}

// New makes the API's handler, for requests below Prefix.
func New(o Options) http.Handler {
	h, _ := build(o)
	return h
}

func build(o Options) (http.Handler, *server) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Rate == 0 {
		o.Rate = 600
	}
	s := &server{Options: o, rubrics: rubricsOf(o.Assignments), bodies: newBodies(), gate: door.NewGate(o.Rate)}
	mux := http.NewServeMux()
	cfg := huma.DefaultConfig("Wiregrade", o.Version)
	cfg.OpenAPIPath, cfg.SchemasPath = Prefix+"/openapi", Prefix+"/schemas"
	cfg.DocsPath = "" // its page would load scripts from elsewhere
	cfg.CreateHooks = nil
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer"},
		"github":  {Type: "apiKey", In: "header", Name: "X-Hub-Signature-256", Description: "as GitHub signs its webhooks"},
		"webhook": {Type: "apiKey", In: "header", Name: "Webhook-Signature", Description: "Standard Webhooks, by the key that Wiregrade-Key names"},
	}
	s.api = humago.New(mux, cfg)
	s.people()
	s.tokens()
	s.courses()
	s.members()
	s.roster()
	s.assignments()
	s.repositories()
	s.submissions()
	s.files()
	s.regrades()
	s.runs()
	s.marks()
	s.audit()
	s.hooks()
	// GitHub calls for a whole course from a few addresses, and does not call again when it is turned away.
	calls := httprate.Limit(10*o.Rate, time.Minute, httprate.WithKeyFuncs(httprate.KeyByIP),
		httprate.WithLimitHandler(func(w http.ResponseWriter, _ *http.Request) { writeProblem(w, http.StatusTooManyRequests, tooMany) }))
	top := http.NewServeMux()
	top.Handle("/", s.strangers(mux))
	top.Handle(Prefix+"/hooks/", calls(s.strangers(mux)))
	return top, s
}

// rubricsOf are the suites' rubrics, by name.
func rubricsOf(suites []grader.Assignment) map[string][]grader.Item {
	rubrics := map[string][]grader.Item{}
	for _, a := range suites {
		rubrics[a.Name] = a.Rubric
	}
	return rubrics
}

// strangers counts the requests that no route's guard sees: for the API's description, and for nothing that there is.
func (s *server) strangers(mux *http.ServeMux) http.Handler {
	guarded := map[string]bool{}
	for _, r := range s.routes {
		guarded[r.Method+" "+Prefix+r.Path] = true
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := mux.Handler(r)
		switch {
		case guarded[pattern]:
			mux.ServeHTTP(w, r)
		case !s.gate.Bare(w, r):
			writeProblem(w, http.StatusTooManyRequests, tooMany)
		default:
			mux.ServeHTTP(&unrouted{ResponseWriter: w}, r)
		}
	})
}

// tooMany is what anybody reads who asks too often.
const tooMany = "too many requests: wait a minute, then try again"

// route registers one operation with what it needs.
func route[I, O any](s *server, need Need, method, path, summary string, h func(ctx context.Context, a *actor, in *I) (*O, error), more ...func(*huma.Operation)) {
	op := huma.Operation{
		OperationID: operationID(method, path), Method: method, Path: Prefix + path, Summary: summary,
		Security:    []map[string][]string{{"token": {}}},
		Middlewares: huma.Middlewares{s.guard(need), s.fits},
		Errors:      []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound},
	}
	for _, f := range more {
		f(&op)
	}
	if op.MaxBodyBytes > light {
		op.Middlewares = append(op.Middlewares, s.heavy(need, op.MaxBodyBytes, op.BodyReadTimeout))
	}
	if method == http.MethodPost && need != Signed {
		s.once(&op)
	}
	s.routes = append(s.routes, Route{method, path, need})
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, ctx.Value(actorKey{}).(*actor), in)
		if err != nil {
			return nil, s.problem(err)
		}
		return out, nil
	})
}

// fits refuses a body that says itself that it is too large before any of it is waited for.
func (s *server) fits(ctx huma.Context, next func(huma.Context)) {
	n, err := strconv.ParseInt(ctx.Header("Content-Length"), 10, 64)
	if most := ctx.Operation().MaxBodyBytes; err == nil && most > 0 && n > most {
		huma.WriteErr(s.api, ctx, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body has %d bytes, and at most %d are taken", n, most))
		return
	}
	next(ctx)
}

func operationID(method, path string) string {
	id := []byte{}
	for _, c := range []byte(method + path) {
		switch {
		case c >= 'A' && c <= 'Z':
			id = append(id, c+'a'-'A')
		case c >= 'a' && c <= 'z':
			id = append(id, c)
		case len(id) > 0 && id[len(id)-1] != '-':
			id = append(id, '-')
		}
	}
	for len(id) > 0 && id[len(id)-1] == '-' {
		id = id[:len(id)-1]
	}
	return string(id)
}

// status sets the status of a route's success.
func status(code int) func(*huma.Operation) {
	return func(op *huma.Operation) { op.DefaultStatus = code }
}
