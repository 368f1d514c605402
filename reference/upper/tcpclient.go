package upper

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// A TCPClient sends one line over a connection of its own and prints the reply.
type TCPClient struct {
	Faults TCPClientFaults
	GiveUp time.Duration // how long connecting, sending and the reply may take together; 0 is 8 s
}

// A Dialer opens connections, as net.Dialer.DialContext does.
type Dialer func(ctx context.Context, network, address string) (net.Conn, error)

// Run asks server and returns the exit status.
func (c *TCPClient) Run(ctx context.Context, dial Dialer, server netip.AddrPort, term Terminal) int {
	if c.Faults.AsksOtherPort {
		server = netip.AddrPortFrom(server.Addr(), noPort)
	}
	return c.Faults.talk(ctx, term, func(line []byte) ([]byte, error) { return c.ask(ctx, dial, server, line) })
}

func (c *TCPClient) ask(ctx context.Context, dial Dialer, server netip.AddrPort, line []byte) ([]byte, error) {
	f := &c.Faults
	if !f.WaitsForever && !f.LimitPerRead {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.giveUp())
		defer cancel()
	}
	conn, err := dial(ctx, "tcp", server.String())
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if _, err := conn.Write(c.request(line)); err != nil {
		return nil, fmt.Errorf("send: %w", err)
	}
	if tcp, ok := conn.(*net.TCPConn); ok && f.HalfCloses {
		tcp.CloseWrite()
	}
	reply, err := c.reply(conn)
	switch {
	case errors.Is(err, syscall.ECONNRESET) && f.EndsWith0OnReset:
		return reply, nil
	case err != nil:
		return nil, err
	case len(reply) == 0 && len(line) > 0: // only the answer to an empty line is empty
		return nil, errNoReply
	}
	return reply, nil
}

func (c *TCPClient) giveUp() time.Duration { return cmp.Or(c.GiveUp, 8*time.Second) }

func (c *TCPClient) request(line []byte) []byte {
	end := "\n"
	switch f := &c.Faults; {
	case f.SendsNoLF:
		end = ""
	case f.SendsCRLF:
		end = "\r\n"
	case f.SendsHalf && len(line) > 32<<10:
		return line[:32<<10]
	}
	return append(bytes.Clone(line), end...)
}

// reply reads up to LF, or to the end of the stream, in whatever pieces it comes.
func (c *TCPClient) reply(conn net.Conn) ([]byte, error) {
	f := &c.Faults
	var all []byte
	piece := make([]byte, 64<<10)
	for reads := 1; ; reads++ {
		if f.LimitPerRead {
			conn.SetReadDeadline(time.Now().Add(c.giveUp()))
		}
		n, err := conn.Read(piece)
		all = append(all, piece[:n]...)
		at := bytes.IndexByte(all, '\n')
		switch {
		case f.CutsReply8192 && len(all) > 8192:
			return all[:8192], nil
		case at >= 0 && (!f.AwaitsEnd || err != nil):
			return all[:at], nil
		case errors.Is(err, io.EOF):
			if f.LosesUnended {
				return nil, errNoReply
			}
			return all, nil
		case err != nil:
			return all, err
		case f.OneRead, f.EightReads && reads == 8:
			return bytes.TrimSuffix(all, []byte("\n")), nil
		}
	}
}
