package httpserver

import (
	"bytes"
	"strings"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/http1"
)

// bodies are the rules on the body of a request: where it ends, and that the next request begins there.
func bodies() []check.Check {
	return []check.Check{
		{
			Name:   "body-unwanted",
			Clause: check.Must("RFC 9112", "9.3"),
			Says:   "read the body of a request that you refuse, or close: it is not the next request",
			Hand:   "curl -sv -d 'GET / HTTP/1.1' http://$HOST:$PORT/missing http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				unwanted(t, "POST", "/"+t.Word(9))
			},
		},
		{
			Name:   "body-of-get",
			Clause: check.Must("RFC 9112", "9.3"),
			Says:   "read the body of a GET too when it has one, or close: it is not the next request",
			Hand:   "curl -sv -X GET -d 'GET / HTTP/1.1' http://$HOST:$PORT/a.txt http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				unwanted(t, "GET", plant(t, ".txt").target)
			},
		},
		{
			Name:   "chunked",
			Clause: check.Must("RFC 9112", "7.1"),
			Says:   "decode a chunked body: hexadecimal size, CR LF, that many bytes, CR LF, until a size of 0",
			Hand:   "curl -si -H 'Transfer-Encoding: chunked' -d a=1 http://$HOST:$PORT/form",
			Run: func(t *check.T) {
				chunkedForm(t, "chunked", []int{1, 2, 7, 5}, "", nil)
			},
		},
		{
			Name:   "chunked-sizes",
			Clause: check.Must("RFC 9112", "7.1"),
			Says:   "read the size of a chunk as hexadecimal digits, in capitals or small letters, with zeros before them or none",
			Needs:  "chunked",
			Hand:   "printf 'POST /form HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: chunked\\r\\nConnection: close\\r\\n\\r\\n00A\\r\\na=12345678\\r\\n0\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				value := t.Word(10 + 26 + 12)
				body := "a=" + value
				needForm(t)
				c := dial(t)
				t.Judge()
				// Sizes that mean something else, or nothing, when they are taken as decimal: 10, 26 and 12+2.
				c.Send(request(t, "POST", "/form", formType, "Transfer-Encoding: chunked") +
					"00A\r\n" + body[:10] + "\r\n1a\r\n" + body[10:36] + "\r\n0E\r\n" + body[36:] + "\r\n000\r\n\r\n")
				c.next("POST").wantLines("a=" + value)
			},
		},
		{
			Name:   "chunked-extension",
			Clause: check.Must("RFC 9112", "7.1.1"),
			Says:   "ignore what follows the size of a chunk behind a semicolon",
			Needs:  "chunked",
			Hand:   "printf 'POST /form HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: chunked\\r\\nConnection: close\\r\\n\\r\\n3;x=y\\r\\na=1\\r\\n0\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				extension := ";" + t.Word(3) + ";" + t.Word(3) + "=" + t.Word(4) + ";" + t.Word(2) + `="a b"`
				chunkedForm(t, "chunked", []int{9}, extension, nil)
			},
		},
		{
			Name:   "chunked-trailer",
			Clause: check.Course("Bodies"),
			Says:   "read the fields behind the last chunk up to the empty line, and drop them: the next request follows",
			Needs:  "chunked",
			Hand:   "printf 'POST /form HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: chunked\\r\\nConnection: close\\r\\n\\r\\n3\\r\\na=1\\r\\n0\\r\\nX-Sum: 1\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				trailer := http1.Header{{Name: "X-" + t.Word(5), Value: t.Text(12)}, {Name: "X-" + t.Word(4), Value: t.Word(3)}}
				chunkedForm(t, "chunked", []int{8}, "", trailer)
			},
		},
		{
			Name:   "chunked-name",
			Clause: check.Course("Bodies"),
			Says:   "know the coding by its name in any case: Chunked is chunked (RFC 9112 §7)",
			Needs:  "chunked",
			Hand:   "printf 'POST /form HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: Chunked\\r\\nConnection: close\\r\\n\\r\\n3\\r\\na=1\\r\\n0\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				chunkedForm(t, mixed(t, "chunked"), []int{6}, "", nil)
			},
		},
		{
			Name:   "chunked-split",
			Clause: check.Must("RFC 9112", "7.1"),
			Says:   "decode a chunked body however the segments are cut: one read is not one chunk",
			Needs:  "chunked",
			Hand:   "(printf 'POST /form HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: chunked\\r\\nConnection: close\\r\\n\\r\\n3\\r\\na='; sleep 1; printf '1\\r\\n0\\r\\n\\r\\n') | nc $HOST $PORT",
			Run: func(t *check.T) {
				value := t.Word(30)
				needForm(t)
				c := dial(t)
				head := request(t, "POST", "/form", formType, "Transfer-Encoding: chunked")
				body := string(http1.Chunked([]byte("a="+value), []int{9, 3}, "", nil))
				t.Judge()
				c.SendPieces(head+body, len(head), 1, 4, 9, 1, 1, 1, 2, 3)
				c.next("POST").wantLines("a=" + value)
			},
		},
		{
			Name:   "chunked-put",
			Clause: check.Must("RFC 9112", "7.1"),
			Says:   "store the content of a chunked PUT without the sizes",
			Hand:   "curl -si -H 'Transfer-Encoding: chunked' -T README.md http://$HOST:$PORT/new.txt; cmp README.md $ROOT/new.txt",
			Run: func(t *check.T) {
				f := file{name: t.Word(8) + ".txt", content: []byte(t.Word(70))}
				needPut(t)
				needChunked(t)
				t.Judge()
				ask(t, request(t, "PUT", "/"+f.name, "Transfer-Encoding: chunked")+string(http1.Chunked(f.content, []int{9, 1}, "", nil))).wantStatus(putDone...)
				f.stored(t, f.content)
			},
		},
		{
			Name:   "body-split",
			Clause: check.Course("Bodies"),
			Says:   "read as many bytes of the body as Content-Length says, in as many reads as it takes",
			Hand:   "(printf 'POST /form HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 5\\r\\nConnection: close\\r\\n\\r\\na='; sleep 1; printf '123') | nc $HOST $PORT",
			Run: func(t *check.T) {
				f := file{name: t.Word(8) + ".txt", content: []byte(t.Word(70))}
				needForm(t)
				needPut(t)
				t.Judge()
				split := func(req string) *answer {
					c := dial(t)
					defer c.Close()
					c.SendPieces(req, len(req)-40, 1, 39)
					return c.next(methodOf(req))
				}
				split(withBody(t, "POST", "/form", "a="+string(f.content), formType)).wantLines("a=" + string(f.content))
				split(withBody(t, "PUT", "/"+f.name, string(f.content))).wantStatus(putDone...)
				f.stored(t, f.content)
			},
		},
	}
}

