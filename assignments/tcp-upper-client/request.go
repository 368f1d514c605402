package tcpupperclient

import (
	"bytes"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/upper"
)

// longest is how many bytes a line has at most, its LF included.
const longest = 64 << 10

// request holds the rules on what the client sends.
func request() check.Group {
	return check.Group{Name: "request", Checks: []check.Check{
		{
			Name:   "sends",
			Clause: check.Course("Port"),
			Says:   "connect to the port PORT of HOST and send the line from standard input, as it is",
			Hand:   "echo hello | ./client   # beside: nc -l $HOST $PORT",
			Run:    sends(word),
		},
		{
			Name:   "line-end",
			Clause: check.Course("Line end"),
			Says:   "end the line with LF, and with nothing else: by it the server knows that the line is whole",
			Needs:  "sends",
			Run: func(t *check.T) {
				line := word(t)
				c, _ := start(t, line)
				t.Judge()
				got, at, err := c.Line(len(line) + 2)
				if err != nil && len(got) <= len(line) {
					t.Missing(c.Here(), "LF after the line", err)
				}
				if d, ok := upper.Compare([]byte(line+"\n"), got); !ok {
					t.Fail(check.Mark{Event: at.Event, At: at.At + d.At, Len: d.Len}, d.Want, d.Got)
				}
			},
		},
		{
			Name:   "white-space",
			Clause: check.Course("Line end"),
			Says:   "send blanks and tabs where they stand, at both ends of the line too",
			Needs:  "sends",
			Run:    sends(func(t *check.T) string { return " \t" + t.Word(5) + "  " + t.Word(3) + " \t" }),
		},
		{
			Name:   "utf-8",
			Clause: check.Course("Other bytes"),
			Says:   "send letters beyond ASCII as the bytes they came as",
			Needs:  "sends",
			Run: sends(func(t *check.T) string {
				return t.Word(3) + " straße λόγος 上海 " + t.Word(3) + "🙂" + t.Word(2)
			}),
		},
		{
			Name:   "not-utf-8",
			Clause: check.Course("Other bytes"),
			Says:   "send a line that is not UTF-8 as the bytes it came as",
			Needs:  "utf-8",
			Run: sends(func(t *check.T) string {
				text := t.Word(3) + "\xe4\xf6\xfc" // a latin-1 text
				for range 9 {
					text += string([]byte{byte(0xa1 + t.Rand().IntN(0x5e))}) + t.Word(1)
				}
				return text
			}),
		},
		{
			Name:   "zero-byte",
			Clause: check.Course("Line end"),
			Says:   "send a zero byte in the line like any other: it does not end it",
			Needs:  "sends",
			Run:    sends(func(t *check.T) string { return t.Word(5) + "\x00" + t.Word(5) }),
		},
		{
			Name:   "beyond-1024",
			Clause: check.Course("Sending"),
			Says:   "send a line of more than 1024 bytes whole",
			Needs:  "sends",
			Run:    sends(func(t *check.T) string { return t.Text(1025 + t.Rand().IntN(1000)) }),
		},
		{
			Name:   "64-kib",
			Clause: check.Course("Sending"),
			Says:   "send a line of 64 KiB whole, also where a send call takes only a part of it",
			Needs:  "beyond-1024",
			Run: func(t *check.T) {
				line := t.Word(longest - 1)
				t.Judge()
				c, _ := start(t, line)
				c.Narrow(8 << 10)
				judgeRequest(t, c, line)
			},
		},
		{
			Name:   "empty-line",
			Clause: check.Course("Line end"),
			Says:   "send an empty line too: LF alone",
			Needs:  "sends",
			Run:    sends(func(*check.T) string { return "" }),
		},
		{
			Name:   "first-line",
			Clause: check.Course("Input"),
			Says:   "read one line and send that, whatever else standard input holds",
			Needs:  "sends",
			Run: func(t *check.T) {
				line, second := word(t), word(t)
				c, _ := connect(t, check.Input{Stdin: line + "\n" + second + "\n" + t.Word(5)})
				t.Judge()
				judgeRequest(t, c, line)
				answer(c, plain(t)+"\n")
				if rest, at, _ := c.Rest(longest); bytes.Contains(rest, []byte(second)) {
					t.Fail(at, "nothing after the first line", upper.Excerpt(rest))
				}
			},
		},
		{
			Name:   "no-final-line-end",
			Clause: check.Course("Input"),
			Says:   "send a line that ends with the input in place of a line end",
			Needs:  "sends",
			Hand:   "printf hello | ./client",
			Run: func(t *check.T) {
				line := word(t)
				t.Judge()
				c, _ := connect(t, check.Input{Stdin: line})
				judgeRequest(t, c, line)
			},
		},
		{
			Name:   "keyboard",
			Clause: check.Course("Input"),
			Says:   "send the line when its line end has come: the input of a keyboard does not end",
			Needs:  "sends",
			Hand:   "(echo hello; sleep 9) | ./client",
			Run: func(t *check.T) {
				line := word(t)
				t.Judge()
				c, _ := connect(t, check.Input{Stdin: line + "\n", Hold: true})
				judgeRequest(t, c, line)
			},
		},
	}}
}
