package http1

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Limits bound what a Reader takes. A zero is the default.
type Limits struct {
	StartLine int   // bytes of the start line with its line end; 16 KiB
	Head      int   // bytes of a field section with its line ends; 64 KiB. Also bounds all chunk extensions together
	Count     int   // field lines of a section; 1000
	Body      int64 // bytes of a decoded body; 64 MiB
}

// What a message that goes beyond the Limits ends with, inside a ReadError.
var (
	ErrStartLine = errors.New("start line too long")
	ErrHead      = errors.New("header section too long")
	ErrBody      = errors.New("body too long")
)

// errGrammar is what a ReadError carries whose Breach says everything.
var errGrammar = errors.New("not a message of HTTP/1.x")

// A ReadError is why a message could not be read to its end. Its bytes stay unread in the Reader.
type ReadError struct {
	Breach   *Breach  // the rule that is broken; nil when the transport failed or a limit was met
	Breaches []Breach // the rules that were broken before
	Partial  []byte   // the bytes of the message that came
	Err      error    // io.ErrUnexpectedEOF, ErrStartLine, ErrHead, ErrBody, or what the transport said
}

// Error says what ended the message.
func (e *ReadError) Error() string {
	if e.Breach == nil {
		return "read message: " + e.Err.Error()
	}
	return "read message: byte " + strconv.Itoa(e.Breach.At) + ": " + e.Breach.Got + ": " + e.Err.Error()
}

// Unwrap gives what the transport said: a timeout, a reset, io.ErrUnexpectedEOF.
func (e *ReadError) Unwrap() error { return e.Err }

// A Reader reads the messages of one direction of one connection, strictly.
type Reader struct {
	src    io.Reader
	limits Limits
	buf    []byte // read and not yet consumed
	offset int64  // of buf in the stream
}

// NewReader makes a Reader of the messages in src. Zero limits are the defaults.
func NewReader(src io.Reader, limits Limits) *Reader {
	pick := func(n *int, or int) {
		if *n == 0 {
			*n = or
		}
	}
	pick(&limits.StartLine, 16<<10)
	pick(&limits.Head, 64<<10)
	pick(&limits.Count, 1000)
	if limits.Body == 0 {
		limits.Body = 64 << 20
	}
	return &Reader{src: src, limits: limits}
}

// Offset is the number of bytes of the stream that the messages read so far took.
func (r *Reader) Offset() int64 { return r.offset }

// Buffered gives the bytes that were read from the stream beyond the last message. They are the Reader's own and
// good until its next use.
func (r *Reader) Buffered() []byte { return r.buf }

// Response reads the response to a request of that method, which decides whether there is a body (RFC 9112
// §6.3). A stream that ends before the first byte gives io.EOF and nothing else; everything else that keeps the
// message from being read is a *ReadError, with the response as well where its head could be read. After an error
// nothing is consumed: a caller whose deadline passed may call again.
func (r *Reader) Response(method string) (*Response, error) {
	p, m := &parser{Reader: r}, &Response{}
	if err := p.statusLine(m); err != nil {
		return nil, err
	}
	if err := p.fields(&m.Header, &m.Message); err != nil {
		return nil, err
	}
	p.responseFraming(m, method)
	err := p.body(&m.Message)
	p.finish(&m.Message, err)
	return m, err
}

// Request reads a request; what Response says about errors holds here too. Empty lines before the request line
// are taken as a part of the message, and reported.
func (r *Reader) Request() (*Request, error) {
	p := &parser{Reader: r}
	m, err := p.requestHead()
	if err != nil {
		return nil, err
	}
	err = p.body(&m.Message)
	p.finish(&m.Message, err)
	return m, err
}

// fill reads more of the stream into the buffer, at least one byte.
func (r *Reader) fill() error {
	r.buf = slices.Grow(r.buf, 4096)
	for range 100 {
		n, err := r.src.Read(r.buf[len(r.buf):cap(r.buf)])
		r.buf = r.buf[:len(r.buf)+n]
		if n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// A parser reads one message. at is the next byte to look at, from the start of the message.
type parser struct {
	*Reader
	at       int
	breaches []Breach
}

// maxBreaches is more than a head can hold; a chunked body could go on breaking rules for ever.
const maxBreaches = 1 << 17

func (p *parser) note(b Breach) {
	if len(p.breaches) < maxBreaches {
		p.breaches = append(p.breaches, b)
	}
}

// fail ends the message with what the stream or a limit said; ended is the rule that the end of the stream breaks
// at this place.
func (p *parser) fail(err error, ended Breach) error {
	if err == io.EOF && len(p.buf) == 0 {
		return io.EOF
	}
	e := &ReadError{Breaches: p.breaches, Partial: bytes.Clone(p.buf), Err: err}
	if err == io.EOF {
		e.Breach, e.Err = &ended, io.ErrUnexpectedEOF
	}
	return e
}

// garbage ends the message with a rule so broken that nothing after it can be read.
func (p *parser) garbage(b Breach) error {
	return &ReadError{Breach: &b, Breaches: p.breaches, Partial: bytes.Clone(p.buf), Err: errGrammar}
}

// line reads a line of at most limit bytes with its end, which it cuts off and judges. A bare CR becomes a space
// (RFC 9112 §2.2). from is where the line begins.
func (p *parser) line(limit int, long error, ended rule) (text string, from int, err error) {
	from = p.at
	seen := 0
	for {
		if i := bytes.IndexByte(p.buf[from+seen:], '\n'); i >= 0 {
			seen += i + 1
			break
		}
		seen = len(p.buf) - from
		if seen >= limit {
			return "", from, p.fail(long, Breach{})
		}
		if err := p.fill(); err != nil {
			return "", from, p.fail(err, ended.at(len(p.buf), 0, "more lines, and the empty one", "the end of the stream"))
		}
	}
	if seen > limit {
		return "", from, p.fail(long, Breach{})
	}
	p.at = from + seen
	text = string(p.buf[from : p.at-1])
	if body, ok := strings.CutSuffix(text, "\r"); ok {
		text = body
	} else {
		p.note(ruleLineEnd.at(p.at-1, 1, "CR LF", "LF alone"))
	}
	if i := strings.IndexByte(text, '\r'); i >= 0 {
		p.note(ruleBareCR.at(from+i, 1, "CR LF, or no CR", "CR alone"))
		text = strings.ReplaceAll(text, "\r", " ")
	}
	return text, from, nil
}

// need fills the buffer until n more bytes can be looked at.
func (p *parser) need(n int) error {
	for len(p.buf)-p.at < n {
		if err := p.fill(); err != nil {
			return err
		}
	}
	return nil
}

// finish gives the message its bytes and, when all of it was read, takes them off the stream.
func (p *parser) finish(m *Message, err error) {
	m.Start = p.offset
	m.Breaches = p.breaches
	if err != nil {
		m.Raw = bytes.Clone(p.buf)
		return
	}
	m.Raw = bytes.Clone(p.buf[:p.at])
	p.buf = p.buf[p.at:]
	if len(p.buf) == 0 {
		p.buf = nil // let the bytes of a large message go
	}
	p.offset += int64(p.at)
}
