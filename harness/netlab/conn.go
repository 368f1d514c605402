package netlab

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/wiregrade/wiregrade/grader"
)

// maxStream bounds the bytes read from one connection, so that a peer that
// answers for ever is found out.
const maxStream = 64 << 20

// A Conn is a recorded TCP connection to a submission. One goroutine may read
// while another writes.
type Conn struct {
	ID int // of its Endpoint in the transcript

	ctx      context.Context
	rec      *Recorder
	c        *net.TCPConn
	patience *Patience
	unread   func(ours, theirs netip.AddrPort) (int, bool)

	mu    sync.Mutex
	spans []span // where in the transcript the bytes read are
	read  int64
	ended error // what ended the stream of bytes from the submission, once it has
}

// A span says that the stream's bytes from start on are in event seq from offset at on.
type span struct {
	start   int64
	seq, at int
}

// NewConn records c. dialed says that the harness opened it. unread asks for
// the peer's receive queue (sandbox.Sandbox).
func NewConn(ctx context.Context, rec *Recorder, c *net.TCPConn, dialed bool, p *Patience, unread func(ours, theirs netip.AddrPort) (int, bool)) *Conn {
	ours, theirs := addrPort(c.LocalAddr()), addrPort(c.RemoteAddr())
	nc := &Conn{ID: rec.endpoint("tcp", ours, theirs, dialed), ctx: ctx, rec: rec, c: c, patience: p, unread: unread}
	says := "the grader connects"
	if !dialed {
		says = "the client connects"
	}
	dir := grader.Sent
	if !dialed {
		dir = grader.Got
	}
	rec.add(grader.Event{Conn: nc.ID, Kind: grader.Open, Dir: dir, Says: says})
	return nc
}

func addrPort(a net.Addr) netip.AddrPort {
	ap, _ := netip.ParseAddrPort(a.String())
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// Read reads recorded bytes. Its errors are io.EOF (the submission sent FIN),
// syscall.ECONNRESET, ErrSilence, ErrOverlong and ErrTooMuch; each is recorded once.
func (c *Conn) Read(p []byte) (int, error) { return c.ReadWithin(0, p) }

// ReadWithin is Read with a limit of its own for this wait; 0 means the check's patience.
func (c *Conn) ReadWithin(limit time.Duration, p []byte) (int, error) {
	if c.ended != nil {
		return 0, c.ended
	}
	var n int
	var err error
	wait := c.patience.Wait(c.ctx, limit, func(d time.Time) { c.c.SetReadDeadline(d) }, func() bool {
		n, err = c.c.Read(p)
		return !isTimeout(err)
	})
	if wait != nil {
		c.rec.add(grader.Event{Conn: c.ID, Kind: grader.Silent, Dir: grader.Got, Says: wait.Error()})
		return 0, wait
	}
	if n > 0 {
		seq, at := c.rec.stream(c.ID, grader.Got, p[:n])
		c.mu.Lock()
		c.spans = append(c.spans, span{c.read, seq, at})
		c.read += int64(n)
		c.mu.Unlock()
		if c.read > maxStream {
			c.ended = ErrTooMuch
			return n, ErrTooMuch
		}
		return n, nil
	}
	switch {
	case errors.Is(err, io.EOF):
		c.rec.add(grader.Event{Conn: c.ID, Kind: grader.EOF, Dir: grader.Got})
	case errors.Is(err, net.ErrClosed):
		return 0, err
	default:
		c.rec.add(grader.Event{Conn: c.ID, Kind: grader.Reset, Dir: grader.Got})
		err = syscall.ECONNRESET
	}
	c.ended = err
	return 0, err
}

// Locate finds the byte at offset of the stream read so far: the event that
// holds it and where in that event it is. An offset at or beyond the end gives
// the last event of the connection.
func (c *Conn) Locate(offset int64) (seq, at int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := len(c.spans) - 1; i >= 0; i-- {
		if s := c.spans[i]; offset >= s.start {
			if offset >= c.read {
				return c.rec.last(c.ID), 0
			}
			return s.seq, s.at + int(offset-s.start)
		}
	}
	return c.rec.last(c.ID), 0
}

// Last is the number of the connection's latest event.
func (c *Conn) Last() int { return c.rec.last(c.ID) }

// Received is how many bytes were read so far.
func (c *Conn) Received() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read
}

// Write sends p and records what was accepted. An error means that the
// submission has closed or reset the connection or does not read; what it
// answered before that can still be read.
func (c *Conn) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	sent := 0
	var err error
	wait := c.patience.Wait(c.ctx, 0, func(d time.Time) { c.c.SetWriteDeadline(d) }, func() bool {
		var n int
		n, err = c.c.Write(p[sent:])
		sent += n
		return !isTimeout(err)
	})
	if sent > 0 {
		c.rec.stream(c.ID, grader.Sent, p[:sent])
	}
	if wait != nil {
		c.rec.add(grader.Event{Conn: c.ID, Kind: grader.Silent, Dir: grader.Sent, Says: "the submission stopped reading"})
		return sent, wait
	}
	if err != nil {
		c.rec.add(grader.Event{Conn: c.ID, Kind: grader.Reset, Dir: grader.Got, Says: "the submission had closed the connection while the grader was still sending"})
	}
	return sent, err
}

// CloseWrite sends FIN: no more bytes will come from the harness.
func (c *Conn) CloseWrite() {
	if c.c.CloseWrite() == nil {
		c.rec.add(grader.Event{Conn: c.ID, Kind: grader.EOF, Dir: grader.Sent})
	}
}

// Reset ends the connection with RST.
func (c *Conn) Reset() {
	c.c.SetLinger(0)
	if c.c.Close() == nil {
		c.rec.add(grader.Event{Conn: c.ID, Kind: grader.Reset, Dir: grader.Sent})
	}
}

// Close ends the connection in both directions.
func (c *Conn) Close() {
	if c.c.Close() == nil {
		c.rec.add(grader.Event{Conn: c.ID, Kind: grader.EOF, Dir: grader.Sent, Says: "the grader closes"})
	}
}

// Quit closes without a record, at the end of a check.
func (c *Conn) Quit() { c.c.Close() }

// Narrow shrinks the receive buffer, so that a submission that sends much
// meets a peer whose window is full.
func (c *Conn) Narrow(bytes int) { c.c.SetReadBuffer(bytes) }

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

func (r *Recorder) last(conn int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(r.t.Events) - 1; i >= 0; i-- {
		if r.t.Events[i].Conn == conn {
			return r.t.Events[i].Seq
		}
	}
	return 0
}
