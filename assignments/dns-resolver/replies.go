package dnsresolver

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// simple makes a space with one host in one zone and serves it.
func simple(t *check.T) (s *space, name, ip string) {
	s = newSpace(t)
	name, ip = s.top.zone("").host(3600)
	s.serve()
	return s, name, ip
}

// headers holds the rules on the header and the question of a reply.
func headers() []check.Check {
	return []check.Check{
		{
			Name:   "answer",
			Clause: check.Must("RFC 1034", "5.3.3"),
			Says:   "find the answer: all records of the name and type, and the code NOERROR",
			Hand:   "dig @$HOST -p $PORT +noedns www.example.com A",
			Run: func(t *check.T) {
				s := newSpace(t)
				z := s.top.zone("")
				name, ip := z.host(3600)
				second := s.ip()
				z.add("%s A %s", name, second)
				z.host(3600)
				s.serve()
				t.Judge()
				s.ask(name, "A").Code("NOERROR").Untimed(dns.AnswerSection, dnssteps.MustRecords(
					fmt.Sprintf("%s 0 IN A %s", name, ip), fmt.Sprintf("%s 0 IN A %s", name, second))...)
			},
		},
		{
			Name:   "id",
			Clause: check.Must("RFC 1035", "4.1.1"),
			Says:   "copy the two bytes of the id from the question into the reply",
			Run: func(t *check.T) {
				s, name, _ := simple(t)
				for _, id := range []uint16{0x1234, uint16(1 + t.Rand().IntN(0xfffe))} {
					r := s.raw(s.query(name, "A", dnssteps.ID(id)))
					t.Require(r.ID == id, r.Field(dns.AtID), fmt.Sprintf("the id %d (0x%04x) of the question", id, id), fmt.Sprintf("%d (0x%04x)", r.ID, r.ID))
				}
			},
		},
		{
			Name:   "flags",
			Clause: check.Must("RFC 1035", "4.1.1"),
			Says:   "set QR in a reply, take the opcode from the question and leave Z at 0",
			Run: func(t *check.T) {
				s, name, _ := simple(t)
				r := s.raw(s.query(name, "A")).Readable()
				r.Set(dns.FlagQR, "QR")
				r.Clear(dns.FlagZ, "Z")
				t.Want(r.Field(dns.AtFlags), dns.OpcodeName(r.Opcode()), "QUERY")
				s.raw(s.query(name, "A", dnssteps.Flags(dns.FlagZ))).Readable().Clear(dns.FlagZ, "Z") // it is no copy of the question's
			},
		},
		{
			Name:   "recursion-available",
			Clause: check.Must("RFC 1035", "4.1.1"),
			Says:   "set RA: it tells the client that you recurse",
			Run: func(t *check.T) {
				s, name, _ := simple(t)
				s.ask(name, "A").Set(dns.FlagRA, "RA")
			},
		},
		{
			Name:   "no-authority",
			Clause: check.Must("RFC 1035", "4.1.1"),
			Says:   "leave AA at 0: the answer is another server's, and you have authority for no zone",
			Run: func(t *check.T) {
				s, name, _ := simple(t)
				s.ask(name, "A").Clear(dns.FlagAA, "AA")
				s.ask(name, "A").Clear(dns.FlagAA, "AA")
			},
		},
		{
			Name:   "recursion-desired",
			Clause: check.Must("RFC 1035", "4.1.1"),
			Says:   "copy RD from the question, 1 as 1 and 0 as 0",
			Run: func(t *check.T) {
				s, name, _ := simple(t)
				s.ask(name, "A").Set(dns.FlagRD, "RD")
				q := dnssteps.Query(t, name, "A")
				s.raw(q).To(q).Clear(dns.FlagRD, "RD")
			},
		},
		{
			Name:   "question",
			Clause: check.Must("RFC 1035", "4.1.1"),
			Says:   "repeat the question in the reply, every letter in the case in which it came",
			Hand:   "dig @$HOST -p $PORT +noedns wWw.ExAmPlE.cOm A",
			Run: func(t *check.T) {
				s, name, _ := simple(t)
				for _, asked := range []string{name, mixed(name)} {
					q := s.query(asked, "A")
					r := s.raw(q).To(q)
					m, _, _ := dns.Parse(q)
					want := q[m.Questions[0].At:]
					t.Require(len(r.Questions) == 1, r.Field(dns.AtQDCount), "one question", fmt.Sprint(len(r.Questions)))
					at := r.Questions[0]
					t.Require(bytes.Equal(r.Raw[at.At:at.At+at.Len], want), r.Mark(at.At, at.Len),
						fmt.Sprintf("%s IN A", asked), fmt.Sprintf("%s, class %d, type %d", at.Name.Text, at.Class, at.Type))
				}
			},
		},
		{
			Name:   "format",
			Clause: check.Must("RFC 1035", "4.1"),
			Says:   "send a message that can be read to its end: right counts, names, types, TTLs and lengths, and nothing behind the last record",
			Run: func(t *check.T) {
				s := newSpace(t)
				z := s.top.zone("")
				z.add("mx 3600 MX 10 %s\nmx 3600 MX 20 b.%s", z.name, t.Word(5))
				s.serve()
				s.raw(s.query("mx."+z.name, "MX")).Keeps()
				s.raw(s.query("mx."+z.name, "MX", dnssteps.EDNS(1232))).Keeps() // from what is known, and with one more record
			},
		},
		{
			Name:   "ttl",
			Clause: check.Must("RFC 1035", "4.1.3"),
			Says:   "send the TTL as a number of 32 bits, most significant byte first: at most the one that the zone's server gave",
			Run: func(t *check.T) {
				s := newSpace(t)
				name, ip := s.top.zone("").host(3600)
				s.serve()
				r := s.ask(name, "A")
				isAddress(r, name, ip)
				lives(t, r, dns.AnswerSection, 3600)
			},
		},
	}
}

// lives fails the check when a record of a section has a higher TTL than so many seconds.
func lives(t *check.T, r *dnssteps.Reply, section dns.Section, seconds int) {
	for _, record := range r.In(section) {
		t.Require(int(record.TTL) <= seconds, r.Mark(record.TypeAt()+4, 4), fmt.Sprintf("a TTL of at most %d", seconds), fmt.Sprint(record.TTL))
	}
}

// mixed writes every second letter of a name as a capital.
func mixed(name string) string {
	b := []byte(name)
	for i := 0; i < len(b); i += 2 {
		b[i] = strings.ToUpper(string(b[i]))[0]
	}
	return string(b)
}
