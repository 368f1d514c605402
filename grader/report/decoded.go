package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wiregrade/wiregrade/grader"
)

// decodedLines is how many lines of what a message means are shown, unless all is.
const decodedLines = 14

// decode draws a message of a binary protocol: what it means and, where bytes is set, its bytes in hexadecimal. Bytes of messages that nothing points at are for a page, which has room.
func (s *step) decode(marks []mark, lim limits, meaning, bytes bool) {
	s.message = true
	if bytes {
		s.lines = hexFit(s.Data, marks, lim)
	}
	if !meaning {
		return
	}
	s.decoded = slices.DeleteFunc(cleanLines(s.Decoded), func(l string) bool { return l == "" })
	if n := len(s.decoded); lim.lines <= decodedLines && n > decodedLines+1 {
		const last = 3
		left := fmt.Sprintf("⋯ %s ⋯", plural(n-decodedLines, "line"))
		s.decoded = append(append(slices.Clone(s.decoded[:decodedLines-last]), left), s.decoded[n-last:]...)
	}
}

// telling says which messages are worth their meaning: those that a violation points at, those in focus that came from
// the submission, and where a violation points at something else the last one before it.
func telling(events []grader.Event, vs []grader.Violation, focus []grader.Event) map[int]bool {
	tells := map[int]bool{}
	for _, v := range vs {
		for i := min(v.Event, len(events)) - 1; i >= 0; i-- {
			if events[i].Decoded != "" {
				tells[events[i].Seq] = true
				break
			}
		}
	}
	for _, f := range focus { // the reference's answer
		tells[f.Seq] = tells[f.Seq] || f.Decoded != "" && f.Dir == grader.Got
	}
	return tells
}

// counterpart picks of the reference's events the message that stands against the one that a violation points at: the
// first that came on the same network, else the first.
func counterpart(r *grader.Result, events []grader.Event) []grader.Event {
	network := func(t grader.Transcript, e grader.Event) string {
		for _, p := range t.Endpoints {
			if p.ID == e.Conn {
				return p.Network
			}
		}
		return ""
	}
	wanted := ""
	for _, v := range r.Violations {
		if e, ok := r.Transcript.Event(v.Event); ok {
			wanted = network(r.Transcript, e)
			break
		}
	}
	var first []grader.Event
	for _, e := range events {
		if e.Decoded == "" || e.Dir != grader.Got {
			continue
		}
		if network(r.Reference, e) == wanted {
			return []grader.Event{e}
		}
		if first == nil {
			first = []grader.Event{e}
		}
	}
	return first
}

// hexRow is how many bytes stand in a row where cols columns are to be had. A page has two exchanges beside each other,
// and wraps what is longer than a half.
func hexRow(cols int) int {
	if wide := 4 + 16*3 + 1 + 2 + 16; cols >= wide && cols < pageCols { // offset, digits, characters
		return 16
	}
	return 8
}

// hexFit gives data as rows of hexadecimal digits and characters, shortened to lim. What is marked is never shortened
// away.
func hexFit(data []byte, marks []mark, lim limits) []line {
	per := hexRow(lim.cols)
	var rows []mark
	for at := 0; at < len(data) || at == 0; at += per {
		rows = append(rows, mark{at, min(at+per, len(data))})
	}
	keep := choose(rows, marks, lim.lines)
	var lines []line
	for i := 0; i < len(rows); i++ {
		if keep[i] {
			lines = append(lines, hexLine(data, rows[i], marks, per))
			continue
		}
		first := i
		for i+1 < len(rows) && !keep[i+1] {
			i++
		}
		lines = append(lines, line{{fmt.Sprintf("⋯ %s ⋯", amount(rows[i].to-rows[first].from)), gap}})
	}
	if slices.ContainsFunc(marks, func(m mark) bool { return m.from >= len(data) }) {
		last := len(lines) - 1
		lines[last] = append(lines[last], span{" ⟨end⟩", bad})
	}
	return lines
}

// hexLine is one row.
func hexLine(data []byte, r mark, marks []mark, per int) line {
	out := line{{fmt.Sprintf("%04x", r.from), gap}}
	add := func(text string, t tone) {
		if last := len(out) - 1; out[last].tone == t {
			out[last].text += text
		} else {
			out = append(out, span{text, t})
		}
	}
	toneOf := func(i int) tone {
		if slices.ContainsFunc(marks, func(m mark) bool { return (mark{i, i + 1}).overlaps(m) }) {
			return bad
		}
		return plain
	}
	for i := r.from; i < r.from+per; i++ {
		between := " "
		if i == r.from+8 {
			between = "  "
		}
		if i >= r.to {
			add(between+"  ", plain)
			continue
		}
		t := toneOf(i)
		if t == bad && i > r.from && toneOf(i-1) == bad {
			add(between, bad)
		} else {
			add(between, plain)
		}
		add(fmt.Sprintf("%02x", data[i]), t)
	}
	add("  ", plain)
	for i := r.from; i < r.to; i++ {
		add(character(data, i), toneOf(i))
	}
	out[len(out)-1].text = strings.TrimRight(out[len(out)-1].text, " ")
	return out
}

// character stands for one byte beside its digits.
func character(data []byte, i int) string {
	if c := data[i]; c < ' ' || c > '~' || c == '#' && logCommand(data, i) {
		return "."
	}
	return string(rune(data[i]))
}
