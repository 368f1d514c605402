package dnsclient

import (
	"fmt"
	"net"
	"strings"

	mdns "github.com/miekg/dns"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// A said is a reply and the records that are to be printed of it. The value of a TTL is the business of answers/ttl
// alone, and addresses whose bytes could be misread that of answers/address.
type said struct {
	write respond
	want  []string
	own   bool // no server would send it so that has the records in a zone
}

// lines holds which records are printed, and their first four fields.
func lines() []check.Check {
	return []check.Check{
		{
			Name:   "line",
			Clause: check.Course("Records"),
			Says:   "print a record as owner, TTL, class, type and data, with white space between them",
			Run: func(t *check.T) {
				name := name(t)
				data, text := plain(t)
				l := serve(t, name, 0, withA(data))
				want := name + " 300 IN A " + text
				judgeLine(t, l.judge(start(t, name, "A", want), want), want)
			},
		},
		{
			Name:   "pointer",
			Needs:  "line",
			Clause: check.Must("RFC 1035", "4.1.4"),
			Says:   "follow the pointer that stands for an owner: it counts from the first byte of the message",
			Run: prints("A", func(t *check.T, name string) said {
				data, text := plain(t)
				return said{write: withA(data), want: []string{name + " 0 IN A " + text}}
			}),
		},
		{
			Name:   "no-pointer",
			Needs:  "pointer",
			Clause: check.Must("RFC 1035", "4.1.4"),
			Says:   "read an owner that is spelled out, label by label, as well as a pointer: a server need not compress",
			Run: prints("A", func(t *check.T, name string) said {
				data, text := plain(t)
				return said{func(b *dns.Builder) {
					b.Record(dns.AnswerSection, name, dnssteps.Type("A"), 300, data)
				}, []string{name + " 0 IN A " + text}, true}
			}),
		},
		{
			Name:   "ttl",
			Needs:  "pointer",
			Clause: check.Must("RFC 2181", "8"),
			Says:   "read the TTL as a number of 32 bits, its high byte first",
			Run: func(t *check.T) {
				name := name(t)
				data, text := plain(t)
				ttl := 1<<24 + t.Rand().Uint32N(1<<30)
				l := serve(t, name, 0, with("A", ttl, data))
				want := fmt.Sprintf("%s %d IN A %s", name, ttl, text)
				judgeRecords(t, l.judge(start(t, name, "A", want), want), exact, want)
			},
		},
		{
			Name:   "several",
			Needs:  "pointer",
			Clause: check.Course("Records"),
			Says:   "print every record of the answer section",
			Run: prints("A", func(t *check.T, name string) said {
				var s said
				var all [][]byte
				for range 3 + t.Rand().IntN(4) {
					data, text := plain(t)
					all = append(all, data)
					s.want = append(s.want, name+" 0 IN A "+text)
				}
				s.write = func(b *dns.Builder) {
					for _, data := range all {
						withA(data)(b)
					}
				}
				return s
			}),
		},
		{
			Name:   "pointer-to-pointer",
			Needs:  "several",
			Clause: check.Must("RFC 1035", "4.1.4"),
			Says:   "follow a pointer also where the name that it leads to ends in a pointer, and where labels stand before it",
			Run: prints("A", func(t *check.T, name string) said {
				one, oneText := plain(t)
				two, twoText := plain(t)
				label, _, _ := strings.Cut(name, ".")
				return said{func(b *dns.Builder) {
					at := b.Len()
					b.Entry(dns.AnswerSection).Labels(label).Pointer(questionAt+1+len(label)).Fields(dnssteps.Type("A"), mdns.ClassINET, 300, one)
					b.Entry(dns.AnswerSection).Pointer(at).Fields(dnssteps.Type("A"), mdns.ClassINET, 300, two)
				}, []string{name + " 0 IN A " + oneText, name + " 0 IN A " + twoText}, true}
			}),
		},
		{
			Name:   "alias",
			Needs:  "several",
			Clause: check.Must("RFC 1034", "3.6.2"),
			Says:   "print the CNAME record of an alias and the records of the name it stands for, each with its own owner",
			Run: prints("A", func(t *check.T, from string) said {
				to := name(t)
				data, text := plain(t)
				return said{write: func(b *dns.Builder) {
					with("CNAME", 300, wire(to))(b)
					b.Entry(dns.AnswerSection).Pointer(b.Len()-len(wire(to))).Fields(dnssteps.Type("A"), mdns.ClassINET, 300, data)
				}, want: []string{from + " 0 IN CNAME " + to, to + " 0 IN A " + text}}
			}),
		},
		{
			Name:   "alias-alone",
			Needs:  "alias",
			Clause: check.Course("Records"),
			Says:   "take a CNAME alone for an answer: print it and exit with 0",
			Run: func(t *check.T) {
				from, to := name(t), name(t)
				l := serve(t, from, 0, with("CNAME", 300, wire(to)))
				want := from + " 0 IN CNAME " + to
				e := l.judge(start(t, from, "A"), want)
				judgeRecords(t, e, anyTTL, want)
				t.Require(e.Code == 0, e.Status, "exit status 0", e.Exit.String())
			},
		},
		{
			Name:   "authority",
			Needs:  "pointer",
			Clause: check.Course("Records"),
			Says:   "print nothing of the authority section",
			Run:    spare(dns.AuthoritySection, "NS", func(t *check.T) []byte { return wire(name(t)) }),
		},
		{
			Name:   "additional",
			Needs:  "pointer",
			Clause: check.Course("Records"),
			Says:   "print nothing of the additional section",
			Run:    spare(dns.AdditionalSection, "A", func(t *check.T) []byte { data, _ := plain(t); return data }),
		},
	}
}

// spare is the body of a check whose reply has a record in another section beside the answer.
func spare(s dns.Section, rtype string, data func(t *check.T) []byte) func(*check.T) {
	return prints("A", func(t *check.T, asked string) said {
		address, text := plain(t)
		other, more := name(t), data(t)
		return said{func(b *dns.Builder) {
			withA(address)(b)
			b.Record(s, other, dnssteps.Type(rtype), 300, more)
		}, []string{asked + " 0 IN A " + text}, true}
	})
}

// prints is the body of a check that asks for a name, answers with what say gives, and judges the records that are
// printed.
func prints(qtype string, say func(t *check.T, name string) said) func(*check.T) {
	return func(t *check.T) {
		name := name(t)
		s := say(t, name)
		l := serve(t, name, 0, s.write)
		var zone []string
		if !s.own {
			zone = s.want
		}
		client := start(t, name, qtype, zone...)
		judgeRecords(t, l.judge(client, list(dnssteps.MustRecords(s.want...), anyTTL)), anyTTL, s.want...)
	}
}

// plain draws an address that reads the same from both ends and has no byte above 127.
func plain(t *check.T) (data []byte, text string) {
	a, b := byte(1+t.Rand().IntN(126)), byte(t.Rand().IntN(128))
	data = []byte{a, b, b, a}
	return data, net.IP(data).String()
}

// wire gives a name as a message has it, uncompressed.
func wire(name string) []byte { return dns.NewBuilder(0, 0).Name(name).Bytes()[12:] }
