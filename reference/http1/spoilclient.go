package http1

import (
	"errors"
	"io"
	"net"
	"strings"
)

// onceReader ends after one read when ReadOnce is on.
type onceReader struct {
	net  net.Conn
	on   bool
	done bool
}

// Read reads once.
func (r *onceReader) Read(b []byte) (int, error) {
	if r.done {
		return 0, io.EOF
	}
	r.done = r.on
	return r.net.Read(b)
}

// read reads one response, interim or final.
func (c *Client) read(l *link, method string) (*Response, error) {
	f := c.Faults
	l.once.done = false
	p, m := &parser{Reader: l.in}, &Response{}
	if err := p.statusLine(m); err != nil {
		var broken *ReadError
		if f.ReadStatusUnchecked && errors.As(err, &broken) && broken.Breach != nil {
			m.Status, m.Body = 200, broken.Partial
			return m, nil
		}
		return nil, err
	}
	if err := p.fields(&m.Header, &m.Message); err != nil {
		return nil, err
	}
	if f.ReadCaseSensitive {
		for i, field := range m.Header {
			for _, name := range []string{"Content-Length", "Transfer-Encoding", "Connection"} {
				if field.Name != name && strings.EqualFold(field.Name, name) {
					m.Header[i].Name = "X-" + field.Name
				}
			}
		}
	}
	if f.ReadBodyOnHead && method == "HEAD" {
		method = "GET"
	}
	p.responseFraming(m, method)
	// Without a framing the end of the stream is the end of what a program takes for the body.
	switch {
	case f.ReadLengthIgnored && m.Framing == FramingLength, f.ReadChunksIgnored && m.Framing == FramingChunked,
		f.ReadBody204 && m.Status == 204:
		m.Framing = FramingClose
	case f.ReadCloseMissing && m.Framing == FramingClose:
		m.Framing = FramingNone
	}
	err := p.body(&m.Message)
	if (f.ReadShortAccepted || f.ReadOnce) && errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	p.finish(&m.Message, err)
	return m, err
}
