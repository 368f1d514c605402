package dns

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
)

// firstPort is where ports that count up begin: below those that the system gives.
const firstPort = 20000

// nextPort opens a socket at the port after the last one that is free (UpstreamPortCounts).
func (r *Resolver) nextPort(ctx context.Context) (net.PacketConn, func(), error) {
	const tries = 1000
	err := errors.New("no port is free")
	for range tries {
		var pc net.PacketConn
		address := net.UDPAddr{IP: net.IPv4zero, Port: firstPort + int(r.ports.Add(1)%10000)}
		if pc, err = r.network().ListenPacket(ctx, "udp", address.String()); err == nil {
			return pc, func() { pc.Close() }, nil
		}
	}
	return nil, nil, err
}

// tcpNetwork is where truncated replies are asked for again.
func (r *Resolver) tcpNetwork() Network {
	if r.Faults.UpstreamTCPOneRead {
		return impatient{r.network()}
	}
	return r.network()
}

// impatient is a network whose connections end after one read: what came is made to look like a whole message.
type impatient struct{ Network }

func (n impatient) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := n.Network.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &oneRead{Conn: c}, nil
}

type oneRead struct {
	net.Conn
	left []byte
	read bool
}

func (c *oneRead) Read(p []byte) (int, error) {
	if !c.read {
		buf := make([]byte, 2+maxDatagram)
		n, err := c.Conn.Read(buf)
		if err != nil {
			return 0, err
		}
		c.left, c.read = buf[:max(n, 2)], true
		binary.BigEndian.PutUint16(c.left, uint16(len(c.left)-2))
	}
	n := copy(p, c.left)
	c.left = c.left[n:]
	if n == 0 {
		return 0, errors.New("all was read")
	}
	return n, nil
}
