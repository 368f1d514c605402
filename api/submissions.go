package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wiregrade/wiregrade/api/archive"
	"github.com/wiregrade/wiregrade/grader/store"
)

// A Submission is something handed in, and how far its grading is.
type Submission struct {
	ID       store.ID     `json:"id"`
	Person   store.ID     `json:"person"`
	Source   store.Source `json:"source"`
	Commit   string       `json:"commit,omitempty"`
	Tree     string       `json:"tree"`
	Received time.Time    `json:"received"`
	Late     bool         `json:"late"`
	Files    int          `json:"files"`
	Bytes    int64        `json:"bytes"`
	Chosen   bool         `json:"chosen"`
	State    store.State  `json:"state" enum:"waiting,running,graded,fault,replaced"`
	Place    *Place       `json:"place,omitempty" doc:"while it waits"`
}

// A Place is where a submission stands in line.
type Place struct {
	Ahead   int      `json:"ahead" doc:"runs that start before it"`
	Slots   int      `json:"slots" doc:"runs that the workers alive do at once"`
	Wait    *float64 `json:"wait,omitempty" doc:"seconds until it starts, as measured of late; missing when it is not known"`
	Measure string   `json:"measure,omitempty" doc:"what wait was worked out from"`
}

func viewSubmission(s store.Submission) Submission {
	return Submission{s.ID, s.Person, s.Source, s.Commit, s.Tree, s.Received, s.Late, s.Files, s.Bytes, s.Chosen, s.State, nil}
}

func viewPlace(p store.Place) *Place {
	if p.State != store.StateWaiting {
		return nil
	}
	v := &Place{Ahead: p.Ahead, Slots: p.Slots, Measure: p.Measure}
	if p.Known {
		seconds := p.Wait.Seconds()
		v.Wait = &seconds
	}
	return v
}

// Sub is the submission of a path.
type Sub struct {
	In
	Submission string `path:"submission"`
}

// maxUpload bounds an archive; what it unpacks to has limits of its own.
const maxUpload = 64 << 20

func (s *server) submissions() {
	route(s, Member, http.MethodGet, "/courses/{course}/assignments/{assignment}/submissions", "List submissions, the latest first: yours, or all for staff", func(ctx context.Context, a *actor, in *struct {
		At
		Paged
	}) (*List[Submission], error) {
		x, err := s.Store.AssignmentByName(ctx, a.course.ID, in.Assignment)
		if err != nil {
			return nil, err
		}
		all, next, err := s.Store.SubmissionsOf(ctx, a.scope(), x.ID, in.page())
		return list(all, next, viewSubmission), err
	})
	route(s, Member, http.MethodPost, "/courses/{course}/assignments/{assignment}/submissions", "Hand in an archive: tar, tar.gz or zip", func(ctx context.Context, a *actor, in *struct {
		At
		Key     string `header:"Idempotency-Key" maxLength:"200" doc:"the same key hands in once only"`
		RawBody []byte `contentType:"application/octet-stream"`
	}) (*struct {
		Status int
		Body   Submission
	}, error) {
		x, err := s.Store.AssignmentByName(ctx, a.course.ID, in.Assignment)
		if err != nil {
			return nil, err
		}
		files, err := archive.Unpack(in.RawBody, store.DefaultLimits())
		if err != nil {
			return nil, err
		}
		n := store.NewSubmission{Course: a.course.ID, Assignment: x.ID, Person: a.ID, Source: store.SourceUpload, Files: files}
		if in.Key != "" {
			n.Delivery = "key " + in.Key
		}
		sub, first, err := s.Queue.Submit(ctx, n)
		if err != nil {
			return nil, err
		}
		if !first && sub.Tree != store.TreeHash(files) {
			return nil, huma.Error422UnprocessableEntity("this Idempotency-Key was used for other files")
		}
		out := &struct {
			Status int
			Body   Submission
		}{http.StatusCreated, viewSubmission(sub)}
		if !first {
			out.Status = http.StatusOK
		}
		return out, s.placed(ctx, a, &out.Body)
	}, func(op *huma.Operation) {
		op.MaxBodyBytes, op.BodyReadTimeout = maxUpload, time.Minute
		op.Errors = append(op.Errors, http.StatusRequestEntityTooLarge, http.StatusTooManyRequests)
	})
	route(s, Member, http.MethodGet, "/courses/{course}/submissions/{submission}", "Read a submission and its place in line", func(ctx context.Context, a *actor, in *Sub) (*struct{ Body Submission }, error) {
		sub, err := s.Store.Submission(ctx, a.scope(), store.ID(in.Submission))
		if err != nil {
			return nil, err
		}
		out := &struct{ Body Submission }{viewSubmission(sub)}
		return out, s.placed(ctx, a, &out.Body)
	})
	route(s, Member, http.MethodPost, "/courses/{course}/submissions/{submission}/choose", "Mark the submission that counts", func(ctx context.Context, a *actor, in *Sub) (*nothing, error) {
		return nil, s.Store.Choose(ctx, a.scope(), store.ID(in.Submission), a.change(""))
	})
	route(s, Staff, http.MethodPost, "/courses/{course}/regrade", "Grade again", func(ctx context.Context, a *actor, in *struct {
		In
		Because
		Body Regrade
	}) (*struct {
		Body struct {
			Queued int `json:"queued"`
		}
	}, error) {
		sel, err := s.selection(ctx, a, in.Body)
		if err != nil {
			return nil, err
		}
		sc := a.scope()
		if in.Body.Login != "" {
			p, err := s.Store.PersonByLogin(ctx, in.Body.Login)
			if err != nil {
				return nil, err
			}
			sc.Person = p.ID
		}
		out := &struct {
			Body struct {
				Queued int `json:"queued"`
			}
		}{}
		out.Body.Queued, err = s.Queue.Regrade(ctx, sc, sel, a.change(in.Why))
		return out, err
	}, status(http.StatusAccepted))
}

// placed adds where the submission stands, while it waits.
func (s *server) placed(ctx context.Context, a *actor, v *Submission) error {
	if v.State != store.StateWaiting {
		return nil
	}
	p, err := s.Queue.Place(ctx, a.scope(), v.ID)
	v.Place = viewPlace(p)
	return err
}
