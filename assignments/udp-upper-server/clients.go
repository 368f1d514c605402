package udpupperserver

import "github.com/wiregrade/wiregrade/harness/check"

// atOnce is how many clients ask before the first of them reads its answer: little
// enough that no system's receive buffer overflows.
const atOnce = 20

// inARow is how many clients come one after another.
const inARow = 50

// length is that of all texts of this group: it is about whose answer comes, and
// datagrams/short-after-long about what is left in a buffer.
const length = 20

// clients holds the rules on whom an answer goes to.
func clients() check.Group {
	return check.Group{Name: "clients", Checks: []check.Check{
		{
			Name:   "each-its-own",
			Clause: toSender,
			Says:   "answer to the address and port that the datagram came from, not to the first client's",
			Run: func(t *check.T) {
				first, second := t.Socket(), t.Socket()
				served(t, first)
				text := t.Word(length)
				t.Judge()
				judge(t, ask(second, text), text)
			},
		},
		{
			Name:   "two-waiting",
			Clause: toSender,
			Says:   "keep each datagram together with its sender: two that wait get two answers, each where it asked",
			Needs:  "each-its-own",
			Run: func(t *check.T) {
				first, second := t.Socket(), t.Socket()
				one, two := t.Word(length), t.Word(length)
				first.Ask(one)
				second.Ask(two)
				t.Judge()
				judge(t, take(first, one), one)
				judge(t, take(second, two), two)
			},
		},
		{
			Name:   "from-its-port",
			Clause: check.Course("Sender"),
			Says:   "answer from the port that was asked: send on the socket you received on",
			Run: func(t *check.T) {
				s := t.Socket()
				d := ask(s, t.Word(length))
				t.Judge()
				t.Want(check.Mark{Event: d.Event}, "a datagram from "+d.From.String(), "a datagram from "+t.Addr())
			},
		},
		{
			Name:   "at-once",
			Clause: check.Course("Many clients"),
			Says:   "answer twenty clients that ask at the same time, each with its own text",
			Needs:  "each-its-own",
			Run: func(t *check.T) {
				sockets, texts := make([]*check.Socket, atOnce), make([]string, atOnce)
				for i := range sockets {
					sockets[i], texts[i] = t.Socket(), t.Word(length)
				}
				for i, s := range sockets {
					s.Ask(texts[i])
				}
				t.Judge()
				for i, s := range sockets {
					judge(t, take(s, texts[i]), texts[i])
				}
			},
		},
		{
			Name:   "one-after-another",
			Clause: check.Course("Many clients"),
			Says:   "go on answering: fifty clients come one after another, and the last is served like the first",
			Needs:  "each-its-own",
			Run: func(t *check.T) {
				t.Judge()
				for range inARow {
					s := t.Socket()
					text := t.Word(length)
					judge(t, ask(s, text), text)
					s.Quit()
				}
			},
		},
	}}
}

// toSender is the rule that a reply goes to the source port.
var toSender = check.Must("RFC 768", "Fields")
