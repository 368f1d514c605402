package dnsresolver

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"

	mdns "github.com/miekg/dns"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// A forger sends a wrong reply to a question of the resolver's just before the right one goes out.
type forger struct {
	s         *space
	z         *zone
	evil      string         // the address that the forged reply gives
	elsewhere net.PacketConn // at another address, at the servers' port
	beside    net.PacketConn // at the zone's server's address, at another port
	sent      atomic.Bool    // something was sent already
}

// server is the socket of the zone's own server.
func (f *forger) server() net.PacketConn { return f.s.sockets[f.z.servers[0]] }

// reply is a reply to a question that gives the wrong address.
func (f *forger) reply(q asked) []byte {
	return respond(q).Record(dns.AnswerSection, q.Questions[0].Name.Text, dnssteps.Type("A"), 3600, ipv4(f.evil)).Bytes()
}

// forged is the body of a check in which a forger sends something of its own at each question for a name's address.
func forged(send func(f *forger, q asked)) func(*check.T) {
	return func(t *check.T) {
		s := newSpace(t)
		z := s.top.zone("")
		name, ip := z.host(3600)
		f := &forger{s: s, z: z, evil: s.ip()}
		attacker := s.address()
		s.instead = func(q asked) ([]byte, bool) {
			if at(z)(q) && !q.TCP && q.is(name, "A") {
				send(f, q)
			}
			return nil, false
		}
		f.elsewhere, _ = t.Serve(attacker)
		f.beside = t.Spare(z.servers[0])
		s.serve()
		t.Judge()
		for range 2 { // and what was kept
			r := s.ask(name, "A")
			if gives(r, f.evil) {
				t.Fail(r.Whole(), "the address "+ip+", and not the forger's", f.evil)
			}
			isAddress(r, name, ip)
		}
	}
}

// matching holds the rules on what is a reply, and on being hard to guess.
func matching() []check.Check {
	return []check.Check{
		{
			Name:   "wrong-id",
			Clause: check.Must("RFC 5452", "9.1"),
			Says:   "leave a reply with another id aside, and wait for the right one",
			Run: forged(func(f *forger, q asked) {
				for _, bits := range []byte{0x01, 0x80, 0xff} {
					b := f.reply(q)
					b[dns.AtID] ^= bits
					f.server().WriteTo(b, net.UDPAddrFromAddrPort(q.From))
				}
			}),
		},
		{
			Name:   "wrong-address",
			Clause: check.Must("RFC 5452", "9.1"),
			Says:   "leave a reply from another address than the one that was asked aside, and wait for the right one",
			Run: forged(func(f *forger, q asked) {
				f.elsewhere.WriteTo(f.reply(q), net.UDPAddrFromAddrPort(q.From))
			}),
		},
		{
			Name:   "wrong-port",
			Clause: check.Course("Matching"),
			Says:   "leave a reply from another port than the one that was asked aside, and wait for the right one",
			Run: forged(func(f *forger, q asked) {
				f.beside.WriteTo(f.reply(q), net.UDPAddrFromAddrPort(q.From))
			}),
		},
		{
			Name:   "wrong-question",
			Clause: check.Must("RFC 5452", "9.1"),
			Says:   "leave a reply to another question aside, and wait for the right one or ask again",
			Run: forged(func(f *forger, q asked) {
				if f.sent.Swap(true) {
					return // who does not wait for the right one must get another chance: RFC 5452 asks for no more
				}
				name := q.Questions[0].Name.Text
				other := "x" + name[1:]
				if strings.EqualFold(other, name) { // in mixed case it may begin with X
					other = "y" + name[1:]
				}
				b := dns.NewBuilder(q.ID, dns.FlagQR|dns.FlagAA).Question(other, dnssteps.Type("A")).
					Record(dns.AnswerSection, name, dnssteps.Type("A"), 3600, ipv4(f.evil))
				f.server().WriteTo(b.Bytes(), net.UDPAddrFromAddrPort(q.From))
			}),
		},
		{
			Name:   "wrong-type",
			Clause: check.Must("RFC 5452", "9.1"),
			Says:   "leave a reply to a question for another type aside, and wait for the right one or ask again",
			Run: forged(func(f *forger, q asked) {
				if f.sent.Swap(true) {
					return // as with another name
				}
				name := q.Questions[0].Name.Text
				b := dns.NewBuilder(q.ID, dns.FlagQR|dns.FlagAA).Question(name, dnssteps.Type("TXT")).
					Record(dns.AnswerSection, name, dnssteps.Type("A"), 3600, ipv4(f.evil))
				f.server().WriteTo(b.Bytes(), net.UDPAddrFromAddrPort(q.From))
			}),
		},
		{
			Name:   "no-reply",
			Clause: check.Course("Matching"),
			Says:   "leave a message with QR=0 aside, for it is no reply, and wait for the right one or ask again",
			Run: forged(func(f *forger, q asked) {
				if f.sent.Swap(true) {
					return
				}
				b := f.reply(q)
				b[dns.AtFlags] &^= dns.FlagQR >> 8
				f.server().WriteTo(b, net.UDPAddrFromAddrPort(q.From))
			}),
		},
		{
			Name:   "ids",
			Clause: check.Must("RFC 5452", "9.2"),
			Says:   "draw the id of each question upstream at random: not the same, not one more than the last, not the time",
			Run: func(t *check.T) {
				var ids []uint16
				for _, q := range spread(t) {
					ids = append(ids, q.ID)
				}
				// Within 256: an id made of the time in milliseconds is no more than that above the last.
				random(t, "ids", ids, len(ids)*3/4, 256)
			},
		},
		{
			Name:   "ports",
			Clause: check.Must("RFC 5452", "9.2"),
			Says:   "send each question upstream from a port that cannot be foretold: a new socket, and the system picks its port",
			Run: func(t *check.T) {
				var ports []uint16
				for _, q := range spread(t) {
					ports = append(ports, q.From.Port())
				}
				// Within 8: who draws from a range of ports draws from a small one, perhaps.
				random(t, "ports", ports, len(ports)/2, 8)
			},
		},
	}
}

