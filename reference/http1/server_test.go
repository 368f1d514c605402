package http1

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What the correct server answers: the beginning and the end of all that comes.
func TestServerAnswers(t *testing.T) {
	const ok, bad, none, open, end = "HTTP/1.1 200 OK|", "HTTP/1.1 400 ", "HTTP/1.1 404 ", "[open]", "[end]"
	form := func(body string) string { return "||" + body + open }
	for _, c := range []struct{ name, in, begins, ends string }{
		{"file", get("/a.txt"), ok, "||hello\n[open]"},
		{"two at once", get("/a.txt") + get("/b.txt"), ok, "||other\n[open]"},
		{"two at once, one refused", "FOO / HTTP/1.1|Host: x||" + get("/b.txt"), "HTTP/1.1 501 ", "other\n[open]"},
		{"body of a refused request", "POST /a.txt HTTP/1.1|Host: x|Content-Length: 3||abc" + get("/b.txt"), "HTTP/1.1 405 ", "other\n[open]"},
		{"nothing after close", "GET /a.txt HTTP/1.1|Host: x|Connection: close||" + get("/b.txt"), ok, "Connection: close||hello\n[end]"},
		{"nothing after 400", "GET /a.txt HTTP/1.1||" + get("/b.txt"), bad, "400 Bad Request\n[end]"},
		{"1.0", "GET /a.txt HTTP/1.0||", ok, "close||hello\n[end]"},
		{"1.0 with Host", "GET /a.txt HTTP/1.0|Host: x||", ok, end},
		{"1.0 with two Hosts", "GET /a.txt HTTP/1.0|Host: x|Host: x||", bad, end},
		{"1.0 keep-alive", "GET /a.txt HTTP/1.0|Connection: keep-alive||", ok, end},
		{"1.2", "GET /a.txt HTTP/1.2|Host: x||", ok, open},
		{"1.2 without Host", "GET /a.txt HTTP/1.2||", bad, end},
		{"2.0", "GET /a.txt HTTP/2.0|Host: x||", "HTTP/1.1 505 ", end},
		{"0.9", "GET /a.txt|", bad, end},
		{"version in small letters", "GET /a.txt http/1.1|Host: x||", bad, end},
		{"version of three digits", "GET /a.txt HTTP/1.10|Host: x||", bad, end},
		{"empty Host", "GET /a.txt HTTP/1.1|Host:||", ok, open},
		{"Host with port", "GET /a.txt HTTP/1.1|Host: [::1]:8080||", ok, open},
		{"Host with path", "GET /a.txt HTTP/1.1|Host: x/y||", bad, end},
		{"tab as space", "GET\t/a.txt HTTP/1.1|Host: x||", bad, end},
		{"two spaces", "GET  /a.txt HTTP/1.1|Host: x||", bad, end},
		{"space behind", "GET /a.txt HTTP/1.1 |Host: x||", bad, end},
		{"LF alone", "GET /a.txt HTTP/1.1\nHost: x\n\n", ok, open},
		{"folded", "GET /a.txt HTTP/1.1|Host: x|A: b| c||", bad, end},
		{"CR in a value", "GET /a.txt HTTP/1.1|Host: x|A: b\rc||", bad, end},
		{"space before the first field", "GET /a.txt HTTP/1.1| A: b|Host: x||", bad, end},
		{"field without colon", "GET /a.txt HTTP/1.1|Host: x|hello||", bad, end},
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n\n", bad, end},
		{"tabs around a value", "GET /a.txt HTTP/1.1|Host:\t x \t||", ok, open},
		{"raw UTF-8", get("/ü.txt"), bad, end},
		{"escaped UTF-8", get("/%c3%BC.txt"), ok, "name\n[open]"},
		{"escaped everything", get("/%61%2Etxt"), ok, "hello\n[open]"},
		{"escaped ampersand", get("/a%26b.txt"), ok, "amp\n[open]"},
		{"fragment", get("/a.txt#x"), bad, end},
		{"query", get("/a.txt?/../../"), ok, open},
		{"absolute", get("http://other/a.txt"), ok, open},
		{"absolute, https", get("HTTPS://x:8/a.txt?x"), ok, open},
		{"absolute without path", "OPTIONS http://x HTTP/1.1|Host: x||", ok, open},
		{"absolute without host", get("http:///a.txt"), bad, open},
		{"absolute with a user", get("http://u@x/a.txt"), bad, open},
		{"other scheme", get("ftp://x/a.txt"), bad, open},
		{"relative", get("a.txt"), bad, open},
		{"star for GET", get("*"), bad, open},
		{"star", "OPTIONS * HTTP/1.1|Host: x||", ok, open},
		{"CONNECT", "CONNECT x:80 HTTP/1.1|Host: x||", "HTTP/1.1 501 ", open},
		{"TRACE", "TRACE / HTTP/1.1|Host: x||", "HTTP/1.1 501 ", open},
		{"long method", long(2000) + " / HTTP/1.1|Host: x||", "HTTP/1.1 501 ", open},
		{"dots that stay", get("/dir/../a.txt"), ok, open},
		{"dots that climb", get("/dir/../../a.txt"), bad, open},
		{"dots at the end", get("/dir/.."), none, open},
		{"double slash", get("//a.txt"), none, open},
		{"etc", get("/../../../../etc/passwd"), bad, open},
		{"etc, absolute", get("//etc/passwd"), none, open},
		{"etc, escaped twice", get("/%252e%252e/etc/passwd"), none, open},
		{"escaped slash", get("/dir%2findex.html"), none, open},
		{"escaped backslash", get("/..%5csecret.txt"), none, open},
		{"file with a slash", get("/a.txt/"), none, open},
		{"below a file", get("/a.txt/b"), none, open},
		{"link that leads out", get("/out"), none, open},
		{"pipe", get("/pipe"), none, open},
		{"no right", get("/noindex/"), none, open},
		{"root without index", get("/"), none, open},
		{"folder keeps the query", get("/dir?a=b"), "HTTP/1.1 301 ", open},
		{"HEAD of a folder", "HEAD /dir HTTP/1.1|Host: x||", "HTTP/1.1 301 ", "||[open]"},
		{"empty file", get("/empty.txt"), ok, "Content-Length: 0||[open]"},
		{"OPTIONS of a file", "OPTIONS /a.txt HTTP/1.1|Host: x||", ok, "Allow: GET, HEAD, PUT, DELETE, OPTIONS|Content-Length: 0||[open]"},
		{"PUT /form", "PUT /form HTTP/1.1|Host: x|Content-Length: 0||", "HTTP/1.1 405 ", open},
		{"PUT below a file", "PUT /a.txt/b HTTP/1.1|Host: x|Content-Length: 0||", "HTTP/1.1 409 ", open},
		{"PUT of a part", "PUT /n.txt HTTP/1.1|Host: x|Content-Length: 0|Content-Range: bytes 0-1/9||", bad, open},
		{"PUT of a folder", "PUT /dir/ HTTP/1.1|Host: x|Content-Length: 0||", "HTTP/1.1 409 ", open},
		{"PUT unless there", "PUT /a.txt HTTP/1.1|Host: x|Content-Length: 0|If-None-Match: *||", "HTTP/1.1 412 ", open},
		{"PUT if it is this", "PUT /a.txt HTTP/1.1|Host: x|Content-Length: 0|If-Match: " + labTag + "||", "HTTP/1.1 204 ", open},
		{"PUT if it is that", "PUT /a.txt HTTP/1.1|Host: x|Content-Length: 0|If-Match: \"x\"||", "HTTP/1.1 412 ", open},
		{"PUT if it is old", "PUT /a.txt HTTP/1.1|Host: x|Content-Length: 0|If-Unmodified-Since: Wed, 01 Jan 1992 00:00:00 GMT||", "HTTP/1.1 412 ", open},
		{"DELETE of a folder", "DELETE /dir/ HTTP/1.1|Host: x||", "HTTP/1.1 409 ", open},
		{"asctime", "GET /a.txt HTTP/1.1|Host: x|If-Modified-Since: Tue Jan  2 03:04:05 2024||", "HTTP/1.1 304 ", open},
		{"two dates", "GET /a.txt HTTP/1.1|Host: x|If-Modified-Since: " + labDate + "|If-Modified-Since: " + labDate + "||", ok, open},
		{"broken tag beside a date", "GET /a.txt HTTP/1.1|Host: x|If-None-Match: x|If-Modified-Since: " + labDate + "||", ok, open},
		{"condition on a missing file", "GET /none HTTP/1.1|Host: x|If-None-Match: *||", none, open},
		{"coding unknown", "POST /form HTTP/1.1|Host: x|Transfer-Encoding: gzip, chunked||", "HTTP/1.1 501 ", end},
		{"chunked not last", "POST /form HTTP/1.1|Host: x|Transfer-Encoding: chunked, chunked||0||", bad, end},
		{"coding in 1.0", "POST /form HTTP/1.0|Transfer-Encoding: chunked||0||", bad, end},
		{"equal lengths", "POST /form HTTP/1.1|Host: x|Content-Length: 3|Content-Length: 3||a=b", ok, form("a=b\n")},
		{"length beyond", "POST /form HTTP/1.1|Host: x|Content-Length: 99999999999||", "HTTP/1.1 413 ", end},
		{"chunks", "POST /form HTTP/1.1|Host: x|Transfer-Encoding: chunked||2 ; x = \"y\"|a=|0A|0123456789|000|T: u||", ok, form("a=0123456789\n")},
		{"chunk ended by LF", "POST /form HTTP/1.1|Host: x|Transfer-Encoding: chunked||2\na=\n0||", bad, end},
		{"empty form", get("/form"), ok, "Content-Length: 0||[open]"},
		{"form", get("/form?b=2&&a=%C3%BC+%2B&c&=d&b=3=4"), ok, form("b=2\na=ü +\nc=\n=d\nb=3=4\n")},
		{"form with broken escape", get("/form?a=%4"), bad, open},
		{"form is no folder", get("/form/"), none, open},
		{"unknown expectation", "GET /a.txt HTTP/1.1|Host: x|Expect: the-spanish-inquisition||", "HTTP/1.1 417 ", open},
		{"100", expecting("100-continue"), "HTTP/1.1 100 Continue||", open},
		{"no 100 for what is refused", "POST /a.txt HTTP/1.1|Host: x|Content-Length: 3|Expect: 100-continue||", "HTTP/1.1 405 ", end},
		{"no 100 when the body is here", expecting("100-continue") + "a=b", ok, form("a=b\n")},
		{"no 100 without a body", "GET /a.txt HTTP/1.1|Host: x|Expect: 100-continue||", ok, open},
		{"long target", get("/a.txt?" + long(8000)), ok, open},
		{"longer target", get("/" + long(8200)), "HTTP/1.1 414 ", end},
		{"long name", get("/" + long(300)), none, open},
		{"long fields", "GET /a.txt HTTP/1.1|Host: x|X: " + long(8000) + "||", ok, open},
		{"longer fields", "GET /a.txt HTTP/1.1|Host: x|X: " + long(8200) + "||", "HTTP/1.1 431 ", end},
		{"many fields", "GET /a.txt HTTP/1.1|Host: x|" + strings.Repeat("X:|", 501) + "|", "HTTP/1.1 431 ", end},
		{"half a line", "GET /a", "", "[open]"},
		{"nothing", "", "", "[open]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inLab(t, Faults{}, func(l *lab) {
				t := l.t
				require.NoError(t, os.Symlink("../secret.txt", filepath.Join(l.root, "out")))
				mkfifo(t, filepath.Join(l.root, "pipe"))
				got := l.ask(c.in)
				require.True(t, strings.HasPrefix(got, crlf(c.begins)), "want %q, got %q", c.begins, got)
				require.True(t, strings.HasSuffix(got, crlf(c.ends)), "want %q, got %q", c.ends, got)
				checkReplies(t, c.in, got)
				require.Contains(t, l.ask(get("/b.txt")), "other", "alive")
			})
		})
	}
}

