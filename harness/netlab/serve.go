package netlab

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"

	"github.com/wiregrade/wiregrade/grader"
)

// maxServed is how many messages of one socket or connection are recorded and answered, so that a submission that asks
// without end fills nobody's memory. No right program comes near it.
const maxServed = 4096

// RecordPackets gives the UDP socket of a server that the check plays: it reads and writes as pc does, without
// patience, and what passes is recorded.
func RecordPackets(rec *Recorder, pc *net.UDPConn) net.PacketConn {
	return &servedSocket{UDPConn: pc, s: &Socket{rec: rec, pc: pc, peers: map[netip.AddrPort]int{}}}
}

type servedSocket struct {
	*net.UDPConn
	s    *Socket
	seen atomic.Int64
}

func (p *servedSocket) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := p.UDPConn.ReadFrom(b)
		if err != nil {
			return n, from, err
		}
		switch seen := p.seen.Add(1); {
		case seen > maxServed:
			continue
		case seen == maxServed:
			p.s.rec.Note(grader.Note, "too many datagrams: what follows is neither recorded nor answered", nil)
		}
		p.s.rec.add(grader.Event{Conn: p.s.conn(addrPort(from), false), Kind: grader.Data, Dir: grader.Got, Data: b[:n]})
		return n, from, nil
	}
}

func (p *servedSocket) WriteTo(b []byte, to net.Addr) (int, error) {
	if _, err := p.s.Send(addrPort(to), b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// RecordListener gives the listener of a server that the check plays: it takes connections as ln does, and what passes
// through them is recorded.
func RecordListener(rec *Recorder, ln net.Listener) net.Listener {
	return &servedListener{ln, rec}
}

type servedListener struct {
	net.Listener
	rec *Recorder
}

func (l *servedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	s := &servedConn{Conn: c, rec: l.rec, id: l.rec.endpoint("tcp", addrPort(c.LocalAddr()), addrPort(c.RemoteAddr()), false)}
	l.rec.add(grader.Event{Conn: s.id, Kind: grader.Open, Dir: grader.Got, Says: "the submission connects"})
	return s, nil
}

type servedConn struct {
	net.Conn
	rec   *Recorder
	id    int
	seen  atomic.Int64
	ended atomic.Bool // an end was recorded
}

func (c *servedConn) Read(b []byte) (int, error) {
	if c.seen.Add(1) > 2*maxServed { // two reads a message
		return 0, ErrTooMuch
	}
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.rec.stream(c.id, grader.Got, b[:n])
	}
	switch {
	case errors.Is(err, io.EOF) && !c.ended.Swap(true):
		c.rec.add(grader.Event{Conn: c.id, Kind: grader.EOF, Dir: grader.Got})
	case errors.Is(err, syscall.ECONNRESET) && !c.ended.Swap(true):
		c.rec.add(grader.Event{Conn: c.id, Kind: grader.Reset, Dir: grader.Got})
	}
	return n, err
}

func (c *servedConn) Write(b []byte) (int, error) {
	// Recorded before it goes out: the answer to it must not come first in the transcript.
	c.rec.stream(c.id, grader.Sent, b)
	return c.Conn.Write(b)
}

func (c *servedConn) Close() error {
	err := c.Conn.Close()
	if err == nil && !c.ended.Swap(true) {
		c.rec.add(grader.Event{Conn: c.id, Kind: grader.EOF, Dir: grader.Sent, Says: "the grader closes"})
	}
	return err
}
