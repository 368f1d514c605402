package udpupperclient

import (
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/upper"
)

// request holds the rules on what the client sends.
func request() check.Group {
	return check.Group{Name: "request", Checks: []check.Check{
		{
			Name:   "sends",
			Clause: check.Course("Destination"),
			Says:   "send the line from standard input as one datagram to the port PORT of HOST, as it is",
			Hand:   "echo hello | ./client   # beside: nc -u -l $HOST $PORT",
			Run:    sends(word),
		},
		{
			Name:   "no-line-end",
			Clause: check.Course("Line end"),
			Says:   "send the line without its line end, and nothing else in its place",
			Needs:  "sends",
			Run: func(t *check.T) {
				line := word(t)
				server, _ := start(t, line)
				d := take(server)
				t.Judge()
				t.Require(len(d.Data) <= len(line), check.At(d, len(line), len(d.Data)-len(line)),
					"the end of the datagram after the line", upper.Excerpt(d.Data[min(len(line), len(d.Data)):]))
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
			Name:   "long-line",
			Clause: check.Course("Line end"),
			Says:   "send a line of more than 1024 bytes whole, in one datagram",
			Needs:  "sends",
			Run:    sends(func(t *check.T) string { return t.Text(1025 + t.Rand().IntN(1000)) }),
		},
		{
			Name:   "empty-line",
			Clause: check.Course("Line end"),
			Says:   "send an empty line too: as a datagram without a byte",
			Needs:  "sends",
			Run:    sends(func(*check.T) string { return "" }),
		},
		{
			Name:   "first-line",
			Clause: check.Course("Input"),
			Says:   "read one line and send that, whatever else standard input holds",
			Needs:  "sends",
			Run: func(t *check.T) {
				line, server := word(t), t.ListenUDP()
				t.Run(check.Input{Stdin: line + "\n" + t.Word(7) + "\n" + t.Word(5)})
				t.Judge()
				judgeRequest(t, take(server), line)
			},
		},
		{
			Name:   "no-final-line-end",
			Clause: check.Course("Input"),
			Says:   "send a line that ends with the input in place of a line end",
			Needs:  "sends",
			Hand:   "printf hello | ./client",
			Run: func(t *check.T) {
				line, server := word(t), t.ListenUDP()
				t.Run(check.Input{Stdin: line})
				t.Judge()
				judgeRequest(t, take(server), line)
			},
		},
		{
			Name:   "keyboard",
			Clause: check.Course("Input"),
			Says:   "send the line when its line end has come: the input of a keyboard does not end",
			Needs:  "sends",
			Hand:   "(echo hello; sleep 9) | ./client",
			Run: func(t *check.T) {
				line, server := word(t), t.ListenUDP()
				t.Run(check.Input{Stdin: line + "\n", Hold: true})
				t.Judge()
				judgeRequest(t, take(server), line)
			},
		},
	}}
}
