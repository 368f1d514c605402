package dnsresolver

import (
	"fmt"
	"sync"
	"time"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// crowd is how many clients ask at one time, and early how many of them before the zone's server answers, the others when
// the first has its answer: a resolver may keep only so many clients waiting (BIND ten), and drop the question of one more.
const crowd, early = 20, 8

// A gate holds questions back at a server until it is opened.
type gate struct {
	came   chan struct{} // has one for each question that is there
	opened chan struct{}
	once   sync.Once
}

// newGate makes a gate that is open at the end of the check at the latest.
func newGate(t *check.T) *gate {
	g := &gate{came: make(chan struct{}, 10*crowd), opened: make(chan struct{})}
	t.AtEnd(g.open)
	return g
}

func (g *gate) open() { g.once.Do(func() { close(g.opened) }) }

// note is called by a server that has got a question, and hold by one that keeps it.
func (g *gate) note() {
	select {
	case g.came <- struct{}{}:
	default:
	}
}

func (g *gate) hold() {
	g.note()
	<-g.opened
}

// wait waits at most so long for one more question to be at the gate.
func (g *gate) wait(limit time.Duration) bool {
	late := time.NewTimer(limit)
	defer late.Stop()
	select {
	case <-g.came:
		return true
	case <-late.C:
		return false
	}
}

// rush lets n of a crowd of clients ask for a name while the zone's server holds its answer back. It gives the queries of
// all and their sockets.
func rush(t *check.T, n int) (s *space, z *zone, name, ip string, sockets []*dnssteps.Socket, queries [][]byte, held *gate) {
	s = newSpace(t)
	z = s.top.zone("")
	name, ip = z.host(3600)
	last, _ := z.host(3600)
	before, beforeIP := z.host(3600)
	held = newGate(t)
	behind := newGate(t)
	s.instead = func(q asked) ([]byte, bool) {
		switch {
		case !at(z)(q):
		case q.is(name, "A"):
			held.hold()
		case q.is(last, "A"):
			behind.note()
		}
		return nil, false
	}
	s.serve()
	s.learns(before, beforeIP)
	for i := range crowd {
		u := dnssteps.UDP(t)
		q := s.query(name, "A", dnssteps.ID(uint16(t.Rand().IntN(0x800)*0x20+i)))
		sockets, queries = append(sockets, u), append(queries, q)
	}
	sockets[0].Send(queries[0])
	if !held.wait(s.deadline()) {
		t.Missing(t.Note("the zone's server was not asked"), "a question to the zone's server", errNothing)
	}
	for i := 1; i < n; i++ {
		sockets[i].Send(queries[i])
	}
	// Who asks for this is behind all of them: when it gets through, they have been read. A resolver that takes one
	// question after the other has yet to read them, and may.
	dnssteps.UDP(t).Send(s.query(last, "A"))
	behind.wait(time.Second / 2)
	t.Hand(fmt.Sprintf("for i in $(seq %d); do %s & done; wait", n, dnssteps.Command(t.Server(), queries[0], false)) + elsewhere)
	return s, z, name, ip, sockets, queries, held
}

// crowds holds the rules on many clients.
func crowds() []check.Check {
	return []check.Check{
		{
			Name:   "same-at-once",
			Clause: check.Course("Many at once"),
			Says:   "twenty clients ask the same at one time, and each gets the answer with its own id",
			Run: func(t *check.T) {
				s, _, name, ip, sockets, queries, held := rush(t, early)
				held.open()
				t.Judge()
				for i, u := range sockets {
					r := s.next(u)
					if i == 0 { // the answer is there: nobody waits for it any more
						for i := early; i < crowd; i++ {
							sockets[i].Send(queries[i])
						}
					}
					t.Require(r.ID == number(queries[i]), r.Mark(dns.AtID, 2), fmt.Sprintf("the id %d of this client's question", number(queries[i])), fmt.Sprint(r.ID))
					isAddress(r.Readable(), name, ip)
				}
			},
		},
		{
			Name:     "asked-once",
			Clause:   check.May(grader.Course, "What is left open"),
			Says:     "ask the zone's server once for what many clients ask at one time: many equal questions are as many chances for a forger",
			Advisory: true,
			Run: func(t *check.T) {
				s, z, name, _, _, _, held := rush(t, crowd)
				for range crowd / 4 { // one has come
					if !held.wait(time.Second / 2) {
						break
					}
				}
				all := s.upstream(at(z), func(q asked) bool { return q.is(name, "A") })
				held.open()
				t.Require(len(all) <= crowd/4, s.list("the questions to the zone's server", all), "a question or two", fmt.Sprint(len(all)))
			},
		},
		{
			Name:   "different-at-once",
			Clause: check.Course("Many at once"),
			Says:   "twenty clients ask for different names at one time, and each gets its own answer",
			Run: func(t *check.T) {
				s := newSpace(t)
				a, b := s.top.zone(""), s.other.zone("")
				var names, ips []string
				for i := range crowd {
					name, ip := []*zone{a, b}[i%2].host(3600)
					names, ips = append(names, name), append(ips, ip)
				}
				target, targetIP := b.host(3600)
				alias := t.Word(6) + "." + a.name
				a.add("%s 3600 CNAME %s", alias, target)
				s.serve()
				s.learns(alias, targetIP) // the way to both zones is known: what counts is who gets which answer
				var queries [][]byte
				var sockets []*dnssteps.Socket
				for _, name := range names {
					queries, sockets = append(queries, s.query(name, "A")), append(sockets, dnssteps.UDP(t))
				}
				t.Judge()
				for i, u := range sockets {
					u.Send(queries[i])
				}
				for i, u := range sockets {
					isAddress(s.next(u).To(queries[i]), names[i], ips[i])
				}
			},
		},
		{
			Name:   "not-held-up",
			Clause: check.Course("Many at once"),
			Says:   "answer one client while a question of another still waits for a slow server",
			Run: func(t *check.T) {
				s := newSpace(t)
				slow, fast := s.top.zone(""), s.other.zone("")
				late, _ := slow.host(3600)
				name, ip := fast.host(3600)
				held := newGate(t)
				s.instead = func(q asked) ([]byte, bool) {
					if at(slow)(q) {
						held.hold()
					}
					return nil, false
				}
				s.serve()
				u := dnssteps.UDP(t)
				first, second := s.query(late, "A", dnssteps.ID(0x1111)), s.query(name, "A", dnssteps.ID(0x2222))
				u.Send(first)
				if !held.wait(s.deadline()) {
					t.Missing(t.Note("the zone's server was not asked"), "a question to the zone's server", errNothing)
				}
				u.Send(second)
				t.Judge()
				r := s.next(u)
				if r.ID == number(first) {
					t.Fail(r.Whole(), "the reply about "+name+", whose server answers at once", "the one about "+late+", whose server does not: "+line(r))
				}
				isAddress(r.To(second), name, ip)
			},
		},
		{
			Name:   "one-after-another",
			Clause: check.Course("Staying up"),
			Says:   "answer as many questions as a client asks, one after another",
			Run: func(t *check.T) {
				s, name, ip := simple(t)
				s.learns(name, ip)
				t.Judge()
				u := dnssteps.UDP(t)
				for range 60 {
					q := s.query(name, "A")
					u.Send(q)
					isAddress(s.next(u).To(q), name, ip)
				}
			},
		},
	}
}

// datagrams holds the rules on UDP and EDNS.
func datagrams() []check.Check {
	return []check.Check{
		{
			Name:   "from-its-port",
			Clause: check.Course("Datagrams"),
			Says:   "reply from the address and port that the question came to",
			Run: func(t *check.T) {
				s, name, _ := simple(t)
				u := dnssteps.UDP(t)
				u.Send(s.query(name, "A"))
				d, ok := u.TryTake(s.deadline())
				if !ok {
					t.Block("want a reply, got none")
				}
				t.Want(check.At(d, 0, len(d.Data)), "a reply from "+d.From.String(), "a reply from "+t.Server().String())
			},
		},
		{
			Name:   "one-reply",
			Clause: check.Course("Datagrams"),
			Says:   "reply once to a question",
			Run: func(t *check.T) {
				s, name, ip := simple(t)
				s.learns(name, ip)
				u := dnssteps.UDP(t)
				first, second := s.query(name, "A", dnssteps.ID(0x0101)), s.query(name, "A", dnssteps.ID(0x0202))
				u.Send(first)
				s.next(u).To(first)
				u.Send(second)
				r := s.next(u)
				t.Require(r.ID != number(first), r.Whole(), "one reply to each question", "a second one to the first")
			},
		},
		{
			Name:   "truncates",
			Clause: check.Must("RFC 1035", "4.2.1"),
			Says:   "send at most 512 bytes over UDP to a client without EDNS, and set TC when that is not all",
			Hand:   "dig @$HOST -p $PORT +noedns +ignore example.com TXT",
			Run: func(t *check.T) {
				s := newSpace(t)
				name, _ := long(s.top.zone(""), 10)
				s.serve()
				t.Judge()
				q := s.query(name, "TXT")
				r := s.raw(q)
				t.Require(len(r.Raw) <= 512, r.Mark(512, len(r.Raw)-512), "at most 512 bytes", fmt.Sprint(len(r.Raw)))
				t.Require(r.Has(dns.FlagTC), r.Field(dns.AtFlags), "TC=1: there is more than fits", "TC=0")
				r.Keeps()
				r.To(q)
			},
		},
		{
			Name:   "opt-for-opt",
			Clause: check.Must("RFC 6891", "6.1.1"),
			Says:   "put an OPT record into the additional section of the reply when the query has one",
			Hand:   "dig @$HOST -p $PORT +edns=0 www.example.com A",
			Run: func(t *check.T) {
				s, name, ip := simple(t)
				r := s.ask(name, "A", dnssteps.EDNS(1232))
				isAddress(r, name, ip)
				opt := r.OPT()
				if opt == nil {
					t.Fail(r.Whole(), "an OPT record in the additional section", "none")
				}
				r.Keeps("RFC 6891 6.1.1", "RFC 6891 6.1.2")
				t.Require(opt.TTL>>16&0xff == 0, r.Mark(opt.TypeAt()+5, 1), "version 0", fmt.Sprint(opt.TTL>>16&0xff))
			},
		},
		{
			Name:   "no-opt-for-none",
			Clause: check.Must("RFC 6891", "7"),
			Says:   "put no OPT record into the reply to a query that has none",
			Hand:   "dig @$HOST -p $PORT +noedns www.example.com A",
			Run: func(t *check.T) {
				s, name, _ := simple(t)
				r := s.ask(name, "A")
				if opt := r.OPT(); opt != nil {
					t.Fail(r.Mark(opt.At, opt.Len), "no OPT record", "one")
				}
			},
		},
		{
			Name:   "payload-size",
			Clause: check.Must("RFC 6891", "6.2.3"),
			Says:   "send at most as many bytes over UDP as the client's OPT record allows, and set TC when that is not all",
			Hand:   "dig @$HOST -p $PORT +bufsize=800 +ignore example.com TXT",
			Run: func(t *check.T) {
				s := newSpace(t)
				name, _ := long(s.top.zone(""), 10)
				s.serve()
				t.Judge()
				for _, size := range []int{800, 100} { // less than 512 means 512
					r := s.raw(s.query(name, "TXT", dnssteps.EDNS(uint16(size)))).Readable()
					limit := max(size, 512)
					t.Require(len(r.Raw) <= limit, r.Mark(limit, len(r.Raw)-limit), fmt.Sprintf("at most %d bytes", limit), fmt.Sprint(len(r.Raw)))
					t.Require(r.Has(dns.FlagTC), r.Field(dns.AtFlags), "TC=1: there is more than fits", "TC=0")
				}
			},
		},
		{
			Name:   "edns-version",
			Clause: check.Must("RFC 6891", "6.1.3"),
			Says:   "answer a version of EDNS that you do not know with BADVERS, whose upper bits stand in the OPT record",
			Hand:   "dig @$HOST -p $PORT +edns=1 +noednsnegotiation www.example.com A",
			Run: func(t *check.T) {
				s, name, ip := simple(t)
				s.learns(name, ip)
				s.ask(name, "A", dnssteps.EDNS(1232), dnssteps.Version(1)).Code("BADVERS")
			},
		},
	}
}

// streams holds the rules on TCP.
func streams() []check.Check {
	// ready makes a space whose host is known to the resolver already, so that it answers at once.
	ready := func(t *check.T) (s *space, name, ip string) {
		s, name, ip = simple(t)
		s.learns(name, ip)
		return s, name, ip
	}
	return []check.Check{
		{
			Name:   "tcp",
			Clause: check.Must("RFC 7766", "5"),
			Says:   "answer over TCP too, each message with its length in two bytes before it",
			Hand:   "dig @$HOST -p $PORT +noedns +tcp www.example.com A",
			Run: func(t *check.T) {
				s, name, ip := ready(t)
				t.Judge()
				q := s.query(name, "A")
				isAddress(dnssteps.AskTCP(t, q), name, ip)
			},
		},
		{
			Name:   "tcp-whole",
			Needs:  "tcp",
			Clause: check.Must("RFC 1035", "4.2.2"),
			Says:   "send the whole answer over TCP, however long it is",
			Run: func(t *check.T) {
				s := newSpace(t)
				name, all := long(s.top.zone(""), 8)
				s.serve()
				t.Judge()
				dnssteps.AskTCP(t, s.query(name, "TXT")).Clear(dns.FlagTC, "TC").Untimed(dns.AnswerSection, all...)
			},
		},
		{
			Name:   "tcp-next",
			Needs:  "tcp",
			Clause: check.Should("RFC 7766", "6.2.1"),
			Says:   "keep a connection open after a reply, for the client's next question",
			Run: func(t *check.T) {
				s, name, ip := ready(t)
				t.Judge()
				c := dnssteps.TCP(t)
				for range 3 {
					q := s.query(name, "A")
					c.Send(q)
					isAddress(c.Next("a reply on the same connection").To(q), name, ip)
				}
			},
		},
		{
			Name:   "tcp-several",
			Needs:  "tcp",
			Clause: check.Course("TCP"),
			Says:   "answer all questions that come at once on one connection, in any order",
			Run: func(t *check.T) {
				s, name, ip := ready(t)
				t.Judge()
				var queries [][]byte
				for i := range 4 {
					queries = append(queries, s.query(name, "A", dnssteps.ID(uint16(0x1000*(i+1)+t.Rand().IntN(0x1000)))))
				}
				c := dnssteps.TCP(t)
				c.Send(queries...)
				for _, r := range c.All(queries...) {
					isAddress(r.Readable(), name, ip)
				}
			},
		},
		{
			Name:   "tcp-pieces",
			Needs:  "tcp",
			Clause: check.Must("RFC 1035", "4.2.2"),
			Says:   "read a message to the length that stands before it, in whatever pieces it comes",
			Run: func(t *check.T) {
				s, name, ip := ready(t)
				t.Judge()
				for _, sizes := range [][]int{{1}, {1, 5}} {
					q := s.query(name, "A")
					c := dnssteps.TCP(t)
					c.Write(dns.Frame(q)[:1])
					t.Pass(500 * time.Millisecond)
					c.WritePieces(dns.Frame(q)[1:], sizes...)
					isAddress(c.Next("a reply").To(q), name, ip)
					c.Close()
				}
			},
		},
		{
			Name:   "tcp-idle-beside",
			Needs:  "tcp",
			Clause: check.Course("TCP"),
			Says:   "serve a connection while another one says nothing",
			Run: func(t *check.T) {
				s, name, ip := ready(t)
				dnssteps.TCP(t)
				half := dnssteps.TCP(t)
				half.Write([]byte{0})
				t.Judge()
				isAddress(dnssteps.AskTCP(t, s.query(name, "A")), name, ip)
			},
		},
		{
			Name:   "tcp-stalls",
			Needs:  "tcp",
			Clause: check.Course("TCP"),
			Says:   "give a client at least 5 seconds for its next question",
			Run: func(t *check.T) {
				s, name, ip := ready(t)
				c := dnssteps.TCP(t)
				t.Judge()
				// The statement asks for 5 seconds. To wait less is lenient on purpose: no report is held up for what
				// programs that close soon have lost by then.
				t.Pass(2 * time.Second)
				q := s.query(name, "A")
				c.Send(q)
				isAddress(c.Next("a reply, after two quiet seconds").To(q), name, ip)
			},
		},
		{
			Name:   "tcp-left-halfway",
			Needs:  "tcp",
			Clause: check.Course("Staying up"),
			Says:   "outlive a client that leaves in the middle of a message",
			Run: func(t *check.T) {
				s, name, ip := ready(t)
				t.Judge()
				for _, n := range []int{1, 9} {
					c := dnssteps.TCP(t)
					c.Write(dns.Frame(s.query(name, "A"))[:n])
					c.Close()
				}
				if exit := t.Died(60 * time.Millisecond); exit != "" {
					t.Fail(t.Note("the resolver has ended"), "a resolver that goes on", "it ended: "+exit)
				}
				isAddress(dnssteps.AskTCP(t, s.query(name, "A")), name, ip)
				isAddress(s.ask(name, "A"), name, ip)
			},
		},
	}
}
