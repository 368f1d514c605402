package dnsserver

import (
	"fmt"
	"strings"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// host is a zone with one host.
const host = `{www} IN A {ip www}
`

// messages are the checks of the header, the question and the form of what follows.
func messages() []check.Check {
	return []check.Check{
		{
			Name:   "id",
			Clause: check.Must("RFC 1035", "4.1.1"),
			Says:   "copy the id of the question into the reply, both bytes in their order",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.heard()
				for range 3 {
					id := uint16(1+t.Rand().IntN(120))<<8 | uint16(121+t.Rand().IntN(120))
					r := dnssteps.Raw(t, z.query("{www}", "A", dnssteps.ID(id)))
					t.Want(r.Field(dns.AtID), fmt.Sprintf("id %d", r.ID), fmt.Sprintf("id %d", id))
				}
			},
		},
		{
			Name:   "response-bit",
			Clause: check.Must("RFC 1035", "4.1.1"),
			Says:   "set the bit QR: it tells a reply from a question",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.heard()
				r := dnssteps.Raw(t, z.query("{www}", "A"))
				r.Set(dns.FlagQR, "QR")
			},
		},
		{
			Name:   "recursion-desired",
			Clause: check.Must("RFC 1035", "4.1.1"),
			Says:   "copy the bit RD: 1 when the question has 1, and 0 when it has 0",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.judge()
				z.ask("{www}", "A", dnssteps.RD).Set(dns.FlagRD, "RD")
				z.ask("{www}", "A").Clear(dns.FlagRD, "RD")
			},
		},
		{
			Name:   "recursion-available",
			Clause: check.Must("RFC 1035", "4.1.1"),
			Says:   "leave the bit RA 0: this server does not recurse",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.asked("{www}", "A", dnssteps.RD).Clear(dns.FlagRA, "RA")
				z.ask("{www}", "A", dnssteps.Flags(dns.FlagRA)).Clear(dns.FlagRA, "RA") // it is no copy of the question's
			},
		},
		{
			Name:   "authority",
			Clause: check.Must("RFC 1035", "4.1.1"),
			Says:   "set the bit AA in an answer from the zone",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.asked("{www}", "A").Set(dns.FlagAA, "AA")
			},
		},
		{
			Name:   "reserved-bit",
			Clause: check.Must("RFC 1035", "4.1.1"),
			Says:   "leave the bit Z 0",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.asked("{www}", "A").Clear(dns.FlagZ, "Z")
				z.ask("{www}", "A", dnssteps.Flags(dns.FlagZ)).Clear(dns.FlagZ, "Z") // it is no copy of the question's
			},
		},
		{
			Name:   "counts",
			Clause: check.Must("RFC 1035", "4.1.1"),
			Says:   "let the four counts of the header be the numbers of entries in the four sections",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.heard()
				for _, qtype := range []string{"A", "MX"} {
					r := dnssteps.Raw(t, z.query("{www}", qtype))
					t.Want(r.Field(dns.AtQDCount), fmt.Sprintf("%d questions", r.Counts[dns.QuestionSection]), "1 questions", "0 questions")
					z.keepsForm(r, "RFC 1035 4.1.1")
				}
			},
		},
		{
			Name:   "question",
			Clause: check.Must("RFC 1035", "4.1.2"),
			Says:   "repeat the question in the reply: its name, its type and its class",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.judge()
				for _, q := range []struct{ name, qtype string }{{"{www}", "A"}, {"{www}", "MX"}, {"@", "AAAA"}} {
					r := z.ask(q.name, q.qtype)
					t.Want(r.Field(dns.AtQDCount), fmt.Sprintf("%d questions", len(r.Questions)), "1 questions")
					got := r.Questions[0]
					want := strings.ToLower(z.name(q.name)) + " IN " + q.qtype
					class := "IN"
					if got.Class != 1 {
						class = fmt.Sprintf("class %d", got.Class)
					}
					t.Want(r.Mark(got.At, got.Len), strings.ToLower(got.Name.Text)+" "+class+" "+dnssteps.TypeName(got.Type), want)
				}
			},
		},
		{
			Name:   "question-case",
			Clause: check.Course("The question"),
			Says:   "repeat the name of the question in the very case in which it was asked",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.judge()
				for _, name := range []string{"{www}", "{ns}"} {
					mixed := mixCase(t, z.name(name))
					repeats(t, z.ask(mixed, "A"), mixed)
				}
			},
		},
		{
			Name:   "names",
			Clause: check.Must("RFC 1035", "4.1.4"),
			Says:   "write names label by label, each with its length before it, up to a zero or a pointer; a pointer leads to an earlier name, counted from the first byte of the header",
			Run:    keeps("RFC 1035 3.1", "RFC 1035 2.3.4", "RFC 1035 4.1.4"),
		},
		{
			Name:   "records",
			Clause: check.Must("RFC 1035", "4.1.3"),
			Says:   "write a record as its name, type, class, TTL, the number of bytes of its data, and as many bytes",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.heard()
				r := dnssteps.Raw(t, z.query("{www}", "A"))
				sane(t, r)
				z.keepsForm(r, "RFC 1035 4.1.3", "RFC 1035 3.4.1")
				for _, rec := range r.In(dns.AnswerSection) {
					at := rec.TypeAt()
					t.Want(r.Mark(at, 2), "type "+dnssteps.TypeName(rec.Type), "type A")
					t.Want(r.Mark(at+2, 2), fmt.Sprintf("class %d", rec.Class), "class 1")
					return
				}
				t.Fail(r.Whole(), "an A record in the answer section", "an empty answer section")
			},
		},
		{
			Name:   "end",
			Clause: check.Must("RFC 1035", "4.1"),
			Says:   "end the message with its last entry: nothing follows",
			Run:    keeps("RFC 1035 4.1"),
		},
	}
}

// repeats fails the check unless the question of a reply has that name, letter by letter.
func repeats(t *check.T, r *dnssteps.Reply, name string) {
	if len(r.Questions) == 0 {
		t.Block("the reply has no question")
	}
	t.Want(r.Mark(r.Questions[0].Name.At, r.Questions[0].Name.Len), r.Questions[0].Name.Text, name)
}

// keeps is the body of a check that a rule of the form of messages is kept, in replies that have names in many places.
func keeps(clauses ...string) func(t *check.T) {
	return func(t *check.T) {
		z := newZone(t, host+`{alias} IN CNAME {www}
{sub} IN NS {ns}.{sub}
{ns}.{sub} IN A {ip sub}
`)
		z.heard()
		for _, q := range []struct{ name, qtype string }{{"{www}", "A"}, {"{alias}", "A"}, {"@", "NS"}, {"@", "SOA"}, {"{www}", "TXT"}, {"{x}.{sub}", "A"}} {
			r := dnssteps.Raw(t, z.query(q.name, q.qtype))
			sane(t, r)
			z.keepsForm(r, clauses...)
		}
	}
}

// sane blocks the check when the counts cannot be right: then nothing that follows can be told apart.
func sane(t *check.T, r *dnssteps.Reply) {
	if r.Counts[dns.QuestionSection] > 1 {
		t.Block("the reply claims to have %d questions", r.Counts[dns.QuestionSection])
	}
}

// mixCase changes the case of every other letter of a name, the first at random.
func mixCase(t *check.T, name string) string {
	upper := t.Rand().IntN(2) == 0
	return strings.Map(func(c rune) rune {
		if c < 'a' || c > 'z' {
			return c
		}
		if upper = !upper; upper {
			return c - 'a' + 'A'
		}
		return c
	}, name)
}
