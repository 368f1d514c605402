package api

import (
	"context"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
)

// A Viewer is a member of a course, for what stands beside the API and shows
// them a run in its own way: what is hidden from them there is hidden here.
type Viewer struct {
	s *server
	a *actor
}

// NewViewer is the person in the course with the role, where there are these suites.
func NewViewer(s store.Store, suites []grader.Assignment, p store.Person, c store.Course, r store.Role) Viewer {
	return Viewer{&server{Options: Options{Store: s}, rubrics: rubricsOf(suites)}, &actor{Person: p, course: c, role: r}}
}

// Scope is what the viewer reaches.
func (v Viewer) Scope() store.Scope { return v.a.scope() }

// Report is what the viewer may see of what a run found; ErrNotFound until it
// has ended, and for a fault of ours unless the viewer is staff.
func (v Viewer) Report(ctx context.Context, run store.ID) (*grader.Run, error) {
	return v.s.found(ctx, v.a, run)
}

// Lateness says what being late costs the submission, "" when it was in time.
func (v Viewer) Lateness(ctx context.Context, sub store.Submission) (string, error) {
	l, err := v.s.lateness(ctx, v.a, sub)
	return l.String(), err
}

// Hides gives the function that says which checks of the assignment are hidden
// from the viewer now, and whether there are any such groups: then the number of checks is not told either.
func (v Viewer) Hides(ctx context.Context, assignment store.ID) (hides func(check string) bool, some bool, err error) {
	h, err := v.s.hidden(ctx, v.a, assignment)
	return h.check, len(h) > 0, err
}
