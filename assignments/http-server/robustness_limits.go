package httpserver

import (
	"fmt"
	"strings"

	"github.com/wiregrade/wiregrade/harness/check"
)

const (
	promised = 8000  // bytes of a head that are served
	beyond   = 20000 // bytes of a target or a field that need not be
)

// limits are the rules on what is large.
func limits() []check.Check {
	return []check.Check{
		{
			Name:   "long-target",
			Clause: check.Course("Limits"),
			Says:   "serve a request whose target fills a head of 8,000 bytes",
			Hand:   "curl -si http://$HOST:$PORT/a.txt?$(head -c 7800 /dev/zero | tr '\\0' x)",
			Run: func(t *check.T) {
				f := plantAs(t, strings.Repeat(t.Word(180)+"/", 12)+t.Word(8)+".txt", []byte(t.Text(60)))
				bare := request(t, "GET", f.target+"?")
				short := plantAs(t, t.Word(5)+"/"+t.Word(5)+".txt", []byte(t.Text(40)))
				ask(t, request(t, "GET", short.target+"?"+t.Word(5))).need(short.content)
				c := dial(t)
				t.Judge()
				c.ask(request(t, "GET", f.target+"?"+t.Word(promised-len(bare)))).wantFile(f.content)
			},
		},
		{
			Name:   "long-head",
			Clause: check.Course("Limits"),
			Says:   "serve a request with a head of 8,000 bytes, in one long field",
			Hand:   "curl -si -H \"X-A: $(head -c 7800 /dev/zero | tr '\\0' x)\" http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				bare := request(t, "GET", f.target, "User-Agent: ")
				c := dial(t)
				t.Judge()
				c.ask(request(t, "GET", f.target, "User-Agent: "+t.Word(promised-len(bare)))).wantFile(f.content)
			},
		},
		{
			Name:   "many-fields",
			Clause: check.Course("Limits"),
			Says:   "serve a request with 64 fields: the head is below 8,000 bytes",
			Hand:   "curl -si $(seq -f '-HX-%g:1' 64) http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				var fields []string
				for range 64 {
					fields = append(fields, "Accept: text/"+t.Word(8))
				}
				c := dial(t)
				t.Judge()
				c.ask(request(t, "GET", f.target, fields...)).wantFile(f.content)
			},
		},
		{
			Name:   "overlong-target",
			Clause: check.Course("Large input"),
			Says:   "answer a target of 20,000 bytes with 414, 431 or 400, close, or serve it, and stay up",
			Hand:   "curl -si http://$HOST:$PORT/a.txt?$(head -c 20000 /dev/zero | tr '\\0' x)",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				f.needed(t)
				c := dial(t)
				t.Judge()
				c.Send(request(t, "GET", f.target+"?"+t.Word(beyond)))
				if a := c.nextOrClosed("GET"); a != nil {
					a.wantStatus(414, 431, 400, 200)
				}
				c.Close()
				f.serves(t)
			},
		},
		{
			Name:   "overlong-field",
			Clause: check.Course("Large input"),
			Says:   "answer a field of 20,000 bytes with 431 or 400, close, or serve the request, and stay up",
			Hand:   "curl -si -H \"X-A: $(head -c 20000 /dev/zero | tr '\\0' x)\" http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				f.needed(t)
				c := dial(t)
				t.Judge()
				c.Send(request(t, "GET", f.target, "X-A: "+t.Word(beyond)))
				if a := c.nextOrClosed("GET"); a != nil {
					a.wantStatus(431, 400, 414, 200)
				}
				c.Close()
				f.serves(t)
			},
		},
		{
			Name:   "overlong-length",
			Clause: check.Must("RFC 9110", "8.6"),
			Says:   "do not let a Content-Length beyond 64 bits wrap around to a small number: 400, 413 or close",
			Hand:   "curl -si -m 5 -X POST -H 'Content-Length: 18446744073709551621' -d a=123 http://$HOST:$PORT/form",
			Run: func(t *check.T) {
				// 2^64 and a little, so that the low 64 bits are the length of the body.
				body := "a=" + t.Word(3)
				needForm(t)
				survives(t, request(t, "POST", "/form", formType, "Content-Length: 18446744073709551621")+body)
			},
		},
		{
			Name:   "overlong-chunk",
			Clause: check.Must("RFC 9112", "7.1"),
			Says:   "do not let a chunk size beyond 64 bits wrap around to a small number: 400, 413 or close",
			Hand:   "printf 'POST /form HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n10000000000000005\\r\\na=123\\r\\n0\\r\\n\\r\\n' | nc -N $HOST $PORT",
			Run: func(t *check.T) {
				needChunked(t)
				survives(t, request(t, "POST", "/form", formType, "Transfer-Encoding: chunked")+"10000000000000005\r\na="+t.Word(3)+"\r\n0\r\n\r\n")
			},
		},
	}
}

// survives judges that a request which announces more than anyone can send is refused, or its end awaited in
// vain, and not taken for a short one.
func survives(t *check.T, req string) {
	f := plant(t, ".txt")
	f.needed(t)
	c := dial(t)
	t.Judge()
	c.Send(req)
	c.CloseWrite()
	if a := c.nextOrClosed(methodOf(req)); a != nil && a.Status/100 != 4 {
		t.Fail(a.code(), "400 or 413, or the end of the connection", fmt.Sprint(a.Status))
	}
	c.Close()
	f.serves(t)
}
