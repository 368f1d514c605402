package dnsclient

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
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
			Name:   "names-within",
			Needs:  "names",
			Clause: check.Must("RFC 1035", "4.1.4"),
			Says:   "follow pointers also where a name is a part of the data, as in MX and SOA: they count from the first byte of the message",
			Run:    judgeNamesWithin,
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
			Run:    judgeEscapes,
		},
		{
			Name:   "txt-empty",
			Needs:  "txt",
			Clause: check.Course("Data"),
			Says:   `print a string of a TXT record that is empty as ""`,
			Run: holds("TXT", func(t *check.T, _ string) ([]byte, string) {
				one, two := t.Word(5), t.Word(6)
				return slices.Concat(text(one), text(""), text(two)), fmt.Sprintf(`"%s" "" "%s"`, one, two)
			}),
		},
		{
			Name:   "soa",
			Needs:  "pointer",
			Clause: check.Must("RFC 1035", "3.3.13"),
			Says:   "print the data of SOA as two names and five numbers of 32 bits without a sign",
			Run: holds("SOA", func(t *check.T, _ string) ([]byte, string) {
				server, mailbox := name(t), name(t)
				b, says := append(wire(server), wire(mailbox)...), server+" "+mailbox
				for i := range 5 {
					n := t.Rand().Uint32N(1 << 31)
					if i == 0 {
						n |= 1 << 31 // the serial, which may be any number
					}
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
		return said{write: with(rtype, 300, data), want: []string{fmt.Sprintf("%s 0 IN %s %s", name, rtype, text)}}
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
		records := []string{want}
		if rtype == "NS" {
			records = nil // in a zone it would be a delegation
		}
		judgeRecords(t, l.judge(start(t, name, rtype, records...), want), anyTTL, want)
	}
}

// judgeNamesWithin asks for types whose data have names and more, the names ending in pointers into the question. It looks
// at the names alone.
func judgeNamesWithin(t *check.T) {
	name := name(t)
	zone := name[7:] // behind the first label
	compressed := func(label string) []byte {
		return dns.NewBuilder(0, 0).Labels(label).Pointer(questionAt + 7).Bytes()[12:]
	}
	server, mailbox := t.Word(5), t.Word(5)
	data := map[string][]byte{
		"MX":  append([]byte{0, 10}, compressed(server)...),
		"SOA": slices.Concat(compressed(server), compressed(mailbox), bytes.Repeat([]byte{0, 0, 0, 1}, 5)),
	}
	var asked atomic.Value // the type: one client has ended before the next starts
	l := serve(t, name, 0, func(b *dns.Builder) {
		rtype := asked.Load().(string)
		with(rtype, 300, data[rtype])(b)
	})
	for _, rtype := range []string{"MX", "SOA"} {
		asked.Store(rtype)
		wants := []string{server + "." + zone}
		if rtype == "SOA" {
			wants = append(wants, mailbox+"."+zone)
		}
		e := l.judge(start(t, name, rtype), "a record with "+strings.Join(wants, " and "))
		for _, want := range wants {
			said := func(field string) bool {
				return strings.EqualFold(strings.TrimSuffix(field, "."), strings.TrimSuffix(want, "."))
			}
			t.Require(slices.ContainsFunc(strings.Fields(e.Stdout), said), e.Output, "the name "+want+" in the data of "+rtype, excerpt(e))
		}
	}
}

// judgeEscapes asks for a text with bytes of every kind: a control character whose number has one digit, one with two,
// DEL, and bytes above 127.
func judgeEscapes(t *check.T) {
	name := name(t)
	a, b, c := t.Word(3), t.Word(3), t.Word(3)
	odd := []byte{byte(1 + t.Rand().IntN(9)), byte(14 + t.Rand().IntN(18)), 127, byte(128 + t.Rand().IntN(128))}
	says := fmt.Sprintf(`"%s\"%s\\%s`, a, b, c)
	for _, o := range odd {
		says += fmt.Sprintf(`\%03d`, o)
	}
	l := serve(t, name, 0, with("TXT", 300, text(a+`"`+b+`\`+c+string(odd))))
	want := fmt.Sprintf(`%s 0 IN TXT %s"`, name, says)
	e := l.judge(start(t, name, "TXT", want), want)
	for _, line := range printed(e.Stdout) {
		// Whoever reads records takes such a byte as it is for the same as its number.
		if i := strings.IndexFunc(line.text, func(r rune) bool { return r != '\t' && (r < ' ' || r > '~') }); i >= 0 {
			t.Fail(check.Mark{Event: e.Output.Event, At: line.at + i, Len: 1}, fmt.Sprintf(`\%03d`, line.text[i]), "the byte as it is")
		}
	}
	for _, line := range printed(e.Stdout) {
		// It is shown as it was printed: read as a record it would have lost its backslash.
		if i := badEscape(line.text); i >= 0 {
			t.Fail(check.Mark{Event: e.Output.Event, At: line.at + i, Len: 2}, list(dnssteps.MustRecords(want), anyTTL), line.text)
		}
	}
	judgeRecords(t, e, anyTTL, want)
}

// badEscape is where a backslash stands that has neither three digits nor another character behind it, -1 when none does.
func badEscape(s string) int {
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			continue
		}
		digits := 0
		for digits < 3 && i+1+digits < len(s) && '0' <= s[i+1+digits] && s[i+1+digits] <= '9' {
			digits++
		}
		if digits == 1 || digits == 2 || i+1 == len(s) {
			return i
		}
		i += max(1, digits)
	}
	return -1
}

// text is a character string: its length and its characters.
func text(s string) []byte { return append([]byte{byte(len(s))}, s...) }
