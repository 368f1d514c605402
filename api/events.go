package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
)

// A Step is one step of a run, as an event.
type Step struct {
	Run     store.ID       `json:"run"`
	Phase   string         `json:"phase"`
	Done    int            `json:"done"`
	Total   int            `json:"total" doc:"0 where it is not told: some checks are hidden"`
	Check   string         `json:"check,omitempty"`
	Verdict grader.Verdict `json:"verdict,omitempty"`
}

// silence is how often a stream without news says that it lives, for proxies that end silent ones.
const silence = 15 * time.Second

// events streams what happens to a submission until its grading has ended.
func (s *server) events(ctx context.Context, a *actor, in *Sub) (*huma.StreamResponse, error) {
	id := store.ID(in.Submission)
	sub, err := s.Store.Submission(ctx, a.scope(), id)
	if err != nil {
		return nil, err
	}
	h, err := s.hidden(ctx, a, sub.Assignment)
	if err != nil {
		return nil, err
	}
	d, err := s.deadlines(ctx, a, sub)
	if err != nil {
		return nil, err
	}
	woken, err := s.Store.Watch(ctx, a.scope(), id)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "text/event-stream")
		hc.SetHeader("Cache-Control", "no-store")
		f := &feed{s: s, a: a, id: id, hidden: h, dates: d, w: hc.BodyWriter()}
		idle := time.NewTicker(silence)
		defer idle.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-idle.C:
				io.WriteString(f.w, ": alive\n\n")
				f.flush()
				continue
			case _, ok := <-woken:
				if !ok {
					return
				}
			}
			if ended, err := f.look(ctx); ended || err != nil {
				return
			}
		}
	}}, nil
}

// A feed is one stream of events.
type feed struct {
	s      *server
	a      *actor
	id     store.ID
	hidden hidden
	dates  deadlines
	w      io.Writer
	run    store.ID
	seq    int64
	shown  int    // checks of the run that were told
	last   string // what was said last of state or place
}

// look sends what is new, and says whether the grading has ended.
func (f *feed) look(ctx context.Context) (ended bool, err error) {
	// The state is read first: a run that ends while we look is not said to have ended before its last step.
	sub, err := f.s.Store.Submission(ctx, f.a.scope(), f.id)
	if err != nil {
		return false, err
	}
	runs, err := f.s.Store.RunsOf(ctx, f.a.scope(), f.id)
	if err != nil {
		return false, err
	}
	if len(runs) > 0 {
		if runs[0].ID != f.run {
			f.run, f.seq, f.shown = runs[0].ID, 0, 0
		}
		steps, err := f.s.Store.Steps(ctx, f.a.scope(), f.run, f.seq)
		if err != nil {
			return false, err
		}
		for _, p := range steps {
			f.seq = p.Seq
			if f.hidden.check(p.Check) {
				continue
			}
			if len(f.hidden) > 0 {
				// How many there are, and gaps in the count, would tell of those that are hidden.
				if p.Check != "" {
					f.shown++
				}
				p.Done, p.Total = f.shown, 0
			}
			f.send("step", Step{p.Run, p.Phase, p.Done, p.Total, p.Check, p.Verdict})
		}
	}
	v := f.dates.view(sub)
	if err := f.s.placed(ctx, f.a, &v); err != nil {
		return false, err
	}
	f.once("state", v)
	f.flush()
	return sub.State != store.StateWaiting && sub.State != store.StateRunning, nil
}

// once sends what differs from what was sent last.
func (f *feed) once(event string, v any) {
	data, _ := json.Marshal(v)
	if string(data) != f.last {
		f.last = string(data)
		f.send(event, v)
	}
}

func (f *feed) send(event string, v any) {
	data, _ := json.Marshal(v)
	fmt.Fprintf(f.w, "event: %s\ndata: %s\n\n", event, data)
}

func (f *feed) flush() {
	if w, ok := f.w.(http.ResponseWriter); ok {
		http.NewResponseController(w).Flush()
	}
}
