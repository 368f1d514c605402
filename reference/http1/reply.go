package http1

import (
	"fmt"
	"strconv"
	"time"
)

// A reply is what is answered; send makes a message of it.
type reply struct {
	status int
	header Header
	body   []byte // of HEAD and of 304 too: it is counted, or not, but not sent
	close  bool   // the connection ends behind it
	drop   bool   // a fault: it ends instead of it
	silent bool   // a fault: close is not announced
	file   bool   // the body is a file
	form   bool   // the body is the answer of /form
}

func (r *reply) add(name, value string) { r.header = append(r.header, Field{Name: name, Value: value}) }

func (r *reply) closing() *reply {
	r.close = true
	return r
}

// refusal is an error of that status, with a line of text.
func refusal(status int) *reply {
	r := &reply{status: status, body: fmt.Appendf(nil, "%d %s\n", status, reasons[status])}
	r.add("Content-Type", "text/plain; charset=utf-8")
	return r
}

// send writes a reply to a request of that method, "" where it is not known, and says whether the connection
// stays open. req is nil when no head could be read.
func (c *conn) send(req *Request, method string, rep *reply) bool {
	if rep.drop {
		return false
	}
	w := c.compose(method, rep)
	if c.Faults.Any() {
		c.spoilReply(&w, req, method, rep)
	}
	b := w.bytes()
	if c.Faults.ConnPipelineTurned {
		if len(c.in.Buffered()) > 0 && c.held == nil && !rep.close {
			c.held = b
			return true
		}
		b, c.held = append(b, c.held...), nil
	}
	if c.Faults.ContentMixed && rep.file {
		b = c.mix(b)
	}
	return c.write(b) == nil && !rep.close
}

// wire is a response in the parts that it is written from.
type wire struct {
	status    string // the status line without its end
	statusEnd string
	header    Header
	fieldEnd  string
	headEnd   string
	body      []byte
}

// compose makes a response of a reply: Date, the reply's own fields, the framing.
func (c *conn) compose(method string, rep *reply) wire {
	w := wire{
		status:    "HTTP/1.1 " + strconv.Itoa(rep.status) + " " + reasons[rep.status],
		statusEnd: "\r\n", fieldEnd: "\r\n", headEnd: "\r\n",
		header: Header{{Name: "Date", Value: FormatDate(c.now())}},
	}
	w.header = append(w.header, rep.header...)
	bodied := rep.status != 204 && rep.status != 304
	if bodied {
		w.header = append(w.header, Field{Name: "Content-Length", Value: strconv.Itoa(len(rep.body))})
	}
	if rep.close && !rep.silent {
		w.header = append(w.header, Field{Name: "Connection", Value: "close"})
	}
	if bodied && method != "HEAD" {
		w.body = rep.body
	}
	return w
}

func (w *wire) bytes() []byte {
	b := make([]byte, 0, 512+len(w.body))
	b = append(b, w.status+w.statusEnd...)
	for _, f := range w.header {
		b = append(b, f.Name+": "+f.Value+w.fieldEnd...)
	}
	b = append(b, w.headEnd...)
	return append(b, w.body...)
}

// seconds is a time as precise as a date in a field is.
func seconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// reasons are the phrases behind the status codes that the server sends (RFC 9110 §15).
var reasons = map[int]string{
	200: "OK", 201: "Created", 204: "No Content", 206: "Partial Content", 301: "Moved Permanently", 302: "Found", 304: "Not Modified", 308: "Permanent Redirect",
	400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
	409: "Conflict", 412: "Precondition Failed", 413: "Content Too Large", 414: "URI Too Long",
	417: "Expectation Failed", 431: "Request Header Fields Too Large",
	500: "Internal Server Error", 501: "Not Implemented", 505: "HTTP Version Not Supported",
}
