package udpupperclient

import (
	"fmt"
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
			Run:    prints(answer),
		},
		{
			Name:   "last-line",
			Clause: check.Course("Output"),
			Says:   "print nothing after the reply: it is the end of the last line",
			Needs:  "prints",
			Run: func(t *check.T) {
				server, client := start(t, word(t))
				reply := answer(t)
				server.Reply(take(server).From, reply)
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
				server, client := start(t, word(t))
				server.Reply(take(server).From, answer(t))
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
			Run:    prints(func(t *check.T) string { return answer(t) + " STRAßE λόγος 上海 🙂 " + answer(t) }),
		},
		{
			Name:   "not-utf-8",
			Clause: check.Course("Printing"),
			Says:   "print a reply that is not UTF-8 as the bytes it came as",
			Needs:  "utf-8",
			Run: prints(func(t *check.T) string {
				text := answer(t) + "\xe4\xf6\xfc" // a latin-1 text
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
			Run:    prints(func(t *check.T) string { return answer(t) + "\x00" + answer(t) }),
		},
		{
			Name:   "long-reply",
			Clause: check.Course("Printing"),
			Says:   "print a reply of 2048 bytes whole: what the receive buffer does not hold is lost",
			Needs:  "prints",
			Run:    prints(func(t *check.T) string { return uppersteps.Capitals(t.Word(2048)) }),
		},
		{
			Name:   "stranger-port",
			Clause: check.Course("Strangers"),
			Says:   "drop a datagram from another port of the server's host, and wait on for the reply",
			Needs:  "prints",
			Run:    func(t *check.T) { stranger(t, true) },
		},
		{
			Name:   "stranger-address",
			Clause: check.Course("Strangers"),
			Says:   "drop a datagram from another address with the server's port, and wait on for the reply",
			Needs:  "prints",
			Run:    func(t *check.T) { stranger(t, false) },
		},
	}}
}

// stranger has somebody else answer first: from another port of the same host,
// or from the same port of another host.
func stranger(t *check.T, sameHost bool) {
	server, client := start(t, word(t))
	request := take(server)
	other, forged, reply := t.Stranger(sameHost), answer(t), answer(t)
	t.Judge()
	at := other.Reply(request.From, forged)
	t.Read(at, "from a stranger")
	server.Reply(request.From, reply)
	e := client.Wait(0)
	if uppersteps.Printed(e, forged) {
		t.Fail(e.Output, fmt.Sprintf("the reply from %s", t.Addr()), fmt.Sprintf("the stranger's, from %s", other.Addr()))
	}
	uppersteps.JudgeOutput(t, e, reply)
}
