package dnsserver

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// aliases are the checks of CNAME.
func aliases() []check.Check {
	const alias = "{alias} IN CNAME {www}\n{www} IN A {ip a}\n{www} IN A {ip b}\n"
	return []check.Check{
		{
			Name:   "alias",
			Clause: check.Must("RFC 1034", "3.6.2"),
			Says:   "answer a question for an alias, of whatever type, with its CNAME record",
			Run: func(t *check.T) {
				z := newZone(t, alias)
				r := z.asked("{alias}", "A").Code("NOERROR")
				r.Includes(dns.AnswerSection, sameTTL(r, z.set("{alias}", "CNAME"))...)
				// What is there of the target is the target's.
				for i, rec := range r.In(dns.AnswerSection) {
					if rec.Type == dnssteps.Type("A") {
						t.Require(slices.Contains(sameTTL(r, z.set("{www}", "A")), dnssteps.RecordsOf(r.Message, dns.AnswerSection)[i]), r.Mark(rec.At, rec.Len),
							"the addresses of "+z.name("{www}"), strings.TrimSpace(r.Text(rec)))
					}
				}
			},
		},
		{
			Name:     "alias-target",
			Clause:   check.Must("RFC 1034", "4.3.2"),
			Says:     "send what an alias points to behind its CNAME, when it lies in the zone",
			Advisory: true, // gdnsd sends the CNAME alone
			Run: func(t *check.T) {
				z := newZone(t, alias)
				r := z.asked("{alias}", "A")
				r.Includes(dns.AnswerSection, sameTTL(r, z.set("{www}", "A"))...)
			},
		},
		{
			Name:     "alias-chain",
			Clause:   check.Must("RFC 1034", "3.6.2"),
			Says:     "follow a chain of aliases to its end",
			Advisory: true, // as above
			Run: func(t *check.T) {
				z := newZone(t, "{one} CNAME {two}\n{two} CNAME {three}.{zone}.example.\n{three} CNAME {four}\n{four} A {ip end}\n")
				r := z.asked("{one}", "A")
				want := slices.Concat(z.set("{two}", "CNAME"), z.set("{three}", "CNAME"), z.set("{four}", "A"))
				r.Includes(dns.AnswerSection, sameTTL(r, want)...)
			},
		},
		{
			Name:   "alias-asked",
			Clause: check.Must("RFC 1034", "3.6.2"),
			Says:   "answer a question for CNAME itself with the CNAME, and do not follow it",
			Run: func(t *check.T) {
				// Who follows finds another CNAME, a host with addresses, a name that does not exist.
				z := newZone(t, "{first} IN CNAME {second}\n{second} IN CNAME {www}\n"+host+"{lost} IN CNAME {none}\n")
				z.judge()
				for _, name := range []string{"{first}", "{second}", "{lost}"} {
					r := z.ask(name, "CNAME").Code("NOERROR")
					z.holdsData(r, "CNAME", z.set(name, "CNAME"))
					z.only(r, "CNAME")
				}
			},
		},
		{
			Name:     "alias-to-nothing",
			Clause:   check.Must("RFC 2308", "2.1"),
			Says:     "answer NXDOMAIN, with the CNAME, when an alias leads to a name that does not exist in the zone",
			Advisory: true, // as above
			Run: func(t *check.T) {
				z := newZone(t, "{alias} CNAME {none}\n")
				r := z.asked("{alias}", "A").Code("NXDOMAIN")
				z.holdsData(r, "CNAME", z.set("{alias}", "CNAME"))
				z.only(r, "CNAME")
			},
		},
		{
			Name:   "alias-soa",
			Clause: check.Must("RFC 2308", "3"),
			Says:   "put the zone's SOA into the authority section, too, when it is behind an alias that there is no such type, or no such name",
			Run: func(t *check.T) {
				z := newZone(t, alias+"{lost} CNAME {none}\n")
				lost := z.ask("{lost}", "A")
				whole := z.ask("{alias}", "A").In(dns.AnswerSection)
				if len(z.ask("{alias}", "MX").In(dns.AnswerSection)) == 0 {
					t.Block("the alias is not answered (see answers/alias)")
				}
				t.Judge()
				// Who does not follow aliases sends the CNAME alone: that is no negative answer.
				if slices.ContainsFunc(whole, func(rec dns.Record) bool { return rec.Type == dnssteps.Type("A") }) {
					z.holdsSOA(z.ask("{alias}", "MX"))
				}
				if dns.RcodeName(lost.Rcode()) == "NXDOMAIN" {
					z.holdsSOA(z.ask("{lost}", "A"))
				}
			},
		},
		{
			Name:   "alias-outside",
			Clause: check.Must("RFC 1034", "4.3.2"),
			Says:   "answer with the CNAME alone and NOERROR when an alias leads out of the zone: what lies there is not yours to say",
			Run: func(t *check.T) {
				z := newZone(t, "{alias} CNAME {www}.elsewhere.test.\n")
				r := z.asked("{alias}", "A").Code("NOERROR")
				z.holdsData(r, "CNAME", z.set("{alias}", "CNAME"))
				z.only(r, "CNAME")
			},
		},
		{
			Name:   "alias-circle",
			Clause: check.Course("Aliases"),
			Says:   "live through aliases that lead in a circle",
			Run: func(t *check.T) {
				z := newZone(t, host+"{one} CNAME {two}\n{two} CNAME {one}\n{self} CNAME {self}\n")
				z.judge()
				for _, name := range []string{"{one}", "{self}"} {
					z.outlives(z.query(name, "A"), fmt.Sprintf("a question for %s, an alias in a circle", z.name(name)))
				}
			},
		},
	}
}

