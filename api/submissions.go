package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wiregrade/wiregrade/api/archive"
	"github.com/wiregrade/wiregrade/grader/score"
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
	Late     bool         `json:"late" doc:"by the due date that holds now for the student"`
	Lateness *Lateness    `json:"lateness,omitempty" doc:"of a late one, where it is asked for alone or was handed in just now"`
	Files    int          `json:"files"`
	Bytes    int64        `json:"bytes"`
	Chosen   bool         `json:"chosen"`
	State    store.State  `json:"state" enum:"waiting,running,graded,fault,replaced"`
	Place    *Place       `json:"place,omitempty" doc:"while it waits"`
	Score    *Score       `json:"score,omitempty" doc:"where it was asked for, once it is graded"`
}

// A Score is what the run that counts found, without lateness and what was set by hand: marks have those.
type Score struct {
	Run    store.ID `json:"run"`
	Points float64  `json:"points"`
	Max    float64  `json:"max"`
}

// A Place is where a submission stands in line.
type Place struct {
	Ahead   int      `json:"ahead" doc:"runs that start before it"`
	Own     bool     `json:"own,omitempty" doc:"a run of the same student is under way, and has to end first"`
	Slots   int      `json:"slots" doc:"runs that the workers alive that have its suite do at once"`
	Wait    *float64 `json:"wait,omitempty" doc:"seconds until it starts, by the last runs of each suite that has to be waited for; missing when it is not known"`
	Measure string   `json:"measure,omitempty" doc:"what wait was worked out from"`
}

// view shows the submission, late or not by the dates.
func (d deadlines) view(s store.Submission) Submission {
	return Submission{s.ID, s.Person, s.Source, s.Commit, s.Tree, s.Received, d.late(s), nil, s.Files, s.Bytes, s.Chosen, s.State, nil, nil}
}

func viewPlace(p store.Place) *Place {
	if p.State != store.StateWaiting {
		return nil
	}
	v := &Place{Ahead: p.Ahead, Own: p.Own, Slots: p.Slots, Measure: p.Measure}
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
		Login  string `query:"login" doc:"of this student only"`
		Scores bool   `query:"scores" doc:"with the score of each that is graded"`
	}) (*List[Submission], error) {
		x, err := s.Store.AssignmentByName(ctx, a.course.ID, in.Assignment)
		if err != nil {
			return nil, err
		}
		sc, err := s.of(ctx, a, in.Login, x.ID)
		if err != nil {
			return nil, err
		}
		all, next, err := s.Store.SubmissionsOf(ctx, sc, x.ID, in.page())
		if err != nil {
			return nil, err
		}
		d, err := s.deadlinesOf(ctx, sc, x)
		if err != nil {
			return nil, err
		}
		out := list(all, next, d.view)
		if in.Scores {
			err = s.scored(ctx, a, x, out.Body.Items)
		}
		return out, err
	})
	route(s, Member, http.MethodPost, "/courses/{course}/assignments/{assignment}/submissions", "Hand in an archive: tar, tar.gz or zip", func(ctx context.Context, a *actor, in *struct {
		At
		Upload
	}) (*HandedIn, error) {
		return s.handIn(ctx, a, in.Assignment, in.Upload, store.NewSubmission{Person: a.ID})
	}, uploads)
	route(s, Staff, http.MethodPost, "/courses/{course}/assignments/{assignment}/members/{login}/submissions", "Hand in for a student", func(ctx context.Context, a *actor, in *struct {
		At
		Because
		Upload
		Login string `path:"login"`
		Waive bool   `query:"waive" doc:"although it is closed or over the limit"`
	}) (*HandedIn, error) {
		p, err := s.Store.PersonByLogin(ctx, in.Login)
		if err != nil {
			return nil, err
		}
		return s.handIn(ctx, a, in.Assignment, in.Upload, store.NewSubmission{Person: p.ID, Waive: in.Waive, By: a.change(in.Why)})
	}, uploads)
	route(s, Member, http.MethodGet, "/courses/{course}/submissions/{submission}", "Read a submission and its place in line", func(ctx context.Context, a *actor, in *Sub) (*struct{ Body Submission }, error) {
		sub, err := s.Store.Submission(ctx, a.scope(), store.ID(in.Submission))
		if err != nil {
			return nil, err
		}
		out := &struct{ Body Submission }{}
		out.Body, err = s.viewOne(ctx, a, sub)
		return out, err
	})
	route(s, Member, http.MethodPost, "/courses/{course}/submissions/{submission}/choose", "Mark the submission that counts", func(ctx context.Context, a *actor, in *Sub) (*nothing, error) {
		return nil, s.Store.Choose(ctx, a.scope(), store.ID(in.Submission), a.change(""))
	})
}

