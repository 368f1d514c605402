package dnsresolver

import (
	"fmt"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// cheapest plays the same n times and gives the questions of the time that cost least: one that was lost on a busy
// machine and asked again is no question too many.
func cheapest(n int, play func() []asked) []asked {
	var least []asked
	for i := range n {
		if all := play(); i == 0 || len(all) < len(least) {
			least = all
		}
	}
	return least
}

// ways holds the rules on the way from the root to the answer.
func ways() []check.Check {
	return []check.Check{
		{
			Name:   "three-questions",
			Clause: check.Course("What it costs"),
			Says:   "with nothing known, ask three questions about a name: a root server, one of the top-level domain, one of the zone",
			Hand:   "dig +trace @$HOST -p $PORT www.example.com A",
			Run: func(t *check.T) {
				s := newSpace(t)
				type chain struct {
					name, ip string
					zones    []*zone
				}
				var chains []chain
				for range 3 {
					top := s.root.zone("")
					z := top.zone("")
					name, ip := z.host(3600)
					chains = append(chains, chain{name, ip, []*zone{s.root, top, z}})
				}
				s.serve()
				all := cheapest(len(chains), func() []asked {
					c := chains[0]
					chains = chains[1:]
					s.learns(c.name, c.ip)
					all := s.every(way(c.name))
					for _, z := range c.zones {
						if len(s.upstream(way(c.name), at(z))) == 0 {
							t.Fail(s.list("the questions upstream about "+c.name, all), "a question to a server of "+z.name, "none")
						}
					}
					return all
				})
				t.Require(len(all) == 3, s.list("the questions upstream", all), "3 questions", fmt.Sprint(len(all)))
			},
		},
		{
			Name:   "no-recursion-asked",
			Clause: check.Course("From the root"),
			Says:   "ask the servers with RD=0: you do the recursion, and nobody does it for you",
			Run: func(t *check.T) {
				s, name, ip := simple(t)
				s.learns(name, ip)
				for _, q := range s.upstream() {
					t.Require(!q.Has(dns.FlagRD), s.shows(q, dns.AtFlags, 1), "RD=0 in a question to a server", "RD=1")
				}
			},
		},
		{
			Name:   "deep",
			Clause: check.Must("RFC 1034", "5.3.3"),
			Says:   "follow delegation after delegation, however many there are",
			Run: func(t *check.T) {
				s := newSpace(t)
				z := s.top
				for range 5 {
					z = z.zone("")
				}
				name, ip := z.host(3600)
				s.serve()
				t.Judge()
				isAddress(s.ask(name, "A"), name, ip)
			},
		},
		{
			Name:   "glueless",
			Clause: check.Must("RFC 1034", "5.3.3"),
			Says:   "when a delegation comes without an address, resolve the name server's name first",
			Run: func(t *check.T) {
				s := newSpace(t)
				z, _ := glueless(s.top, s.other.zone(""))
				name, ip := z.host(3600)
				s.serve()
				t.Judge()
				isAddress(s.ask(name, "A"), name, ip)
			},
		},
		{
			Name:   "glueless-twice",
			Clause: check.Must("RFC 1034", "5.3.3"),
			Says:   "resolve the name of a name server also when its own zone's server has to be resolved first",
			Run: func(t *check.T) {
				s := newSpace(t)
				first, _ := glueless(s.top, s.other.zone(""))
				second, _ := glueless(s.top, first)
				name, ip := second.host(3600)
				s.serve()
				t.Judge()
				isAddress(s.ask(name, "A"), name, ip)
			},
		},
		{
			Name:   "truncated",
			Clause: check.Must("RFC 7766", "5"),
			Says:   "ask a server again over TCP when its reply is truncated (TC=1)",
			Run: func(t *check.T) {
				s := newSpace(t)
				z := s.top.zone("")
				name, all := long(z, 20)
				host, _ := z.host(3600)
				s.serve()
				dnssteps.AskTCP(t, s.query(host, "A")) // that the resolver takes TCP itself has a check of its own
				t.Judge()
				dnssteps.AskTCP(t, s.query(name, "TXT")).Code("NOERROR").Untimed(dns.AnswerSection, all...)
			},
		},
		{
			Name:   "truncated-in-pieces",
			Needs:  "truncated",
			Clause: check.Must("RFC 1035", "4.2.2"),
			Says:   "read a server's reply over TCP to the length that stands before it, in whatever pieces it comes",
			Run: func(t *check.T) {
				s := newSpace(t)
				z := s.top.zone("")
				name, all := long(z, 20)
				host, _ := z.host(3600)
				s.pieces = true
				s.serve()
				dnssteps.AskTCP(t, s.query(host, "A"))
				t.Judge()
				dnssteps.AskTCP(t, s.query(name, "TXT")).Code("NOERROR").Untimed(dns.AnswerSection, all...)
			},
		},
		{
			Name:   "server-without-edns",
			Clause: check.Course("Servers that are no help"),
			Says:   "ask again without OPT when a server says FORMERR to a question with one",
			Run: func(t *check.T) {
				s := newSpace(t)
				name, ip := s.top.zone("edns-form-err").host(3600)
				s.serve()
				t.Judge()
				isAddress(s.ask(name, "A"), name, ip)
			},
		},
	}
}

// glueless adds a zone below parent whose server's name is in another zone: its delegation has no address.
func glueless(parent, home *zone) (z *zone, server string) {
	z = parent.bare()
	address := z.serve("")
	server = z.s.t.Word(6) + "." + home.name
	home.add("%s A %s", server, address)
	z.add("@ NS %s", server)
	parent.add("%s NS %s", z.name, server)
	return z, server
}

// long adds a name with n records of text, each some 100 bytes long, and gives them.
func long(z *zone, n int) (name string, all []dnssteps.Record) {
	name = z.s.t.Word(6) + "." + z.name
	for i := range n {
		line := fmt.Sprintf("%s 3600 IN TXT \"%02d%s\"", name, i, z.s.t.Word(80))
		z.add("%s", line)
		all = append(all, dnssteps.MustRecords(line)...)
	}
	return name, all
}

// aliases holds the rules on CNAME records.
func aliases() []check.Check {
	return []check.Check{
		{
			Name:   "alias",
			Clause: check.Must("RFC 1034", "3.6.2"),
			Says:   "follow an alias to its target, and answer with the CNAME and with what it leads to",
			Hand:   "dig @$HOST -p $PORT +noedns www.github.com A",
			Run: func(t *check.T) {
				s := newSpace(t)
				z := s.top.zone("")
				name, ip := z.host(3600)
				alias := t.Word(6) + "." + z.name
				z.add("%s 3600 CNAME %s", alias, name)
				s.serve()
				t.Judge()
				s.ask(alias, "A").Code("NOERROR").Untimed(dns.AnswerSection, dnssteps.MustRecords(
					alias+" 0 IN CNAME "+name, name+" 0 IN A "+ip)...)
			},
		},
		{
			Name:   "alias-elsewhere",
			Clause: check.Must("RFC 1034", "5.3.3"),
			Says:   "follow aliases into other zones, from the root again where that is needed",
			Run: func(t *check.T) {
				s := newSpace(t)
				a, b, c := s.top.zone(""), s.other.zone(""), s.root.zone("").zone("")
				name, ip := c.host(3600)
				first, second := t.Word(6)+"."+a.name, t.Word(6)+"."+b.name
				a.add("%s 3600 CNAME %s", first, second)
				b.add("%s 3600 CNAME %s", second, name)
				s.serve()
				t.Judge()
				want := dnssteps.MustRecords(first+" 0 IN CNAME "+second, second+" 0 IN CNAME "+name, name+" 0 IN A "+ip)
				s.ask(first, "A").Code("NOERROR").Untimed(dns.AnswerSection, want...)
				s.ask(first, "A").Code("NOERROR").Untimed(dns.AnswerSection, want...)
			},
		},
		{
			Name:   "alias-chain",
			Needs:  "alias-elsewhere",
			Clause: check.Course("Aliases"),
			Says:   "follow an alias that leads to an alias, and so on: six in a row, from zone to zone",
			Run: func(t *check.T) {
				s := newSpace(t)
				zones := [2]*zone{s.top.zone(""), s.other.zone("")}
				ip := s.ip()
				names := []string{t.Word(4) + "." + zones[0].name}
				var want []dnssteps.Record
				for i := range 6 { // with short labels all of them fit into 512 bytes, uncompressed
					target := t.Word(4) + "." + zones[(i+1)%2].name
					zones[i%2].add("%s 3600 CNAME %s", names[i], target)
					want = append(want, record("%s 0 IN CNAME %s", names[i], target)...)
					names = append(names, target)
				}
				zones[0].add("%s 3600 A %s", names[6], ip)
				want = append(want, record("%s 0 IN A %s", names[6], ip)...)
				s.serve()
				t.Judge()
				s.ask(names[0], "A").Code("NOERROR").Untimed(dns.AnswerSection, want...)
			},
		},
		{
			Name:   "alias-to-nothing",
			Clause: check.Must("RFC 2308", "2.1"),
			Says:   "answer NXDOMAIN, with the CNAME, where an alias leads to a name that does not exist",
			Run: func(t *check.T) {
				s := newSpace(t)
				a, b := s.top.zone(""), s.other.zone("")
				alias, gone := t.Word(6)+"."+a.name, b.absent()
				a.add("%s 3600 CNAME %s", alias, gone)
				s.serve()
				t.Judge()
				s.ask(alias, "A").Code("NXDOMAIN").Untimed(dns.AnswerSection, record("%s 0 IN CNAME %s", alias, gone)...)
			},
		},
		{
			Name:   "alias-circle",
			Clause: check.Course("Aliases"),
			Says:   "answer SERVFAIL, soon, when aliases lead in a circle",
			Run: func(t *check.T) {
				s := newSpace(t)
				a, b := s.top.zone(""), s.other.zone("")
				first, second := t.Word(6)+"."+a.name, t.Word(6)+"."+b.name
				a.add("%s 3600 CNAME %s", first, second)
				b.add("%s 3600 CNAME %s", second, first)
				s.serve()
				t.Judge()
				s.ask(first, "A").Code("SERVFAIL")
				s.bounded()
			},
		},
	}
}

// bounded fails the check when more questions were asked upstream than any client's question is worth.
func (s *space) bounded() {
	if all := s.upstream(); len(all) > 200 {
		s.t.Fail(s.list("the questions upstream", all), "at most 200 questions upstream", fmt.Sprint(len(all)))
	}
}

// helpless holds the rules on servers that are no help.
func helpless() []check.Check {
	// others is the body of a check that asks eight names of a zone, one of whose two servers fails.
	others := func(how string, names int, instead func(q asked) ([]byte, bool)) func(*check.T) {
		return func(t *check.T) {
			s := newSpace(t)
			z := s.top.zone(how, "")
			type host struct{ name, ip string }
			var hosts []host
			for range names {
				name, ip := z.host(3600)
				hosts = append(hosts, host{name, ip})
			}
			if instead != nil {
				s.instead = func(q asked) ([]byte, bool) {
					if q.Server.Addr() != z.servers[0] {
						return nil, false
					}
					return instead(q)
				}
			}
			s.serve()
			t.Judge()
			for _, h := range hosts {
				isAddress(s.ask(h.name, "A"), h.name, h.ip)
			}
		}
	}
	return []check.Check{
		{
			Name:   "server-dead",
			Clause: check.Must("RFC 1034", "5.3.3"),
			Says:   "ask another server of the zone when one cannot be reached",
			Run:    others("dead", 2, nil),
		},
		{
			Name:   "server-silent",
			Clause: check.Must("RFC 1034", "5.3.3"),
			Says:   "ask another server of the zone when one does not answer",
			Run:    others("silent", 2, nil),
		},
		{
			Name:   "server-refuses",
			Clause: check.Must("RFC 1034", "5.3.3"),
			Says:   "ask another server of the zone when one answers REFUSED: it says nothing about the name",
			Run:    others("lame", 8, nil),
		},
		{
			Name:   "server-fails",
			Clause: check.Must("RFC 1034", "5.3.3"),
			Says:   "ask another server of the zone when one answers SERVFAIL",
			Run:    others("broken", 8, nil),
		},
		{
			Name:   "server-refers-up",
			Clause: check.Must("RFC 1034", "5.3.3"),
			Says:   "ignore a referral that does not lead closer to the name, and ask another server",
			Run:    others("", 4, func(q asked) ([]byte, bool) { return upward(q), true }),
		},
		{
			Name:   "refers-up-alone",
			Clause: check.Course("Servers that are no help"),
			Says:   "do not go round in a circle when a zone's only server refers to the root: SERVFAIL, and at most five questions to the root about the name",
			Run: func(t *check.T) {
				s := newSpace(t)
				z := s.top.zone("")
				name, _ := z.host(3600)
				s.instead = func(q asked) ([]byte, bool) {
					if q.Server.Addr() != z.servers[0] {
						return nil, false
					}
					return upward(q), true
				}
				s.serve()
				t.Judge()
				s.ask(name, "A").Code("SERVFAIL")
				if all := s.upstream(way(name), at(s.root)); len(all) > 5 {
					t.Fail(s.list("the questions to the root", all), "at most 5 questions to the root about one name", fmt.Sprint(len(all)))
				}
			},
		},
		{
			Name:   "question-lost",
			Clause: check.Must("RFC 1035", "7.2"),
			Says:   "ask again when no reply comes: a datagram may be lost",
			Run: func(t *check.T) {
				s := newSpace(t)
				name, ip := s.top.zone("drop=1").host(3600)
				s.serve()
				t.Judge()
				isAddress(s.ask(name, "A"), name, ip)
			},
		},
		{
			Name:   "none-willing",
			Clause: check.Course("Servers that are no help"),
			Says:   "answer SERVFAIL when every server of the zone refuses",
			Run: func(t *check.T) {
				s := newSpace(t)
				z := s.top.zone("lame", "lame")
				name, _ := z.host(3600)
				s.serve()
				t.Judge()
				s.ask(name, "A").Code("SERVFAIL")
				s.bounded()
			},
		},
		{
			Name:   "none-answers",
			Clause: check.Course("Deadlines"),
			Says:   "answer SERVFAIL within 10 seconds when no server of the zone answers",
			Run: func(t *check.T) {
				s := newSpace(t)
				z := s.top.zone("silent", "dead")
				name, _ := z.host(3600)
				s.serve()
				t.Judge()
				s.ask(name, "A").Code("SERVFAIL")
				s.bounded()
			},
		},
		{
			Name:   "servers-in-a-circle",
			Clause: check.Must("RFC 1034", "5.3.3"),
			Says:   "bound the work: two zones whose servers have their names in each other lead nowhere, and that is SERVFAIL",
			Run: func(t *check.T) {
				s := newSpace(t)
				a, b := s.top.bare(), s.other.bare()
				s.top.add("%s NS ns.%s", a.name, b.name)
				s.other.add("%s NS ns.%s", b.name, a.name)
				s.serve()
				t.Judge()
				u, q := dnssteps.UDP(t), s.query("www."+a.name, "A")
				u.Send(q)
				r := u.TryNext(s.deadline())
				s.bounded()
				if r == nil { // RFC 1034 has no deadline
					t.Block("no reply has come within %v, which iteration/none-answers is about", s.deadline())
				}
				r.To(q).Code("SERVFAIL")
			},
		},
	}
}

// upward is a referral to the root.
func upward(q asked) []byte {
	return dnssteps.Respond(q.Message, 0).Record(dns.AuthoritySection, ".", dnssteps.Type("NS"), 3600, wire("root-a.nic.")).Bytes()
}
