package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/wiregrade/wiregrade/grader"
)

// fullBlocks is how many checks show their exchange before the report gets too
// long to read; the rest say how to see theirs.
const fullBlocks = 12

// detailLines is how much of the build's output, or of stderr, a problem shows.
const detailLines = 20

// A texter writes the text format.
type texter struct {
	block
	out   *bufio.Writer
	drawn int // checks that showed their exchange
}

func writeText(w io.Writer, v *view) error {
	t := &texter{out: bufio.NewWriter(w),
		block: block{pen: pen{v.o.Color}, v: v, width: max(v.o.Width, 60) - 4, seen: map[string]string{}}}
	t.head()
	if v.Problem != "" {
		t.problem()
	} else {
		for _, g := range v.groups {
			t.group(g)
		}
	}
	t.foot()
	return t.out.Flush()
}

// line writes one line, indented.
func (t *texter) line(indent int, r row) {
	s := strings.TrimRight(guard(strings.Repeat(" ", indent)+r.text), " ")
	t.out.WriteString(s + "\n")
}

func (t *texter) blank() { t.out.WriteString("\n") }

func (t *texter) lines(indent int, rows []row) {
	for _, r := range rows {
		t.line(indent, r)
	}
}

func (t *texter) wrapped(indent int, s string, st style) {
	for _, l := range wrap(s, t.width+4-indent) {
		t.line(indent, t.row(l, st))
	}
}

func (t *texter) head() {
	v := t.v
	title := t.row(clean(v.Assignment.Name), bold).plus(t.row("  "+clean(v.Assignment.Title), normal))
	points := outOf(v.points)
	t.line(0, title.pad(t.width+4-columns(points)-1).plus(t.row(" "+points, bold)))
	t.wrapped(0, strings.Join(v.origin(), " · "), dim)
	for _, r := range v.Remarks {
		for i, l := range wrap(clean(r), t.width) {
			lead := "  ! "
			if i > 0 {
				lead = "    "
			}
			t.line(0, t.row(lead, yellow).plus(t.row(l, normal)))
		}
	}
	t.blank()
}

func (t *texter) problem() {
	v := t.v
	for i, l := range wrap(clean(v.Problem), t.width+2) {
		lead := "✗ "
		if i > 0 {
			lead = "  "
		}
		t.line(0, t.row(lead+l, alarm))
	}
	if v.Build.Failed && v.Build.Command != "" {
		t.lines(2, t.labelled("build", yellow, clean(v.Build.Command)))
	}
	lines := v.detail()
	if !v.o.Verbose {
		lines = tail(lines, detailLines)
	}
	for _, l := range lines {
		for _, part := range breakLine(l, t.width) {
			t.line(2, t.row("│ ", dim).plus(t.row(part, normal)))
		}
	}
	t.blank()
}

func (t *texter) group(g group) {
	mark, st := sign(g.worst())
	name := t.row(mark+" ", st).plus(t.row(clean(g.Name), bold)).pad(18)
	count := fmt.Sprintf("%d/%d", g.Passed, g.Total)
	points := ""
	if g.Max > 0 {
		points = g.outOf()
	}
	t.line(0, name.plus(t.row(fmt.Sprintf("%7s", count), normal)).pad(28).plus(t.row(points, dim)))
	folded := foldBlocked(g.checks)
	for _, c := range g.checks {
		switch same := folded[c.Reason]; {
		case !t.v.shows(c):
		case c.Verdict == grader.Blocked && len(same) > 1:
			if same[0] == c {
				t.blocked(same)
			}
		default:
			t.check(c)
		}
	}
	if g.Passed < g.Total {
		t.blank()
	}
}

// foldBlocked gives the blocked checks by their reason.
func foldBlocked(checks []*check) map[string][]*check {
	by := map[string][]*check{}
	for _, c := range checks {
		if c.Verdict == grader.Blocked {
			by[c.Reason] = append(by[c.Reason], c)
		}
	}
	return by
}

func (t *texter) blocked(same []*check) {
	t.blank()
	var names []string
	for _, c := range same {
		_, short, _ := strings.Cut(c.Name, "/")
		names = append(names, clean(short))
	}
	mark, st := sign(grader.Blocked)
	for i, l := range wrap(fmt.Sprintf("blocked ×%d: %s", len(same), clean(same[0].Reason)), t.width) {
		if i > 0 {
			mark = " "
		}
		t.line(2, t.row(mark+" "+l, st))
	}
	t.wrapped(4, strings.Join(names, ", "), dim)
}

func (t *texter) check(c *check) {
	t.blank()
	mark, st := sign(c.Verdict)
	worth := outOf(c.points)
	switch {
	case c.Verdict == grader.Fault:
		worth = "not charged"
	case c.points.Max == 0:
		worth = "advice"
	}
	title := t.row(mark+" "+string(c.Verdict)+"  ", st).plus(t.row(clean(c.Name), bold))
	t.line(2, title.pad(t.width+2-columns(worth)-1).plus(t.row(" "+worth, dim)))
	t.wrapped(4, clean(c.Says), normal)
	t.wrapped(4, cite(c.Clause), dim)
	if c.Reason != "" {
		t.lines(4, t.labelled(reasonLabel(c.Verdict), st, clean(c.Reason)))
	}
	b := t.block
	b.short = t.drawn >= fullBlocks && !t.v.o.Verbose
	if !b.short && len(c.Transcript.Events) > 0 {
		t.drawn++
	}
	if !b.short && len(c.Transcript.Events) > 0 {
		t.blank()
	}
	t.lines(4, b.evidence(c))
	again := "again"
	if b.short {
		again = "see it"
	}
	t.line(4, t.row(again, blue).pad(labelWidth).plus(t.row(c.replay, normal)))
	if c.hand != "" {
		t.line(4, t.row("by hand", blue).pad(labelWidth).plus(t.row(c.hand, normal)))
	}
}

// reasonLabel is the word before the reason of a verdict that accuses nobody.
func reasonLabel(v grader.Verdict) string {
	if v == grader.Fault {
		return "our fault"
	}
	return "reason"
}

func (t *texter) foot() {
	v := t.v
	full, empty := bar(v.points.Percent()/100, 40)
	st := green
	if v.counts[grader.Fail]+v.counts[grader.Blocked] > 0 || v.Problem != "" {
		st = yellow
	}
	t.line(0, t.row(full, st).plus(t.row(empty, dim)).plus(t.row("  "+outOf(v.points)+" · "+percent(v.points), bold)))
	if v.Problem == "" {
		t.line(0, t.row(v.summary(), normal))
	}
	if v.Faulted() {
		t.wrapped(0, "The grader itself failed on some checks. They cost no points; run it again, and tell the staff if it happens again.", purple)
	}
	if c := v.first; c != nil && v.Problem == "" {
		t.blank()
		t.wrapped(0, "Look first at "+clean(c.Name)+": "+clean(c.Says), bold)
		t.line(2, t.row(c.replay, normal))
	}
}
