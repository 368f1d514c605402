package http1

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A play is what calls see and show of a server that says its lines, one each time the client waits. "[end]" closes
// its half of the connection.
type play struct {
	calls  []Call
	server []string
}

// run gives what went over each connection and what the calls gave, in order: "[new]" where a connection begins.
func (p play) run(t *testing.T, faults ClientFaults) string {
	var log syncLog
	synctest.Test(t, func(t *testing.T) {
		var end *memConn // the server's end of the last connection
		client := &Client{Faults: faults, Dial: func(context.Context, string, string) (net.Conn, error) {
			a, b := newHalf(), newHalf()
			end = &memConn{in: a, out: b}
			log.add("[new]")
			return &memConn{in: b, out: a}, nil
		}}
		done := make(chan bool)
		go func() {
			defer close(done)
			for _, call := range p.calls {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				resp, err := client.Do(ctx, call)
				switch {
				case err != nil:
					log.add("[error]")
				default:
					log.add(fmt.Sprintf("[%d %s]", resp.Status, resp.Body))
				}
				cancel()
			}
		}()
		take := func() {
			synctest.Wait()
			b, _ := io.ReadAll(&available{end.in})
			log.add(string(b))
		}
		for _, line := range p.server {
			take()
			switch line {
			case "[end]":
				end.CloseWrite()
			case "[wait]":
				time.Sleep(2 * time.Second) // of the bubble's clock
			default:
				end.Write([]byte(crlf(line)))
			}
		}
		take()
		<-done
		client.Close()
		take()
		end.Close()
	})
	return string(log.b)
}

// syncLog is written by the client and by the server of a play.
type syncLog struct {
	mu sync.Mutex
	b  []byte
}

func (l *syncLog) add(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b = append(l.b, s...)
}

// available reads what is there, and then ends.
type available struct{ *half }

func (a *available) Read(b []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := copy(b, a.buf)
	a.buf = a.buf[n:]
	if n == 0 {
		return 0, io.EOF
	}
	a.cond.Broadcast()
	return n, nil
}

const okHi = "HTTP/1.1 200 OK|Content-Length: 2||hi"

func calling(url string, server ...string) play { return play{[]Call{{URL: url}}, server} }

