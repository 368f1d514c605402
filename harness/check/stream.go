package check

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/netlab"
)

// A Conn is a recorded TCP connection with the submission. Read and Write
// work as in package io; their errors go to T.Missing.
type Conn struct {
	*netlab.Conn
	t   *T
	buf []byte // read but not yet handed out by Line
	off int64  // offset in the stream of buf's first byte
}

// Dial connects to the server, which it starts first if it does not run.
func (t *T) Dial() *Conn {
	t.Start()
	t.open("tcp")
	c, err := t.dial()
	if err != nil {
		m := Mark{Event: t.rec.Note(grader.Reset, "the grader cannot connect", nil)}
		t.Missing(m, "a connection", err)
	}
	return c
}

func (t *T) dial() (*Conn, error) {
	ctx, cancel := context.WithTimeout(t.ctx, t.setup.Patience)
	defer cancel()
	c, err := t.setup.Sandbox.Dial(ctx, "tcp", t.Addr())
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
		return nil, err
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return nil, netlab.ErrSilence // a full backlog: the server does not accept
	case err != nil:
		t.unopened("connect to the submission", err)
	}
	return t.conn(c, true), nil
}

// unopened ends the check when a socket of the grader's cannot be opened: as a fault of ours, unless the program that
// runs holds the ports of a network in which nobody else is.
func (t *T) unopened(step string, err error) {
	t.mu.Lock()
	ran := len(t.processes) > 0
	t.mu.Unlock()
	own, ok := t.setup.Sandbox.(interface{ Alone() bool })
	taken := errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.EADDRNOTAVAIL)
	if !ran || !taken || !ok || !own.Alone() {
		faulty("%s: %w", step, err)
	}
	t.absent(t.Note("the grader could not %s: the port is taken", step), "a free port for the grader", "none: the program holds it")
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

func (t *T) conn(c net.Conn, dialed bool) *Conn {
	nc := netlab.NewConn(t.ctx, t.rec, c.(*net.TCPConn), dialed, t.patience, t.setup.Sandbox.Unread)
	t.quit(nc.Quit)
	return &Conn{Conn: nc, t: t}
}

func (t *T) quit(f func()) {
	t.mu.Lock()
	t.quits = append(t.quits, f)
	t.mu.Unlock()
}

// Send writes s in one go. That the submission closed meanwhile shows in what
// is read next, so no error is returned.
func (c *Conn) Send(s string) { c.Write([]byte(s)) }

// SendPieces writes s in segments of the given sizes, the last size repeated,
// each once the submission has read the one before.
func (c *Conn) SendPieces(s string, sizes ...int) { c.WritePieces([]byte(s), sizes...) }

// SendDelayed writes s cut into pieces of 1 to most bytes, each at most pause after
// the one before, as the check's seed has it.
func (c *Conn) SendDelayed(s string, most int, pause time.Duration) {
	c.WriteDelayed(c.t.Rand(), []byte(s), most, pause)
}

// Line reads up to and with the next LF. err is io.EOF when the stream ended
// before one; line then holds what came. at marks the line.
func (c *Conn) Line(limit int) (line []byte, at Mark, err error) {
	for {
		if i := bytes.IndexByte(c.buf, '\n'); i >= 0 {
			return c.take(i + 1), c.mark(i + 1), nil
		}
		if len(c.buf) >= limit {
			n := len(c.buf)
			return c.take(n), c.mark(n), netlab.ErrTooMuch
		}
		if err := c.fill(); err != nil {
			n := len(c.buf)
			return c.take(n), c.mark(n), err
		}
	}
}

// Rest reads to the end of the stream, at most limit bytes. err is nil at a
// proper end (FIN). at marks what came.
func (c *Conn) Rest(limit int) (data []byte, at Mark, err error) {
	for len(c.buf) <= limit {
		if err = c.fill(); err != nil {
			break
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	} else if err == nil {
		err = netlab.ErrTooMuch
	}
	n := len(c.buf)
	return c.take(n), c.mark(n), err
}

// fill reads once more from the stream.
func (c *Conn) fill() error {
	p := make([]byte, 64<<10)
	n, err := c.Read(p)
	c.buf = append(c.buf, p[:n]...)
	return err
}

func (c *Conn) take(n int) []byte {
	b := c.buf[:n:n]
	c.buf = c.buf[n:]
	c.off += int64(n)
	return b
}

// mark is the place of the n bytes that take has just handed out.
func (c *Conn) mark(n int) Mark { return c.Mark(c.off-int64(n), n) }

// Mark is the place of n bytes of the stream from offset on.
func (c *Conn) Mark(offset int64, n int) Mark {
	seq, at := c.Locate(offset)
	if offset >= c.Received() {
		return Mark{Event: seq}
	}
	return Mark{seq, at, n}
}

// Here marks the connection's latest event.
func (c *Conn) Here() Mark { return Mark{Event: c.Last()} }

// A Listener waits for the connections of a client.
type Listener struct {
	t    *T
	ln   net.Listener
	came chan net.Conn
}

// Listen opens HOST:PORT for a client under test, before Run starts it.
func (t *T) Listen() *Listener {
	ln, err := t.setup.Sandbox.Listen(t.ctx, "tcp", t.Addr())
	if err != nil {
		t.unopened("listen for the client", err)
	}
	l := &Listener{t, ln, make(chan net.Conn, 64)}
	t.quit(func() { ln.Close() })
	go func() {
		defer close(l.came)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			select {
			case l.came <- c:
			default:
				c.Close() // more than any client has reason to open
			}
		}
	}()
	return l
}

// Accept waits for the client to connect.
func (l *Listener) Accept() *Conn {
	c, err := l.TryAccept(0)
	if err != nil {
		l.t.Missing(l.t.Note("no connection came"), "a connection to HOST:PORT", err)
	}
	return c
}

// TryAccept waits for a connection for at most limit (0 means the check's
// patience). err is netlab's when none came.
func (l *Listener) TryAccept(limit time.Duration) (*Conn, error) {
	c, err := netlab.Await(l.t.ctx, l.t.patience, limit, l.came)
	if err != nil {
		return nil, err
	}
	return l.t.conn(c, false), nil
}

// Close stops listening, so that further connections are refused.
func (l *Listener) Close() { l.ln.Close() }
