package http1

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// A Call is a request as a user thinks of it: the client makes the message.
type Call struct {
	Method  string // "" is GET
	URL     string // http://host[:port]/path?query#fragment
	Header  Header // in addition to Host and the framing; names and values alone count
	Body    []byte
	Chunked bool // send the body in chunks
	Expect  bool // ask for 100 before the body is sent
	Close   bool // say that this is the last request
}

// A Client sends requests and reads their responses. It keeps one connection a host open between calls, follows no
// redirect and repeats nothing. Calls must not overlap.
type Client struct {
	Faults  ClientFaults
	Dial    func(ctx context.Context, network, address string) (net.Conn, error) // nil is net.Dialer's
	Limits  Limits
	Patient time.Duration // how long 100 is waited for before the body is sent all the same; 0 is 1 s

	mu   sync.Mutex
	idle map[string]*link
}

// A link is a connection of the client.
type link struct {
	net  net.Conn
	in   *Reader
	once *onceReader // ReadOnce
}

// Do sends one request and reads its final response; interim ones are skipped. The context's end ends it. An
// error comes from the URL, from the connection, or is the *ReadError of a response that cannot be read: then what
// could be read of it comes too.
func (c *Client) Do(ctx context.Context, call Call) (*Response, error) {
	u, err := url.Parse(call.URL)
	if err != nil || u.Scheme != "http" || u.Host == "" {
		return nil, fmt.Errorf("call %s: want an http URL", quote(call.URL))
	}
	if call.Method == "" {
		call.Method = "GET"
	}
	l, err := c.link(ctx, u)
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", quote(call.URL), err)
	}
	stop := context.AfterFunc(ctx, func() { l.net.Close() })
	resp, keep, err := c.exchange(l, u, call)
	if !stop() {
		keep = false
		if err != nil {
			err = errors.Join(ctx.Err(), err)
		}
	}
	if keep && err == nil && !c.Faults.ReuseNever {
		c.keep(u, l)
	} else {
		l.net.Close()
	}
	if err != nil {
		err = fmt.Errorf("call %s: %w", quote(call.URL), err)
	}
	return resp, err
}

// Close closes the connections that are kept.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.idle {
		l.net.Close()
	}
	c.idle = nil
}

// exchange sends the request and reads what comes back; keep says whether the connection can carry another.
func (c *Client) exchange(l *link, u *url.URL, call Call) (resp *Response, keep bool, err error) {
	head, body := c.message(u, call)
	f := c.Faults
	bodyDue := len(body) > 0
	if call.Expect && bodyDue && !f.ExpectNeverWaits {
		if _, err := l.net.Write(head); err != nil {
			return nil, false, err
		}
		if resp, err = c.interim(l, call); err != nil || resp != nil && !f.ExpectWaitsAlways {
			// A final answer came before the body was sent: what the server expects next is unknown, so it is the last.
			return resp, false, err
		}
		head = nil
	}
	if _, err := l.net.Write(append(head, body...)); err != nil && resp == nil {
		// A server that refuses a body may close before it has read it all: its answer counts.
		if resp, readErr := c.read(l, call.Method); readErr == nil {
			return resp, false, nil
		}
		return nil, false, err
	}
	for resp == nil || resp.Status/100 == 1 && !f.ReadInterimIsFinal {
		if resp, err = c.read(l, call.Method); err != nil {
			return resp, false, err
		}
	}
	last := call.Close || resp.Header.Lists("Connection", "close") || resp.Framing == FramingClose || resp.Framing == FramingBroken ||
		resp.Version == "HTTP/1.0" && !resp.Header.Lists("Connection", "keep-alive")
	// Bytes beyond the response belong to nothing that was asked for (RFC 9112 §9.2).
	return resp, (!last || f.ReuseAfterClose) && len(l.in.Buffered()) == 0, nil
}