// Every fault of the client shows on the wire or in what a call gives.
func TestEveryClientFaultShows(t *testing.T) {
	post := func(c Call, server ...string) play {
		c.Method, c.URL = "POST", "http://h/"
		return play{[]Call{c}, server}
	}
	two := func(server ...string) play { return play{[]Call{{URL: "http://h/1"}, {URL: "http://h/2"}}, server} }
	umlaut := []byte("ü=1")
	proofs := map[string]struct {
		play         play
		right, wrong string
	}{
		"host-missing":          {calling("http://h/", okHi), "Host: h|", "1.1||"},
		"host-without-port":     {calling("http://h:81/", okHi), "Host: h:81|", "Host: h|"},
		"host-twice":            {calling("http://h/", okHi), "", "Host: h|Host: h|"},
		"lines-lf":              {calling("http://h/", okHi), "HTTP/1.1|", "HTTP/1.1\n"},
		"method-lower-case":     {calling("http://h/", okHi), "GET", "get"},
		"version-old":           {calling("http://h/", okHi), "HTTP/1.1", "HTTP/1.0"},
		"target-whole-url":      {calling("http://h/a", okHi), "GET /a ", "GET http://h/a "},
		"target-fragment":       {calling("http://h/a#f", okHi), "GET /a ", "GET /a#f "},
		"target-no-query":       {calling("http://h/a?q", okHi), "GET /a?q ", "GET /a "},
		"target-empty":          {calling("http://h", okHi), "GET / ", "GET  "},
		"target-raw":            {calling("http://h/a b", okHi), "GET /a%20b ", "GET /a b "},
		"length-missing":        {post(Call{Body: umlaut}, okHi), "Content-Length: 4||ü=1", "Host: h||ü=1"},
		"length-in-characters":  {post(Call{Body: umlaut}, okHi), "", "Content-Length: 3"},
		"chunk-not-ended":       {post(Call{Body: umlaut, Chunked: true}, okHi), "chunked||4|ü=1|0||[200 hi]", "ü=1|[200"},
		"body-surplus-crlf":     {post(Call{Body: umlaut}, okHi), "ü=1[200", "ü=1|[200"},
		"expect-never-waits":    {post(Call{Body: umlaut, Expect: true}, "HTTP/1.1 417 No|Content-Length: 0||"), "continue||[417 ]", "continue||ü=1"},
		"expect-waits-always":   {post(Call{Body: umlaut, Expect: true}, "HTTP/1.1 417 No|Content-Length: 0||"), "continue||[417 ]", "ü=1"},
		"reuse-after-close":     {two("HTTP/1.1 200 OK|Content-Length: 0|Connection: close||", okHi), "[200 ][new]", "[200 ]GET"},
		"reuse-never":           {two(okHi, okHi), "[200 hi]GET", "[200 hi][new]"},
		"read-length-ignored":   {calling("http://h/", okHi), "[200 hi]", "[error]"},
		"read-chunks-ignored":   {calling("http://h/", "HTTP/1.1 200 OK|Transfer-Encoding: chunked||2|hi|0||", "[end]"), "[200 hi]", "[200 2|hi|0||]"},
		"read-once":             {calling("http://h/", "HTTP/1.1 200 OK|Content-Length: 2||h", "i"), "[200 hi]", "[200 h]"},
		"read-body-on-head":     {play{[]Call{{Method: "HEAD", URL: "http://h/"}}, []string{"HTTP/1.1 200 OK|Content-Length: 2||"}}, "[200 ]", "[error]"},
		"read-short-accepted":   {calling("http://h/", "HTTP/1.1 200 OK|Content-Length: 3||hi", "[end]"), "[error]", "[200 hi]"},
		"read-interim-is-final": {calling("http://h/", "HTTP/1.1 103 Early Hints||", okHi), "[200 hi]", "[103 ]"},
		"read-case-sensitive":   {calling("http://h/", "HTTP/1.1 200 OK|content-length: 2||hi"), "[200 hi]", "[error]"},
		"read-close-missing":    {calling("http://h/", "HTTP/1.1 200 OK||hi", "[end]"), "[200 hi]", "[200 ]"},
		"read-body-204":         {calling("http://h/", "HTTP/1.1 204 No Content||"), "[204 ]", "[error]"},
		"read-status-unchecked": {calling("http://h/", "hello||", "[end]"), "[error]", "[200 hello|"},
	}
	for _, name := range ClientFaultNames() {
		t.Run(name, func(t *testing.T) {
			p, ok := proofs[name]
			require.True(t, ok, "no proof for this fault: is it dead?")
			var faults ClientFaults
			require.NoError(t, faults.Set(name))
			right := p.play.run(t, ClientFaults{})
			require.Contains(t, right, crlf(p.right))
			require.NotContains(t, right, crlf(p.wrong))
			require.Contains(t, p.play.run(t, faults), crlf(p.wrong))
		})
		delete(proofs, name)
	}
	require.Empty(t, proofs)
}

