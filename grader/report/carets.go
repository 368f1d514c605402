package report

import "strings"

func (l *ladder) noteStyle(s *step) style {
	if s.marked {
		return alarm
	}
	return dim
}

func (l *ladder) bytes(s *step, ln line) row {
	whole := s.marked && !s.hasMark()
	var r row
	for _, sp := range ln {
		st := normal
		switch {
		case sp.tone == bad, whole:
			st = alarm
		case sp.tone == gap:
			st = dim
		}
		r = r.plus(l.row(sp.text, st))
	}
	return r
}

// hasMark says whether some of the step's bytes are marked.
func (s *step) hasMark() bool {
	for _, ln := range s.lines {
		if carets(ln) != "" {
			return true
		}
	}
	return false
}

// caretLines is how many lines of one event are underlined; where more is
// marked, that is all of it.
const caretLines = 2

// underline gives the carets below line i, "" when there are none.
func (s *step) underline(i int) string {
	marked := 0
	for _, ln := range s.lines[:i] {
		if carets(ln) != "" {
			marked++
		}
	}
	if marked >= caretLines {
		return ""
	}
	return carets(s.lines[i])
}

// carets underlines what is marked in ln, "" when nothing is.
func carets(ln line) string {
	var b strings.Builder
	for _, sp := range ln {
		c := " "
		if sp.tone == bad {
			c = "^"
		}
		b.WriteString(strings.Repeat(c, columns(sp.text)))
	}
	if !strings.Contains(b.String(), "^") {
		return ""
	}
	return strings.TrimRight(b.String(), " ")
}
