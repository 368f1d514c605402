package dnsserver

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// many are the lines of a set that takes about 70 bytes for each of its records.
func many(name string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s TXT \"%02d {%s%da} {%s%db} {%s%dc} and some more text\"\n", name, i, "t", i, "t", i, "t", i)
	}
	return b.String()
}

// A big set does not fit into 512 bytes and fits into 1,232; a huge one fits into 1,232 neither.
var (
	big  = host + pair + many("{big}", 12)
	huge = host + pair + many("{huge}", 90)
)

// pair is a set that fits anywhere.
const pair = "{pair} A {ip one}\n{pair} A {ip two}\n"

// wholeSets blocks the check when the server answers with one record of the pair: who does has no reply that is too long,
// and the clause on those is not the one that is broken.
func (z *zone) wholeSets() {
	if len(z.ask("{pair}", "A").In(dns.AnswerSection)) == 1 {
		z.t.Block("of the set %s A one record is sent, not both (see answers/whole-set)", z.name("{pair}"))
	}
}

// datagrams are the checks of UDP.
func datagrams() []check.Check {
	return []check.Check{
		{
			Name:   "udp-source",
			Clause: check.Must("RFC 2181", "4.2"),
			Says:   "reply over UDP from the address and port at which the question came in",
			Run: func(t *check.T) {
				z := newZone(t, host)
				t.Judge()
				s := dnssteps.UDP(t)
				s.Send(z.query("{www}", "A"))
				d, ok := s.TryTake(t.Patience())
				if !ok {
					t.Block("no reply came")
				}
				t.Want(check.At(d, 0, 0), "a reply from "+d.From.String(), "a reply from "+t.Server().String())
			},
		},
		{
			Name:   "udp-once",
			Clause: check.Course("Port"),
			Says:   "send one reply to a question",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.judge()
				s := dnssteps.UDP(t)
				s.Send(z.query("{www}", "A"))
				s.Next("a reply")
				z.ask("{www}", "A") // from elsewhere: what is sent twice has come by then
				if r := s.TryNext(settle); r != nil {
					t.Fail(r.Whole(), "one reply", "another one to the same question")
				}
			},
		},
		{
			Name:   "udp-burst",
			Clause: check.Course("Clients at once"),
			Says:   "answer every question of a client that sends several without waiting",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.judge()
				var queries [][]byte
				for i := range 16 {
					queries = append(queries, z.query("{www}", "A", dnssteps.ID(uint16(1000+257*i))))
				}
				s := dnssteps.UDP(t)
				s.Send(queries...)
				for i, r := range s.All(queries...) {
					z.holdsData(r.To(queries[i]), "A", z.set("{www}", "A"))
				}
			},
		},
		{
			Name:   "truncated",
			Clause: check.Must("RFC 1035", "4.2.1"),
			Says:   "set the bit TC when the reply does not fit into 512 bytes and the question has no EDNS",
			Run: func(t *check.T) {
				z := newZone(t, big)
				z.wholeSets()
				z.judge()
				dnssteps.Raw(t, z.query("{big}", "TXT")).Set(dns.FlagTC, "TC")
			},
		},
		{
			Name:     "truncated-size",
			Clause:   check.Must("RFC 1035", "2.3.4"),
			Says:     "send at most 512 bytes over UDP when the question has no EDNS",
			Advisory: true, // yadifa sends more, with TC
			Run: func(t *check.T) {
				z := newZone(t, big)
				z.judge()
				r := dnssteps.Raw(t, z.query("{big}", "TXT"))
				t.Require(len(r.Raw) <= 512, r.Whole(), "at most 512 bytes", fmt.Sprintf("%d bytes", len(r.Raw)))
			},
		},
		{
			Name:   "truncated-records",
			Clause: check.Course("UDP"),
			Says:   "leave out whole records when a reply is too long: do not cut it in the middle of one",
			Run: func(t *check.T) {
				z := newZone(t, big)
				z.judge()
				r := dnssteps.Raw(t, z.query("{big}", "TXT"))
				if r.Broken != nil {
					r.Break(r.Breaches[0])
				}
			},
		},
		{
			Name:   "truncated-glue",
			Clause: check.Course("UDP"),
			Says:   "set the bit TC in a referral from which all glue is left out since it does not fit: a resolver would be lost there",
			Run: func(t *check.T) {
				var wide strings.Builder
				for i := range 12 {
					fmt.Fprintf(&wide, "{wide} NS {w%d}.{wide}\n{w%d}.{wide} A {ip w%d}\n  AAAA {ip6 w%d}\n", i, i, i, i)
				}
				z := newZone(t, cut+wide.String())
				if len(z.lacksGlue("{sub}", z.ask("{host}.{sub}", "A"))) > 0 {
					t.Block("a short referral has not its glue (see delegation/glue)")
				}
				z.judge()
				r := z.ask("{host}.{wide}", "A")
				// BIND and NSD leave out what does not fit, and with one address a resolver can go on.
				lacking := z.lacksGlue("{wide}", r)
				t.Require(r.Has(dns.FlagTC) || len(lacking) < len(z.glue("{wide}")), r.Field(dns.AtFlags),
					"the bit TC set, or in the additional section one of "+dnssteps.List(lacking), "TC is 0, and no glue")
			},
		},
	}
}