// random fails the check when the ids or ports of questions, in the order in which they came, could be foretold: no
// more than least of them differ, or a third are the same step away from the one before, or above it by no more than near.
func random(t *check.T, what string, all []uint16, least int, near uint16) {
	steps, distinct := map[uint16]int{}, map[uint16]bool{}
	close := 0
	text := ""
	for i, n := range all {
		distinct[n] = true
		text += fmt.Sprintf(" %d", n)
		if i == 0 {
			continue
		}
		step := n - all[i-1]
		steps[step]++
		if step > 0 && step <= near {
			close++
		}
	}
	note := t.Note("the %s of the questions upstream:%s", what, text)
	t.Require(len(distinct) > least, note, fmt.Sprintf("different %s in %d questions", what, len(all)), fmt.Sprintf("%d different ones", len(distinct)))
	for step, n := range steps {
		t.Require(step == 0 || n < len(all)/3, note, what+" that cannot be foretold", fmt.Sprintf("each %d more than the last", step))
	}
	t.Require(close < len(all)/3, note, what+" that cannot be foretold", fmt.Sprintf("%d that are more than the last by at most %d", close, near))
}

// spread lets the resolver ask for 24 names and gives all its questions over UDP.
func spread(t *check.T) []asked {
	s := newSpace(t)
	z := s.top.zone("")
	var names, ips []string
	for range 24 {
		name, ip := z.host(3600)
		names, ips = append(names, name), append(ips, ip)
	}
	s.serve()
	for i, name := range names {
		s.learns(name, ips[i])
	}
	return s.upstream(func(q asked) bool { return !q.TCP })
}

