package report

import (
	"strings"

	"github.com/wiregrade/wiregrade/grader"
)

// A style is how a piece of the text format looks on a terminal with colours.
type style string

const (
	normal style = ""
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	blue   style = "34"
	purple style = "35"
	alarm  style = "1;31"
)

// A row is one line of the text format while it is put together: its text with
// colours, and how many columns it takes.
type row struct {
	text string
	cols int
}

// A pen makes rows, with colours or without.
type pen struct{ color bool }

func (p pen) ink(s string, st style) string {
	if !p.color || st == normal || s == "" {
		return s
	}
	return "\x1b[" + string(st) + "m" + s + "\x1b[0m"
}

func (p pen) row(s string, st style) row { return row{p.ink(s, st), columns(s)} }

func (r row) plus(o row) row { return row{r.text + o.text, r.cols + o.cols} }

// pad fills the row to cols columns.
func (r row) pad(cols int) row {
	if r.cols >= cols {
		return r
	}
	return row{r.text + strings.Repeat(" ", cols-r.cols), cols}
}

// mark and colour of a verdict.
func sign(v grader.Verdict) (string, style) {
	switch v {
	case grader.Pass:
		return "✓", green
	case grader.Fail:
		return "✗", alarm
	case grader.Weak:
		return "~", yellow
	case grader.Blocked:
		return "○", blue
	}
	return "!", purple
}

// wrap breaks s between words into lines of at most cols columns; a word that
// is longer than a line is broken.
func wrap(s string, cols int) []string {
	cols = max(cols, 10)
	var lines []string
	cur, curCols := "", 0
	for _, word := range strings.Fields(s) {
		w := columns(word)
		if cur != "" && curCols+1+w <= cols {
			cur, curCols = cur+" "+word, curCols+1+w
			continue
		}
		if cur != "" {
			lines = append(lines, cur)
		}
		for w > cols {
			at := cut(word, cols)
			lines = append(lines, word[:at])
			word = word[at:]
			w = columns(word)
		}
		cur, curCols = word, w
	}
	return append(lines, cur)
}

// breakLine breaks a printed line that is longer than cols columns, at most twice.
func breakLine(s string, cols int) []string {
	var parts []string
	for len(parts) < 2 && columns(s) > cols {
		at := cut(s, cols)
		parts = append(parts, s[:at])
		s = s[at:]
	}
	return append(parts, clip(s, cols))
}

// cut gives the length of the longest beginning of s that takes at most cols columns.
func cut(s string, cols int) int {
	n := 0
	for i, r := range s {
		n++
		if wide(r) {
			n++
		}
		if n > cols {
			return i
		}
	}
	return len(s)
}

// clip shortens s to cols columns.
func clip(s string, cols int) string {
	if columns(s) <= cols {
		return s
	}
	return s[:cut(s, cols-1)] + "…"
}

// bar draws share, 0 to 1, in cols columns.
func bar(share float64, cols int) (full, empty string) {
	n := min(int(share*float64(cols)), cols)
	return strings.Repeat("█", n), strings.Repeat("░", cols-n)
}
