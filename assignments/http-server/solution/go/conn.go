package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strconv"
	"time"
)

const (
	patience = 30 * time.Second // without a byte moving, in either direction
	linger   = 2 * time.Second  // for a client to close after our last byte
	maxLine  = 8192             // bytes of one line; a target of 8,000 bytes fits
)

// conn is one connection. Reading and writing through it renews the deadline with every piece, so that a slow
// client may take its time and a silent one may not.
type conn struct {
	tcp  *net.TCPConn
	in   *bufio.Reader // keeps what was read too far: the start of the next request
	site site
}

func newConn(tcp *net.TCPConn, s site) *conn {
	c := &conn{tcp: tcp, site: s}
	c.in = bufio.NewReaderSize(c, maxLine)
	return c
}

func (c *conn) Read(p []byte) (int, error) {
	c.tcp.SetReadDeadline(time.Now().Add(patience))
	return c.tcp.Read(p)
}

func (c *conn) Write(p []byte) (written int, err error) {
	for written < len(p) && err == nil {
		var n int
		c.tcp.SetWriteDeadline(time.Now().Add(patience))
		n, err = c.tcp.Write(p[written:min(written+64<<10, len(p))])
		written += n
	}
	return written, err
}

// serve answers one request after the other until one side wants no more. An error ends this connection alone.
func (c *conn) serve() {
	defer c.tcp.Close()
	for {
		req, err := c.readRequest()
		var no *refusal
		if errors.As(err, &no) {
			// Where the next request would start is not known, so this is the last one.
			c.send(req, no.response(), false)
			break
		}
		if err != nil {
			return
		}
		resp := c.site.answer(req)
		keep := req.finish() && !req.close
		if err := c.send(req, resp, keep); err != nil {
			return
		}
		if !keep {
			break
		}
	}
	c.linger()
}

// finish reads what the answer left of the body, for the next request stands behind it. It reports whether there can
// be a next request.
func (req *request) finish() bool {
	if req.body.expect && !req.body.begun && !req.body.done {
		return false // the client waits for our word; without a 100 it may send the body or not
	}
	_, err := io.Copy(io.Discard, req.body)
	return err == nil
}

// send writes the answer: to HEAD, to 204 and to 304 it has no content.
func (c *conn) send(req *request, resp response, keep bool) error {
	if resp.file != nil {
		defer resp.file.Close()
	}
	out := bufio.NewWriterSize(c, 32<<10)
	out.WriteString("HTTP/1.1 " + strconv.Itoa(resp.status) + " " + reasons[resp.status] + "\r\n")
	out.WriteString("Date: " + httpDate(time.Now()) + "\r\n")
	for _, f := range resp.fields {
		out.WriteString(f + "\r\n")
	}
	if resp.status != 204 && resp.status != 304 {
		out.WriteString("Content-Length: " + strconv.FormatInt(resp.length(), 10) + "\r\n")
	}
	if !keep {
		out.WriteString("Connection: close\r\n")
	}
	out.WriteString("\r\n")
	if req.method != "HEAD" && resp.status != 204 && resp.status != 304 {
		out.Write(resp.body)
		if resp.file != nil {
			// Not a byte more than promised, and an error when there are fewer: the connection then ends early,
			// which is how the client learns of it.
			if _, err := io.CopyN(out, resp.file, resp.size); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

// linger ends the stream and reads on for a while. Closing a socket that holds unread bytes sends RST, and a RST
// throws away the answer on its way to the client.
func (c *conn) linger() {
	c.tcp.CloseWrite()
	c.tcp.SetReadDeadline(time.Now().Add(linger))
	io.Copy(io.Discard, c.tcp)
}