// sameTTL gives records with the TTLs that the reply has for their set, where it has them: the TTL has a check of its own.
func sameTTL(r *dnssteps.Reply, want []dnssteps.Record) []dnssteps.Record {
	all := slices.Clone(want)
	got := dnssteps.RecordsOf(r.Message, dns.AnswerSection)
	for i, w := range dnssteps.WithoutTTL(want) {
		if j := slices.Index(dnssteps.WithoutTTL(got), w); j >= 0 {
			all[i] = got[j]
		}
	}
	return all
}

// wildcards are the checks of RFC 4592.
func wildcards() []check.Check {
	const lines = "*.{w} IN A {ip star}\n{w} IN TXT \"{text}\"\n{there}.{w} IN MX 5 {mail}\n{mail} IN A {ip mail}\n{deep}.{empty}.{w} IN A {ip deep}\n"
	return []check.Check{
		{
			Name:   "wildcard",
			Clause: check.Must("RFC 1034", "4.3.3"),
			Says:   "answer for a name that does not exist with the records of the wildcard next to it",
			Run: func(t *check.T) {
				z := newZone(t, lines)
				r := z.asked("{any}.{w}", "A").Code("NOERROR")
				z.holdsData(r, "A", z.set("*.{w}", "A"))
			},
		},
		{
			Name:   "wildcard-owner",
			Clause: check.Must("RFC 1034", "4.3.3"),
			Says:   "give a record that comes from a wildcard the name that was asked for, not the one with the asterisk",
			Run: func(t *check.T) {
				z := newZone(t, lines)
				r := z.asked("{any}.{w}", "A")
				answers := r.In(dns.AnswerSection)
				if len(answers) == 0 {
					t.Block("the wildcard is not used")
				}
				for _, rec := range answers {
					t.Want(r.Mark(rec.Name.At, rec.Name.Len), strings.ToLower(rec.Name.Text), z.name("{any}.{w}"))
				}
			},
		},
		{
			Name:   "wildcard-labels",
			Clause: check.Must("RFC 4592", "3.3.1"),
			Says:   "let a wildcard stand for names with several labels more, too",
			Run: func(t *check.T) {
				z := newZone(t, lines)
				r := z.asked("{one}.{two}.{three}.{w}", "A").Code("NOERROR")
				z.holdsData(r, "A", z.set("*.{w}", "A"))
			},
		},
		{
			Name:   "wildcard-asked",
			Clause: check.Must("RFC 4592", "2.3"),
			Says:   "answer a question for the wildcard's own name, with the asterisk, as for any other",
			Run: func(t *check.T) {
				z := newZone(t, lines)
				r := z.asked("*.{w}", "A").Code("NOERROR")
				z.holdsData(r, "A", z.set("*.{w}", "A"))
			},
		},
		none("wildcard-other-type", check.Must("RFC 4592", "2.2.1"), "no data, and no record of the wildcard, for a name that exists without the type", lines, "{there}.{w}", "NOERROR"),
		none("wildcard-below-name", check.Must("RFC 4592", "3.3.1"), "NXDOMAIN below a name that exists: the wildcard above it does not reach there", lines, "{x}.{there}.{w}", "NXDOMAIN"),
		none("wildcard-empty-name", check.Must("RFC 4592", "2.2.2"), "no data, and no record of the wildcard, for a name that exists only above another", lines, "{empty}.{w}", "NOERROR"),
		none("wildcard-parent", check.Must("RFC 4592", "3.3.1"), "no data for the name that a wildcard hangs on: it does not stand for that", lines, "{w}", "NOERROR"),
		{
			Name:   "wildcard-no-data",
			Clause: check.Must("RFC 4592", "2.2.1"),
			Says:   "answer no data, not NXDOMAIN, when a wildcard has not the type that was asked for",
			Run: func(t *check.T) {
				z := newZone(t, lines)
				r := z.asked("{any}.{w}", "MX").Code("NOERROR")
				r.Answers()
			},
		},
	}
}
