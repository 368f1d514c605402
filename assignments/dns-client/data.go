package dnsclient

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// data holds how the data of each type are printed.
func data() []check.Check {
	return []check.Check{
		{
			Name:   "address",
			Needs:  "pointer",
			Clause: check.Must("RFC 1035", "3.4.1"),
			Says:   "print the four bytes of an A record in their order, each as a number from 0 to 255",
			Run: holds("A", func(t *check.T, _ string) ([]byte, string) {
				b := []byte{byte(128 + t.Rand().IntN(40)), byte(t.Rand().IntN(100)), byte(170 + t.Rand().IntN(40)), byte(211 + t.Rand().IntN(40))}
				return b, net.IP(b).String()
			}),
		},
		{
			Name:   "aaaa",
			Needs:  "pointer",
			Clause: check.Must("RFC 3596", "2.2"),
			Says:   "print the sixteen bytes of an AAAA record as an IPv6 address",
			Run: holds("AAAA", func(t *check.T, _ string) ([]byte, string) {
				b := append([]byte{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0}, t.Bytes(8)...)
				b[15] |= 1
				return b, netip.AddrFrom16([16]byte(b)).String()
			}),
		},
		{
			Name:   "names",
			Needs:  "pointer",
			Clause: check.Must("RFC 1035", "4.1.4"),
			Says:   "follow pointers in the data of records too: the names in NS, CNAME and PTR may end in one",
			Run:    judgeNames,
		},
		{
			Name:   "mx",
			Needs:  "pointer",
			Clause: check.Must("RFC 1035", "3.3.9"),
			Says:   "print the data of MX as the preference, two bytes with the high one first, and the name",
			Run: holds("MX", func(t *check.T, _ string) ([]byte, string) {
				// Both bytes count, they differ, and neither has its highest bit.
				high, low, to := byte(1+t.Rand().IntN(60)), byte(61+t.Rand().IntN(60)), name(t)
				return append([]byte{high, low}, wire(to)...), fmt.Sprintf("%d %s", int(high)<<8|int(low), to)
			}),
		},
		{
			Name:   "txt",
			Needs:  "pointer",
			Clause: check.Must("RFC 1035", "3.3.14"),
			Says:   "print each string of a TXT record in quotes, a space between them",
			Run: holds("TXT", func(t *check.T, _ string) ([]byte, string) {
				one, two := t.Word(7), t.Word(4)+"  "+t.Word(5)
				return append(text(one), text(two)...), fmt.Sprintf(`"%s" "%s"`, one, two)
			}),
		},
		{
			Name:   "txt-escapes",
			Needs:  "txt",
			Clause: check.Course("Data"),
			Says:   `print a quote and a backslash in a TXT string with a backslash before them, and other bytes that are not printable ASCII as \DDD`,
			Run: holds("TXT", func(t *check.T, _ string) ([]byte, string) {
				a, b, c := t.Word(3), t.Word(3), t.Word(3)
				odd := 128 + t.Rand().IntN(128)
				return text(a + `"` + b + `\` + c + string([]byte{byte(odd)})), fmt.Sprintf(`"%s\"%s\\%s\%03d"`, a, b, c, odd)
			}),
		},
		{
			Name:   "soa",
			Needs:  "pointer",
			Clause: check.Must("RFC 1035", "3.3.13"),
			Says:   "print the data of SOA as two names and five numbers of 32 bits",
			Run: holds("SOA", func(t *check.T, _ string) ([]byte, string) {
				server, mailbox := name(t), name(t)
				b, says := append(wire(server), wire(mailbox)...), server+" "+mailbox
				for range 5 {
					n := t.Rand().Uint32N(1 << 31)
					b = binary.BigEndian.AppendUint32(b, n)
					says += fmt.Sprintf(" %d", n)
				}
				return b, says
			}),
		},
		{
			Name:   "srv",
			Needs:  "pointer",
			Clause: check.Course("Data"),
			Says:   "print the data of SRV as priority, weight, port and name",
			Run: holds("SRV", func(t *check.T, _ string) ([]byte, string) {
				var b []byte
				says := ""
				for range 3 {
					n := uint16(t.Rand().Uint32())
					b = binary.BigEndian.AppendUint16(b, n)
					says += fmt.Sprintf("%d ", n)
				}
				to := name(t)
				return append(b, wire(to)...), says + to
			}),
		},
		{
			Name:   "caa",
			Needs:  "pointer",
			Clause: check.Course("Data"),
			Says:   "print the data of CAA as the flags, the tag and the value in quotes",
			Run: holds("CAA", func(t *check.T, _ string) ([]byte, string) {
				flags, value := 128*t.Rand().IntN(2), t.Word(8)+".test"
				return append(append([]byte{byte(flags)}, text("issue")...), value...), fmt.Sprintf(`%d issue "%s"`, flags, value)
			}),
		},
		{
			Name:   "unknown",
			Needs:  "pointer",
			Clause: check.Course("Data"),
			Says:   `print a record of a type that you do not know as TYPE and its number, and its data as \#, their length and hexadecimal digits`,
			Run: func(t *check.T) {
				rtype := fmt.Sprintf("TYPE%d", 65280+t.Rand().IntN(254))
				holds(rtype, func(t *check.T, _ string) ([]byte, string) {
					b := t.Bytes(3 + t.Rand().IntN(9))
					return b, fmt.Sprintf(`\# %d %s`, len(b), hex.EncodeToString(b))
				})(t)
			},
		},
	}
}

// holds is the body of a check whose reply is one record with data of that type.
func holds(rtype string, draw func(t *check.T, name string) (data []byte, text string)) func(*check.T) {
	return prints(rtype, func(t *check.T, name string) said {
		data, text := draw(t, name)
		return said{with(rtype, 300, data), []string{fmt.Sprintf("%s 0 IN %s %s", name, rtype, text)}}
	})
}

// judgeNames asks for a name of each type that has one, whose end is a pointer into the question.
func judgeNames(t *check.T) {
	name := name(t)
	label := t.Word(5)
	zone := name[7:] // behind the first label
	data := dns.NewBuilder(0, 0).Labels(label).Pointer(questionAt + 7).Bytes()[12:]
	var asked atomic.Value // the type: one client has ended before the next starts
	l := serve(t, name, 0, func(b *dns.Builder) { with(asked.Load().(string), 300, data)(b) })
	for _, rtype := range []string{"NS", "CNAME", "PTR"} {
		asked.Store(rtype)
		want := fmt.Sprintf("%s 0 IN %s %s.%s", name, rtype, label, zone)
		judgeRecords(t, l.judge(start(t, name, rtype), want), anyTTL, want)
	}
}

// text is a character string: its length and its characters.
func text(s string) []byte { return append([]byte{byte(len(s))}, s...) }
