package dnsresolver

import (
	"fmt"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// lacking makes a space whose zone keeps negative answers for so many seconds: it has a host, and not the name absent.
func lacking(t *check.T, seconds int) (s *space, z *zone, host, ip, absent string) {
	s = newSpace(t)
	z = s.top.zone("")
	z.words = fmt.Sprintf("negative=%d", seconds)
	host, ip = z.host(3600)
	absent = z.absent()
	s.serve()
	return s, z, host, ip, absent
}

// misses asks on the way: the check is blocked unless the reply has that code and no records.
func (s *space) misses(name, qtype, code string) {
	if r := s.ask(name, qtype); dns.RcodeName(r.Rcode()) != code || len(r.In(dns.AnswerSection)) > 0 {
		s.t.Block("want %s and no record for %s %s, got %s", code, name, qtype, line(r))
	}
}

// none fails the check unless a reply has that code and no records in its answer.
func none(r *dnssteps.Reply, code string) { r.Code(code).Answers() }

// negative holds the rules on what does not exist.
func negative() []check.Check {
	return []check.Check{
		{
			Name:   "no-name",
			Clause: check.Must("RFC 1035", "4.1.1"),
			Says:   "answer NXDOMAIN when there is no such name",
			Hand:   "dig @$HOST -p $PORT +noedns nothing.example.com A",
			Run: func(t *check.T) {
				s, _, _, _, absent := lacking(t, 300)
				none(s.ask(absent, "A"), "NXDOMAIN")
			},
		},
		{
			Name:   "no-type",
			Clause: check.Must("RFC 2308", "2.2"),
			Says:   "answer NOERROR without records when the name exists and the type does not",
			Hand:   "dig @$HOST -p $PORT +noedns example.com SRV",
			Run: func(t *check.T) {
				s, _, host, _, _ := lacking(t, 300)
				none(s.ask(host, "AAAA"), "NOERROR")
			},
		},
		{
			Name:   "soa",
			Clause: check.Must("RFC 2308", "6"),
			Says:   "put the zone's SOA into the authority section of a negative answer: it tells how long that holds",
			Run: func(t *check.T) {
				s, z, host, _, absent := lacking(t, 300)
				for range 2 { // from the zone's server, and from what is known
					for _, q := range [][2]string{{absent, "A"}, {host, "AAAA"}} {
						r := s.ask(q[0], q[1])
						for _, soa := range r.In(dns.AuthoritySection) {
							if soa.Type == dnssteps.Type("SOA") && strings.EqualFold(soa.Name.Text, z.name) {
								r = nil
								break
							}
						}
						if r != nil {
							t.Fail(r.Whole(), "the SOA of "+z.name+" in the authority section", line(r))
						}
					}
				}
			},
		},
		{
			Name:   "no-name-kept",
			Clause: check.Must("RFC 2308", "5"),
			Says:   "keep that there is no such name: the second answer costs no question",
			Run: func(t *check.T) {
				s, _, _, _, absent := lacking(t, 300)
				s.misses(absent, "A", "NXDOMAIN")
				r, cost := s.again(absent, "A")
				none(r, "NXDOMAIN")
				s.free("it is known that there is no "+absent, cost)
			},
		},
		{
			Name:   "no-type-kept",
			Clause: check.Must("RFC 2308", "5"),
			Says:   "keep that there is no such type: the second answer costs no question",
			Run: func(t *check.T) {
				s, _, host, _, _ := lacking(t, 300)
				s.misses(host, "AAAA", "NOERROR")
				r, cost := s.again(host, "AAAA")
				none(r, "NOERROR")
				s.free("it is known that "+host+" has no AAAA", cost)
			},
		},
		{
			Name:   "no-name-any-type",
			Clause: check.Should("RFC 2308", "5"),
			Says:   "a name that does not exist has no record of any type: do not ask for another one",
			Run: func(t *check.T) {
				s, _, _, _, absent := lacking(t, 300)
				s.misses(absent, "A", "NXDOMAIN")
				r, cost := s.again(absent, "TXT")
				none(r, "NXDOMAIN")
				s.free("it is known that there is no "+absent, cost)
			},
		},
		{
			Name:   "no-type-that-type",
			Clause: check.Must("RFC 2308", "5"),
			Says:   "a type that does not exist says nothing of the name's other types",
			Run: func(t *check.T) {
				s, _, host, ip, _ := lacking(t, 300)
				s.misses(host, "AAAA", "NOERROR")
				isAddress(s.ask(host, "A"), host, ip)
			},
		},
		{
			Name:   "counts-down",
			Clause: check.Must("RFC 2308", "6"),
			Says:   "count the TTL of the SOA down while a negative answer is kept",
			Run: func(t *check.T) {
				s, _, _, _, absent := lacking(t, 300)
				s.misses(absent, "A", "NXDOMAIN")
				since := time.Now()
				t.Pass(1100 * time.Millisecond)
				age := int(time.Since(since) / time.Second)
				r := s.ask(absent, "A")
				none(r, "NXDOMAIN")
				lives(t, r, dns.AuthoritySection, 300-age)
			},
		},
		{
			Name:   "ends",
			Clause: check.Must("RFC 2308", "5"),
			Says:   "ask again once the time that the SOA gives has passed",
			Run: func(t *check.T) {
				s, _, host, _, absent := lacking(t, 1)
				s.misses(absent, "A", "NXDOMAIN")
				s.misses(host, "AAAA", "NOERROR")
				t.Pass(2050 * time.Millisecond) // one second after its end
				for _, q := range [][2]string{{absent, "A"}, {host, "AAAA"}} {
					r, cost := s.again(q[0], q[1])
					t.Require(len(cost) > 0, r.Whole(), "the zone's server to be asked again, a second after the end", "an answer from the cache")
				}
			},
		},
		{
			Name:     "nothing-below",
			Clause:   check.Should("RFC 8020", "2"),
			Says:     "below a name that does not exist there is none: answer without a question",
			Advisory: true, // respected resolvers do so only where the answer is signed
			Run: func(t *check.T) {
				s, _, _, _, absent := lacking(t, 300)
				s.misses(absent, "A", "NXDOMAIN")
				before := len(s.upstream(way("www." + absent)))
				none(s.ask("www."+absent, "A"), "NXDOMAIN")
				s.free("it is known that there is no "+absent, s.upstream(way("www." + absent))[before:])
			},
		},
	}
}
