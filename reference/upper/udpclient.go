package upper

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"
)

// A UDPClient sends one line as a datagram and prints the reply.
type UDPClient struct {
	Faults UDPClientFaults
	Resend time.Duration // how long a request waits for its reply; 0 is 1 s
	GiveUp time.Duration // how long all of them do; 0 is 5 s
}

// Run asks server from pc and returns the exit status. It closes pc.
func (c *UDPClient) Run(ctx context.Context, pc net.PacketConn, server netip.AddrPort, term Terminal) int {
	defer pc.Close()
	stop := context.AfterFunc(ctx, func() { pc.Close() })
	defer stop()
	if c.Faults.AsksOtherPort {
		server = netip.AddrPortFrom(server.Addr(), noPort)
	}
	return c.Faults.talk(ctx, term, func(line []byte) ([]byte, error) { return c.ask(pc, server, line) })
}

func (c *UDPClient) ask(pc net.PacketConn, server netip.AddrPort, line []byte) ([]byte, error) {
	resend, giveUp := cmp.Or(c.Resend, time.Second), cmp.Or(c.GiveUp, 5*time.Second)
	f := &c.Faults
	if f.SendsOnce {
		resend = giveUp
	}
	for end := time.Now().Add(giveUp); f.ResendsForever || f.WaitsForever || time.Now().Before(end); {
		if err := c.send(pc, server, line); err != nil {
			return nil, err
		}
		var until time.Time // never
		if !f.WaitsForever {
			until = time.Now().Add(resend)
		}
		pc.SetReadDeadline(until)
		for {
			reply, stranger, err := c.receive(pc, server)
			if ne, ok := err.(net.Error); ok && ne.Timeout() {
				break
			}
			if err != nil {
				return nil, err
			}
			if !stranger {
				return reply, nil
			}
			if f.StrangersExtend {
				end = time.Now().Add(giveUp)
				pc.SetReadDeadline(time.Now().Add(resend))
			}
		}
	}
	return nil, errNoReply
}

func (c *UDPClient) send(pc net.PacketConn, server netip.AddrPort, line []byte) error {
	parts := [][]byte{line}
	switch f := &c.Faults; {
	case f.SplitsLine && len(line) > 512:
		parts = slices.Collect(slices.Chunk(line, 512))
	case f.SendsLineEnd:
		parts[0] = append(bytes.Clone(line), '\n')
	case f.SendsNUL:
		parts[0] = append(bytes.Clone(line), 0)
	}
	for _, p := range parts {
		if _, err := pc.WriteTo(p, net.UDPAddrFromAddrPort(server)); err != nil {
			return fmt.Errorf("send: %w", err)
		}
	}
	return nil
}

// receive takes one datagram. A stranger's is not the server's reply.
func (c *UDPClient) receive(pc net.PacketConn, server netip.AddrPort) (reply []byte, stranger bool, err error) {
	buf := make([]byte, maxDatagram)
	n, addr, err := pc.ReadFrom(buf)
	if err != nil {
		return nil, false, err
	}
	from := addr.(*net.UDPAddr).AddrPort()
	sameHost, samePort := from.Addr().Unmap() == server.Addr(), from.Port() == server.Port()
	f := &c.Faults
	switch {
	case sameHost && samePort, f.TakesAny, f.TakesAnyPort && sameHost, f.TakesAnyAddress && samePort:
		return buf[:n], false, nil
	case f.DiesOnStranger:
		return nil, false, errCrashed
	}
	return nil, true, nil
}
