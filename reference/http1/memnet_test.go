package http1

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// A memory network: connections that wait on sync.Cond alone, so that a synctest bubble knows when everybody
// waits, and lets no real time pass.

// half is one direction of a connection.
type half struct {
	mu     sync.Mutex
	cond   *sync.Cond
	buf    []byte
	room   int   // bytes that fit before the writer waits
	eof    bool  // the writer is done
	broken error // what both see after a reset
	gone   bool  // the reader is done
	rd, wd time.Time
}

func newHalf() *half {
	h := &half{room: 32 << 10}
	h.cond = sync.NewCond(&h.mu)
	return h
}

func (h *half) change(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
	h.cond.Broadcast()
}

func (h *half) deadline(t *time.Time, when time.Time) {
	h.change(func() { *t = when })
	if !when.IsZero() {
		time.AfterFunc(time.Until(when), func() { h.change(func() {}) })
	}
}

func passed(t time.Time) bool { return !t.IsZero() && !time.Now().Before(t) }

func (h *half) read(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.gone:
			return 0, net.ErrClosed
		case h.broken != nil:
			return 0, h.broken
		case passed(h.rd):
			return 0, os.ErrDeadlineExceeded
		case len(h.buf) > 0:
			n := copy(b, h.buf)
			h.buf = h.buf[n:]
			h.cond.Broadcast()
			return n, nil
		case h.eof:
			return 0, io.EOF
		}
		h.cond.Wait()
	}
}

func (h *half) write(b []byte) (n int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(b) > 0 {
		switch room := h.room - len(h.buf); {
		case h.eof:
			return n, net.ErrClosed
		case h.gone || h.broken != nil:
			return n, syscall.EPIPE
		case passed(h.wd):
			return n, os.ErrDeadlineExceeded
		case room > 0:
			m := min(room, len(b))
			h.buf = append(h.buf, b[:m]...)
			b, n = b[m:], n+m
			h.cond.Broadcast()
			continue
		}
		h.cond.Wait()
	}
	return n, nil
}

type memConn struct{ in, out *half }

func (c *memConn) Read(b []byte) (int, error)  { return c.in.read(b) }
func (c *memConn) Write(b []byte) (int, error) { return c.out.write(b) }
func (c *memConn) CloseWrite() error           { c.out.change(func() { c.out.eof = true }); return nil }
func (c *memConn) Close() error                { c.in.change(func() { c.in.gone = true }); return c.CloseWrite() }
func (c *memConn) LocalAddr() net.Addr         { return &net.TCPAddr{} }
func (c *memConn) RemoteAddr() net.Addr        { return &net.TCPAddr{} }
func (c *memConn) SetReadDeadline(t time.Time) error {
	c.in.deadline(&c.in.rd, t)
	return nil
}

func (c *memConn) SetWriteDeadline(t time.Time) error {
	c.out.deadline(&c.out.wd, t)
	return nil
}

func (c *memConn) SetDeadline(t time.Time) error {
	c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

// reset ends the connection as a RST does.
func (c *memConn) reset() {
	for _, h := range []*half{c.in, c.out} {
		h.change(func() { h.broken = syscall.ECONNRESET })
	}
}

// memListener takes the connections that dial makes.
type memListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newMemListener() *memListener {
	return &memListener{conns: make(chan net.Conn, 64), done: make(chan struct{})}
}

func (l *memListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *memListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *memListener) Addr() net.Addr { return &net.TCPAddr{} }

func (l *memListener) dial() (*memConn, error) {
	a, b := newHalf(), newHalf()
	select {
	case <-l.done:
		return nil, syscall.ECONNREFUSED
	default:
	}
	l.conns <- &memConn{in: a, out: b}
	return &memConn{in: b, out: a}, nil
}
