package http1

import (
	"bytes"
	"errors"
	"io"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// spoilBody reads a body as the faults say.
func (c *conn) spoilBody(p *parser, req *Request) error {
	f := c.Faults
	put := req.Method == "PUT"
	early := -1 // bytes of the body that the first read brought
	if (f.PutFirstSegment && put || f.FormFirstSegment && !put) && req.Framing == FramingLength && req.length > 0 {
		if err := p.need(1); err != nil {
			return p.fail(err, ruleShort.at(p.at, 0, "a body", "the end of the stream"))
		}
		early = len(p.buf) - p.at
	}
	if f.PutInPlace && put {
		if t, rep := c.target(req, req.Method); rep == nil && !t.folder {
			if info, err := c.root.Stat(t.path); err == nil && info.Mode().IsRegular() {
				c.root.WriteFile(t.path, nil, 0o666)
			}
		}
	}
	var err error
	if req.Framing == FramingChunked && f.dechunksWrongly() {
		err = c.spoilChunks(p, req)
	} else {
		err = p.body(&req.Message)
	}
	if f.PutStoresPartial && put && errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	if early >= 0 {
		req.Body = req.Body[:min(early, len(req.Body))]
	}
	return err
}

// dechunksWrongly says whether a fault is on that spoilChunks knows.
func (f Faults) dechunksWrongly() bool {
	return f.ChunksDecimal || f.ChunksLowerCase || f.ChunksZeroPadded || f.ChunksExtension || f.ChunksTrailer ||
		f.ChunksLineEnd || f.ChunksPerRead || f.ChunksBadSize || f.ChunksBadEnd || f.ChunksSizeWraps
}

// spoilChunks decodes a chunked body the way a student's first try does.
func (c *conn) spoilChunks(p *parser, req *Request) error {
	f := c.Faults
	wrong := func() error { return p.garbage(ruleChunkSize.at(p.at, 0, "a chunk", "something else")) }
	for {
		if err := p.need(1); err != nil {
			return p.fail(err, ruleChunksUnended.at(p.at, 0, "a chunk", "the end of the stream"))
		}
		if f.ChunksPerRead && !bytes.Contains(p.buf[p.at:], []byte("\n")) {
			return wrong()
		}
		line, _, err := p.line(p.limits.Head, ErrHead, ruleChunksUnended)
		if err != nil {
			return err
		}
		digits, extension := hexDigits(line)
		size, bad := chunkSize(f, digits)
		if f.ChunksLowerCase && strings.ToLower(digits) != digits || f.ChunksExtension && extension != "" || bad && !f.ChunksBadSize {
			return wrong()
		}
		if bad {
			return nil
		}
		if size == 0 {
			break
		}
		if size > p.limits.Body-int64(len(req.Body)) {
			return p.fail(ErrBody, Breach{})
		}
		if n := int(size); f.ChunksPerRead && len(p.buf)-p.at < n+2 {
			return wrong()
		}
		from := p.at
		if err := p.need(int(size)); err != nil {
			return p.fail(err, ruleChunksUnended.at(p.at, 0, "data", "the end of the stream"))
		}
		p.at += int(size)
		data := p.at
		if err := c.spoilChunkEnd(p); err != nil {
			return err
		}
		if f.ChunksLineEnd {
			data = p.at
		}
		req.Body = append(req.Body, p.buf[from:data]...)
	}
	if f.ChunksTrailer {
		// Only an empty line is looked for.
		if err := p.need(2); err == nil && bytes.HasPrefix(p.buf[p.at:], []byte("\r\n")) {
			p.at += 2
		}
		return nil
	}
	bodyAt := req.BodyAt
	err := p.fields(&req.Trailer, &req.Message)
	req.BodyAt = bodyAt
	return err
}

// chunkSize reads a chunk's size wrongly.
func chunkSize(f Faults, digits string) (size int64, bad bool) {
	if f.ChunksZeroPadded && strings.HasPrefix(digits, "0") || digits == "" {
		return 0, digits == ""
	}
	if f.ChunksSizeWraps {
		digits = digits[max(0, len(digits)-64/bits.Len(15)):]
	}
	base := 16
	if f.ChunksDecimal {
		base = 10
	}
	size, err := strconv.ParseInt(digits, base, 63)
	return size, err != nil
}

// spoilChunkEnd looks for the line end after the data; ChunksBadEnd skips what stands before it.
func (c *conn) spoilChunkEnd(p *parser) error {
	if !c.Faults.ChunksBadEnd {
		return p.chunkEnd()
	}
	_, _, err := p.line(p.limits.Head, ErrHead, ruleChunkEnd)
	return err
}

// spoilConnection does what the faults do between a request and its answer. True ends the connection without one.
func (c *conn) spoilConnection(req *Request, method string, rep *reply) bool {
	f := c.Faults
	if f.ConnHalfCloseGone && len(c.in.buf) == 0 {
		c.net.SetReadDeadline(time.Now().Add(impatience))
		b := make([]byte, 4096)
		n, err := c.net.Read(b)
		c.in.buf = append(c.in.buf, b[:n]...)
		if err == io.EOF {
			return true
		}
	}
	if f.ContinueAlone && req.Header.Has("Expect") {
		return true
	}
	if f.ConnClosesAfterOne || f.HeadClosesAfter && method == "HEAD" {
		rep.silent = !rep.close
		rep.close = true
	}
	if f.ConnCloseUnannounced {
		rep.silent = true
	}
	if f.ConnPipelineDropped {
		c.in.buf = nil
	}
	return false
}

// mix may hand the reply of one connection to another that answers at the same time.
func (c *conn) mix(b []byte) []byte {
	c.mu.Lock()
	alone := len(c.open) < 2
	c.mu.Unlock()
	if alone {
		return b
	}
	wait := time.NewTimer(impatience)
	defer wait.Stop()
	select {
	case other := <-c.swap:
		return other
	case c.swap <- b:
	case <-wait.C:
	}
	return b
}
