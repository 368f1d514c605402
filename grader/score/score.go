// Package score turns the results of a run and the rubric of its assignment
// into points. It is pure: the same results and the same rubric always give the same score.
package score

import (
	"math"
	"strings"

	"github.com/wiregrade/wiregrade/grader"
)

// weakShare is what a SHOULD that was not kept leaves of its check's points.
const weakShare = 0.5

// Points is what something earned and could have earned, rounded to hundredths.
type Points struct{ Got, Max float64 }

// A Group is the points of one group of checks.
type Group struct {
	Name string
	Points
	Passed, Total int // checks, advisory and faulted ones included
}

// A Score is a run in points.
type Score struct {
	Points
	Groups []Group  // in the rubric's order
	Checks []Points // one for each result, in the results' order
}

// Of scores results against rubric. A check earns up to its share of its
// group's points. One that ended in a fault of ours is left out of what could
// be earned, so it costs nobody a point. Extra credit is added to what is earned
// and not to what could be, so a score may be above its maximum. Results of groups that the rubric
// does not name earn nothing; groups without a result are left out.
func Of(rubric []grader.Item, results []grader.Result) Score {
	s := Score{Checks: make([]Points, len(results))}
	var got, max float64
	for _, item := range rubric {
		g := Group{Name: item.Group}
		var groupGot, groupMax float64
		for i, r := range results {
			if !inGroup(r, item.Group) {
				continue
			}
			g.Total++
			if r.Verdict == grader.Pass {
				g.Passed++
			}
			if r.Verdict == grader.Fault {
				continue
			}
			worth := item.Points * r.Share
			earned := worth * share(r.Verdict)
			s.Checks[i] = Points{round(earned), round(worth)}
			groupGot += earned
			groupMax += worth
		}
		if g.Total == 0 {
			continue
		}
		g.Points = Points{round(groupGot), round(groupMax)}
		s.Groups = append(s.Groups, g)
		got += groupGot
		if !item.Extra {
			max += groupMax
		}
	}
	s.Points = Points{round(got), round(max)}
	return s
}

// Percent is the score in percent; a run in which nothing could be earned has 0.
func (p Points) Percent() float64 {
	if p.Max == 0 {
		return 0
	}
	return 100 * p.Got / p.Max
}

func inGroup(r grader.Result, group string) bool {
	return strings.HasPrefix(r.Name, group+"/")
}

func share(v grader.Verdict) float64 {
	switch v {
	case grader.Pass:
		return 1
	case grader.Weak:
		return weakShare
	default:
		return 0
	}
}

func round(x float64) float64 { return math.Round(x*100) / 100 }
