package httpserver

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"syscall"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/http1"
)

// maxSurplus bounds what is read behind a response: one byte would be too many.
const maxSurplus = 64 << 10

// maxBody bounds the content of a response, which stands in memory a few times: twice what the largest file has.
const maxBody = 2 * hugeSize

// maxInterim bounds the responses 1xx before the one that is waited for, and maxSays what is said of one event, which
// may hold any number of responses.
const maxInterim, maxSays = 100, 1 << 10

// someBytes is more than anyone miscounts a length by.
const someBytes = 64

// A client is a connection to the server, and the strict reader of what it answers.
type client struct {
	*check.Conn
	t     *check.T
	in    *http1.Reader
	reads map[int]string // what is said of each event that holds responses
}

func dial(t *check.T) *client {
	c := t.Dial()
	return &client{Conn: c, t: t, in: http1.NewReader(c, http1.Limits{Body: maxBody}), reads: map[int]string{}}
}

// ask sends a request on a connection of its own, gives the response and closes.
func ask(t *check.T, request string) *answer {
	c := dial(t)
	defer c.Close() // so that a server that takes one client after the other is not judged for that
	return c.ask(request)
}

// request writes a request of HTTP/1.1 with a Host, those field lines and no body.
func request(t *check.T, method, target string, fields ...string) string {
	return message(method+" "+target+" HTTP/1.1", append([]string{"Host: " + t.Addr()}, fields...)...)
}

// withBody writes a request whose body Content-Length counts.
func withBody(t *check.T, method, target, body string, fields ...string) string {
	return request(t, method, target, append(fields, fmt.Sprintf("Content-Length: %d", len(body)))...) + body
}

// message writes a head as it is given.
func message(line string, fields ...string) string {
	var b strings.Builder
	b.WriteString(line + "\r\n")
	for _, f := range fields {
		b.WriteString(f + "\r\n")
	}
	b.WriteString("\r\n")
	return b.String()
}

// ask sends a request and gives the response to it.
func (c *client) ask(request string) *answer {
	c.Send(request)
	return c.next(methodOf(request))
}

func methodOf(request string) string {
	method, _, _ := strings.Cut(request, " ")
	return method
}

// next gives the next response that is final. One that cannot be read to its end leaves the clause unjudged,
// because the group messages charges for that; that none comes at all is Missing.
func (c *client) next(method string) *answer {
	a, err := c.final(method)
	return c.readable(a, err)
}

// nextOrClosed is next where the server may also have closed the connection: then it gives nil.
func (c *client) nextOrClosed(method string) *answer {
	a, err := c.final(method)
	if c.closed(err) {
		return nil
	}
	return c.readable(a, err)
}

// judged gives the next final response where being readable to its end is what the clause is about.
func (c *client) judged(method string) *answer {
	a, err := c.final(method)
	return c.whole(a, err)
}

// judgedOrClosed is judged where the server may also have closed the connection: then it gives nil.
func (c *client) judgedOrClosed(method string) *answer {
	a, err := c.final(method)
	if c.closed(err) {
		return nil
	}
	return c.whole(a, err)
}

func (c *client) readable(a *answer, err error) *answer {
	if err == nil && a.Framing != http1.FramingBroken {
		return a
	}
	if err == nil {
		c.t.Block("the response could not be read: its length cannot be told (see the group messages)")
	}
	at, want, got := c.problem(err)
	if got == "" {
		c.t.Missing(at, want, err)
	}
	c.t.Block("the response could not be read: want %s, got %s (see the group messages)", want, got)
	return nil
}

// long gives the next final response where the clause is about all of a large content coming. A few bytes that
// Content-Length counts wrongly are charged for elsewhere.
func (c *client) long(method string) *answer {
	a, err := c.final(method)
	if err == nil || a == nil || a.Framing != http1.FramingLength {
		return c.readable(a, err)
	}
	announced, _ := strconv.Atoi(a.Header.Get("Content-Length"))
	if announced-len(a.Body) < someBytes {
		return c.readable(a, err)
	}
	c.t.Missing(c.Here(), "all of the "+amount(announced)+", after "+strconv.Itoa(len(a.Body)), err)
	return nil
}

