package dns

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

var (
	errClosed  = errors.New("server closed")
	errCrashed = errors.New("server crashed, as its faults say")
)

const (
	maxDatagram = 65535
	// pending bounds the requests that are answered at one time; more wait in the system's buffers.
	pending = 256
	// impatience is the part of Idle that a fault which cannot wait, waits: 200 ms where nothing else is said.
	impatience = 150
)

// An endpoint is the transports of a server: datagrams, connections, and their end.
type endpoint struct {
	f       *MessageFaults
	idle    time.Duration
	network Network // RepliesElsewhere
	answer  func(Query) (reply []byte, crash bool)

	mu      sync.Mutex
	open    map[io.Closer]bool
	ended   error
	serving sync.WaitGroup
	slots   chan struct{}
	count   int
	peers   map[netip.AddrPort]int // DropsSecondOfBursts
}

func newEndpoint(f *MessageFaults, idle time.Duration, network Network, answer func(Query) ([]byte, bool)) *endpoint {
	return &endpoint{
		f: f, idle: cmp.Or(idle, 30*time.Second), network: network, answer: answer,
		open: map[io.Closer]bool{}, slots: make(chan struct{}, pending), peers: map[netip.AddrPort]int{},
	}
}

// hold keeps c until drop, and close waits for that. It says no, and closes c, when the end has been.
func (e *endpoint) hold(c io.Closer) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended != nil {
		c.Close()
		return false
	}
	e.open[c] = true
	e.serving.Add(1)
	return true
}

func (e *endpoint) drop(c io.Closer) {
	c.Close()
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.open, c)
	e.serving.Done()
}

// end closes everything without waiting; the first reason stands.
func (e *endpoint) end(why error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended == nil {
		e.ended = why
	}
	for c := range e.open {
		c.Close()
	}
}

func (e *endpoint) close() {
	e.end(errClosed)
	e.serving.Wait()
}

// A server serves on both transports until it is closed.
type server interface {
	ServePacket(net.PacketConn) error
	Serve(net.Listener) error
	Close() error
}

// run serves on both transports until ctx ends, or one of them fails.
func run(ctx context.Context, s server, pc net.PacketConn, ln net.Listener) error {
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	ended := make(chan error, 2)
	go func() { ended <- s.ServePacket(pc) }()
	go func() { ended <- s.Serve(ln) }()
	first := <-ended
	s.Close()
	return cmp.Or(first, <-ended)
}

// why is what a Serve gives after err: nil when the server was closed.
func (e *endpoint) why(err error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.ended == errClosed:
		return nil
	case e.ended != nil:
		return fmt.Errorf("serve: %w", e.ended)
	}
	return fmt.Errorf("serve: %w", err)
}

// take answers one request, and knows the faults that count them.
func (e *endpoint) take(q Query) []byte {
	e.mu.Lock()
	e.count++
	stop := e.f.StopsAfter40 && e.count >= 40
	burst := false
	if e.f.DropsSecondOfBursts {
		e.peers[q.From]++
		burst = e.peers[q.From] == 2
	}
	e.mu.Unlock()
	reply, crash := e.answer(q)
	if crash || stop {
		e.end(errCrashed)
	}
	if burst {
		return nil
	}
	return reply
}

func (e *endpoint) servePacket(pc net.PacketConn) error {
	if !e.hold(pc) {
		return nil
	}
	defer e.drop(pc)
	var answering sync.WaitGroup
	defer answering.Wait()
	out := pc
	if e.f.RepliesElsewhere {
		host, _, _ := net.SplitHostPort(pc.LocalAddr().String())
		if other, err := e.network.ListenPacket(context.Background(), "udp", net.JoinHostPort(host, "0")); err == nil {
			out = other
			defer other.Close()
		}
	}
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := pc.ReadFrom(buf)
		if errors.Is(err, syscall.ECONNREFUSED) {
			continue // somebody did not wait for a reply
		}
		if err != nil {
			return e.why(err)
		}
		q := Query{Server: addrPort(pc.LocalAddr()), From: addrPort(from), Raw: append([]byte(nil), buf[:n]...)}
		e.slots <- struct{}{}
		answering.Go(func() {
			defer func() { <-e.slots }()
			reply := e.take(q)
			if reply == nil {
				return
			}
			out.WriteTo(reply, from) // a client that cannot be reached is no reason to leave the others alone
			if e.f.RepliesTwice {
				out.WriteTo(reply, from)
			}
		})
	}
}

