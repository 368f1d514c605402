package dnsclient

import (
	"encoding/binary"
	"net"
	"slices"

	mdns "github.com/miekg/dns"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// A forgery is a reply that goes out before the right one.
type forgery struct {
	what   string                    // "another id"
	change func(reply []byte) []byte // of a reply that is right but for its address
}

// forged holds the replies that are none.
func forged() []check.Check {
	return []check.Check{
		{
			Name:   "id",
			Clause: check.Must("RFC 5452", "9.1"),
			Says:   "ignore a reply with another id than the query's, and take the right one that follows",
			Run:    before(home, forgery{"another id", otherID}),
		},
		{
			Name:   "address",
			Clause: check.Must("RFC 5452", "9.1"),
			Says:   "ignore a reply from another address than the server's, and take the right one that follows",
			Run:    before(elsewhere, forgery{"another address", same}),
		},
		{
			Name:   "port",
			Clause: check.Must("RFC 5452", "9.1"),
			Says:   "ignore a reply from another port than the server's, and take the right one that follows",
			Run:    before(otherPort, forgery{"another port", same}),
		},
		{
			Name:   "question",
			Clause: check.Must("RFC 5452", "9.1"),
			Says:   "ignore a reply to another question than yours: the name, the type and the class count; take the right one that follows",
			Run: before(home, forgery{"another name", otherName},
				forgery{"another type", func(b []byte) []byte {
					binary.BigEndian.PutUint16(b[questionEnd(b)-4:], mdns.TypeTXT)
					return b
				}},
				forgery{"another class", func(b []byte) []byte {
					binary.BigEndian.PutUint16(b[questionEnd(b)-2:], mdns.ClassCHAOS)
					return b
				}}),
		},
		{
			Name:   "not-a-reply",
			Clause: check.Course("Strangers"),
			Says:   "ignore a message whose QR is 0: it is no reply; take the right one that follows",
			Run: before(home, forgery{"QR 0", func(b []byte) []byte {
				b[dns.AtFlags] &^= dns.FlagQR >> 8
				return b
			}}),
		},
		{
			Name:   "not-a-message",
			Clause: check.Course("Strangers"),
			Says:   "ignore a datagram that is too short to be a message, and take the right reply that follows",
			Run:    before(home, forgery{"5 bytes", func(b []byte) []byte { return b[:5] }}),
		},
		{
			Name:   "broken",
			Clause: check.Course("Strangers"),
			Says:   "ignore a message that ends early or has a pointer to nowhere, and take the right reply that follows: look how many bytes there are before each step",
			Run: before(home,
				forgery{"another id, ends in the name", func(b []byte) []byte { return otherID(b)[:questionAt+3] }},
				forgery{"another id, ends in the question", func(b []byte) []byte { return otherID(b)[:questionEnd(b)-3] }},
				forgery{"another id, a pointer to itself", func(b []byte) []byte { return pointerTo(questionAt)(otherID(b)) }},
				forgery{"another id, a pointer beyond the end", func(b []byte) []byte { return pointerTo(0x3fff)(otherID(b)) }},
				forgery{"another name, ends in the record", func(b []byte) []byte { return otherName(b)[:len(b)-7] }}),
		},
		{
			Name:   "broken-reply",
			Clause: check.May(grader.Course, "What is left open"), // dig ends at the first
			Says:   "ignore such a message also when it has the id of your query: it is not the reply to your question",
			Run: before(home,
				forgery{"a header alone", func(b []byte) []byte { return b[:questionAt] }},
				forgery{"ends in the name", func(b []byte) []byte { return b[:questionAt+3] }},
				forgery{"ends in the question", func(b []byte) []byte { return b[:questionEnd(b)-3] }},
				forgery{"a pointer to itself", pointerTo(questionAt)},
				forgery{"a pointer beyond the end", pointerTo(0x3fff)}),
		},
	}
}

func same(b []byte) []byte { return b }

func otherID(b []byte) []byte {
	binary.BigEndian.PutUint16(b, binary.BigEndian.Uint16(b)^0x0101)
	return b
}

func otherName(b []byte) []byte {
	b[questionAt+1] ^= 3 // the first letter
	return b
}

// pointerTo puts a pointer in the place of the question's name.
func pointerTo(to int) func([]byte) []byte {
	return func(b []byte) []byte {
		pointer := binary.BigEndian.AppendUint16(nil, 0xc000|uint16(to))
		return slices.Concat(b[:questionAt], pointer, b[questionEnd(b)-4:])
	}
}

// questionEnd is where the records of a reply begin.
func questionEnd(b []byte) int {
	m, _, _ := dns.Parse(b)
	return m.Questions[0].At + m.Questions[0].Len
}

// A place says where a forged reply comes from.
type place int

const (
	home place = iota
	elsewhere
	otherPort
)

// before is the body of a check that sends forged replies before each right one, and judges what is printed.
func before(from place, forgeries ...forgery) func(*check.T) {
	return func(t *check.T) {
		name := name(t)
		right, rightText := plain(t)
		// Each has an address of its own: the report says which of them was taken.
		wrong, wrongTexts := make([][]byte, len(forgeries)), map[string]string{}
		for i, f := range forgeries {
			text := rightText
			for text == rightText || wrongTexts[text] != "" {
				wrong[i], text = plain(t)
			}
			wrongTexts[text] = f.what
		}
		var pc net.PacketConn
		var stranger *check.Socket
		ready := make(chan struct{})
		l := &lab{t: t, name: name}
		server := &dns.Server{Instead: func(q dns.Query) ([]byte, bool) {
			<-ready
			if !l.knows(q.Raw) || q.TCP {
				return reply(q.Raw, 0, withA(right)), true
			}
			for i, f := range forgeries {
				b := f.change(reply(q.Raw, 0, withA(wrong[i])))
				if stranger != nil {
					stranger.Send(q.From, b) // that nobody takes it is as good
				} else {
					pc.WriteTo(b, net.UDPAddrFromAddrPort(q.From))
				}
			}
			return reply(q.Raw, 0, withA(right)), true
		}}
		if from != home {
			stranger = t.Stranger(from == otherPort)
		}
		pc = dnssteps.Host(t, server)
		close(ready)
		client := start(t, name, "A")
		judgeAddress(t, l.judge(client, "the record with "+rightText), rightText, wrongTexts)
	}
}
