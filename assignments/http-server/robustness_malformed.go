package httpserver

import (
	"fmt"
	"strings"

	"github.com/wiregrade/wiregrade/harness/check"
)

// malformed are the rules on requests that are wrong.
func malformed() []check.Check {
	return []check.Check{
		{
			Name:   "not-http",
			Clause: check.Should("RFC 9112", "2.2"),
			Says:   "answer what is no request of HTTP at all with 400, and stay up",
			Hand:   "printf 'hello\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				f.needed(t)
				c := dial(t)
				t.Judge()
				c.refuses(t.Word(5)+"\x01"+t.Word(7)+"\r\n\r\n", 400)
				c.Close()
				f.serves(t)
			},
		},
		{
			Name:   "request-line-words",
			Clause: check.Should("RFC 9112", "2.2"),
			Says:   "answer a request line that is not three words with 400",
			Hand:   "printf 'GET /a.txt x HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				f.needed(t)
				t.Judge()
				for _, line := range []string{"GET " + f.target + " " + t.Word(3) + " HTTP/1.1", "GET"} {
					c := dial(t)
					c.refuses(message(line, "Host: "+t.Addr()), 400)
					c.Close()
				}
			},
		},
		{
			Name:   "version-malformed",
			Clause: check.Should("RFC 9112", "2.2"),
			Says:   "answer a request line whose version is none, such as HTTP/x.y, with 400",
			Hand:   "printf 'GET /a.txt HTTP/x.y\\r\\nHost: x\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				refused(t, func(f file) string {
					return message("GET "+f.target+" HTTP/"+t.Word(1)+"."+t.Word(1), "Host: "+t.Addr())
				}, 400, 505)
			},
		},
		{
			Name:   "field-without-colon",
			Clause: check.Should("RFC 9112", "2.2"),
			Says:   "answer a request with a field line that has no colon with 400",
			Hand:   "printf 'GET /a.txt HTTP/1.1\\r\\nHost: x\\r\\nnonsense\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				refused(t, func(f file) string { return request(t, "GET", f.target, t.Word(9)) }, 400)
			},
		},
		{
			Name:     "field-with-nul",
			Clause:   check.Must("RFC 9110", "5.5"),
			Advisory: true,
			Says:     "answer a request with a zero byte in a field with 400 (it may also be replaced by a space)",
			Hand:     "printf 'GET /a.txt HTTP/1.1\\r\\nHost: x\\r\\nX-A: a\\0b\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				refused(t, func(f file) string { return request(t, "GET", f.target, "X-A: "+t.Word(3)+"\x00"+t.Word(3)) }, 400)
			},
		},
		{
			Name:   "field-beyond-ascii",
			Clause: check.Should("RFC 9110", "5.5"),
			Says:   "take bytes beyond ASCII in a field's value as they are: they need not be UTF-8",
			Hand:   "printf 'GET /a.txt HTTP/1.1\\r\\nHost: x\\r\\nX-A: \\377\\r\\nConnection: close\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				f.needed(t)
				c := dial(t)
				t.Judge()
				c.ask(request(t, "GET", f.target, "User-Agent: "+t.Word(3)+"\xff\xc3"+t.Word(3))).wantFile(f.content)
			},
		},
		{
			Name:   "length-negative",
			Clause: check.Must("RFC 9112", "6.3"),
			Says:   "answer a negative Content-Length with 400",
			Hand:   "curl -si -X POST -H 'Content-Length: -1' http://$HOST:$PORT/form",
			Run: func(t *check.T) {
				length(t, fmt.Sprintf("Content-Length: -%d", 1+t.Rand().IntN(9)))
			},
		},
		{
			Name:   "length-with-letters",
			Clause: check.Must("RFC 9112", "6.3"),
			Says:   "answer a Content-Length that is not digits to its end, such as 5x, with 400: atoi does not tell",
			Hand:   "curl -si -X POST -H 'Content-Length: 5x' http://$HOST:$PORT/form",
			Run: func(t *check.T) {
				length(t, "Content-Length: 5"+t.Word(1))
			},
		},
		{
			Name:   "length-with-sign",
			Clause: check.Must("RFC 9112", "6.3"),
			Says:   "answer a Content-Length with a plus sign with 400: it is digits alone",
			Hand:   "curl -si -X POST -H 'Content-Length: +5' http://$HOST:$PORT/form",
			Run:    func(t *check.T) { length(t, "Content-Length: +5") },
		},
		{
			Name:   "length-empty",
			Clause: check.Must("RFC 9112", "6.3"),
			Says:   "answer an empty Content-Length with 400 (or 411)",
			Hand:   "curl -si -X POST -H 'Content-Length;' http://$HOST:$PORT/form",
			Run:    func(t *check.T) { length(t, "Content-Length: ") },
		},
		{
			Name:   "lengths-unlike",
			Clause: check.Must("RFC 9112", "6.3"),
			Says:   "answer two Content-Lengths that differ with 400",
			Hand:   "curl -si -X POST -H 'Content-Length: 5' -H 'Content-Length: 6' http://$HOST:$PORT/form",
			Run: func(t *check.T) {
				length(t, "Content-Length: 5", fmt.Sprintf("Content-Length: %d", 6+t.Rand().IntN(9)))
			},
		},
		{
			Name:   "length-closes",
			Clause: check.Must("RFC 9112", "6.3"),
			Says:   "close the connection after the 400 for an invalid Content-Length: nobody knows where the next request begins",
			Hand:   "printf 'POST /form HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 5x\\r\\n\\r\\nGET /a.txt HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				needForm(t)
				c := dial(t)
				c.Send(request(t, "POST", "/form", formType, "Content-Length: 5"+t.Word(1)))
				a := c.nextOrClosed("POST")
				if a == nil {
					return
				}
				a.needStatus(400)
				t.Judge()
				c.Send(request(t, "GET", f.target))
				if a := c.nextOrClosed("GET"); a != nil {
					t.Fail(a.head(), "the end of the connection", a.says())
				}
			},
		},
		{
			Name:   "length-and-coding",
			Clause: check.Must("RFC 9112", "6.1"),
			Says:   "answer Content-Length together with Transfer-Encoding with 400, or let the encoding win; close after it",
			Hand:   "printf 'POST /form HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 3\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n3\\r\\na=1\\r\\n0\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				body := "a=" + t.Word(4)
				f := plant(t, ".txt")
				needForm(t)
				c := dial(t)
				t.Judge()
				c.Send(request(t, "POST", "/form", formType, "Content-Length: 4", "Transfer-Encoding: chunked") + "6\r\n" + body + "\r\n0\r\n\r\n")
				a := c.nextOrClosed("POST")
				if a == nil {
					return // closed without an answer: nobody was misled
				}
				if a.Status != 400 {
					a.wantLines(body)
				}
				c.Send(request(t, "GET", f.target))
				if b := c.nextOrClosed("GET"); b != nil {
					t.Fail(b.head(), "the end of the connection", b.says())
				}
			},
		},
		{
			Name:   "coding-unknown",
			Clause: check.Should("RFC 9112", "6.1"),
			Says:   "answer a transfer coding that you do not know with 501",
			Hand:   "curl -si -H 'Transfer-Encoding: frob' -d a=1 http://$HOST:$PORT/form",
			Run: func(t *check.T) {
				needForm(t)
				c := dial(t)
				t.Judge()
				c.refuses(request(t, "POST", "/form", formType, "Transfer-Encoding: x"+t.Word(5)), 501, 400)
			},
		},
		{
			Name:   "chunk-size-malformed",
			Clause: check.Should("RFC 9112", "2.2"),
			Says:   "answer a chunk whose size is no hexadecimal number with 400",
			Hand:   "printf 'POST /form HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nzz\\r\\na=1\\r\\n0\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				chunks(t, "z"+t.Word(1)+"\r\na=1\r\n0\r\n\r\n").wantStatus(400)
			},
		},
		{
			Name:   "chunk-too-long",
			Clause: check.Should("RFC 9112", "2.2"),
			Says:   "answer a chunk with more bytes than its size says with 400: CR LF must follow right behind them",
			Hand:   "printf 'POST /form HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n3\\r\\na=123\\r\\n0\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				chunks(t, "3\r\na=1"+t.Word(3)+"\r\n0\r\n\r\n").wantStatus(400)
			},
		},
	}
}

// length judges that a POST with those lengths is answered with 400, or with 411 as if there was none.
func length(t *check.T, lengths ...string) {
	needForm(t)
	c := dial(t)
	t.Judge()
	c.refuses(request(t, "POST", "/form", append(lengths, formType)...)+"a="+t.Word(3), 400, 411)
}

// needChunked leaves the clause unjudged unless /form takes a chunked body that is right.
func needChunked(t *check.T) {
	body := "a=" + t.Word(3)
	a := ask(t, request(t, "POST", "/form", formType, "Transfer-Encoding: chunked")+"5\r\n"+body+"\r\n0\r\n\r\n")
	a.needStatus(200)
	if got := strings.TrimRight(string(a.Body), "\r\n"); got != body {
		t.Block("want %s from /form on the way, got %s", body, quote([]byte(got)))
	}
}

// chunks gives the answer to a chunked POST of that body, judged.
func chunks(t *check.T, body string) *answer {
	needChunked(t)
	c := dial(t)
	t.Judge()
	return c.ask(request(t, "POST", "/form", formType, "Transfer-Encoding: chunked") + body)
}