// streams are the checks of TCP.
func streams() []check.Check {
	return []check.Check{
		{
			Name:   "tcp",
			Clause: check.Must("RFC 1035", "4.2.2"),
			Says:   "answer over TCP, with the length of the message before it in two bytes",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.ask("{www}", "A") // readable over UDP
				t.Judge()
				q := z.query("{www}", "A")
				r := dnssteps.RawTCP(t, q)
				if r.Broken != nil {
					r.Break(r.Breaches[0])
				}
				z.holdsData(r.To(q), "A", z.set("{www}", "A"))
			},
		},
		{
			Name:   "tcp-large",
			Clause: check.Must("RFC 1035", "4.2.2"),
			Says:   "send a reply of any length whole over TCP",
			Run: func(t *check.T) {
				z := newZone(t, huge)
				z.wholeSets()
				z.judgeTCP()
				r := dnssteps.AskTCP(t, z.query("{huge}", "TXT")).Clear(dns.FlagTC, "TC")
				z.holdsData(r, "TXT", z.set("{huge}", "TXT"))
			},
		},
		{
			Name:   "tcp-pieces",
			Clause: check.Must("RFC 9293", "3.7"),
			Says:   "take a question over TCP in whatever pieces it comes, the two bytes of its length too",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.judgeTCP()
				for _, sizes := range [][]int{{1, 1, 7, 1000}, {2, 1000}, {1, 2, 11, 5, 1000}} {
					c := dnssteps.TCP(t)
					q := z.query("{www}", "A")
					c.SendPieces(q, sizes...)
					z.holdsData(c.Next("a reply to a question that comes in pieces").To(q), "A", z.set("{www}", "A"))
					c.Close()
				}
			},
		},
		{
			Name:   "tcp-several",
			Clause: check.Must("RFC 7766", "6.2.1"),
			Says:   "answer several questions on one connection, one after the other",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.judgeTCP()
				c := dnssteps.TCP(t)
				for i := range 4 {
					q := z.query("{www}", "A")
					c.Send(q)
					z.holdsData(c.Next(fmt.Sprintf("a reply to question %d of the connection", i+1)).To(q), "A", z.set("{www}", "A"))
				}
			},
		},
		{
			Name:   "tcp-pipelined",
			Clause: check.Must("RFC 7766", "6.2.1.1"),
			Says:   "answer all questions that a client sends on one connection without waiting, also when several come in one piece",
			Run: func(t *check.T) {
				z := newZone(t, host+"{mail} A {ip mail}\n{note} TXT \"{text}\"\n")
				z.judgeTCP()
				c := dnssteps.TCP(t)
				a, b, d := z.query("{www}", "A", dnssteps.ID(0x1122)), z.query("{mail}", "A", dnssteps.ID(0x3344)), z.query("{note}", "TXT", dnssteps.ID(0x5566))
				c.Send(a, b, d)
				replies := c.All(a, b, d)
				z.holdsData(replies[0].To(a), "A", z.set("{www}", "A"))
				z.holdsData(replies[1].To(b), "A", z.set("{mail}", "A"))
				z.holdsData(replies[2].To(d), "TXT", z.set("{note}", "TXT"))
			},
		},
		{
			Name:   "tcp-idle-beside",
			Clause: check.Course("Clients at once"),
			Says:   "answer others while connections are open on which nothing, or half a question, has come",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.judgeTCP()
				for i := range 8 {
					c := dnssteps.TCP(t)
					if i%2 == 0 {
						c.Write(dns.Frame(z.query("{www}", "A"))[:9])
					}
				}
				z.holdsData(dnssteps.AskTCP(t, z.query("{www}", "A")), "A", z.set("{www}", "A"))
				z.holdsData(z.ask("{www}", "A"), "A", z.set("{www}", "A"))
			},
		},
		{
			Name:   "tcp-at-once",
			Clause: check.Course("Clients at once"),
			Says:   "answer 32 connections that are open at once",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.judgeTCP()
				var queries [][]byte
				for range 32 {
					queries = append(queries, z.query("{www}", "A"))
				}
				connections := make([]*dnssteps.Stream, len(queries))
				t.Together(len(queries), func(i int) { connections[i] = dnssteps.TCP(t) })
				for i, c := range connections {
					c.Send(queries[i])
				}
				// All stay open until the last is answered: who serves them one by one is noticed.
				for i, c := range slices.Backward(connections) {
					z.holdsData(c.Next("a reply on each of 32 connections").To(queries[i]), "A", z.set("{www}", "A"))
				}
			},
		},
		{
			Name:   "tcp-patience",
			Clause: check.Course("Clients at once"),
			Says:   "leave a connection open for a while on which nothing comes",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.judgeTCP()
				c := dnssteps.TCP(t)
				q := z.query("{www}", "A")
				if _, err := c.TryNext(pause); !errors.Is(err, check.ErrSilence) {
					t.Missing(c.Here(), "the connection open", err)
				}
				c.Send(q)
				z.holdsData(c.Next("a reply on a connection that was silent for a while").To(q), "A", z.set("{www}", "A"))
			},
		},
	}
}

const (
	// settle is how long something that ought not to come is waited for, when a later reply has come already.
	settle = 60 * time.Millisecond
	// pause is how long a silent connection is left alone. The statement asks for 10 seconds; a check that waited as long
	// would hold up every report. It is lenient on purpose: who closes at once, or after a second, is who loses points.
	pause = 1500 * time.Millisecond
)