// checkReplies reads what the server sent with the strict reader: the oracle keeps its own rules.
func checkReplies(t *testing.T, in, got string) {
	method, _, _ := strings.Cut(in, " ")
	got = got[:strings.LastIndexByte(got, '[')]
	r := NewReader(strings.NewReader(got), Limits{})
	for r.Offset() < int64(len(got)) {
		m, err := r.Response(method)
		require.NoError(t, err, "%q", got)
		require.Empty(t, m.Breaches)
		if m.Status != 100 {
			require.Equal(t, FormatDate(labClock), m.Header.Get("Date"))
		}
	}
}

// One byte at a time, each seen by the server on its own.
func TestByteByByte(t *testing.T) {
	inLab(t, Faults{}, func(l *lab) {
		t := l.t
		in := crlf("POST /form HTTP/1.1|Host: x|Transfer-Encoding: chunked||3|a=b|0||" + get("/a.txt"))
		p := l.dial()
		for i := range len(in) {
			p.send(in[i : i+1])
		}
		got := p.read()
		require.Contains(t, got, "a=b\n")
		require.Contains(t, got, "hello\n[open]")
	})
}

// A client that is silent is let go after the idle time: without a word between requests, with 408 within one.
func TestIdle(t *testing.T) {
	inLab(t, Faults{}, func(l *lab) {
		t := l.t
		for in, want := range map[string]string{"": "[end]", get("/b.txt"): "other\n[end]", "GET /a": "408 Request Timeout\n[end]", "PUT /a.txt HTTP/1.1|Host: x|Content-Length: 9||a": "Timeout\n[end]"} {
			p := l.dial().send(in)
			time.Sleep(31 * time.Second) // of the bubble's clock
			require.True(t, strings.HasSuffix(p.read(), want), in)
		}
		require.Equal(t, "[hello\n]", l.file("a.txt"))
	})
}

