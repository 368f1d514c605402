package http1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

var fuzzLimits = Limits{StartLine: 1 << 10, Head: 4 << 10, Count: 50, Body: 64 << 10}

// FuzzResponse: whatever comes, the reader neither breaks down nor loses a byte, reads the same in pieces as at once,
// and agrees with net/http where both find nothing wrong.
func FuzzResponse(f *testing.F) {
	for _, in := range []string{
		"HTTP/1.1 200 OK|Content-Length: 5||hello", "HTTP/1.1 200 OK||to the end", "HTTP/1.0 404 |Connection: close||no",
		"HTTP/1.1 200 OK|Transfer-Encoding: chunked||5;a=\"b\"|hello|0|T: u||", "HTTP/1.1 204 No Content||", "HTTP/1.1 304 X|ETag: \"a\"||",
		"HTTP/1.1 100 Continue||HTTP/1.1 200 OK|Content-Length: 0||", "HTTP/1.1 200 OK|Content-Length: 1, 1||a", "HTTP 200 OK\n\n",
		"HTTP/1.1 200 OK|Transfer-Encoding: gzip||x", "HTTP/1.1 200 OK|A: b| c||", "|HTTP/1.1 200 OK||", "HTTP/1.1 200 OK|Content-Length: 99||a",
	} {
		f.Add([]byte(crlf(in)), false)
		f.Add([]byte(crlf(in)), true)
	}
	f.Fuzz(func(t *testing.T, in []byte, head bool) {
		method := "GET"
		if head {
			method = "HEAD"
		}
		r := NewReader(bytes.NewReader(in), fuzzLimits)
		m, err := r.Response(method)
		slow := NewReader(iotest.OneByteReader(bytes.NewReader(in)), fuzzLimits)
		again, slowErr := slow.Response(method)
		require.Equal(t, err == nil, slowErr == nil)
		if err != nil {
			failure(t, in, r, err)
			return
		}
		require.Equal(t, m, again)
		whole(t, in, r, m.Message)
		if len(m.Breaches) > 0 {
			return
		}
		opinion, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(in)), &http.Request{Method: method})
		if err != nil {
			return
		}
		require.Equal(t, opinion.StatusCode, m.Status)
		body, err := io.ReadAll(opinion.Body)
		if err == nil {
			require.Equal(t, string(body), string(m.Body))
		}
	})
}

// FuzzRequest is FuzzResponse for requests.
func FuzzRequest(f *testing.F) {
	for _, in := range []string{
		"GET / HTTP/1.1|Host: x||", "|GET / HTTP/1.1|Host: x||GET", "POST /form HTTP/1.1|Host: x|Content-Length: 3||a=b", "GET / HTTP/1.0||",
		"POST / HTTP/1.1|Host: x|Transfer-Encoding: chunked||3|a=b|0||", "PUT / HTTP/1.1|Content-Length: -1||", "GET /", "GET  /a b HTTP/1.1|A : b||",
		"GET / HTTP/1.1|Content-Length: 1|Content-Length: 2||", "OPTIONS * HTTP/1.1|Host: x||", "GET http://x/ HTTP/1.1|Host: x||",
	} {
		f.Add([]byte(crlf(in)))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := NewReader(bytes.NewReader(in), fuzzLimits)
		m, err := r.Request()
		slow := NewReader(iotest.OneByteReader(bytes.NewReader(in)), fuzzLimits)
		again, slowErr := slow.Request()
		require.Equal(t, err == nil, slowErr == nil)
		if err != nil {
			failure(t, in, r, err)
			return
		}
		require.Equal(t, m, again)
		whole(t, in, r, m.Message)
		if len(m.Breaches) > 0 {
			return
		}
		opinion, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(in)))
		if err != nil {
			return
		}
		require.Equal(t, opinion.Method, m.Method)
		require.Equal(t, opinion.RequestURI, m.Target)
		body, err := io.ReadAll(opinion.Body)
		if err == nil {
			require.Equal(t, string(body), string(m.Body))
		}
	})
}

// whole checks that a message and what is left over are the input.
func whole(t *testing.T, in []byte, r *Reader, m Message) {
	require.True(t, bytes.HasPrefix(in, append(bytes.Clone(m.Raw), r.Buffered()...)))
	require.EqualValues(t, len(m.Raw), r.Offset())
	require.LessOrEqual(t, m.BodyAt, len(m.Raw))
	for _, f := range append(m.Header, m.Trailer...) {
		require.LessOrEqual(t, f.At+f.Len, len(m.Raw))
	}
	for _, b := range m.Breaches {
		require.GreaterOrEqual(t, b.At, 0)
		require.LessOrEqual(t, b.At+b.Len, len(m.Raw))
	}
}

// failure checks that a message that cannot be read is still there to be shown.
func failure(t *testing.T, in []byte, r *Reader, err error) {
	var e *ReadError
	if !errors.As(err, &e) {
		require.Equal(t, io.EOF, err)
		require.Empty(t, in)
		return
	}
	require.Zero(t, r.Offset())
	require.True(t, bytes.HasPrefix(in, e.Partial))
	if e.Breach != nil {
		require.LessOrEqual(t, e.Breach.At+e.Breach.Len, len(e.Partial))
	}
}