// An Upload is an archive that is handed in.
type Upload struct {
	RawBody []byte `contentType:"application/octet-stream"`
}

// HandedIn is the submission, and 200 in place of 201 when it was there before.
type HandedIn struct {
	Status int
	Body   Submission
}

func uploads(op *huma.Operation) {
	op.MaxBodyBytes, op.BodyReadTimeout = maxUpload, time.Minute
	op.DefaultStatus = http.StatusCreated
	op.Errors = append(op.Errors, http.StatusRequestEntityTooLarge, http.StatusTooManyRequests)
}

// handIn takes an archive in for n's person.
func (s *server) handIn(ctx context.Context, a *actor, assignment string, u Upload, n store.NewSubmission) (*HandedIn, error) {
	x, err := s.Store.AssignmentByName(ctx, a.course.ID, assignment)
	if err != nil {
		return nil, err
	}
	if n.Files, err = archive.Unpack(u.RawBody, store.DefaultLimits()); err != nil {
		return nil, err
	}
	n.Course, n.Assignment, n.Source = a.course.ID, x.ID, store.SourceUpload
	if key, ok := ctx.Value(callKey{}).(string); ok {
		// The submission itself remembers its call: also when the service goes away before the answer
		// is kept, and when the answer is forgotten, nothing is handed in twice.
		n.Delivery = "key " + key
	}
	sub, first, err := s.Queue.Submit(ctx, n)
	if err != nil {
		return nil, err
	}
	if !first && sub.Tree != store.TreeHash(n.Files) {
		return nil, huma.Error422UnprocessableEntity("this " + idempotencyKey + " was used for other files")
	}
	out := &HandedIn{Status: http.StatusCreated}
	if !first {
		out.Status = http.StatusOK
	}
	out.Body, err = s.viewOne(ctx, a, sub)
	return out, err
}

// viewOne shows one submission with what its lateness costs and its place in line.
func (s *server) viewOne(ctx context.Context, a *actor, sub store.Submission) (v Submission, err error) {
	d, err := s.deadlines(ctx, a, sub)
	if err != nil {
		return v, err
	}
	v = d.view(sub)
	if v.Late {
		if v.Lateness, err = s.viewLateness(ctx, a, sub); err != nil {
			return v, err
		}
	}
	return v, s.placed(ctx, a, &v)
}

// of is the actor's scope, narrowed to one student. Another student's is empty, as if there were none. A login
// that is not in the course, and handed nothing in to the assignments while it was, is answered
// like one that nobody has: who has an account is not told to other courses' staff.
func (s *server) of(ctx context.Context, a *actor, login string, assignments ...store.ID) (store.Scope, error) {
	sc := a.scope()
	if login == "" || login == a.Login && sc.Person == a.ID {
		return sc, nil
	}
	if sc.Person != "" {
		return sc, store.ErrNotFound
	}
	p, err := s.Store.PersonByLogin(ctx, login)
	if err != nil {
		return sc, err
	}
	sc.Person = p.ID
	is, _, err := s.Store.Members(ctx, sc, store.Page{Limit: 1})
	if err != nil || len(is) > 0 {
		return sc, err
	}
	for _, x := range assignments {
		had, _, err := s.Store.SubmissionsOf(ctx, sc, x, store.Page{Limit: 1})
		if err != nil || len(had) > 0 {
			return sc, err
		}
	}
	return sc, store.ErrNotFound
}

// scored adds the scores of those that are graded, without what is hidden from the actor.
func (s *server) scored(ctx context.Context, a *actor, x store.Assignment, all []Submission) error {
	ids := make([]store.ID, len(all))
	for i := range all {
		ids[i] = all[i].ID
	}
	graded, err := s.Store.GradedOf(ctx, a.scope(), ids)
	if err != nil {
		return err
	}
	h, err := s.hidden(ctx, a, x.ID)
	if err != nil {
		return err
	}
	rubric := x.Rubric
	if len(rubric) == 0 {
		rubric = s.rubrics[x.Suite]
	}
	rubric = h.rubric(rubric)
	by := map[store.ID]*store.Graded{}
	for i := range graded {
		by[graded[i].Submission.ID] = &graded[i]
	}
	for i := range all {
		if g := by[all[i].ID]; g != nil {
			points := score.Of(rubric, g.Results())
			all[i].Score = &Score{g.Run.ID, points.Got, points.Max}
		}
	}
	return nil
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
