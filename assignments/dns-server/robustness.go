package dnsserver

import (
	"fmt"
	"strings"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// outlives sends a message that is not as it should be and then, from elsewhere, questions that are: the server must
// answer those. It gives the reply to the first, nil when there was none.
func (z *zone) outlives(bad []byte, what string) *dnssteps.Reply {
	t := z.t
	s := dnssteps.UDP(t)
	s.Send(bad)
	by := byHand(bad)
	t.Hand(by)
	t.Note("that was %s; the server must live, and answer a good question", what)
	z.lives()
	t.Hand(by)
	return s.TryNext(settle)
}

// lives fails the check unless the server answers a good question, and another one: by then whatever it had to say to
// an earlier message is on its way.
func (z *zone) lives() {
	for range 2 {
		z.ask("@", "SOA")
	}
}

// byHand is the command that sends a message which dig cannot be made to send.
func byHand(message []byte) string {
	var b strings.Builder
	for _, c := range message {
		fmt.Fprintf(&b, `\%03o`, c)
	}
	return "printf '" + b.String() + "' | nc -u -w 1 $HOST $PORT | od -A d -t x1z"
}

// malformed are the checks of messages that are no questions. A server may answer each with FORMERR or not at all.
func malformed() []check.Check {
	clause := check.Course("Malformed messages")
	one := func(name, says string, kinds ...string) check.Check {
		return check.Check{Name: name, Clause: clause, Says: says, Run: func(t *check.T) {
			z := newZone(t, host)
			z.judge()
			for _, m := range dns.Malformations(uint16(t.Rand().Uint32()), z.name("{www}"), dnssteps.Type("A")) {
				for _, kind := range kinds {
					if m.Name != kind {
						continue
					}
					if r := z.outlives(m.Data, "a malformed message, "+kind); r != nil {
						r.Set(dns.FlagQR, "QR").Code("FORMERR")
					}
				}
			}
		}}
	}
	short := one("short", "live through messages of fewer bytes than a header has, and do not answer them", "short-header", "header-cut")
	short.Run = func(t *check.T) {
		z := newZone(t, host)
		z.judge()
		whole := z.query("{www}", "A")
		for _, n := range []int{0, 1, 5, 11} {
			if r := z.outlives(whole[:n], fmt.Sprintf("a message of %d bytes", n)); r != nil {
				t.Fail(r.Whole(), "silence", fmt.Sprintf("a reply of %d bytes", len(r.Raw)))
			}
		}
	}
	return []check.Check{
		short,
		one("no-question", "live through a message without a question; FORMERR or silence is the answer", "header-alone", "no-question"),
		one("cut", "live through a message that ends before its counts and lengths say; FORMERR or silence is the answer",
			"question-cut", "name-cut", "label-beyond", "count-too-high", "record-cut", "data-beyond"),
		one("pointer-loop", "live through a name that points to itself; FORMERR or silence is the answer", "pointer-to-itself", "pointer-loop"),
		one("pointer-astray", "live through a pointer that leads out of the message; FORMERR or silence is the answer", "pointer-beyond", "pointer-cut"),
		one("label-of-64", "do not take a length of 64 for a label's: labels have up to 63 bytes; FORMERR or silence is the answer", "label-of-64"),
		one("label-type", "do not take a byte that begins with the bits 10 for a length or a pointer; FORMERR or silence is the answer", "label-type-10"),
		one("long-name", "live through a name of more than 255 bytes; FORMERR or silence is the answer", "name-of-256"),
	}
}

// requests are the checks of messages that are well formed and ask for nothing that there is.
func requests() []check.Check {
	return []check.Check{
		{
			Name:   "response",
			Clause: check.Course("Responses"),
			Says:   "do not answer a message that is a response: two servers would answer each other for ever",
			Run: func(t *check.T) {
				z := newZone(t, host)
				q := z.query("{www}", "A", dnssteps.Flags(dns.FlagQR))
				z.judge()
				if r := z.outlives(q, "a response"); r != nil {
					t.Fail(r.Whole(), "silence", "a reply: "+dns.DigLine(r.Message))
				}
			},
		},
		{
			Name:   "opcode",
			Clause: check.Course("Opcodes"),
			Says:   "answer an opcode that there is not with NOTIMP, the opcode copied, or not at all",
			Run: func(t *check.T) {
				z := newZone(t, host)
				q := z.query("{www}", "A", dnssteps.Opcode(3))
				z.judge()
				if r := z.outlives(q, "a message with the opcode 3"); r != nil {
					t.Want(r.Field(dns.AtFlags), "opcode "+dns.OpcodeName(r.Opcode()), "opcode "+dns.OpcodeName(3))
					r.Code("NOTIMP")
				}
			},
		},
		{
			Name:     "two-questions",
			Clause:   check.May(grader.Course, "What is left open"),
			Says:     "answer a message with two questions with FORMERR or not at all",
			Advisory: true, // dnsmasq answers the first
			Run: func(t *check.T) {
				z := newZone(t, host)
				q := dns.NewBuilder(uint16(t.Rand().Uint32()), 0).Question(z.name("{www}"), dnssteps.Type("A")).Question(z.name("@"), dnssteps.Type("NS")).Bytes()
				z.judge()
				if r := z.outlives(q, "a message with two questions"); r != nil {
					r.Code("FORMERR")
				}
			},
		},
		{
			Name:     "class",
			Clause:   check.May(grader.Course, "What is left open"),
			Says:     "do not answer a question of class CH with the records of class IN",
			Advisory: true, // gdnsd does
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.asked("{www}", "A", dnssteps.Class(3)).Answers()
			},
		},
	}
}

// survival are the checks that a server goes on.
func survival() []check.Check {
	return []check.Check{
		{
			Name:   "goes-on",
			Clause: check.Course("Staying up"),
			Says:   "answer the sixtieth question as the first",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.judge()
				for range 59 {
					z.ask("{www}", "A")
				}
			},
		},
		{
			Name:   "tcp-cut",
			Clause: check.Course("Staying up"),
			Says:   "go on when a client leaves in the middle of a message, or resets its connection",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.judgeTCP()
				q := dns.Frame(z.query("{www}", "A"))
				for _, n := range []int{1, 9} {
					c := dnssteps.TCP(t)
					c.Write(q[:n])
					c.CloseWrite()
					c.ReadWithin(5*settle, make([]byte, 1)) // most close, too: then they have noticed
					c.Close()
					c = dnssteps.TCP(t)
					c.Write(q[:n])
					c.Reset()
					dnssteps.AskTCP(t, z.query("{www}", "A"))
					z.lives()
				}
			},
		},
	}
}
