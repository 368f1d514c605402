package tcpupperclient

import (
	"strings"

	"github.com/wiregrade/wiregrade/assignments/internal/uppersteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/upper"
)

// reply holds the rules on what the client takes for a reply and how it prints it.
func reply() check.Group {
	return check.Group{Name: "reply", Checks: []check.Check{
		{
			Name:   "prints",
			Clause: check.Course("Output"),
			Says:   "print what the server sent on standard output, at the end of a line, and end",
			Run:    prints(plain),
		},
		{
			Name:   "last-line",
			Clause: check.Course("Output"),
			Says:   "print nothing after the reply: it is the end of the last line",
			Needs:  "prints",
			Run: func(t *check.T) {
				c, client := asked(t, word(t))
				reply := plain(t)
				answer(c, reply+"\n")
				t.Judge()
				e := client.Wait(0)
				out := strings.TrimRight(e.Stdout, "\r\n")
				last := out[strings.LastIndexByte(out, '\n')+1:]
				if !strings.HasSuffix(last, reply) {
					t.Fail(check.Mark{Event: e.Output.Event, At: len(out) - len(last), Len: len(last)},
						"a last line that ends with "+upper.Excerpt([]byte(reply)), upper.Excerpt([]byte(last)))
				}
			},
		},
		{
			Name:   "exit-0",
			Clause: check.Course("Exit status"),
			Says:   "end with exit status 0 after the reply",
			Needs:  "prints",
			Run: func(t *check.T) {
				c, client := asked(t, word(t))
				answer(c, plain(t)+"\n")
				t.Judge()
				e := client.Wait(0)
				t.Want(e.Status, e.Exit.String(), "exit status 0")
			},
		},
		{
			Name:   "utf-8",
			Clause: check.Course("Printing"),
			Says:   "print letters beyond ASCII as the bytes they came as",
			Needs:  "prints",
			Run:    prints(func(t *check.T) string { return plain(t) + " STRAßE λόγος 上海 🙂 " + plain(t) }),
		},
		{
			Name:   "not-utf-8",
			Clause: check.Course("Printing"),
			Says:   "print a reply that is not UTF-8 as the bytes it came as",
			Needs:  "utf-8",
			Run: prints(func(t *check.T) string {
				text := plain(t) + "\xe4\xf6\xfc" // a latin-1 text
				for range 9 {
					text += string([]byte{byte(0xa1 + t.Rand().IntN(0x5e))}) + uppersteps.Capitals(t.Word(1))
				}
				return text
			}),
		},
		{
			Name:   "zero-byte",
			Clause: check.Course("Printing"),
			Says:   "print as many bytes as were received: a zero byte does not end the reply",
			Needs:  "prints",
			Run:    prints(func(t *check.T) string { return plain(t) + "\x00" + plain(t) }),
		},
		{
			Name:   "in-pieces",
			Clause: pieces,
			Says:   "read on until the LF is there: a reply may arrive in several pieces",
			Needs:  "prints",
			Run: func(t *check.T) {
				c, client := asked(t, word(t))
				reply := uppersteps.Capitals(t.Text(60))
				first := 1 + t.Rand().IntN(20)
				second := first + 1 + t.Rand().IntN(20)
				t.Judge()
				for _, piece := range []string{reply[:first], reply[first:second], reply[second:] + "\n"} {
					c.Send(piece)
					c.AwaitRead()
					if client.Ends(soon) {
						break
					}
				}
				c.CloseWrite()
				uppersteps.JudgeOutput(t, client.Wait(0), reply)
			},
		},
		{
			Name:   "byte-by-byte",
			Clause: pieces,
			Says:   "read on until the LF is there, also when every byte arrives by itself",
			Needs:  "in-pieces",
			Run: func(t *check.T) {
				c, client := asked(t, word(t))
				reply := uppersteps.Capitals(t.Text(16 + t.Rand().IntN(8)))
				t.Judge()
				c.SendPieces(reply+"\n", 1)
				c.CloseWrite()
				uppersteps.JudgeOutput(t, client.Wait(0), reply)
			},
		},
		{
			Name:   "no-lf",
			Clause: check.Course("Pieces"),
			Says:   "take a reply that has no LF for whole when the stream ends",
			Needs:  "prints",
			Run: func(t *check.T) {
				c, client := asked(t, word(t))
				reply := plain(t)
				t.Judge()
				answer(c, reply)
				uppersteps.JudgeOutput(t, client.Wait(0), reply)
			},
		},
		{
			Name:   "beyond-1024",
			Clause: check.Course("Printing"),
			Says:   "print a reply of more than 1024 bytes whole",
			Needs:  "prints",
			Run:    prints(func(t *check.T) string { return uppersteps.Capitals(t.Text(1025 + t.Rand().IntN(3000))) }),
		},
		{
			Name:   "64-kib",
			Clause: check.Course("Printing"),
			Says:   "print a reply of 64 KiB whole",
			Needs:  "beyond-1024",
			Run:    prints(func(t *check.T) string { return uppersteps.Capitals(t.Word(longest - 1)) }),
		},
	}}
}

// pieces is the rule that what one call sends and what one call receives have nothing to do with each other.
var pieces = check.Must("RFC 9293", "3.7")
