// Package gradebook turns what is stored about a course into marks: results,
// rubrics, policies, extensions and points given by hand. It is pure, so the same
// facts always give the same marks, and a changed rule or rubric needs no new run.
package gradebook

import (
	"math"
	"slices"
	"time"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/score"
	"github.com/wiregrade/wiregrade/grader/store"
)

// Facts are what marks are made of.
type Facts struct {
	Course      store.Course
	Assignments []store.Assignment
	Students    []store.Member
	Rubrics     map[string][]grader.Item    // of the suites, by name
	Graded      map[store.ID][]store.Graded // by assignment
	Extensions  []store.Extension
	Overrides   []store.Override
	Hidden      map[store.ID]map[string]bool // groups to leave out, by assignment: what the reader may not see
}

// A Cell is what one student has for one assignment.
type Cell struct {
	Assignment store.ID
	Got, Max   float64  // after lateness and points given by hand
	Submission store.ID // the attempt that counts; empty when there is none
	Attempts   int
	Days       int  // late that are charged
	Grace      int  // grace days spent
	Overridden bool // points were given by hand
	Passed     bool
}

// A Row is one student's marks, one cell for each assignment in the facts' order.
type Row struct {
	Student  store.Member
	Cells    []Cell
	Standing policy.Standing
}

// Make gives a row for each student, in the facts' order.
func Make(f Facts) []Row {
	rows := make([]Row, 0, len(f.Students))
	for _, s := range f.Students {
		rows = append(rows, f.row(s))
	}
	return rows
}

func (f *Facts) row(student store.Member) Row {
	row := Row{Student: student, Cells: make([]Cell, len(f.Assignments))}
	budget := f.Course.GraceDays
	for _, i := range order(f.Assignments) {
		row.Cells[i] = f.cell(student.Person, &f.Assignments[i], budget)
		budget -= row.Cells[i].Grace
	}
	var marks []policy.Mark
	for i, c := range row.Cells {
		a := &f.Assignments[i]
		marks = append(marks, policy.Mark{
			Assignment: a.Name, Got: c.Got, Max: c.Max, PassAt: a.PassAt, HandedIn: c.Submission != "" || c.Overridden,
		})
		row.Cells[i].Passed = marks[i].Passed()
	}
	row.Standing = f.Course.Pass.Stand(marks)
	return row
}

// order is that in which the assignments are due: grace days are spent in it.
func order(all []store.Assignment) []int {
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return due(all[a]).Compare(due(all[b])) })
	return order
}

// due puts assignments that are never due behind all others.
func due(a store.Assignment) time.Time {
	if a.Due.IsZero() {
		return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return a.Due
}

// rubric is the assignment's, or its suite's where it has none, without what is hidden.
func (f *Facts) rubric(a *store.Assignment) []grader.Item {
	rubric := a.Rubric
	if len(rubric) == 0 {
		rubric = f.Rubrics[a.Suite]
	}
	hidden := f.Hidden[a.ID]
	return slices.DeleteFunc(slices.Clone(rubric), func(i grader.Item) bool { return hidden[i.Group] })
}

func (f *Facts) cell(person store.ID, a *store.Assignment, budget int) Cell {
	c := Cell{Assignment: a.ID}
	rubric := f.rubric(a)
	for _, item := range rubric {
		if !item.Extra {
			c.Max += item.Points
		}
	}
	deadline := f.deadline(person, a)
	var attempts []policy.Attempt
	var days, paid []int
	for i := range f.Graded[a.ID] {
		g := &f.Graded[a.ID][i]
		if g.Submission.Person != person {
			continue
		}
		late := a.Late.DaysLate(deadline, g.Submission.Received)
		spent, left, factor := a.Late.Pay(budget, late)
		got := f.points(person, a, rubric, g.Results())
		attempts = append(attempts, policy.Attempt{
			ID: string(g.Submission.ID), Received: g.Submission.Received, Got: got, Max: c.Max,
			Factor: factor, Chosen: g.Submission.Chosen,
		})
		days, paid = append(days, left), append(paid, spent)
	}
	c.Attempts = len(attempts)
	if i := policy.Which(a.Counts, attempts); i >= 0 {
		c.Got, c.Submission, c.Days, c.Grace = attempts[i].Points(), store.ID(attempts[i].ID), days[i], paid[i]
	}
	if o, ok := f.override(person, a.ID, ""); ok {
		c.Got, c.Overridden = o.Points, true
	}
	c.Got = math.Round(c.Got*100) / 100
	return c
}

// deadline is when the assignment is due for the person.
func (f *Facts) deadline(person store.ID, a *store.Assignment) time.Time {
	for _, e := range f.Extensions {
		if e.Assignment == a.ID && e.Person == person {
			return e.Due
		}
	}
	return a.Due
}

// points are those of one attempt before lateness, with what was given by hand for single groups.
func (f *Facts) points(person store.ID, a *store.Assignment, rubric []grader.Item, results []grader.Result) float64 {
	s := score.Of(rubric, results)
	got := s.Got
	for _, item := range rubric {
		o, ok := f.override(person, a.ID, item.Group)
		if !ok {
			continue
		}
		for _, g := range s.Groups {
			if g.Name == item.Group {
				got -= g.Got
			}
		}
		got += o.Points
	}
	return got
}

func (f *Facts) override(person, assignment store.ID, group string) (store.Override, bool) {
	i := slices.IndexFunc(f.Overrides, func(o store.Override) bool {
		return o.Person == person && o.Assignment == assignment && o.Group == group
	})
	if i < 0 {
		return store.Override{}, false
	}
	return f.Overrides[i], true
}
