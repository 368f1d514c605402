package dns

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// A Network is how a resolver or a client reaches servers.
type Network interface {
	// Dial connects; network is "tcp".
	Dial(ctx context.Context, network, address string) (net.Conn, error)
	// ListenPacket opens a socket for datagrams; network is "udp". Port 0 of address means any that is free.
	ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error)
}

// SystemNetwork is the network of this machine.
type SystemNetwork struct{}

// Dial connects as net.Dialer does.
func (SystemNetwork) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, address)
}

// ListenPacket opens a socket as net.ListenConfig does.
func (SystemNetwork) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	return new(net.ListenConfig).ListenPacket(ctx, network, address)
}

func orSystem(n Network) Network {
	if n == nil {
		return SystemNetwork{}
	}
	return n
}

// A trust says which of RFC 5452 §9.1's marks of a reply are not looked at.
type trust struct{ id, address, port, question, rtype, class, qr bool }

// An outgoing is a query on its way to a server, and what its reply must match.
type outgoing struct {
	server netip.AddrPort
	raw    []byte
	m      *Message
	exact  bool // the reply must spell the name as the query does
}

// newOutgoing makes a query for a name. payload 0 sends no OPT.
func newOutgoing(server netip.AddrPort, name string, qtype uint16, rd bool, payload int) (outgoing, error) {
	msg := new(dns.Msg)
	msg.Id = uint16(rand.Uint32()) // the runtime's generator is seeded by the system and cannot be foretold
	msg.RecursionDesired = rd
	msg.Question = []dns.Question{{Name: dns.Fqdn(name), Qtype: qtype, Qclass: dns.ClassINET}}
	if payload > 0 {
		msg.SetEdns0(uint16(payload), false)
	}
	raw, err := msg.Pack()
	if err != nil {
		return outgoing{}, fmt.Errorf("ask %s: %w", name, err)
	}
	m, _, err := Parse(raw)
	return outgoing{server: server, raw: raw, m: m}, err
}

// matches says whether a message from somewhere is the reply (RFC 5452 §9.1). The destination is right because the
// socket is the query's own.
func (o *outgoing) matches(from netip.AddrPort, b []byte, t trust) (*Message, bool) {
	m, _, err := Parse(b)
	switch {
	case len(b) < headerLen,
		from.Addr() != o.server.Addr() && !t.address,
		from.Port() != o.server.Port() && !t.port,
		m.ID != o.m.ID && !t.id,
		!m.Has(FlagQR) && !t.qr,
		m.Opcode() != o.m.Opcode(),
		err != nil && !m.Has(FlagTC): // a server may cut a reply in the middle of a record: then TCP has the whole of it
		return nil, false
	}
	asked := o.m.Questions[0]
	if len(m.Questions) == 0 && m.Rcode() != dns.RcodeSuccess && m.Rcode() != dns.RcodeNameError {
		return m, true // a server that could not read the question cannot repeat it
	}
	if t.question {
		return m, true
	}
	if len(m.Questions) != 1 {
		return nil, false
	}
	q := m.Questions[0]
	same := fold(q.Name.Text) == fold(asked.Name.Text) && (!o.exact || q.Name.Text == asked.Name.Text)
	return m, same && (q.Type == asked.Type || t.rtype) && (q.Class == asked.Class || t.class)
}

var errNoReply = errors.New("no reply")

// overUDP sends a query from pc and waits for its reply.
func (o *outgoing) overUDP(pc net.PacketConn, until time.Time, t trust) (*Message, error) {
	if _, err := pc.WriteTo(o.raw, net.UDPAddrFromAddrPort(o.server)); err != nil {
		return nil, fmt.Errorf("send to %s: %w", o.server, err)
	}
	return o.await(pc, until, t)
}

// await waits for the reply to a query that was sent; whatever else comes is left aside.
func (o *outgoing) await(pc net.PacketConn, until time.Time, t trust) (*Message, error) {
	pc.SetReadDeadline(until)
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := pc.ReadFrom(buf)
		if ne, ok := err.(net.Error); ok && ne.Timeout() {
			return nil, fmt.Errorf("ask %s: %w", o.server, errNoReply)
		}
		if err != nil {
			return nil, fmt.Errorf("receive from %s: %w", o.server, err)
		}
		if m, ok := o.matches(addrPort(from), slices.Clone(buf[:n]), t); ok {
			return m, nil
		}
	}
}

// overTCP asks over a connection of its own (RFC 7766 §5).
func (o *outgoing) overTCP(ctx context.Context, network Network, until time.Time, t trust) (*Message, error) {
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	c, err := network.Dial(ctx, "tcp", o.server.String())
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", o.server, err)
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	c.SetDeadline(until)
	if _, err := c.Write(Frame(o.raw)); err != nil {
		return nil, fmt.Errorf("send to %s: %w", o.server, err)
	}
	for {
		b, err := readFrame(c)
		if err != nil {
			return nil, fmt.Errorf("receive from %s: %w", o.server, err)
		}
		if m, ok := o.matches(o.server, b, t); ok {
			return m, nil
		}
	}
}

// anyPort is the local address of a socket that talks to a server: any address, and a port the system picks at
// random (RFC 5452 §9.2).
func anyPort(server netip.Addr) string {
	if server.Is4() {
		return "0.0.0.0:0"
	}
	return "[::]:0"
}

// mixCase changes the case of the letters of a name at random: a forger must guess it.
func mixCase(name string) string {
	return strings.Map(func(c rune) rune {
		if rand.IntN(2) == 0 {
			switch {
			case 'a' <= c && c <= 'z':
				return c - 'a' + 'A'
			case 'A' <= c && c <= 'Z':
				return c - 'A' + 'a'
			}
		}
		return c
	}, name)
}
