package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wiregrade/wiregrade/grader"
)

// How many lines the parts of a check's block may take.
const (
	ladderLines    = 13
	referenceLines = 6
	stderrLines    = 5
	wantLines      = 3
	sideBySide     = 140 // columns from which on both exchanges stand beside each other
)

// A block draws what a check saw. It is shared by all formats that are text
// inside: the terminal, JUnit, Markdown, Gradescope.
type block struct {
	pen
	v     *view
	width int               // columns
	inner int               // columns between the lifelines of the check's ladder
	short bool              // leave out the exchange
	seen  map[string]string // a crash's exit and stderr to the check that showed it; nil shows all
}

// evidence is the exchange, what was wanted and seen, the reference's answer
// and what the process said.
func (b *block) evidence(c *check) []row {
	b.inner = 0
	var out []row
	if !b.short {
		out = append(out, b.exchange(c)...)
	}
	out = append(out, b.wants(c)...)
	if !b.short && b.width < sideBySide {
		out = append(out, b.reference(c)...)
	}
	return append(out, b.process(c)...)
}

func (b *block) exchange(c *check) []row {
	if len(c.Transcript.Events) == 0 {
		return nil
	}
	conns := len(c.Transcript.Endpoints) > 1
	var out []row
	if conns {
		out = b.endpoints(c.Transcript.Endpoints)
	}
	if b.width >= sideBySide && len(c.Reference.Events) > 0 {
		return append(out, b.beside(c, conns)...)
	}
	st := steps(c.Transcript.Events, c.Violations, nil, leadsTo(b.v.Assignment.Role, c.Result), bytesRoom(b.width, conns), b.total(ladderLines))
	l := newLadder(b.pen, st, b.v.peer(), conns, b.width)
	if ref := b.answered(c); ref != nil { // the same width for both
		l.inner = max(l.inner, ref.inner)
	}
	b.inner = l.inner
	return append(append(out, l.heads()), l.rows()...)
}

// total is how many lines something may take, 0 for all of them.
func (b *block) total(n int) int {
	if b.v.o.Verbose {
		return 0
	}
	return n
}

// reference draws what the reference answered where the submission went wrong.
func (b *block) reference(c *check) []row {
	l := b.answered(c)
	if l == nil {
		return nil
	}
	l.inner = max(l.inner, b.inner)
	return append([]row{b.row("the reference, asked the same:", bold)}, l.rows()...)
}

// answered measures the reference's answer, nil when there is none to show.
func (b *block) answered(c *check) *ladder {
	events := answer(b.v.Assignment.Role, c.Result)
	if len(events) == 0 || c.Verdict == grader.Blocked && !b.v.o.Verbose {
		return nil
	}
	conns := len(c.Transcript.Endpoints) > 1 || len(c.Reference.Endpoints) > 1
	st := steps(events, nil, counterpart(c.Result, events), 0, bytesRoom(b.width, conns), b.total(referenceLines))
	return newLadder(b.pen, st, "the reference", conns, b.width)
}

// wants says what was wanted and what was seen. A violation that says the same
// as the one before is left out.
func (b *block) wants(c *check) []row {
	var out []row
	shown := 0
	for i, v := range c.Violations {
		if i > 0 && v.Want == c.Violations[i-1].Want && v.Got == c.Violations[i-1].Got {
			continue
		}
		if shown == wantLines && !b.v.o.Verbose {
			out = append(out, b.row(fmt.Sprintf("and %d more", len(c.Violations)-i), dim))
			break
		}
		shown++
		out = append(out, b.labelled("want", green, clean(v.Want))...)
		out = append(out, b.labelled("got", alarm, clean(v.Got))...)
	}
	return out
}

// labelWidth is the room for the word before a line of a block.
const labelWidth = 10

func (b *block) labelled(label string, st style, text string) []row {
	if text == "" {
		return nil
	}
	var out []row
	for i, s := range wrap(text, b.width-labelWidth) {
		word := label
		if i > 0 {
			word = ""
		}
		out = append(out, b.row(word, st).pad(labelWidth).plus(b.row(s, normal)))
	}
	return out
}

// process says how the submission's process ended and what it printed last.
func (b *block) process(c *check) []row {
	var out []row
	if c.Exit != "" && (b.short || !tells(c)) {
		out = b.labelled("process", yellow, clean(c.Exit))
	}
	out = append(out, b.labelled("used", yellow, used(c.Result))...)
	lines := cleanLines(c.Stderr)
	if c.Exit == "" || len(lines) == 0 {
		if !b.v.o.Verbose || len(lines) == 0 {
			return out
		}
	}
	if b.seen != nil {
		if first, ok := b.seen[c.Exit+"\x00"+c.Stderr]; ok {
			return append(out, b.labelled("stderr", yellow, "the same as under "+first)...)
		}
		b.seen[c.Exit+"\x00"+c.Stderr] = c.Name
	}
	return append(out, b.printed("stderr", lines, b.total(stderrLines))...)
}

// tells says whether the exchange itself shows how the process ended.
func tells(c *check) bool {
	return slices.ContainsFunc(c.Transcript.Events, func(e grader.Event) bool {
		return e.Kind == grader.Exit && strings.Contains(e.Says, c.Exit)
	})
}

// printed shows what a program printed, in a gutter of ours. most 0 shows all of it.
func (b *block) printed(label string, lines []string, most int) []row {
	if most > 0 {
		lines = tail(lines, most)
	}
	var out []row
	for _, s := range lines {
		for _, part := range breakLine(s, b.width-labelWidth-2) {
			out = append(out, b.row(label, yellow).pad(labelWidth).plus(b.row("│ ", dim)).plus(b.row(part, normal)))
			label = ""
		}
	}
	return out
}

// plainText gives rows as lines, with indent before each.
func plainText(rows []row, indent string) string {
	var s strings.Builder
	for _, r := range rows {
		s.WriteString(strings.TrimRight(guard(indent+r.text), " ") + "\n")
	}
	return s.String()
}

// guard keeps a line from being a command of GitHub's runner, which obeys
// ::name:: at the beginning of a line of a log, after any white space.
func guard(line string) string {
	if strings.HasPrefix(strings.TrimSpace(line), "::") {
		return "│ " + strings.TrimSpace(line)
	}
	return line
}
