package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wiregrade/wiregrade/grader"
)

// endpoints says what the numbers of connections stand for.
func (b *block) endpoints(eps []grader.Endpoint) []row {
	const most = 4
	arrow := func(e grader.Endpoint) string {
		if e.Dialed {
			return fmt.Sprintf("to %v", e.Theirs)
		}
		return fmt.Sprintf("accepted on %v", e.Ours)
	}
	if !slices.ContainsFunc(eps, func(e grader.Endpoint) bool { return e.Network != eps[0].Network || arrow(e) != arrow(eps[0]) }) {
		return []row{b.row(fmt.Sprintf("#%d to #%d: %s %s", eps[0].ID, eps[len(eps)-1].ID, clean(eps[0].Network), arrow(eps[0])), dim)}
	}
	var out []row
	for i, e := range eps {
		if i == most && len(eps) > most+1 {
			return append(out, b.row(fmt.Sprintf("and %d more", len(eps)-most), dim))
		}
		way := "from"
		if e.Dialed {
			way = "to"
		}
		out = append(out, b.row(fmt.Sprintf("#%d %s %v %s %v", e.ID, clean(e.Network), e.Ours, way, e.Theirs), dim))
	}
	return out
}

// beside draws the submission's exchange and the reference's, abreast from send to send.
func (b *block) beside(c *check, conns bool) []row {
	const between = 3
	cols := (b.width - between) / 2
	total := b.total(ladderLines + referenceLines)
	mine := newLadder(b.pen, steps(c.Transcript.Events, c.Violations, nil, leadsTo(b.v.Assignment.Role, c.Result), bytesRoom(cols, conns), total), b.v.peer(), conns, cols)
	theirs := newLadder(b.pen, steps(c.Reference.Events, nil, answer(b.v.Assignment.Role, c.Result), 0, bytesRoom(cols, conns), total), "the reference", conns, cols)
	left, right := mine.groups(), theirs.groups()
	space := row{strings.Repeat(" ", between), between}
	width := mine.heads().cols
	out := []row{mine.heads().plus(space).plus(theirs.heads())}
	rail := func(l *ladder) row {
		return l.gutter(nil).plus(l.row("│", dim)).plus(row{}.pad(l.inner)).plus(l.row("│", dim))
	}
	for i := range max(len(left), len(right)) {
		var a, z []row
		if i < len(left) {
			a = left[i]
		}
		if i < len(right) {
			z = right[i]
		}
		for j := range max(len(a), len(z)) {
			l, r := rail(mine), rail(theirs)
			if j < len(a) {
				l = a[j]
			}
			if j < len(z) {
				r = z[j]
			}
			out = append(out, l.pad(width).plus(space).plus(r))
		}
	}
	return out
}