// A client that reads slowly gets every byte; one that does not read at all is let go.
func TestSlowReader(t *testing.T) {
	inLab(t, Faults{}, func(l *lab) {
		t := l.t
		p := l.dial().send(get("/big.bin"))
		time.Sleep(20 * time.Second)
		require.Greater(t, len(p.read()), 128<<10)
		p = l.dial().send(get("/big.bin"))
		time.Sleep(31 * time.Second)
		require.Less(t, len(p.read()), 128<<10)
	})
}

func TestManyAtOnce(t *testing.T) {
	inLab(t, Faults{}, func(l *lab) {
		t := l.t
		var peers []*peer
		for range 64 {
			peers = append(peers, l.dial().send("GET /a"))
		}
		for i, p := range peers {
			p.conn.Write([]byte(crlf(fmt.Sprintf(".txt?%d HTTP/1.1|Host: x||", i))))
		}
		for _, p := range peers {
			require.Contains(t, p.read(), "hello\n[")
			p.conn.Close()
		}
	})
}

// Of many that create one file at once, one is told that it did; the file is one of theirs, whole.
func TestPutAtOnce(t *testing.T) {
	inLab(t, Faults{}, func(l *lab) {
		t := l.t
		var peers []*peer
		for i := range 16 {
			p := l.dial()
			p.conn.Write([]byte(crlf("PUT /deep/er/n.txt HTTP/1.1|Host: x|Content-Length: 1000||") + strings.Repeat(string(rune('a'+i)), 1000)))
			peers = append(peers, p)
		}
		created := 0
		for _, p := range peers {
			created += strings.Count(p.read(), " 201 ")
		}
		require.Equal(t, 1, created)
		body := l.file("deep/er/n.txt")
		require.Equal(t, "["+strings.Repeat(body[1:2], 1000)+"]", body)
		left, err := os.ReadDir(filepath.Join(l.root, "deep/er"))
		require.NoError(t, err)
		require.Len(t, left, 1, "nothing is left beside it")
	})
}

// Close ends connections in every state and leaves no goroutine: synctest would say so, and goleak does.
func TestClose(t *testing.T) {
	inLab(t, Faults{}, func(l *lab) {
		t := l.t
		idle, half, body, waits := l.dial(), l.dial().send("GET /"), l.dial().send("PUT /n HTTP/1.1|Host: x|Content-Length: 9||"), l.dial().send(expecting("100-continue"))
		require.NoError(t, l.srv.Close())
		require.NoError(t, <-l.done)
		for _, p := range []*peer{idle, half, body, waits} {
			require.Contains(t, p.read(), "[end]")
		}
		l.done <- l.srv.Serve(newMemListener()) // a closed server does not serve again
	})
	require.ErrorContains(t, (&Server{Root: filepath.Join(t.TempDir(), "none")}).Serve(newMemListener()), "serve: ")
}
