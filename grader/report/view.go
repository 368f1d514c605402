package report

import (
	"slices"
	"strings"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/score"
)

// A view is a run as every format shows it: scored, grouped, counted.
type view struct {
	*grader.Run
	o      Options
	points score.Points
	groups []group
	counts map[grader.Verdict]int
	first  *check // what to look at first, nil when nothing failed
}

// A group is a group of the rubric, or of results that the rubric does not name.
type group struct {
	score.Group
	extra  bool // extra credit
	checks []*check
}

// worst is the verdict that stands for the group.
func (g *group) worst() grader.Verdict {
	for _, v := range []grader.Verdict{grader.Fail, grader.Blocked, grader.Weak, grader.Fault} {
		for _, c := range g.checks {
			if c.Verdict == v {
				return v
			}
		}
	}
	return grader.Pass
}

// A check is a result with what it earned and the commands that show it again.
type check struct {
	*grader.Result
	points score.Points
	index  int // its place among the results
	replay string
	hand   string
}

func newView(run *grader.Run, o Options) *view {
	if o.Width == 0 {
		o.Width = 100
	}
	s := score.Of(run.Assignment.Rubric, run.Results)
	v := &view{Run: run, o: o, points: s.Points, counts: map[grader.Verdict]int{}}
	place := map[string]int{}
	for _, g := range s.Groups {
		place[g.Name] = len(v.groups)
		extra := slices.ContainsFunc(run.Assignment.Rubric, func(i grader.Item) bool { return i.Group == g.Name && i.Extra })
		v.groups = append(v.groups, group{Group: g, extra: extra})
	}
	for i := range run.Results {
		r := &run.Results[i]
		c := &check{Result: r, points: s.Checks[i], index: i,
			replay: replayCommand(run, r, o), hand: handCommand(run.Assignment.Role, r)}
		v.counts[r.Verdict]++
		name, _, _ := strings.Cut(r.Name, "/")
		at, known := place[name]
		if !known {
			at = len(v.groups)
			place[name] = at
			v.groups = append(v.groups, group{Group: score.Group{Name: name}})
		}
		g := &v.groups[at]
		g.checks = append(g.checks, c)
		if g.Total < len(g.checks) { // a group that the rubric does not name
			g.Total++
			if r.Verdict == grader.Pass {
				g.Passed++
			}
		}
	}
	if run.Problem != "" && v.points.Max == 0 {
		for _, item := range run.Assignment.Rubric {
			if !item.Extra {
				v.points.Max += item.Points
			}
		}
	}
	v.first = v.lookFirst()
	return v
}

// lookFirst picks the failing check that most blocked ones name as their
// reason, and the first failing one when none is named.
func (v *view) lookFirst() *check {
	var best *check
	most := -1
	for _, g := range v.groups {
		for _, c := range g.checks {
			if c.Verdict != grader.Fail {
				continue
			}
			if n := v.blockedBy(c.Name); n > most {
				best, most = c, n
			}
		}
	}
	return best
}

func (v *view) blockedBy(name string) int {
	n := 0
	_, short, _ := strings.Cut(name, "/")
	for i := range v.Results {
		r := &v.Results[i]
		if r.Verdict == grader.Blocked && (namesWord(r.Reason, name) || short != "" && namesWord(r.Reason, short)) {
			n++
		}
	}
	return n
}

// namesWord says whether word stands in s, not as part of a longer name.
func namesWord(s, word string) bool {
	at := strings.Index(s, word)
	if at < 0 {
		return false
	}
	inName := func(c byte) bool {
		return c == '-' || c == '/' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z'
	}
	end := at + len(word)
	return (at == 0 || !inName(s[at-1])) && (end == len(s) || !inName(s[end]))
}

// peer is what the reader calls the submission.
func (v *view) peer() string {
	if v.Assignment.Role == grader.Client {
		return "your client"
	}
	return "your server"
}

// detail is what shows the problem, as lines that are safe to show.
func (v *view) detail() []string {
	lines := cleanLines(v.Detail)
	if lines == nil && v.Build.Failed {
		lines = cleanLines(v.Build.Output)
	}
	return lines
}

// shows says whether the exchange of a check belongs in the report.
func (v *view) shows(c *check) bool {
	return c.Verdict != grader.Pass || v.o.Verbose
}

// outOf is what the group earned of what it could.
func (g group) outOf() string {
	if g.extra {
		return outOf(g.Points) + ", extra credit"
	}
	return outOf(g.Points)
}
