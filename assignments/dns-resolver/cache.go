package dnsresolver

import (
	"fmt"
	"time"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// free fails the check when questions were asked upstream about what must be known.
func (s *space) free(what string, all []asked) {
	if len(all) > 0 {
		s.t.Fail(s.list("the questions upstream", all), "no question upstream: "+what, fmt.Sprint(len(all)))
	}
}

// again asks a second time and gives the reply and the questions upstream about the name that it cost.
func (s *space) again(name, qtype string) (*dnssteps.Reply, []asked) {
	before := len(s.upstream(way(name)))
	r := s.ask(name, qtype)
	return r, s.upstream(way(name))[before:]
}

// keeping holds the rules on what is kept.
func keeping() []check.Check {
	return []check.Check{
		{
			Name:   "answers-again",
			Clause: check.Must("RFC 1034", "5.3.3"),
			Says:   "answer the same question a second time from the cache, without a question upstream",
			Hand:   "dig @$HOST -p $PORT +noedns www.example.com A   # twice",
			Run: func(t *check.T) {
				s, name, ip := simple(t)
				s.learns(name, ip)
				r, cost := s.again(name, "A")
				isAddress(r, name, ip)
				s.free(name+" is known", cost)
			},
		},
		{
			Name:   "next-name",
			Clause: check.Must("RFC 1034", "5.3.3"),
			Says:   "keep delegations: a second name in a zone costs one question, to the zone's server",
			Run: func(t *check.T) {
				s := newSpace(t)
				z := s.top.zone("")
				first, ip := z.host(3600)
				hosts := map[string]string{}
				var order []string
				for range 3 {
					name, ip := z.host(3600)
					hosts[name], order = ip, append(order, name)
				}
				s.serve()
				s.learns(first, ip)
				all := cheapest(len(order), func() []asked {
					name := order[0]
					order = order[1:]
					return s.costs(name, hosts[name])
				})
				if len(all) != 1 || !at(z)(all[0]) {
					t.Fail(s.list("the questions upstream", all), "1 question, to a server of "+z.name, fmt.Sprint(len(all)))
				}
			},
		},
		{
			Name:   "next-zone",
			Clause: check.Must("RFC 1034", "5.3.3"),
			Says:   "keep the servers of a top-level domain too: another zone below it costs two questions, and the root none",
			Run: func(t *check.T) {
				s := newSpace(t)
				first, ip := s.top.zone("").host(3600)
				hosts := map[string]string{}
				var order []string
				for range 3 {
					name, ip := s.top.zone("").host(3600)
					hosts[name], order = ip, append(order, name)
				}
				s.serve()
				s.learns(first, ip)
				all := cheapest(len(order), func() []asked {
					name := order[0]
					order = order[1:]
					return s.costs(name, hosts[name])
				})
				t.Require(len(all) == 2, s.list("the questions upstream", all), "2 questions", fmt.Sprint(len(all)))
				for _, q := range all {
					t.Require(!at(s.root)(q), s.shows(q, 0, 0), "no question to the root", q.String())
				}
			},
		},
		{
			Name:   "alias-again",
			Clause: check.Must("RFC 1034", "5.3.3"),
			Says:   "keep aliases too: the second answer costs no question",
			Run: func(t *check.T) {
				s := newSpace(t)
				a, b := s.top.zone(""), s.other.zone("")
				name, ip := b.host(3600)
				alias := t.Word(6) + "." + a.name
				a.add("%s 3600 CNAME %s", alias, name)
				s.serve()
				s.learns(alias, ip)
				before := len(s.upstream(way(name)))
				r, cost := s.again(alias, "A")
				r.Code("NOERROR").Untimed(dns.AnswerSection, dnssteps.MustRecords(alias+" 0 IN CNAME "+name, name+" 0 IN A "+ip)...)
				s.free(alias+" is known", cost)
				s.free(name+" is known", s.upstream(way(name))[before:])
			},
		},
		{
			Name:   "any-case",
			Clause: check.Must("RFC 4343", "3"),
			Says:   "find what is known whatever the case of the letters in the question",
			Run: func(t *check.T) {
				s, name, ip := simple(t)
				s.learns(name, ip)
				r, cost := s.again(mixed(name), "A")
				isAddress(r, name, ip)
				s.free(name+" is known", cost)
			},
		},
		{
			Name:   "types-apart",
			Clause: check.Must("RFC 1034", "5.3.3"),
			Says:   "keep each type of a name by itself: an address that is known is no answer to a question for TXT",
			Run: func(t *check.T) {
				s := newSpace(t)
				name, ip := s.top.zone("").host(3600)
				text := t.Word(12)
				s.zones[len(s.zones)-1].add("%s 3600 TXT %s", name, text)
				s.serve()
				s.learns(name, ip)
				s.ask(name, "TXT").Code("NOERROR").Untimed(dns.AnswerSection, record(`%s 0 IN TXT "%s"`, name, text)...)
				isAddress(s.ask(name, "A"), name, ip)
			},
		},
		{
			Name:   "set-whole",
			Clause: check.Must("RFC 2181", "5"),
			Says:   "keep a set of records whole, and answer with the whole of it",
			Run: func(t *check.T) {
				s := newSpace(t)
				z := s.top.zone("")
				name, ip := z.host(3600)
				lines := []string{name + " 0 IN A " + ip}
				for range 2 {
					ip := s.ip()
					z.add("%s 3600 A %s", name, ip)
					lines = append(lines, name+" 0 IN A "+ip)
				}
				s.serve()
				s.learns(name, ip)
				s.ask(name, "A").Code("NOERROR").Untimed(dns.AnswerSection, dnssteps.MustRecords(lines...)...)
			},
		},
	}
}

// counting holds the rules on time. TTLs are short, and the checks wait at the same time.
func counting() []check.Check {
	return []check.Check{
		{
			Name:   "counts-down",
			Clause: check.Must("RFC 1034", "3.6"),
			Says:   "answer from the cache with the TTL that is left, not with the one that came",
			Run: func(t *check.T) {
				s := newSpace(t)
				name, ip := s.top.zone("").host(300)
				s.serve()
				s.learns(name, ip)
				since := time.Now()
				t.Pass(1100 * time.Millisecond)
				age := int(time.Since(since) / time.Second)
				r := s.ask(name, "A")
				isAddress(r, name, ip)
				lives(t, r, dns.AnswerSection, 300-age)
			},
		},
		{
			Name:   "lasts",
			Clause: check.Course("Counting down"),
			Says:   "keep a record until its TTL has passed, and not shorter",
			Run: func(t *check.T) {
				s := newSpace(t)
				z := s.top.zone("")
				var hosts [3]struct{ name, ip string }
				for i := range hosts {
					// Of a TTL of 6 s three fifths have passed when we ask. What is left is for a busy machine.
					hosts[i].name, hosts[i].ip = z.host(6)
				}
				s.serve()
				for _, h := range hosts {
					name, ip := h.name, h.ip
					since := time.Now()
					s.learns(name, ip)
					if time.Since(since) > 2*time.Second {
						continue // too little of the TTL is left to tell
					}
					t.Pass(3600*time.Millisecond - time.Since(since))
					r, cost := s.again(name, "A")
					if time.Since(since) > 5*time.Second {
						continue // we were too late
					}
					isAddress(r, name, ip)
					s.free(name+" is known for another second at least", cost)
					return
				}
				panic("this machine was too busy to ask in time")
			},
		},
		{
			Name:   "ends",
			Clause: check.Must("RFC 1035", "3.2.1"),
			Says:   "ask again once the TTL of a record has passed",
			Run: func(t *check.T) {
				s := newSpace(t)
				name, ip := s.top.zone("").host(1)
				s.serve()
				s.learns(name, ip)
				t.Pass(2050 * time.Millisecond) // one second after its end
				r, cost := s.again(name, "A")
				isAddress(r, name, ip)
				t.Require(len(cost) > 0, r.Whole(), "the zone's server to be asked again, a second after the end of the TTL", "an answer from the cache")
			},
		},
		{
			Name:   "alias-ends",
			Clause: check.Must("RFC 1035", "3.2.1"),
			Says:   "ask again for an alias too once its TTL has passed, though what it leads to is still known",
			Run: func(t *check.T) {
				s := newSpace(t)
				a, b := s.top.zone(""), s.other.zone("")
				name, ip := b.host(3600)
				alias := t.Word(6) + "." + a.name
				a.add("%s 1 CNAME %s", alias, name)
				s.serve()
				s.learns(alias, ip)
				t.Pass(2050 * time.Millisecond) // one second after its end
				r, cost := s.again(alias, "A")
				r.Code("NOERROR").Untimed(dns.AnswerSection, dnssteps.MustRecords(alias+" 0 IN CNAME "+name, name+" 0 IN A "+ip)...)
				t.Require(len(cost) > 0, r.Whole(), "the zone's server to be asked for the alias again, a second after the end of its TTL", "an alias from the cache")
			},
		},
		{
			Name:   "delegation-ends",
			Clause: check.Must("RFC 1035", "3.2.1"),
			Says:   "ask the zone above again once the TTL of a delegation has passed: the zone may have moved",
			Run: func(t *check.T) {
				s := newSpace(t)
				z := s.top.bare()
				address := z.serve("")
				s.top.add("%s 1 NS ns1.%s\nns1.%s 1 A %s", z.name, z.name, z.name, address)
				z.add("@ 1 NS ns1\nns1 1 A %s", address)
				first, firstIP := z.host(3600)
				second, ip := z.host(3600)
				s.serve()
				s.learns(first, firstIP)
				// Who asks for the NS records of its own accord, and before they end, may.
				renewed := func(q asked) bool { return at(s.top)(q) && q.about(second) || q.is(z.name, "NS") }
				before := len(s.upstream(renewed))
				t.Pass(2050 * time.Millisecond) // one second after its end
				isAddress(s.ask(second, "A"), second, ip)
				t.Require(len(s.upstream(renewed)) > before, s.list("the questions upstream about "+second, s.upstream(way(second))),
					"a question to a server of "+s.top.name+", a second after the end of the delegation's TTL", "none")
			},
		},
		{
			Name:   "ttl-zero",
			Clause: check.Must("RFC 1035", "3.2.1"),
			Says:   "answer with a record whose TTL is 0, and do not keep it",
			Run: func(t *check.T) {
				s := newSpace(t)
				name, ip := s.top.zone("").host(0)
				s.serve()
				t.Judge()
				isAddress(s.ask(name, "A"), name, ip)
				t.Pass(1100 * time.Millisecond) // it may live for one second
				r, cost := s.again(name, "A")
				isAddress(r, name, ip)
				t.Require(len(cost) > 0, r.Whole(), "the zone's server to be asked again", "an answer from the cache")
			},
		},
	}
}

// believing holds the rules on what may answer a client.
func believing() []check.Check {
	return []check.Check{
		{
			Name:   "glue-no-answer",
			Clause: check.Must("RFC 2181", "5.4.1"),
			Says:   "an address that came with a delegation leads on and answers nobody: ask the zone's server for it",
			Run: func(t *check.T) {
				s := newSpace(t)
				z := s.top.zone("")
				name, ip := z.host(3600)
				s.serve()
				s.learns(name, ip)
				server, address := "ns1."+z.name, z.servers[0].String()
				isAddress(s.ask(server, "A"), server, address)
				for _, q := range s.upstream(at(z)) {
					if q.is(server, "A") {
						return // of its own accord, or now
					}
				}
				t.Fail(s.list("the questions to the zone's server", s.upstream(at(z))), "a question for "+server+" A to the zone's server", "none")
			},
		},
		{
			Name:   "delegation-no-answer",
			Clause: check.Must("RFC 2181", "5.4.1"),
			Says:   "the NS records of a delegation answer nobody: ask the zone's server for them",
			Run: func(t *check.T) {
				s := newSpace(t)
				z := s.top.zone("")
				name, ip := z.host(3600)
				s.serve()
				s.learns(name, ip)
				s.ask(z.name, "NS").Code("NOERROR").Untimed(dns.AnswerSection, record("%s 0 IN NS ns1.%s", z.name, z.name)...)
				for _, q := range s.upstream(at(z)) {
					if q.is(z.name, "NS") {
						return
					}
				}
				t.Fail(s.list("the questions to the zone's server", s.upstream(at(z))), "a question for "+z.name+" NS to the zone's server", "none")
			},
		},
	}
}
