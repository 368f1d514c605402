package api

import (
	"context"
	"time"

	"github.com/wiregrade/wiregrade/grader/gradebook"
	"github.com/wiregrade/wiregrade/grader/store"
)

// Lateness is what being late costs a submission if it is the one that counts, as things stand: what
// counts for an assignment that is due earlier, and spends grace days first, may still change.
type Lateness struct {
	Days    int     `json:"days" doc:"late, begun"`
	Grace   int     `json:"grace_days" doc:"that it uses"`
	Left    int     `json:"grace_left" doc:"grace days that are left after it"`
	Charged int     `json:"charged" doc:"days that stay late"`
	Factor  float64 `json:"factor" doc:"what those leave of its points, 0 to 1"`
	Says    string  `json:"says" doc:"all of it in words"`
}

func (s *server) viewLateness(ctx context.Context, a *actor, sub store.Submission) (*Lateness, error) {
	l, err := s.lateness(ctx, a, sub)
	if err != nil || l.Days == 0 {
		return nil, err
	}
	return &Lateness{l.Days, l.Grace, l.Left(), l.Charged, l.Factor, l.String()}, nil
}

// lateness works out what it costs, as the marks have it. One in time costs little to ask about.
func (s *server) lateness(ctx context.Context, a *actor, sub store.Submission) (l gradebook.Lateness, err error) {
	d, err := s.deadlines(ctx, a, sub)
	if err != nil || !d.late(sub) {
		return l, err
	}
	sc := store.Scope{Course: a.course.ID, Person: sub.Person}
	f, err := s.facts(ctx, a, sc)
	if err != nil {
		return l, err
	}
	if f.Course.GraceDays > 0 {
		for _, id := range gradebook.Earlier(f.Assignments, sub.Assignment) {
			if f.Graded[id], err = s.Store.Graded(ctx, sc, id); err != nil {
				return l, err
			}
		}
	}
	return f.Lateness(sub.Person, sub.Assignment, sub.Received), nil
}

// deadlines are the due dates of an assignment that hold now. Whether a submission is late is told by
// them, as the marks have it: the date may be moved, for one or for all, after it was handed in. What was stored with it
// is what held then, by which it was let in.
type deadlines struct {
	assignment store.Assignment
	extended   map[store.ID]time.Time // by person
}

// deadlines are those for a submission's student.
func (s *server) deadlines(ctx context.Context, a *actor, sub store.Submission) (deadlines, error) {
	sc := store.Scope{Course: a.course.ID, Person: sub.Person}
	x, err := s.Store.Assignment(ctx, sc, sub.Assignment)
	if err != nil {
		return deadlines{}, err
	}
	return s.deadlinesOf(ctx, sc, x)
}

// deadlinesOf are those for the students of the scope.
func (s *server) deadlinesOf(ctx context.Context, sc store.Scope, x store.Assignment) (deadlines, error) {
	d := deadlines{x, map[store.ID]time.Time{}}
	extensions, err := s.Store.Extensions(ctx, sc)
	for _, e := range extensions {
		if e.Assignment == x.ID {
			d.extended[e.Person] = e.Due
		}
	}
	return d, err
}

func (d deadlines) late(sub store.Submission) bool {
	due := d.assignment.Due
	if e, ok := d.extended[sub.Person]; ok {
		due = e
	}
	return d.assignment.Late.DaysLate(due, sub.Received) > 0
}
