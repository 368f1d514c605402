package dns

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// How a Client exits.
const (
	ExitOK     = 0 // records, or no data
	ExitFailed = 1 // a response code, or silence
	ExitUsage  = 2
)

const (
	defaultClientTry   = time.Second      // doubled each time
	defaultClientLimit = 12 * time.Second // it exits within 15 s
)

// A Client asks a resolver one question: the assignment dns-client as a program. Its arguments are NAME TYPE; it
// prints each answer record as dig does and, when the code is not NOERROR, the code's name.
type Client struct {
	Server  netip.AddrPort
	Network Network // nil is SystemNetwork
	Faults  ClientFaults
	Try     time.Duration // how long the first query waits for its reply; 0 is 1 s
	Limit   time.Duration // how long all of them do; 0 is 12 s
}

var errForged = errors.New("a reply that is none")

// Run asks, prints and gives the exit status. What goes wrong is told on stderr.
func (c *Client) Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	name, qtype, err := arguments(args)
	if err != nil {
		fmt.Fprintf(stderr, "usage: NAME TYPE: %v\n", err)
		return ExitUsage
	}
	m, err := c.ask(ctx, name, qtype, strings.HasSuffix(args[0], "."))
	if err != nil {
		fmt.Fprintln(stderr, err)
		if c.Faults.SilenceSucceeds {
			return ExitOK
		}
		return ExitFailed
	}
	return c.print(m, name, qtype, stdout)
}

// arguments reads NAME TYPE. A type may be a number, as in TYPE65280 (RFC 3597 §5).
func arguments(args []string) (name string, qtype uint16, err error) {
	if len(args) != 2 {
		return "", 0, fmt.Errorf("%d arguments", len(args))
	}
	if _, ok := dns.IsDomainName(args[0]); !ok || args[0] == "" {
		return "", 0, fmt.Errorf("%q is no name", args[0])
	}
	upper := strings.ToUpper(args[1])
	if t, ok := dns.StringToType[upper]; ok {
		return dns.Fqdn(args[0]), t, nil
	}
	if number, ok := strings.CutPrefix(upper, "TYPE"); ok {
		if n, err := strconv.ParseUint(number, 10, 16); err == nil {
			return dns.Fqdn(args[0]), uint16(n), nil
		}
	}
	return "", 0, fmt.Errorf("%q is no type", args[1])
}

// ask sends the query until a reply comes, and again over TCP when that is truncated.
func (c *Client) ask(ctx context.Context, name string, qtype uint16, dotted bool) (*Message, error) {
	f := &c.Faults
	wait, end := cmp.Or(c.Try, defaultClientTry), time.Now().Add(cmp.Or(c.Limit, defaultClientLimit))
	if f.RetriesFlood {
		wait = 5 * time.Millisecond
	}
	if f.RetriesNever {
		wait = time.Until(end)
	}
	o, err := c.query(name, qtype, dotted)
	if err != nil {
		return nil, err
	}
	pc, err := c.network().ListenPacket(ctx, "udp", anyPort(c.Server.Addr()))
	if err != nil {
		return nil, fmt.Errorf("open a socket: %w", err)
	}
	defer pc.Close()
	// The query that is sent again is the same one: a reply to the first that comes late is as good.
	for sent := 0; f.RetriesForever || time.Now().Before(end); sent++ {
		until := time.Now().Add(wait)
		if f.RetriesHasty {
			if until = end; sent < 7 {
				until = time.Now().Add(200 * time.Millisecond)
			}
		}
		if !f.RetriesForever && until.After(end) {
			until = end
		}
		m, err := c.overUDP(ctx, pc, o, until)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, errNoReply):
			if !f.RetriesFlood {
				wait *= 2
			}
			continue
		case err != nil:
			return nil, err
		case !m.Has(FlagTC), f.TruncatedPrinted:
			return m, nil
		case f.TruncatedFails:
			return nil, errors.New("the reply is truncated")
		}
		if f.TCPLengthNone || f.TCPLengthSwapped || f.TCPOneRead {
			return c.spoiltTCP(ctx, o, end)
		}
		return o.overTCP(ctx, c.network(), end, trust{})
	}
	return nil, fmt.Errorf("ask %s: %w", c.Server, errNoReply)
}

