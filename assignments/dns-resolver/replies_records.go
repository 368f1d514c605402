package dnsresolver

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// records holds the rules on the data of an answer.
func records() []check.Check {
	return []check.Check{
		{
			Name:   "types",
			Clause: check.Must("RFC 1034", "3.6"),
			Says:   "answer for the type that is asked, with its data as the zone has them: AAAA, MX, NS, TXT, SRV, PTR, CNAME, SOA",
			Hand:   "dig @$HOST -p $PORT +noedns example.com MX",
			Run: func(t *check.T) {
				s := newSpace(t)
				z := s.top.zone("")
				mail, text := t.Word(5), t.Text(30)
				z.add("h A %s", s.ip())
				lines := []string{
					fmt.Sprintf("h.%s 3600 IN AAAA 2001:db8::%x", z.name, 1+t.Rand().IntN(0xfffe)),
					fmt.Sprintf("h.%s 3600 IN MX 10 %s.%s", z.name, mail, z.name),
					fmt.Sprintf("h.%s 3600 IN MX 20 %s.%s", z.name, t.Word(4), s.other.name),
					fmt.Sprintf("h.%s 3600 IN TXT %q %q", z.name, text, t.Word(9)),
					fmt.Sprintf("_x._tcp.%s 3600 IN SRV 1 2 %d %s.%s", z.name, 1+t.Rand().IntN(65000), mail, z.name),
					fmt.Sprintf("p.%s 3600 IN PTR h.%s", z.name, z.name),
					fmt.Sprintf("c.%s 3600 IN CNAME nothing.%s", z.name, z.name),
					fmt.Sprintf("%s 300 IN SOA %s.%s hostmaster.%s %d 7200 3600 1209600 300", z.name, mail, z.name, z.name, 1+t.Rand().IntN(1<<30)),
				}
				z.add("%s", strings.Join(lines, "\n"))
				lines = append(lines, fmt.Sprintf("%s 3600 IN NS ns1.%s", z.name, z.name))
				s.serve()
				sets := map[string][]string{}
				var order []string
				for _, l := range lines {
					f := strings.Fields(l)
					k := f[0] + " " + f[3]
					if sets[k] == nil {
						order = append(order, k)
					}
					sets[k] = append(sets[k], l)
				}
				for _, k := range order {
					name, qtype, _ := strings.Cut(k, " ")
					s.ask(name, qtype).Code("NOERROR").Untimed(dns.AnswerSection, dnssteps.MustRecords(sets[k]...)...)
				}
			},
		},
		{
			Name:   "type-unknown",
			Clause: check.Must("RFC 3597", "3"),
			Says:   "pass records of types that you do not know on as they are",
			Hand:   "dig @$HOST -p $PORT +noedns example.com TYPE65280",
			Run: func(t *check.T) {
				s := newSpace(t)
				z := s.top.zone("")
				line := fmt.Sprintf(`h.%s 3600 IN TYPE65280 \# 6 %x`, z.name, t.Bytes(6))
				z.add("%s", line)
				s.serve()
				s.ask("h."+z.name, "TYPE65280").Code("NOERROR").Untimed(dns.AnswerSection, dnssteps.MustRecords(line)...)
			},
		},
	}
}

// respected are the malformations that resolvers which many rely on answer with records.
var respected = []string{"two-questions", "two-opt"}

// recursive sets RD in a message that has it: without RD a resolver may refuse before it reads on.
func recursive(message []byte) {
	if len(message) > dns.AtFlags {
		message[dns.AtFlags] |= dns.FlagRD >> 8
	}
}

// advised is a check of a malformation that respected resolvers answer. It costs nothing.
func advised(kind string, clause grader.Clause, says string) check.Check {
	return check.Check{Name: kind, Clause: clause, Says: says, Advisory: true, Run: func(t *check.T) {
		s, name, ip := simple(t)
		s.learns(name, ip)
		t.Judge()
		for _, bad := range dns.Malformations(uint16(1+t.Rand().IntN(0xfffe)), name, dnssteps.Type("A")) {
			if bad.Name != kind {
				continue
			}
			recursive(bad.Data)
			if r := s.outlives(bad.Data, name, ip); r != nil {
				r.Readable().Code("FORMERR")
			}
		}
	}}
}

