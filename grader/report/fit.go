package report

import (
	"bytes"
	"fmt"
)

// A tone says what a span is.
type tone int

const (
	plain tone = iota
	bad        // the offending bytes
	gap        // ours: stands for what was left out
)

// A span is a piece of one line, escaped.
type span struct {
	text string
	tone tone
}

// A line is one line of an event's bytes as it is shown.
type line []span

// A mark is a range of offending bytes; one that begins at the end of the
// bytes says that something is missing there.
type mark struct{ from, to int }

// limits are what an event may take up: columns of a line, lines.
type limits struct{ cols, lines int }

// gapCols is the room a gap's text needs.
const gapCols = 18

// fit gives data as lines, one for each line of the wire, shortened to lim.
// What is marked is never shortened away.
func fit(data []byte, marks []mark, lim limits) []line {
	ranges := split(data)
	keep := choose(ranges, marks, lim.lines)
	var lines []line
	for i := 0; i < len(ranges); i++ {
		if !keep[i] {
			first := i
			for i+1 < len(ranges) && !keep[i+1] {
				i++
			}
			n := ranges[i].to - ranges[first].from
			left := span{fmt.Sprintf("⋯ %s, %s ⋯", plural(i-first+1, "line"), amount(n)), gap}
			if last := len(lines) - 1; lim.lines == 1 && last == 0 && lines[0].columns()+columns(left.text) < lim.cols {
				left.text = " " + left.text
				lines[last] = append(lines[last], left)
			} else {
				lines = append(lines, line{left})
			}
			continue
		}
		lines = append(lines, fitLine(data, ranges[i], marks, lim.cols))
	}
	for _, m := range marks {
		if m.from >= len(data) {
			last := len(lines) - 1
			lines[last] = append(lines[last], span{"⟨end⟩", bad})
			break
		}
	}
	return lines
}

// split cuts data after each LF. It gives at least one range.
func split(data []byte) []mark {
	var ranges []mark
	from := 0
	for from < len(data) {
		to := len(data)
		if at := bytes.IndexByte(data[from:], '\n'); at >= 0 {
			to = from + at + 1
		}
		ranges = append(ranges, mark{from, to})
		from = to
	}
	if len(ranges) == 0 {
		ranges = []mark{{}}
	}
	return ranges
}

// choose says which lines to keep when there may be max of them: what is
// marked and its neighbours, the first, the last, then from the top.
func choose(ranges, marks []mark, max int) map[int]bool {
	keep := map[int]bool{}
	want := func(i int) {
		if i >= 0 && i < len(ranges) && len(keep) < max {
			keep[i] = true
		}
	}
	if len(ranges) > max+1 {
		for i, r := range ranges {
			for _, m := range marks {
				if r.overlaps(m) {
					want(i)
				}
			}
		}
		for i := range ranges {
			if keep[i] && len(keep) < max-2 {
				want(i - 1)
				break
			}
		}
		want(0)
		want(len(ranges) - 1)
	} else {
		max = len(ranges)
	}
	for i := range ranges {
		want(i)
	}
	for i := range ranges { // a gap of one line takes a line itself
		if !keep[i] && (i == 0 || keep[i-1]) && (i+1 == len(ranges) || keep[i+1]) {
			keep[i] = true
		}
	}
	return keep
}

func (m mark) overlaps(o mark) bool { return m.from < o.to && o.from < m.to }

// fitLine gives the bytes of r as one line of at most cols columns: its
// beginning, its first marked bytes and its end.
func fitLine(data []byte, r mark, marks []mark, cols int) line {
	if r.to-r.from <= 4*cols {
		if l := show(data, r, marks); l.columns() <= cols {
			return l
		}
	}
	var pieces []mark
	hit, marked := firstIn(r, marks)
	if !marked {
		room := cols - gapCols
		pieces = []mark{forward(data, r.from, r.to, room*2/3), backward(data, r.from, r.to, room/3)}
	} else {
		room := cols - 2*gapCols
		take := func(m mark) mark {
			room -= show(data, m, nil).columns()
			return m
		}
		middle := take(forward(data, hit.from, hit.to, max(room/2, 12))) // one character at least
		before := take(backward(data, r.from, middle.from, room/3))
		headRoom := room / 3
		if middle.to == r.to { // no gap behind it
			headRoom = room + gapCols
		}
		head := take(forward(data, r.from, before.from, headRoom))
		after := take(forward(data, middle.to, r.to, room*2/3))
		pieces = []mark{head, {before.from, after.to}, backward(data, after.to, r.to, room)}
	}
	var out line
	at := r.from
	for _, p := range pieces {
		if p.from > at {
			out = append(out, gapSpan(mark{at, p.from}, marks))
		}
		if p.from < at {
			p.from = at
		}
		if p.to > p.from {
			out = append(out, show(data, p, marks)...)
			at = p.to
		}
	}
	if at < r.to {
		out = append(out, gapSpan(mark{at, r.to}, marks))
	}
	return out
}

func gapSpan(left mark, marks []mark) span {
	s := span{" ⋯" + amount(left.to-left.from) + "⋯ ", gap}
	if _, marked := firstIn(left, marks); marked {
		s.tone = bad
	}
	return s
}

func firstIn(r mark, marks []mark) (mark, bool) {
	for _, m := range marks {
		if r.overlaps(m) {
			return mark{max(m.from, r.from), min(m.to, r.to)}, true
		}
	}
	return mark{}, false
}
