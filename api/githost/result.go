package githost

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/report"
	"github.com/wiregrade/wiregrade/grader/score"
	"github.com/wiregrade/wiregrade/grader/store"
)

// shownChecks is how many checks that did not pass a summary names; the report has them all.
const shownChecks = 5

// result says what a run found, in short, and where all of it is read.
func (f *follower) result(ctx context.Context, run store.ID) error {
	found, err := f.v.Report(ctx, run)
	if err != nil {
		return err
	}
	for _, line := range summary(found) {
		f.say("%s", line)
	}
	if f.x.h.Link != nil {
		f.say("all of it: %s", f.x.base+f.x.h.Link(f.x.t.course, run))
	}
	return nil
}

// summary is a run in some lines of plain text.
func summary(run *grader.Run) []string {
	if len(run.Assignment.Rubric) == 0 {
		return []string{"graded; the results are shown later"}
	}
	s := score.Of(run.Assignment.Rubric, run.Results)
	lines := []string{""}
	if run.Problem != "" {
		lines = append(lines, safe(run.Problem))
		details := strings.Split(strings.TrimSpace(run.Detail), "\n")
		for _, d := range details[max(0, len(details)-10):] {
			if d != "" {
				lines = append(lines, "    "+safe(d))
			}
		}
	} else {
		lines = append(lines, failures(run)...)
	}
	for _, g := range s.Groups {
		lines = append(lines, fmt.Sprintf("%-16s %3d of %3d checks   %s", g.Name, g.Passed, g.Total, outOf(g.Points)))
	}
	return append(lines, "", run.Assignment.Name+": "+outOf(s.Points), "")
}

// failures names the first checks that did not pass: those that broke a rule before
// those that were never reached.
func failures(run *grader.Run) []string {
	rank := map[grader.Verdict]int{grader.Fail: 1, grader.Weak: 2, grader.Blocked: 3, grader.Fault: 4}
	var bad []grader.Result
	for _, r := range run.Results {
		if rank[r.Verdict] > 0 {
			bad = append(bad, r)
		}
	}
	slices.SortStableFunc(bad, func(a, b grader.Result) int { return cmp.Compare(rank[a.Verdict], rank[b.Verdict]) })
	var lines []string
	for i, r := range bad {
		if i == shownChecks {
			lines = append(lines, fmt.Sprintf("and %d more", len(bad)-i))
			break
		}
		lines = append(lines, fmt.Sprintf("%-7s %s: %s", r.Verdict, r.Name, safe(r.Says)))
	}
	if len(lines) > 0 {
		lines = append(lines, "")
	}
	return lines
}

// safe is a line that a submission had a hand in.
func safe(line string) string {
	if len(line) > 300 {
		line = line[:300] + "…"
	}
	return report.Escape([]byte(strings.ReplaceAll(line, "\t", "    ")))
}

func outOf(p score.Points) string {
	return strconv.FormatFloat(p.Got, 'f', -1, 64) + " of " + strconv.FormatFloat(p.Max, 'f', -1, 64) + " points"
}
