package report

import (
	"fmt"
	"strings"

	"github.com/wiregrade/wiregrade/grader"
)

// indentBytes is where bytes begin between the lifelines: after an arrow.
const indentBytes = 4

// A ladder draws an exchange between two lifelines, the grader on the left.
type ladder struct {
	pen
	steps []step
	right string // who stands on the right
	conns bool   // say which connection an event belongs to
	inner int    // columns between the lifelines
}

// newLadder measures steps so that the ladder takes at most cols columns.
func newLadder(p pen, steps []step, right string, conns bool, cols int) *ladder {
	l := &ladder{pen: p, steps: steps, right: right, conns: conns}
	need := columns(right) + len("grader") + 4
	for _, s := range steps {
		for _, ln := range s.lines {
			need = max(need, ln.columns()+indentBytes+4)
		}
		need = max(need, min(columns(s.lead), 60)+indentBytes+6)
		if s.message {
			need = max(need, columns(s.lead)+indentBytes+4)
		}
		for _, d := range s.decoded {
			need = max(need, columns(d)+indentBytes+4)
		}
	}
	l.inner = max(min(max(need, 44), bytesRoom(cols, conns)+indentBytes+4), 20)
	return l
}

// bytesRoom is how many columns bytes may take in a ladder of cols columns.
func bytesRoom(cols int, conns bool) int {
	room := cols - gutterCols - 2 - indentBytes - 4
	if conns {
		room -= 4
	}
	return max(room, 2*gapCols+8)
}

// gutterCols is the room for the mark and the time.
const gutterCols = 11

// heads is the line above the lifelines.
func (l *ladder) heads() row {
	g := l.gutter(nil)
	space := max(g.cols+l.inner+2-g.cols-len("grader")-columns(l.right), 1)
	return g.plus(l.row("grader"+strings.Repeat(" ", space)+l.right, dim))
}

// rows draws the steps.
func (l *ladder) rows() []row {
	var out []row
	for i := range l.steps {
		out = append(out, l.step(&l.steps[i])...)
	}
	return out
}

// groups draws the steps in groups, each beginning with something sent.
func (l *ladder) groups() [][]row {
	out := [][]row{nil}
	for i := range l.steps {
		if isSend(l.steps[i].Event) {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], l.step(&l.steps[i])...)
	}
	return out
}

func (l *ladder) step(s *step) []row {
	var out []row
	add := func(left, right string, body row) {
		g := l.gutter(nil)
		if len(out) == 0 {
			g = l.gutter(s)
		}
		out = append(out, g.plus(l.row(left, dim)).plus(body.pad(l.inner)).plus(l.row(right, dim)))
	}
	note := func(text string) {
		for i, t := range wrap(text, l.inner-indentBytes-4) {
			dot := "  · "
			if i > 0 {
				dot = "    "
			}
			add("│", "│", l.row(dot, dim).plus(l.row(t, l.noteStyle(s))))
		}
	}
	switch {
	case s.message:
		l.message(s, add)
	case s.solid():
		for i, ln := range s.lines {
			body := l.bytes(s, ln)
			switch {
			case i > 0:
				add("│", "│", l.row("    ", normal).plus(body))
			case s.Dir == grader.Sent:
				add("├", "│", l.arrow("─── ", body, "─", "▶"))
			default:
				add("│", "┤", l.arrow("◀── ", body, "─", "─"))
			}
			if c := s.underline(i); c != "" {
				add("│", "│", l.row("    ", normal).plus(l.row(c, alarm)))
			}
		}
		if s.lead != "" {
			note(s.lead)
		}
	default:
		switch {
		case s.folded > 0:
			add("│", "│", l.row("  ⋯ "+s.lead, dim))
		case s.onWire() && s.Dir == grader.Sent:
			add("├", "│", l.arrow("╌╌╌ ", l.row(clip(s.lead, l.inner-7), l.noteStyle(s)), "╌", "▶"))
		case s.onWire():
			add("│", "┤", l.arrow("◀╌╌ ", l.row(clip(s.lead, l.inner-7), l.noteStyle(s)), "╌", "╌"))
		case s.lead != "" || len(s.lines) == 0:
			note(s.lead)
		}
		for i, ln := range s.lines {
			add("│", "│", l.row("  ┆ ", dim).plus(l.bytes(s, ln)))
			if c := s.underline(i); c != "" {
				add("│", "│", l.row("  ┆ ", dim).plus(l.row(c, alarm)))
			}
		}
	}
	if s.after != "" {
		note(s.after)
	}
	return out
}

// message draws a message of a binary protocol: its reading on the arrow, what it means, its bytes.
func (l *ladder) message(s *step, add func(left, right string, body row)) {
	body := l.row(clip(s.lead, l.inner-7), normal)
	if s.Dir == grader.Sent {
		add("├", "│", l.arrow("─── ", body, "─", "▶"))
	} else {
		add("│", "┤", l.arrow("◀── ", body, "─", "─"))
	}
	for _, d := range s.decoded {
		add("│", "│", l.row("    ", normal).plus(l.row(clip(d, l.inner-indentBytes-1), dim)))
	}
	for i, ln := range s.lines {
		add("│", "│", l.row("    ", normal).plus(l.bytes(s, ln)))
		if c := s.underline(i); c != "" {
			add("│", "│", l.row("    ", normal).plus(l.row(c, alarm)))
		}
	}
}

// onWire says whether the step goes from one side to the other.
func (s *step) onWire() bool {
	switch s.Kind {
	case grader.Open, grader.EOF, grader.Reset, grader.Data:
		return s.Dir != grader.Aside
	}
	return false
}

func (l *ladder) arrow(tailEnd string, body row, shaft, head string) row {
	r := l.row(tailEnd, dim).plus(body).plus(l.row(" ", normal))
	fill := max(l.inner-r.cols-1, 0)
	return r.plus(l.row(strings.Repeat(shaft, fill)+head, dim))
}

func (l *ladder) gutter(s *step) row {
	m, when, conn := l.row("  ", normal), "", ""
	if s != nil {
		if s.marked {
			m = l.row("✗ ", alarm)
		}
		if s.folded == 0 {
			when = shortTime(s.At)
		}
		if s.Conn > 0 {
			conn = fmt.Sprintf("#%d", s.Conn)
		}
	}
	r := m.plus(l.row(fmt.Sprintf("%8s", when), dim))
	if l.conns {
		r = r.plus(l.row(fmt.Sprintf(" %3s", conn), dim))
	}
	return r.plus(l.row(" ", normal))
}
