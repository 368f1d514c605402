package report

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/wiregrade/wiregrade/grader"
)

// handBytes is the most that a command made up here sends: more is no command
// that anyone types or reads.
const handBytes = 400

// replayCommand is the command that repeats one check.
func replayCommand(run *grader.Run, r *grader.Result, o Options) string {
	seed := r.Seed
	if seed == 0 {
		seed = run.Seed
	}
	words := []string{"grader", "replay", shellWord(r.Name)}
	if o.Assignment != "" {
		words = append(words, "-a", shellWord(o.Assignment))
	}
	if o.Dir != "" {
		words = append(words, shellWord(o.Dir))
	}
	return strings.Join(words, " ") + fmt.Sprintf(" --seed %d", seed)
}

// handCommand is a command that shows by hand what the check did, "" when
// there is none: the check's own, or one made from what a server was sent.
func handCommand(role grader.Role, r *grader.Result) string {
	if r.Hand != "" {
		return clean(r.Hand)
	}
	if role != grader.Server || len(r.Transcript.Endpoints) != 1 {
		return ""
	}
	var sent []byte
	sends := 0
	for _, e := range r.Transcript.Events {
		if e.Kind == grader.Data && e.Dir == grader.Sent {
			if e.Cut > 0 {
				return ""
			}
			sent = append(sent, e.Data...)
			sends++
		}
	}
	if len(sent) == 0 || len(sent) >= handBytes {
		return ""
	}
	if r.Transcript.Endpoints[0].Network == "udp" {
		if sends > 1 {
			return "" // nc would send it all as one datagram
		}
		return "printf '" + printfWord(sent) + "' | nc -u -w1 $HOST $PORT"
	}
	return "printf '" + printfWord(sent) + "' | nc -w2 $HOST $PORT"
}

// printfWord gives b as the format of printf(1), to stand between single
// quotes. Whatever a shell, a terminal or printf could read otherwise is octal.
func printfWord(b []byte) string {
	var s strings.Builder
	for i, c := range b {
		switch {
		case c == '\r':
			s.WriteString(`\r`)
		case c == '\n':
			s.WriteString(`\n`)
		case c == '\\':
			s.WriteString(`\\`)
		case c == '%':
			s.WriteString(`%%`)
		case c < ' ', c >= 0x7f, c == '\'', i == 0 && c == '-', c == '#' && logCommand(b, i):
			fmt.Fprintf(&s, `\%03o`, c)
		default:
			s.WriteByte(c)
		}
	}
	return s.String()
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=][A-Za-z0-9_./:@%+,=-]*$`)

// shellWord quotes s for a shell. A name that cannot be shown as it is comes
// out escaped: not the same name, and harmless to paste.
func shellWord(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(clean(s), "'", `'\''`) + "'"
}