func (e *endpoint) serve(ln net.Listener) error {
	if !e.hold(ln) {
		return nil
	}
	defer e.drop(ln)
	var connections sync.WaitGroup
	defer connections.Wait()
	for {
		c, err := ln.Accept()
		if errors.Is(err, syscall.ECONNABORTED) {
			continue
		}
		if err != nil {
			return e.why(err)
		}
		if e.f.TCPNone || !e.hold(c) {
			c.Close()
			continue
		}
		if e.f.TCPOneAtATime {
			e.connection(c)
			e.drop(c)
			continue
		}
		connections.Go(func() {
			defer e.drop(c)
			e.connection(c)
		})
	}
}

// connection answers the requests of one connection. They are answered side by side, and a reply goes out when it is
// ready (RFC 7766 §7).
func (e *endpoint) connection(c net.Conn) {
	var writing sync.Mutex
	var answering sync.WaitGroup
	defer answering.Wait()
	idle := e.idle
	if e.f.TCPImpatient {
		idle /= impatience
	}
	limited := make(chan struct{}, 16)
	for {
		c.SetReadDeadline(time.Now().Add(idle))
		raw, err := e.readMessage(c)
		if err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) && e.f.TCPCrashOnEarlyEnd {
				e.end(errCrashed)
			}
			return
		}
		q := Query{Server: addrPort(c.LocalAddr()), From: addrPort(c.RemoteAddr()), TCP: true, Raw: raw}
		limited <- struct{}{}
		answering.Go(func() {
			defer func() { <-limited }()
			reply := e.take(q)
			if reply == nil {
				return
			}
			writing.Lock()
			defer writing.Unlock()
			c.SetWriteDeadline(time.Now().Add(e.idle))
			c.Write(e.frame(reply)) // length and message in one piece, RFC 7766 §8
		})
		if e.f.TCPOneMessage {
			return
		}
	}
}

// readMessage reads one message with its length before it, in whatever pieces it comes.
func (e *endpoint) readMessage(c net.Conn) ([]byte, error) {
	if e.f.TCPOneRead || e.f.TCPDropsBehind {
		buf := make([]byte, maxDatagram)
		n, err := c.Read(buf)
		if err != nil || n < 2 {
			return nil, cmp.Or(err, io.ErrUnexpectedEOF)
		}
		if length := int(binary.BigEndian.Uint16(buf)); e.f.TCPDropsBehind {
			for n < 2+length {
				more, err := c.Read(buf[n:])
				if n += more; err != nil {
					return nil, err
				}
			}
			n = 2 + length
		}
		return buf[2:n], nil
	}
	return readFrame(c)
}

// readFrame reads one message with its length before it (RFC 1035 §4.2.2). A stream that ends between messages gives
// io.EOF.
func readFrame(r io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(r, b); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return b, nil
}

func (e *endpoint) frame(reply []byte) []byte {
	b := Frame(reply)
	switch {
	case e.f.TCPLengthSwapped:
		reverse(b[:2])
	case e.f.TCPLengthWhole:
		binary.BigEndian.PutUint16(b, uint16(len(b)))
	case e.f.TCPLengthNone:
		return reply
	}
	return b
}

func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.UDPAddr:
		ap := a.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	case *net.TCPAddr:
		ap := a.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	ap, _ := netip.ParseAddrPort(a.String())
	return ap
}