func (c *Client) overUDP(ctx context.Context, pc net.PacketConn, o outgoing, until time.Time) (*Message, error) {
	f := &c.Faults
	stop := context.AfterFunc(ctx, func() { pc.SetReadDeadline(time.Now()) })
	defer stop()
	t := trust{id: f.TakesAnyID, address: f.TakesAnyAddress, port: f.TakesAnyPort, question: f.TakesAnyQuestion, rtype: f.TakesAnyType, class: f.TakesAnyClass, qr: f.TakesQuery}
	t.question = t.question || f.NameUnended // there is nothing that can be compared
	if f.GivesUpOnForged || f.BrokenEnds || f.BrokenReplyEnds {
		return c.impatiently(pc, o, until, t)
	}
	if f.QueryTwice {
		pc.WriteTo(o.raw, net.UDPAddrFromAddrPort(o.server))
	}
	return o.overUDP(pc, until, t)
}

// impatiently asks over UDP and ends at the first datagram that is none of its business, as faults say.
func (c *Client) impatiently(pc net.PacketConn, o outgoing, until time.Time, t trust) (*Message, error) {
	if _, err := pc.WriteTo(o.raw, net.UDPAddrFromAddrPort(o.server)); err != nil {
		return nil, err
	}
	pc.SetReadDeadline(until)
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := pc.ReadFrom(buf)
		if err != nil {
			return nil, errNoReply
		}
		m, ok := o.matches(addrPort(from), slices.Clone(buf[:n]), t)
		if ok {
			return m, nil
		}
		read, _, err := Parse(buf[:n])
		broken := n >= headerLen && err != nil
		unasked := len(read.Questions) == 0 || read.Questions[0].Name.Broken
		if c.Faults.GivesUpOnForged || broken && (c.Faults.BrokenEnds || read.ID == o.m.ID && unasked) {
			return nil, errForged
		}
	}
}

// query makes the query, wrong where a fault says so. dotted says that the name was given with its final dot.
func (c *Client) query(name string, qtype uint16, dotted bool) (outgoing, error) {
	f := &c.Faults
	if f.TypeAlwaysA {
		qtype = dns.TypeA
	}
	o, err := newOutgoing(c.Server, name, qtype, !f.RDMissing, 0)
	if err != nil || *f == (ClientFaults{}) {
		return o, err
	}
	if f.IDConstant {
		o.raw[0], o.raw[1], o.m.ID = 0, 1, 1
	}
	if f.QRSet {
		o.raw[AtFlags] |= FlagQR >> 8
	}
	if f.CountsSwapped {
		reverse(o.raw[AtQDCount : AtQDCount+2])
	}
	at := len(o.raw) - 4
	if f.TypeSwapped {
		reverse(o.raw[at : at+2])
	}
	if f.ClassZero {
		o.raw[at+3] = 0
	}
	fields := append([]byte(nil), o.raw[at:]...)
	if f.FinalDotKept && dotted {
		o.raw = append(append(o.raw[:at], 0), fields...)
	}
	switch labels := strings.Split(strings.TrimSuffix(name, "."), "."); {
	case f.NameUnended:
		o.raw = append(o.raw[:at-1], fields...)
	case f.NameDotted:
		bare := strings.TrimSuffix(name, ".")
		o.raw = append(append(append(o.raw[:headerLen], byte(len(bare))), bare...), append([]byte{0}, fields...)...)
	case f.NameLocal:
		o.raw = append(append(o.raw[:headerLen], wire(strings.Join(labels[:len(labels)-1], "."))...), fields...)
	}
	if m, _, _ := Parse(o.raw); len(m.Questions) > 0 {
		o.m = m // a server repeats what it was asked
	}
	return o, nil
}

// spoiltTCP asks over TCP as faults say.
func (c *Client) spoiltTCP(ctx context.Context, o outgoing, until time.Time) (*Message, error) {
	conn, err := c.network().Dial(ctx, "tcp", c.Server.String())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	conn.SetDeadline(until)
	b := Frame(o.raw)
	switch {
	case c.Faults.TCPLengthNone:
		b = o.raw
	case c.Faults.TCPLengthSwapped:
		reverse(b[:2])
	}
	conn.Write(b)
	if !c.Faults.TCPOneRead {
		if b, err = readFrame(conn); err != nil {
			return nil, err
		}
		m, _, _ := Parse(b)
		return m, nil
	}
	buf := make([]byte, 2+maxDatagram)
	n, err := conn.Read(buf)
	if err != nil || n < 2 {
		return nil, cmp.Or(err, io.ErrUnexpectedEOF)
	}
	m, _, _ := Parse(buf[2:n])
	return m, nil
}

func (c *Client) network() Network { return orSystem(c.Network) }