func TestClientReads(t *testing.T) {
	for name, c := range map[string]struct {
		play play
		want string
	}{
		"no answer":             {calling("http://h/"), "[error]"},
		"close":                 {calling("http://h/", "[end]"), "[error]"},
		"chunks in pieces":      {calling("http://h/", "HTTP/1.1 200 OK|Transfer-Encoding: chunked||1;a=b", "|h|", "1|", "i|0|T: u|", "|"), "[200 hi]"},
		"100 nobody asked for":  {calling("http://h/", "HTTP/1.1 100 Continue||HTTP/1.1 102 X||"+okHi), "[200 hi]"},
		"no 100 for a second":   {play{[]Call{{Method: "PUT", URL: "http://h/", Body: []byte("b"), Expect: true}}, []string{"[wait]"}}, "continue||b[error]"},
		"100, then the answer":  {play{[]Call{{Method: "PUT", URL: "http://h/", Body: []byte("b"), Expect: true}}, []string{"HTTP/1.1 100 Continue||", okHi}}, "continue||b[200 hi]"},
		"empty POST":            {play{[]Call{{Method: "POST", URL: "http://h/"}}, []string{okHi}}, "Content-Length: 0||[200 hi]"},
		"announced close":       {play{[]Call{{URL: "http://h/", Close: true}, {URL: "http://h/"}}, []string{okHi, okHi}}, "Connection: close||[200 hi][new]GET"},
		"1.0 closes":            {play{[]Call{{URL: "http://h/"}, {URL: "http://h/"}}, []string{"HTTP/1.0 200 OK|Content-Length: 0||", okHi}}, "[200 ][new]"},
		"1.0 keeps alive":       {play{[]Call{{URL: "http://h/"}, {URL: "http://h/"}}, []string{"HTTP/1.0 200 OK|Content-Length: 0|Connection: keep-alive||", okHi}}, "[200 ]GET"},
		"surplus is no answer":  {play{[]Call{{URL: "http://h/"}, {URL: "http://h/"}}, []string{okHi + okHi, okHi}}, "[200 hi][new]"},
		"not to be followed":    {calling("http://h/", "HTTP/1.1 301 X|Location: /x|Content-Length: 0||"), "[301 ]"},
		"host in brackets":      {calling("http://[::1]:8080/", okHi), "Host: [::1]:8080|"},
		"encoded as it came":    {calling("http://h/a%2Fb?x=%20", okHi), "GET /a%2Fb?x=%20 "},
		"a field of the caller": {play{[]Call{{URL: "http://h/", Header: Header{{Name: "If-None-Match", Value: "*"}}}}, []string{"HTTP/1.1 304 X|ETag: \"a\"||"}}, "If-None-Match: *||[304 ]"},
	} {
		t.Run(name, func(t *testing.T) { require.Contains(t, crlf(c.play.run(t, ClientFaults{})), crlf(c.want)) })
	}
	_, err := new(Client).Do(t.Context(), Call{URL: "ftp://x/"})
	require.ErrorContains(t, err, "want an http URL")
}

// The reference client and the reference server understand each other.
func TestClientAndServer(t *testing.T) {
	inLab(t, Faults{}, func(l *lab) {
		t := l.t
		dials := 0
		c := &Client{Dial: func(context.Context, string, string) (net.Conn, error) { dials++; return l.ln.dial() }}
		defer c.Close()
		do := func(status int, call Call) *Response {
			call.URL = "http://x" + call.URL
			resp, err := c.Do(t.Context(), call)
			require.NoError(t, err)
			require.Equal(t, status, resp.Status, call.URL)
			require.Empty(t, resp.Breaches)
			return resp
		}
		require.Equal(t, "hello\n", string(do(200, Call{URL: "/a.txt"}).Body))
		head := do(200, Call{Method: "HEAD", URL: "/a.txt"})
		require.Empty(t, head.Body)
		require.Equal(t, "6", head.Header.Get("Content-Length"))
		do(304, Call{URL: "/a.txt", Header: Header{{Name: "If-None-Match", Value: head.Header.Get("ETag")}}})
		do(201, Call{Method: "PUT", URL: "/new/x.bin", Body: []byte("\x00\r\n\xff"), Chunked: true, Expect: true})
		require.Equal(t, "\x00\r\n\xff", string(do(200, Call{URL: "/new/x.bin"}).Body))
		do(204, Call{Method: "DELETE", URL: "/new/x.bin"})
		do(404, Call{URL: "/new/x.bin"})
		require.Equal(t, "ü=a b\n", string(do(200, Call{Method: "POST", URL: "/form", Body: []byte("%C3%BC=a+b")}).Body))
		require.Equal(t, 1, dials)
	})
}
