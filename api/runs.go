package api

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/report"
	"github.com/wiregrade/wiregrade/grader/store"
)

// A Run is one grading of one submission.
type Run struct {
	ID         store.ID        `json:"id"`
	Submission store.ID        `json:"submission"`
	Version    string          `json:"version" doc:"of the grader"`
	Seed       uint64          `json:"seed"`
	Isolation  string          `json:"isolation"`
	Status     store.RunStatus `json:"status" enum:"running,done,fault,lost,returned"`
	Counted    bool            `json:"counted"`
	Problem    string          `json:"problem,omitempty"`
	Worker     string          `json:"worker,omitempty" doc:"that did it; for staff"`
	Started    time.Time       `json:"started"`
	Ended      *time.Time      `json:"ended,omitempty" doc:"missing while it runs, and where some checks are hidden"`
	Seconds    Phases          `json:"seconds"`
}

// Phases says where a run's time went, in seconds.
type Phases struct {
	Wait   float64  `json:"wait"`
	Fetch  float64  `json:"fetch"`
	Build  float64  `json:"build"`
	Checks *float64 `json:"checks,omitempty" doc:"missing where some checks are hidden"`
}

// viewRun is what the actor sees of a run. A fault of ours may name our
// machines and hidden checks, so its words are for staff; how long the checks
// took would tell what came of those that are hidden (one that fails waits out its time).
func viewRun(a *actor, h hidden) func(store.Run) Run {
	return func(r store.Run) Run {
		checks := r.Phases.Checks.Seconds()
		v := Run{
			ID: r.ID, Submission: r.Submission, Version: r.Version, Seed: r.Seed, Isolation: r.Isolation, Status: r.Status, Counted: r.Counted,
			Problem: r.Problem, Started: r.Started, Ended: some(r.Ended),
			Seconds: Phases{r.Phases.Wait.Seconds(), r.Phases.Fetch.Seconds(), r.Phases.Build.Seconds(), &checks},
		}
		if a.role.Staff() {
			v.Worker = r.Worker
		}
		if len(h) > 0 {
			v.Ended, v.Seconds.Checks = nil, nil
		}
		if r.Status == store.RunFault && !a.role.Staff() {
			v.Problem = "a fault of ours: the staff has been told"
		}
		return v
	}
}

// Graded is the run of a path.
type Graded struct {
	In
	Run string `path:"run"`
}

func (s *server) runs() {
	route(s, Member, http.MethodGet, "/courses/{course}/submissions/{submission}/runs", "List a submission's runs, the latest first", func(ctx context.Context, a *actor, in *Sub) (*List[Run], error) {
		h, err := s.hiddenOf(ctx, a, store.ID(in.Submission))
		if err != nil {
			return nil, err
		}
		all, err := s.Store.RunsOf(ctx, a.scope(), store.ID(in.Submission))
		return list(all, "", viewRun(a, h)), err
	})
	route(s, Member, http.MethodGet, "/courses/{course}/runs/{run}", "Read a run", func(ctx context.Context, a *actor, in *Graded) (*struct{ Body Run }, error) {
		r, err := s.Store.Run(ctx, a.scope(), store.ID(in.Run))
		if err != nil {
			return nil, err
		}
		h, err := s.hiddenOf(ctx, a, r.Submission)
		return &struct{ Body Run }{viewRun(a, h)(r)}, err
	})
	route(s, Member, http.MethodGet, "/courses/{course}/runs/{run}/report", "Read what a run found, in every format of grader check", func(ctx context.Context, a *actor, in *struct {
		Graded
		Format string `query:"format" enum:"text,json,junit,markdown,html,gradescope" default:"json"`
	}) (*huma.StreamResponse, error) {
		body, err := s.report(ctx, a, store.ID(in.Run), report.Format(in.Format))
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			ctx.SetHeader("Content-Type", contentType(report.Format(in.Format)))
			// A report holds what a submission sent: it must not run as a page of ours.
			ctx.SetHeader("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'")
			ctx.SetHeader("X-Content-Type-Options", "nosniff")
			ctx.BodyWriter().Write(body)
		}}, nil
	})
	route(s, Member, http.MethodGet, "/courses/{course}/runs/{run}/record", "Read all that a run recorded, transcripts with their bytes (base64) included", func(ctx context.Context, a *actor, in *Graded) (*huma.StreamResponse, error) {
		found, err := s.found(ctx, a, store.ID(in.Run))
		if err != nil {
			return nil, err
		}
		data, err := json.Marshal(found)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			ctx.SetHeader("Content-Type", "application/json")
			ctx.SetHeader("X-Content-Type-Options", "nosniff")
			ctx.BodyWriter().Write(data)
		}}, nil
	})
	if s.Capture != nil {
		route(s, Member, http.MethodGet, "/courses/{course}/runs/{run}/captures", "Read what the run recorded: a zip with one packet capture (pcapng) a check", s.captures)
	}
	route(s, Member, http.MethodGet, "/courses/{course}/submissions/{submission}/events", "Watch a submission: server-sent events place, step and state", s.events)
}

// found is what the actor may see of what a run found.
func (s *server) found(ctx context.Context, a *actor, id store.ID) (*grader.Run, error) {
	run, err := s.Store.Run(ctx, a.scope(), id)
	if err != nil {
		return nil, err
	}
	if run.Status == store.RunFault && !a.role.Staff() {
		// It tells of our insides, and nothing of the submission.
		return nil, store.ErrNotFound
	}
	found, err := s.Store.Report(ctx, a.scope(), id)
	if err != nil {
		return nil, err
	}
	hidden, err := s.hiddenOf(ctx, a, run.Submission)
	if err != nil {
		return nil, err
	}
	hidden.run(found)
	return found, nil
}

func (s *server) report(ctx context.Context, a *actor, id store.ID, f report.Format) ([]byte, error) {
	found, err := s.found(ctx, a, id)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = report.Write(&out, f, found, report.Options{})
	return out.Bytes(), err
}

func (s *server) captures(ctx context.Context, a *actor, in *Graded) (*huma.StreamResponse, error) {
	found, err := s.found(ctx, a, store.ID(in.Run))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := range found.Results {
		r := &found.Results[i]
		if len(r.Transcript.Events) == 0 {
			continue
		}
		w, err := z.Create(strings.ReplaceAll(r.Name, "/", "-") + ".pcapng")
		if err != nil {
			return nil, err
		}
		if err := s.Capture(w, r); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		ctx.SetHeader("Content-Type", "application/zip")
		ctx.SetHeader("Content-Disposition", `attachment; filename="captures.zip"`)
		ctx.BodyWriter().Write(out.Bytes())
	}}, nil
}

func contentType(f report.Format) string {
	switch f {
	case report.JSON, report.Gradescope:
		return "application/json"
	case report.JUnit:
		return "application/xml"
	case report.Markdown:
		return "text/markdown; charset=utf-8"
	case report.HTML:
		return "text/html; charset=utf-8"
	default:
		return "text/plain; charset=utf-8"
	}
}