// unwanted judges that the body of a request is not taken as the next request.
func unwanted(t *check.T, method, target string) {
	f, decoy := plant(t, ".txt"), plant(t, ".html")
	f.needed(t)
	c := dial(t)
	t.Judge()
	c.Send(withBody(t, method, target, request(t, "GET", decoy.target), formType))
	if c.nextOrClosed(method) == nil {
		return
	}
	c.Send(request(t, "GET", f.target))
	if a := c.nextOrClosed("GET"); a != nil && (a.Status != 200 || !bytes.HasPrefix(a.Body, f.content[:identity])) {
		t.Fail(a.head(), "the answer to the second request, or the end of the connection", a.says())
	}
}

// needForm leaves the clause unjudged unless /form takes a body that is sent in the plainest way.
func needForm(t *check.T) {
	body := "a=" + t.Word(5)
	a := ask(t, withBody(t, "POST", "/form", body, formType))
	a.needStatus(200)
	if got := strings.TrimRight(string(a.Body), "\r\n"); got != body {
		t.Block("want %s from /form on the way, got %s", body, quote([]byte(got)))
	}
}

// needPut leaves the clause unjudged unless PUT stores a small file.
func needPut(t *check.T) {
	name, content := t.Word(8)+".txt", t.Word(20)
	ask(t, withBody(t, "PUT", "/"+name, content)).needStatus(putDone...)
	if got, _, _ := t.Folder(root).Read(name); string(got) != content {
		t.Block("want a PUT to store its body on the way, got %s", quote(got))
	}
}

// chunkedForm judges the answer to a chunked POST of a form, and that the next request is served.
func chunkedForm(t *check.T, coding string, sizes []int, extension string, trailer http1.Header) {
	f := plant(t, ".txt")
	body := "a=" + t.Word(40)
	req := request(t, "POST", "/form", formType, "Transfer-Encoding: "+coding) + string(http1.Chunked([]byte(body), sizes, extension, trailer))
	needForm(t)
	c := dial(t)
	t.Judge()
	c.ask(req).wantLines(body)
	c.Send(request(t, "GET", f.target))
	if a := c.nextOrClosed("GET"); a != nil {
		a.wantFile(f.content)
	}
}
