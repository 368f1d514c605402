package dnsserver

import (
	"slices"
	"strings"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// none makes a check that there is no answer to a question for A, and that the reply has that code.
func none(name string, clause grader.Clause, says, lines, asked, code string) check.Check {
	return check.Check{Name: name, Clause: clause, Says: "answer " + says, Run: func(t *check.T) {
		z := newZone(t, lines)
		z.asked(asked, "A").Code(code).Answers()
	}}
}

// withoutAnswer are questions for a name that there is not, a type that there is not, and a name below a delegation.
var withoutAnswer = []struct{ name, qtype string }{{"{none}", "A"}, {"{www}", "MX"}, {"{x}.{sub}", "A"}}

// replies blocks the check when one of them is not answered at all: that is for other checks.
func (z *zone) replies() {
	for _, q := range withoutAnswer {
		z.ask(q.name, q.qtype)
	}
}

// negative are the checks of answers without records.
func negative() []check.Check {
	const lines = host + "{two}.{labels} IN TXT \"{text}\"\n"
	return []check.Check{
		none("no-data", check.Must("RFC 2308", "2.2"), "NOERROR without a record when the name exists and has none of the type", lines, "{two}.{labels}", "NOERROR"),
		{
			Name:   "no-data-soa",
			Clause: check.Must("RFC 2308", "3"),
			Says:   "put the zone's SOA into the authority section when the name has no record of the type",
			Run: func(t *check.T) {
				z := newZone(t, lines)
				z.holdsSOA(z.asked("{www}", "MX"))
			},
		},
		none("no-name", check.Must("RFC 2308", "2.1"), "NXDOMAIN without a record when there is no such name", lines, "{none}", "NXDOMAIN"),
		none("no-name-deep", check.Must("RFC 2308", "2.1"), "NXDOMAIN for a name with several labels of which none exists", lines, "{x}.{y}.{none}", "NXDOMAIN"),
		none("no-name-below", check.Must("RFC 2308", "2.1"), "NXDOMAIN for a name below one that has records", lines, "{none}.{www}", "NXDOMAIN"),
		{
			Name:   "no-name-soa",
			Clause: check.Must("RFC 2308", "3"),
			Says:   "put the zone's SOA into the authority section when there is no such name",
			Run: func(t *check.T) {
				z := newZone(t, lines)
				z.holdsSOA(z.asked("{none}", "A"))
			},
		},
		{
			Name:   "no-name-authority",
			Clause: check.Must("RFC 1035", "4.1.1"),
			Says:   "set the bit AA with NXDOMAIN: the code counts only from who has authority",
			Run: func(t *check.T) {
				z := newZone(t, lines)
				z.asked("{none}", "A").Set(dns.FlagAA, "AA")
			},
		},
		{
			Name:   "no-data-authority",
			Clause: check.Must("RFC 1035", "4.1.1"),
			Says:   "set the bit AA when the name has no record of the type",
			Run: func(t *check.T) {
				z := newZone(t, lines)
				z.asked("{www}", "MX").Set(dns.FlagAA, "AA")
			},
		},
		none("empty-name", check.Must("RFC 8020", "2"), "NOERROR, not NXDOMAIN, for a name that has no records itself and others below it", lines, "{labels}", "NOERROR"),
		ttlOfSOA("ttl-minimum", "give the SOA of a negative answer the last of its numbers as TTL, when that is lower than its own TTL", "", "{n minimum}"),
		ttlOfSOA("ttl-own", "give the SOA of a negative answer its own TTL, when that is lower than the last of its numbers", "{n own} ", "80000"),
		{
			Name:   "recursion-available",
			Clause: check.Must("RFC 1035", "4.1.1"),
			Says:   "leave the bit RA 0 in a reply without an answer, too: no name, no data, a referral",
			Run: func(t *check.T) {
				z := newZone(t, cut)
				z.replies()
				t.Judge()
				for _, q := range withoutAnswer {
					z.ask(q.name, q.qtype, dnssteps.RD).Clear(dns.FlagRA, "RA")
				}
			},
		},
		{
			Name:   "question-case",
			Clause: check.Course("The question"),
			Says:   "repeat the name of the question in the case in which it was asked in a reply without an answer, too: no name, no data, a referral",
			Run: func(t *check.T) {
				z := newZone(t, cut)
				z.replies()
				t.Judge()
				for _, q := range withoutAnswer {
					mixed := mixCase(t, z.name(q.name))
					repeats(t, z.ask(mixed, q.qtype), mixed)
				}
			},
		},
		{
			Name:   "unknown-type",
			Clause: check.Must("RFC 3597", "3"),
			Says:   "answer a type that you do not know with no data: no error code, no record",
			Run: func(t *check.T) {
				z := newZone(t, lines)
				z.judge()
				for _, qtype := range []string{"TYPE65280", "TYPE4711"} {
					z.ask("{www}", qtype).Code("NOERROR").Answers()
				}
			},
		},
	}
}

// ttlOfSOA makes a check of how long a negative answer holds. The SOA has the TTL own, or that of $TTL, 90000.
func ttlOfSOA(name, says, own, minimum string) check.Check {
	return check.Check{Name: name, Clause: check.Must("RFC 2308", "3"), Says: says, Run: func(t *check.T) {
		z := wholeZone(t, "$ORIGIN {zone}.example.\n$TTL 90000\n@ "+own+"IN SOA {ns} {box} ( {n serial} {n refresh} {n retry} {n expire} "+minimum+" )\n@ NS {ns}\n{ns} A {ip ns}\n")
		want := strings.TrimSpace(z.fill(own))
		if want == "" {
			want = z.fill(minimum)
		}
		z.judge()
		for _, q := range []struct{ name, qtype string }{{"{none}", "A"}, {"{ns}", "TXT"}} {
			r := z.ask(q.name, q.qtype)
			authority := r.In(dns.AuthoritySection)
			i := slices.IndexFunc(authority, func(rec dns.Record) bool { return rec.Type == dnssteps.Type("SOA") })
			if i < 0 {
				t.Block("the authority section has no SOA")
			}
			t.Want(r.Mark(authority[i].TypeAt()+4, 4), "TTL "+ttl(dnssteps.RecordsOf(r.Message, dns.AuthoritySection)[i]), "TTL "+want)
		}
	}}
}