func (c *client) whole(a *answer, err error) *answer {
	if err == nil && a.Framing != http1.FramingBroken {
		return a
	}
	if err == nil {
		b := a.Breaches[len(a.Breaches)-1]
		c.t.Fail(a.place(b.At, b.Len), b.Want, b.Got)
	}
	at, want, got := c.problem(err)
	var broken *http1.ReadError
	if got == "" || errors.As(err, &broken) && broken.Breach == nil {
		c.t.Missing(at, want, err)
	}
	c.t.Fail(at, want, got)
	return nil
}

// closed says whether the connection ended, in whatever way, before anything of a response came.
func (c *client) closed(err error) bool {
	_, _, got := c.problem(err)
	return got == "" && (errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET))
}

// final reads responses until one that is not interim. With an error there is an answer too where its head could
// be read.
func (c *client) final(method string) (*answer, error) {
	for range maxInterim {
		a, err := c.read(method)
		if a == nil || err != nil || a.Status/100 != 1 {
			return a, err
		}
	}
	return nil, check.ErrTooMuch
}

// read reads one response, be it interim or not, and says in the transcript what it is.
func (c *client) read(method string) (*answer, error) {
	r, err := c.in.Response(method)
	if r == nil {
		return nil, err
	}
	a := &answer{r, c}
	if err != nil {
		return a, err
	}
	m := a.place(0, 1)
	if len(c.reads[m.Event]) > maxSays {
		return a, nil
	}
	says := a.says()
	if before := c.reads[m.Event]; before != "" {
		says = before + "; " + says
	}
	c.reads[m.Event] = says
	c.t.Read(m, "%s", says)
	return a, nil
}

// problem puts into words why a response could not be read, and says where that shows. got is "" when nothing of
// it came.
func (c *client) problem(err error) (at check.Mark, want, got string) {
	var broken *http1.ReadError
	switch {
	case !errors.As(err, &broken) || len(broken.Partial) == 0:
		return c.Here(), "a response", ""
	case broken.Breach != nil:
		b := broken.Breach
		return c.Mark(c.in.Offset()+int64(b.At), b.Len), b.Want, b.Got
	case errors.Is(err, check.ErrSilence):
		return c.Here(), "the rest of the response", "nothing more"
	default:
		return c.Here(), "the rest of the response", broken.Err.Error()
	}
}

// end reads on until the server closes: what comes is surplus. err is what came instead of the end.
func (c *client) end() (surplus []byte, at check.Mark, err error) {
	from := c.in.Offset()
	surplus = bytes.Clone(c.in.Buffered())
	buf := make([]byte, 4096)
	for err == nil && len(surplus) < maxSurplus {
		var n int
		n, err = c.Read(buf)
		surplus = append(surplus, buf[:n]...)
	}
	// Whether FIN or RST ends a connection after the last byte is nobody's business.
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		err = nil
	}
	at = c.Here()
	if len(surplus) > 0 {
		at = c.Mark(from, len(surplus))
	}
	return surplus, at, err
}

// closes judges that the server ends the connection. What still comes before is the business of the group messages.
func (c *client) closes() {
	if _, at, err := c.end(); err != nil {
		c.t.Missing(at, "the end of the stream", err)
	}
}

// pause looks away from everything for a while: long enough for a server that has no patience to lose it.
func (c *client) pause() {
	c.t.Note("the client does nothing for a moment")
	if n, _ := c.ReadWithin(pauseTime, make([]byte, 1)); n > 0 {
		c.t.Block("the server answers before the request is complete, which robustness/cut-at-line-ends is about")
	}
}
