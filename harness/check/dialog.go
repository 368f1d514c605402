package check

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxLine bounds a line in a Dialog.
const maxLine = 1 << 20

// Dialog returns the body of a check that plays script on a new connection:
//
//	C: text\r\n        the grader sends these bytes, nothing added
//	C: <end>           the grader sends FIN
//	S: pattern         a line on the way; another line leaves the clause unjudged
//	S! pattern | other the line that the clause is about
//	S! <end>           the end of the stream is what the clause is about
//
// Text is written as in a Go string, without the quotes. * in a pattern
// matches anything, " | " separates what is equally right. A line ends with LF,
// or with the end of the stream. Dialog panics on a script it cannot read, when the suite is built.
func Dialog(script string) func(*T) {
	steps := parseDialog(script)
	return func(t *T) {
		c := t.Dial()
		for _, s := range steps {
			s.play(t, c)
		}
	}
}

type step struct {
	send     []byte
	end      bool // FIN, sent or awaited
	sends    bool
	judged   bool
	patterns []string
}

func parseDialog(script string) []step {
	var steps []step
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		verb, text, _ := strings.Cut(line, " ")
		s := step{end: text == "<end>", sends: verb == "C:", judged: verb == "S!"}
		switch {
		case verb != "C:" && verb != "S:" && verb != "S!":
			panic(fmt.Sprintf("dialog: %q does not begin with C:, S: or S!", line))
		case s.end:
		case s.sends:
			s.send = []byte(unquote(text))
		default:
			for p := range strings.SplitSeq(text, " | ") {
				s.patterns = append(s.patterns, unquote(p))
			}
		}
		steps = append(steps, s)
	}
	return steps
}

func unquote(text string) string {
	s, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
	if err != nil {
		panic(fmt.Sprintf("dialog: %q: %v", text, err))
	}
	return s
}

func (s step) play(t *T, c *Conn) {
	switch {
	case s.sends && s.end:
		c.CloseWrite()
		return
	case s.sends:
		c.Send(string(s.send))
		return
	}
	if s.judged {
		t.Judge()
	}
	line, at, err := c.Line(maxLine)
	if s.end {
		s.playEnd(t, line, at, err)
		return
	}
	if err != nil && (len(line) == 0 || !errors.Is(err, io.EOF)) {
		t.Missing(c.Here(), s.want(), err)
	}
	for _, p := range s.patterns {
		if match(p, string(line)) {
			return
		}
	}
	if s.judged {
		t.Fail(at, s.want(), strconv.Quote(string(line)))
	}
	t.Block("want %s, got %q", s.want(), line)
}

func (s step) playEnd(t *T, line []byte, at Mark, err error) {
	const want = "the end of the stream"
	switch {
	case len(line) == 0 && errors.Is(err, io.EOF):
	case len(line) > 0 && s.judged:
		t.Fail(at, want, strconv.Quote(string(line)))
	case len(line) > 0:
		t.Block("want %s, got %q", want, line)
	default:
		t.Missing(at, want, err)
	}
}

func (s step) want() string {
	quoted := make([]string, len(s.patterns))
	for i, p := range s.patterns {
		quoted[i] = strconv.Quote(p)
	}
	return strings.Join(quoted, " or ")
}

// match says whether s has the form of pattern, in which * stands for any text.
func match(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return s == pattern
	}
	s, ok := strings.CutPrefix(s, parts[0])
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(s, p)
		if !ok || i < 0 {
			return false
		}
		s = s[i+len(p):]
	}
	return ok && strings.HasSuffix(s, parts[len(parts)-1])
}