// malformed holds the rules on what is not a query that can be answered.
func malformed() []check.Check {
	return []check.Check{
		{
			Name:   "malformed",
			Clause: check.Must("RFC 1035", "4.1.1"),
			Says:   "answer a query that cannot be read with FORMERR or not at all, and outlive it",
			Run: func(t *check.T) {
				s, name, ip := simple(t)
				s.learns(name, ip)
				t.Judge()
				for _, bad := range dns.Malformations(uint16(1+t.Rand().IntN(0xfffe)), name, dnssteps.Type("A")) {
					if slices.Contains(respected, bad.Name) {
						continue
					}
					recursive(bad.Data)
					t.Note("next comes a message that is broken: %s", bad.Name)
					if r := s.outlives(bad.Data, name, ip); r != nil && dns.RcodeName(r.Rcode()) != "FORMERR" {
						t.Fail(r.Field(dns.AtFlags+1), "FORMERR or no reply to "+bad.Name, line(r))
					}
				}
			},
		},
		advised("two-questions", check.May(grader.Course, "What is left open"), "answer a query with two questions with FORMERR or not at all"),
		advised("two-opt", check.Must("RFC 6891", "6.1.1"), "answer a query with two OPT records with FORMERR"),
		{
			Name:   "response-ignored",
			Clause: check.Course("Messages that are broken"),
			Says:   "do not answer a message that is a response (QR=1)",
			Run: func(t *check.T) {
				s, name, ip := simple(t)
				s.learns(name, ip)
				t.Judge()
				if r := s.outlives(s.query(name, "A", dnssteps.Flags(dns.FlagQR)), name, ip); r != nil {
					t.Fail(r.Whole(), "no reply to a response", line(r))
				}
			},
		},
		{
			Name:   "opcode-unknown",
			Clause: check.Must("RFC 1035", "4.1.1"),
			Says:   "answer an opcode that you do not know with NOTIMP, the opcode copied, or not at all",
			Hand:   "dig @$HOST -p $PORT +noedns +opcode=7 www.example.com A",
			Run: func(t *check.T) {
				s, name, ip := simple(t)
				s.learns(name, ip)
				t.Judge()
				q := s.query(name, "A", dnssteps.Opcode(7))
				if r := s.outlives(q, name, ip); r != nil {
					r.To(q).Code("NOTIMP")
					t.Want(r.Mark(dns.AtFlags, 1), dns.OpcodeName(r.Opcode()), dns.OpcodeName(7))
				}
			},
		},
	}
}

// outlives sends a message that nobody should answer, and behind it two questions whose answer is known: one from another
// client, and then one from the same. It gives the reply to the first, nil where none came before the last answer or right after it.
func (s *space) outlives(bad []byte, name, ip string) (toBad *dnssteps.Reply) {
	u := dnssteps.UDP(s.t)
	u.Send(bad)
	s.t.Hand(dnssteps.Command(s.t.Server(), bad, false)) // it is to blame when nothing more comes
	isAddress(s.ask(name, "A"), name, ip)
	id := ^number(bad)
	u.Send(s.query(name, "A", dnssteps.ID(id)))
	r := s.next(u)
	for ; r.ID != id; r = s.next(u) {
		if r.ID == number(bad) {
			toBad = r
		}
	}
	isAddress(r.Readable(), name, ip)
	s.t.Hand("")
	if toBad == nil {
		// A server of several threads may be slow with one of them on a busy machine.
		if late := u.TryNext(100 * time.Millisecond); late != nil && late.ID == number(bad) {
			toBad = late
		}
	}
	return toBad
}
