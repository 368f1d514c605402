package dnsclient

import (
	"encoding/binary"
	"net"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// A forger changes what goes out before the right reply: it gets a reply that is right but for its address, and sends
// from where it likes.
type forger func(reply []byte) []byte

// forged holds the replies that are none.
func forged() []check.Check {
	return []check.Check{
		{
			Name:   "id",
			Clause: check.Must("RFC 5452", "9.1"),
			Says:   "ignore a reply with another id than the query's, and take the right one that follows",
			Run: before(home, func(b []byte) []byte {
				binary.BigEndian.PutUint16(b, binary.BigEndian.Uint16(b)^0x0101)
				return b
			}),
		},
		{
			Name:   "address",
			Clause: check.Must("RFC 5452", "9.1"),
			Says:   "ignore a reply from another address than the server's, and take the right one that follows",
			Run:    before(elsewhere, same),
		},
		{
			Name:   "port",
			Clause: check.Must("RFC 5452", "9.1"),
			Says:   "ignore a reply from another port than the server's, and take the right one that follows",
			Run:    before(otherPort, same),
		},
		{
			Name:   "question",
			Clause: check.Must("RFC 5452", "9.1"),
			Says:   "ignore a reply to another question than yours, and take the right one that follows",
			Run: before(home, func(b []byte) []byte {
				b[13] ^= 3 // the first letter of the name
				return b
			}),
		},
		{
			Name:   "not-a-reply",
			Clause: check.Course("Strangers"),
			Says:   "ignore a message whose QR is 0: it is no reply; take the right one that follows",
			Run: before(home, func(b []byte) []byte {
				b[dns.AtFlags] &^= dns.FlagQR >> 8
				return b
			}),
		},
		{
			Name:   "not-a-message",
			Clause: check.Course("Strangers"),
			Says:   "ignore a datagram that is too short to be a message, and take the right reply that follows",
			Run:    before(home, func(b []byte) []byte { return b[:5] }),
		},
	}
}

func same(b []byte) []byte { return b }

// A place says where a forged reply comes from.
type place int

const (
	home place = iota
	elsewhere
	otherPort
)

// before is the body of a check that sends a forged reply before each right one, and judges what is printed.
func before(from place, forge forger) func(*check.T) {
	return func(t *check.T) {
		name := name(t)
		right, rightText := plain(t)
		wrong, wrongText := plain(t)
		for wrongText == rightText {
			wrong, wrongText = plain(t)
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
			b := forge(reply(q.Raw, 0, withA(wrong)))
			if stranger != nil {
				stranger.Send(q.From, b) // that nobody takes it is as good
			} else {
				pc.WriteTo(b, net.UDPAddrFromAddrPort(q.From))
			}
			return reply(q.Raw, 0, withA(right)), true
		}}
		if from != home {
			stranger = t.Stranger(from == otherPort)
		}
		pc = dnssteps.Host(t, server)
		close(ready)
		client := start(t, name, "A")
		judgeAddress(t, l.judge(client, "the record with "+rightText), rightText, wrongText)
	}
}