// poisoned is the body of a check in which a zone's server adds records about another zone to its replies.
func poisoned(add func(m *mdns.Msg, victim, evil string, evilServer netip.Addr)) func(*check.T) {
	return func(t *check.T) {
		s := newSpace(t)
		bad, good := s.top.zone(""), s.top.zone("")
		lure, lureIP := bad.host(3600)
		victim, ip := good.host(3600)
		evil := s.ip()
		s.instead = func(q asked) ([]byte, bool) {
			if !at(bad)(q) {
				return nil, false
			}
			if !mdns.IsSubDomain(bad.name, q.name()) {
				// Who comes here for the victim believes the delegation.
				return respond(q).Record(dns.AnswerSection, q.Questions[0].Name.Text, dnssteps.Type("A"), 3600, ipv4(evil)).Bytes(), true
			}
			m := new(mdns.Msg)
			if err := m.Unpack(s.world.Server(bad.servers[0]).Answer(q.Query.Raw, q.TCP)); err != nil || !q.is(lure, "A") {
				return nil, false
			}
			add(m, victim, evil, bad.servers[0])
			b, err := m.Pack()
			return b, err == nil
		}
		s.serve()
		s.learns(lure, lureIP)
		t.Judge()
		r := s.ask(victim, "A")
		if gives(r, evil) {
			t.Fail(r.Whole(), "the address "+ip+" that the zone's own server gives", evil+", which a server of "+bad.name+" gave")
		}
		isAddress(r, victim, ip)
	}
}

// rr makes a record of the library's.
func rr(format string, args ...any) mdns.RR {
	r, err := mdns.NewRR(fmt.Sprintf(format, args...))
	if err != nil {
		panic(err)
	}
	return r
}

// parent is the name above a name.
func parent(name string) string {
	i, _ := mdns.NextLabel(name, 0)
	return name[i:]
}

// bailiwick holds the rules on what a server may say.
func bailiwick() []check.Check {
	return []check.Check{
		{
			Name:   "outside-answer",
			Clause: check.Must("RFC 5452", "6"),
			Says:   "drop records of names outside of the server's zone from the answer section",
			Run: poisoned(func(m *mdns.Msg, victim, evil string, _ netip.Addr) {
				m.Answer = append(m.Answer, rr("%s 3600 IN A %s", victim, evil))
			}),
		},
		{
			Name:   "outside-additional",
			Clause: check.Must("RFC 5452", "6"),
			Says:   "drop addresses of names outside of the server's zone from the additional section",
			Run: poisoned(func(m *mdns.Msg, victim, evil string, _ netip.Addr) {
				m.Ns = append(m.Ns, rr("%s 3600 IN NS %s", m.Question[0].Name, victim))
				m.Extra = append(m.Extra, rr("%s 3600 IN A %s", victim, evil))
			}),
		},
		{
			Name:   "outside-authority",
			Clause: check.Must("RFC 5452", "6"),
			Says:   "drop NS records of zones outside of the server's zone from the authority section",
			Run: poisoned(func(m *mdns.Msg, victim, _ string, server netip.Addr) {
				zone := parent(victim)
				m.Ns = append(m.Ns, rr("%s 3600 IN NS ns.%s", zone, zone))
				m.Extra = append(m.Extra, rr("ns.%s 3600 IN A %s", zone, server))
			}),
		},
		{
			Name:   "outside-alias",
			Clause: check.Must("RFC 5452", "6"),
			Says:   "ask for the target of an alias at its own zone, whatever the server of the alias says of it",
			Run: func(t *check.T) {
				s := newSpace(t)
				bad, good := s.top.zone(""), s.other.zone("")
				name, ip := good.host(3600)
				alias, evil := t.Word(6)+"."+bad.name, s.ip()
				bad.add("%s 3600 CNAME %s", alias, name)
				s.instead = func(q asked) ([]byte, bool) {
					m := new(mdns.Msg)
					if !at(bad)(q) || !q.is(alias, "A") || m.Unpack(s.world.Server(bad.servers[0]).Answer(q.Query.Raw, q.TCP)) != nil {
						return nil, false
					}
					m.Answer = append(m.Answer, rr("%s 3600 IN A %s", name, evil))
					b, err := m.Pack()
					return b, err == nil
				}
				s.serve()
				t.Judge()
				for _, q := range []string{alias, name} {
					r := s.ask(q, "A")
					if gives(r, evil) {
						t.Fail(r.Whole(), "the address "+ip+" that the zone's own server gives", evil+", which a server of "+bad.name+" gave")
					}
					if !gives(r, ip) {
						t.Fail(r.Whole(), "the address "+ip, line(r))
					}
				}
			},
		},
	}
}
