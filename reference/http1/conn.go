package http1

import (
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"time"
)

const (
	lingerFor   = 2 * time.Second        // how long a closed connection is read for the client's own close
	lingerBytes = 1 << 20                // and how much of it
	impatience  = 50 * time.Millisecond  // what the faults that look around, wait
	hurry       = 400 * time.Millisecond // what the faults that cannot wait, wait
)

// serverLimits serve targets and heads of 8,000 bytes and not much more.
var serverLimits = Limits{StartLine: 8192, Head: 8192, Count: 500, Body: 64 << 20}

// A conn is one connection of the server.
type conn struct {
	*Server
	net  net.Conn
	src  *source
	in   *Reader
	held []byte // ConnPipelineTurned: the reply that must wait for the next one
}

func newConn(s *Server, c net.Conn) *conn {
	src := &source{server: s, net: c, first: true}
	return &conn{Server: s, net: c, src: src, in: NewReader(src, serverLimits)}
}

// serve answers one request after the other and then closes in stages (RFC 9112 §9.6): if it closed at once, bytes
// still on their way to it would make the system reset the connection, and the last reply might be lost.
func (c *conn) serve() {
	for c.one() {
		c.src.next()
	}
	if half, ok := c.net.(interface{ CloseWrite() error }); !ok || half.CloseWrite() != nil {
		return
	}
	c.net.SetReadDeadline(time.Now().Add(lingerFor))
	io.CopyN(io.Discard, c.net, lingerBytes)
}

// one answers one request and says whether another may follow.
func (c *conn) one() bool {
	p := &parser{Reader: c.in}
	req, err := c.head(p)
	if err != nil {
		return c.unreadable("", err)
	}
	if rep := c.screen(req, p); rep != nil {
		// Whatever follows cannot be trusted to be a request.
		if rep.close = !c.Faults.LengthBadStaysOpen || req.Framing != FramingBroken; !rep.close {
			p.finish(&req.Message, nil)
		}
		return c.send(req, req.Method, rep)
	}
	t, rep := c.route(req)
	if waits := c.waits(req, p); waits && rep != nil && !c.Faults.BodyLeftOnError {
		rep.close = true // the client has its answer; whether it still sends the body is unknown
		return c.send(req, t.method, rep)
	} else if waits && !c.Faults.ContinueNever && c.write([]byte("HTTP/1.1 100 Continue\r\n\r\n")) != nil {
		return false
	}
	if !c.leaves(req, rep) {
		if err := c.body(p, req); err != nil {
			return c.unreadable(req.Method, err)
		}
		if rep == nil && c.refusesBody(p, req) {
			return c.send(req, t.method, refusal(400).closing())
		}
	}
	p.finish(&req.Message, nil)
	if rep == nil {
		rep = c.answer(req, t)
	}
	rep.close = rep.close || !c.persists(req)
	if c.Faults.Any() && c.spoilConnection(req, t.method, rep) {
		return false
	}
	return c.send(req, t.method, rep)
}

// head reads a request up to its empty line.
func (c *conn) head(p *parser) (*Request, error) {
	if c.Faults.Any() {
		return c.spoilHead(p)
	}
	return p.requestHead()
}

// body reads the rest of a request.
func (c *conn) body(p *parser, req *Request) error {
	if c.Faults.Any() {
		return c.spoilBody(p, req)
	}
	return p.body(&req.Message)
}

// leaves says whether a fault leaves the body where it is.
func (c *conn) leaves(req *Request, rep *reply) bool {
	return c.Faults.BodyLeftOnError && rep != nil || c.Faults.BodyLeftOnGet && req.Method == "GET"
}

// unreadable answers a request that could not be read to its end, where an answer makes sense, and closes.
func (c *conn) unreadable(method string, err error) bool {
	var timeout net.Error
	var broken *ReadError
	rep := refusal(400)
	switch {
	case errors.Is(err, ErrStartLine):
		if rep = refusal(414); c.Faults.TargetLongCrash {
			return c.crash()
		}
	case errors.Is(err, ErrHead):
		if rep = refusal(431); c.Faults.HeadLongCrash {
			return c.crash()
		}
	case errors.Is(err, ErrBody):
		rep = refusal(413)
	case !errors.As(err, &broken): // the end of the stream between two requests
		return false
	case errors.As(err, &timeout) && timeout.Timeout():
		if rep = refusal(408); len(broken.Partial) == 0 || c.Faults.ConnImpatient {
			return false
		}
	case errors.Is(err, errGrammar):
		if c.Faults.LineMalformedCrash {
			return c.crash()
		}
		rep.drop = c.Faults.LineMalformedDropped
	case errors.Is(err, io.ErrUnexpectedEOF):
		if c.Faults.ConnPartialCrash {
			return c.crash()
		}
	default: // the transport is gone
		return false
	}
	return c.send(nil, method, rep.closing())
}

// persists says whether the connection stays open after a reply to the request (RFC 9112 §9.3).
func (c *conn) persists(req *Request) bool {
	if req.Version == "HTTP/1.0" {
		return c.Faults.ConnOpenAfter10
	}
	switch f := c.Faults; {
	case f.ConnCloseIgnored:
		return true
	case f.ConnCloseOnly:
		return !strings.EqualFold(req.Header.Get("Connection"), "close")
	case f.ConnCloseCase:
		return !slices.Contains(req.Header.List("Connection"), "close")
	}
	return !req.Header.Lists("Connection", "close")
}

// crash ends the server and everything that hangs on it.
func (c *conn) crash() bool {
	c.end(errCrashed)
	return false
}

// write sends bytes within the idle time.
func (c *conn) write(b []byte) error {
	wait := c.idle()
	if c.Faults.ContentSlowDropped {
		wait = hurry
	}
	c.net.SetWriteDeadline(time.Now().Add(wait))
	_, err := c.net.Write(b)
	if err != nil && c.Faults.ConnResetCrash && !errors.Is(err, net.ErrClosed) {
		c.crash()
	}
	return err
}

// A source is a connection's incoming bytes, each read within the idle time.
type source struct {
	server *Server
	net    net.Conn
	first  bool // nothing has come on the connection
	reads  int  // of the request that is being read
}

// next begins a new request.
func (s *source) next() { s.reads = 0 }

// Read reads once.
func (s *source) Read(b []byte) (int, error) {
	f := s.server.Faults
	if s.reads > 0 && f.ConnOneRead {
		return 0, io.EOF
	}
	wait := s.server.idle()
	if s.reads > 0 && f.ConnImpatient {
		wait = hurry
	}
	s.net.SetReadDeadline(time.Now().Add(wait))
	n, err := s.net.Read(b)
	var timeout net.Error
	switch {
	case n > 0:
		s.first = false
		s.reads++
	case err == io.EOF:
		if s.first && f.ConnEmptyCrash {
			s.server.end(errCrashed)
		}
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, net.ErrClosed):
	case f.ConnResetCrash:
		s.server.end(errCrashed)
	}
	return n, err
}
