package httpserver

import (
	"fmt"
	"strings"

	"github.com/wiregrade/wiregrade/harness/check"
)

// requests are the rules on how a request is understood: its line, its target and its fields.
func requests() []check.Check {
	return []check.Check{
		{
			Name:   "target-escapes",
			Clause: check.Course("Targets"),
			Says:   "decode %XX in the path of a target: %20 is a space, %41 is A, in either case of the digits",
			Hand:   "echo hi > \"$ROOT/a b.txt\"; curl -si http://$HOST:$PORT/a%20b.txt",
			Run: func(t *check.T) {
				first, second := t.Word(4), t.Word(4)
				f := plantAs(t, first+" ["+second+"].txt", []byte(t.Text(80)))
				f.target = fmt.Sprintf("/%%%02X%s%%20%%5b%s%%5D.txt", first[0], first[1:], second)
				c := dial(t)
				t.Judge()
				c.ask(request(t, "GET", f.target)).wantFile(f.content)
			},
		},
		{
			Name:   "target-utf8",
			Clause: check.Course("Targets"),
			Says:   "take the bytes that the escapes of a path stand for as UTF-8, the encoding of the names of files",
			Needs:  "target-escapes",
			Hand:   "echo hi > $ROOT/gr$(printf '\\303\\274')n.txt; curl -si http://$HOST:$PORT/gr%C3%BCn.txt",
			Run: func(t *check.T) {
				f := plantAs(t, t.Word(4)+"ü€😀.txt", []byte(t.Text(80)))
				f.target = "/" + f.name[:4] + "%C3%BC%E2%82%AC%F0%9F%98%80.txt"
				c := dial(t)
				t.Judge()
				c.ask(request(t, "GET", f.target)).wantFile(f.content)
			},
		},
		{
			Name:   "target-decoded-once",
			Clause: check.Course("Targets"),
			Says:   "decode a path once: %2541 stands for the three characters %41",
			Needs:  "target-escapes",
			Hand:   "echo hi > $ROOT/a%41.txt; curl -si http://$HOST:$PORT/a%2541.txt",
			Run: func(t *check.T) {
				word := t.Word(5)
				f := plantAs(t, word+"%41.txt", []byte(t.Text(80)))
				plantAs(t, word+"A.txt", []byte(t.Text(90)))
				f.target = "/" + word + "%2541.txt"
				c := dial(t)
				t.Judge()
				c.ask(request(t, "GET", f.target)).wantFile(f.content)
			},
		},
		{
			Name:   "target-query",
			Clause: check.Course("Targets"),
			Says:   "look for a file by the path alone: what follows the first ? is the query",
			Hand:   "curl -si 'http://$HOST:$PORT/a.txt?x=1&y=/z?'",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				c := dial(t)
				t.Judge()
				c.ask(request(t, "GET", f.target+"?"+t.Word(3)+"="+t.Word(3)+"/../"+t.Word(3)+"?")).wantFile(f.content)
			},
		},
		{
			Name:   "target-plus",
			Clause: check.Course("Targets"),
			Says:   "leave a plus in a path a plus: it is a space in the fields of a form only",
			Hand:   "echo hi > $ROOT/a+b.txt; curl -si http://$HOST:$PORT/a+b.txt",
			Run: func(t *check.T) {
				f := plantAs(t, t.Word(4)+"+"+t.Word(4)+".txt", []byte(t.Text(80)))
				c := dial(t)
				t.Judge()
				c.ask(request(t, "GET", f.target)).wantFile(f.content)
			},
		},
		{
			Name:   "target-absolute",
			Clause: check.Must("RFC 9112", "3.2.2"),
			Says:   "accept a whole URI as the target: `GET http://host/path HTTP/1.1`",
			Hand:   "curl -si --request-target http://$HOST:$PORT/a.txt http://$HOST:$PORT/",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				c := dial(t)
				t.Judge()
				c.ask(request(t, "GET", "http://"+t.Addr()+f.target)).wantFile(f.content)
			},
		},
		{
			Name:   "target-malformed",
			Clause: check.Course("Targets"),
			Says:   "answer a broken escape in a path, such as %4 or %zz, with 400",
			Needs:  "target-escapes",
			Hand:   "curl -si http://$HOST:$PORT/a%zz.txt",
			Run: func(t *check.T) {
				f := plantAs(t, t.Word(5)+"%"+t.Word(1)+"z.txt", []byte(t.Text(80)))
				c := dial(t)
				t.Judge()
				c.ask(request(t, "GET", f.target)).wantStatus(400)
			},
		},
		{
			Name:   "field-names",
			Clause: check.Course("Requests"),
			Says:   "know a field by its name in any case: hOsT is Host (RFC 9110 §5.1)",
			Hand:   "printf 'GET /a.txt HTTP/1.1\\r\\nhOsT: x\\r\\ncONNECTION: close\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				c := dial(t)
				t.Judge()
				c.ask(message("GET "+f.target+" HTTP/1.1", mixed(t, "Host")+": "+t.Addr())).wantFile(f.content)
			},
		},
		{
			Name:   "field-whitespace",
			Clause: check.Must("RFC 9110", "5.5"),
			Says:   "leave out the spaces before and behind the value of a field; there may be none or several",
			Hand:   "printf 'GET /a.txt HTTP/1.1\\r\\nHost:x  \\r\\nConnection: close\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				t.Start()
				t.Judge()
				for _, field := range []string{"Host:" + t.Addr(), "Host:   " + t.Addr() + "  "} {
					ask(t, message("GET "+f.target+" HTTP/1.1", field)).wantFile(f.content)
				}
			},
		},
		{
			Name:   "fields-unknown",
			Clause: check.Should("RFC 9110", "5.1"),
			Says:   "ignore fields that you do not know, and those with an empty value",
			Hand:   "curl -si -H 'X-What: ever' -H 'X-Empty;' http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				f.needed(t)
				t.Judge()
				for _, field := range []string{"X-" + t.Word(6) + ": " + t.Text(20), "Accept:", "Via: 1.1 " + t.Word(6)} {
					ask(t, request(t, "GET", f.target, field)).wantFile(f.content)
				}
			},
		},
		{
			Name:     "leading-empty-line",
			Clause:   check.Should("RFC 9112", "2.2"),
			Advisory: true,
			Says:     "skip an empty line before a request line (respected servers answer 400, so this is advice)",
			Hand:     "printf '\\r\\nGET /a.txt HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				c := dial(t)
				t.Judge()
				c.Send("\r\n" + request(t, "GET", f.target))
				c.next("GET").wantFile(f.content)
			},
		},
		{
			Name:   "host-missing",
			Clause: check.Must("RFC 9112", "3.2"),
			Says:   "answer a request of HTTP/1.1 without Host with 400",
			Hand:   "curl -si -H 'Host:' http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				refused(t, func(f file) string { return message("GET " + f.target + " HTTP/1.1") }, 400)
			},
		},
		{
			Name:   "host-twice",
			Clause: check.Must("RFC 9112", "3.2"),
			Says:   "answer a request with two Host fields with 400",
			Hand:   "curl -si -H 'Host: a' -H 'Host: b' http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				refused(t, func(f file) string { return request(t, "GET", f.target, "Host: "+t.Word(6)) }, 400)
			},
		},
		{
			Name:   "host-malformed",
			Clause: check.Must("RFC 9112", "3.2"),
			Says:   "answer a request whose Host is no host and port, such as one with a space in it, with 400",
			Hand:   "curl -si -H 'Host: a b' http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				refused(t, func(f file) string {
					return message("GET "+f.target+" HTTP/1.1", "Host: "+t.Word(4)+" "+t.Word(4))
				}, 400)
			},
		},
		{
			Name:   "space-before-colon",
			Clause: check.Must("RFC 9112", "5.1"),
			Says:   "answer a request with a space between a field's name and its colon with 400",
			Hand:   "printf 'GET /a.txt HTTP/1.1\\r\\nHost: x\\r\\nX-A : 1\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				refused(t, func(f file) string { return request(t, "GET", f.target, "X-"+t.Word(5)+" : "+t.Word(5)) }, 400)
			},
		},
		{
			Name:   "version-major",
			Clause: check.Course("Versions"),
			Says:   "answer a request whose major version is not 1 with 505",
			Hand:   "printf 'GET /a.txt HTTP/3.7\\r\\nHost: x\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				version := fmt.Sprintf("HTTP/%d.%d", 3+t.Rand().IntN(7), t.Rand().IntN(10))
				refused(t, func(f file) string {
					return message("GET "+f.target+" "+version, "Host: "+t.Addr(), "Connection: close")
				}, 505)
			},
		},
		{
			Name:   "version-minor",
			Clause: check.Should("RFC 9110", "6.2"),
			Says:   "treat HTTP/1.2 as HTTP/1.1, or answer it with 505",
			Hand:   "printf 'GET /a.txt HTTP/1.2\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				f.needed(t)
				c := dial(t)
				t.Judge()
				a := c.ask(message("GET "+f.target+" HTTP/1.2", "Host: "+t.Addr(), "Connection: close"))
				a.wantStatus(200, 505)
			},
		},
	}
}

// refused judges that a request for a file is answered with one of the statuses. A server that closes without a
// word has not answered.
func refused(t *check.T, write func(f file) string, right ...int) {
	f := plant(t, ".txt")
	f.needed(t)
	req := write(f)
	c := dial(t)
	t.Judge()
	c.refuses(req, right...)
}

// refuses judges the status of the answer to a request. Its head is enough for that, and an answer without one is
// wrong.
func (c *client) refuses(req string, right ...int) {
	c.Send(req)
	a, err := c.final(methodOf(req))
	if a == nil {
		c.whole(nil, err)
	}
	a.wantStatus(right...)
}

// mixed writes a name in another case than anyone does: hOsT.
func mixed(t *check.T, name string) string {
	b := []byte(strings.ToUpper(name))
	for i := range b {
		if i == 0 || t.Rand().IntN(2) == 0 {
			b[i] |= 0x20
		}
	}
	if string(b) == strings.ToLower(name) {
		b[len(b)-1] &^= 0x20
	}
	return string(b)
}