// interim waits for 100: nil means that the body may go, be it because 100 came or because nothing did.
func (c *Client) interim(l *link, call Call) (*Response, error) {
	patient := c.Patient
	if patient == 0 {
		patient = time.Second
	}
	if !c.Faults.ExpectWaitsAlways {
		l.net.SetReadDeadline(time.Now().Add(patient))
		defer l.net.SetReadDeadline(time.Time{})
	}
	resp, err := c.read(l, call.Method)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return nil, nil // nothing was consumed: the next read begins at the same byte
	}
	if err == nil && resp.Status/100 == 1 && !c.Faults.ReadInterimIsFinal {
		return nil, nil
	}
	return resp, err
}

// message makes the head and the body of a request.
func (c *Client) message(u *url.URL, call Call) (head, body []byte) {
	f := c.Faults
	var h Header
	add := func(name, value string) { h = append(h, Field{Name: name, Value: value}) }
	host := u.Host
	if f.HostWithoutPort {
		host = u.Hostname()
	}
	if !f.HostMissing {
		add("Host", host)
	}
	if f.HostTwice {
		add("Host", host)
	}
	h = append(h, call.Header...)
	body = call.Body
	switch {
	case call.Chunked:
		add("Transfer-Encoding", "chunked")
		body = Chunked(call.Body, nil, "", nil)
		if f.ChunkNotEnded {
			body = body[:len(body)-len("0\r\n\r\n")]
		}
	case f.LengthMissing:
	case f.LengthInCharacters && body != nil:
		add("Content-Length", strconv.Itoa(utf8.RuneCount(body)))
	case body != nil || call.Method == "POST" || call.Method == "PUT":
		add("Content-Length", strconv.Itoa(len(body)))
	}
	if call.Expect && len(body) > 0 {
		add("Expect", "100-continue")
	}
	if call.Close {
		add("Connection", "close")
	}
	if f.BodySurplusCRLF && body != nil {
		body = append(body[:len(body):len(body)], "\r\n"...)
	}
	spec := RequestSpec{Method: call.Method, Target: c.target(u, call.URL), Version: "HTTP/1.1", Header: h}
	if f.MethodLowerCase {
		spec.Method = strings.ToLower(spec.Method)
	}
	if f.VersionOld {
		spec.Version = "HTTP/1.0"
	}
	head = spec.Bytes()
	if f.LinesLF {
		head = []byte(strings.ReplaceAll(string(head), "\r\n", "\n"))
	}
	return head, body
}

// target is the origin form: the path, "/" where it is empty, and the query; never the fragment (RFC 9112 §3.2.1).
func (c *Client) target(u *url.URL, raw string) string {
	f := c.Faults
	path := u.EscapedPath()
	if f.TargetRaw {
		path = u.Path
	}
	if path == "" && !f.TargetEmpty {
		path = "/"
	}
	if (u.RawQuery != "" || u.ForceQuery) && !f.TargetNoQuery {
		path += "?" + u.RawQuery
	}
	if f.TargetWholeURL {
		path = "http://" + u.Host + path
	}
	if _, fragment, found := strings.Cut(raw, "#"); found && f.TargetFragment {
		path += "#" + fragment
	}
	return path
}

// link gives the kept connection to the host, or a new one.
func (c *Client) link(ctx context.Context, u *url.URL) (*link, error) {
	address := net.JoinHostPort(u.Hostname(), port(u))
	c.mu.Lock()
	l := c.idle[address]
	delete(c.idle, address)
	c.mu.Unlock()
	if l != nil {
		return l, nil
	}
	dial := c.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	l = &link{net: conn, once: &onceReader{net: conn, on: c.Faults.ReadOnce}}
	l.in = NewReader(l.once, c.Limits)
	return l, nil
}

func (c *Client) keep(u *url.URL, l *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.idle == nil {
		c.idle = map[string]*link{}
	}
	c.idle[net.JoinHostPort(u.Hostname(), port(u))] = l
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return "80"
}
