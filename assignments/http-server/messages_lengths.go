package httpserver

import (
	"fmt"
	"strings"

	"github.com/wiregrade/wiregrade/harness/check"
)

const (
	largeSize = 1 << 20 // of a file that no single write takes
	hugeSize  = 8 << 20 // of one that does not fit into the buffers on the way
)

// lengths are the rules on the content of a response and how its end is known.
func lengths() []check.Check {
	return []check.Check{
		{
			Name:   "length-exact",
			Clause: check.Must("RFC 9110", "8.6"),
			Says:   "make Content-Length the number of bytes that follow the empty line, as decimal digits and once",
			Hand:   "curl -si http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				exact(t, plant(t, ".txt"))
			},
		},
		{
			Name:   "length-in-bytes",
			Clause: check.Must("RFC 9110", "8.6"),
			Says:   "count bytes for Content-Length, not the characters of a decoded text",
			Needs:  "length-exact",
			Hand:   "printf 'gr\\303\\274n\\n' > $ROOT/u.txt; curl -si http://$HOST:$PORT/u.txt",
			Run: func(t *check.T) {
				var text strings.Builder
				for range 20 {
					text.WriteString(t.Word(3) + []string{"ä", "ß", "€", "😀", "日本"}[t.Rand().IntN(5)])
				}
				exact(t, plantAs(t, t.Word(8)+".txt", []byte(text.String())))
			},
		},
		{
			Name:   "length-sent",
			Clause: check.Should("RFC 9110", "8.6"),
			Says:   "send Content-Length (or chunks) with every file, with `Content-Length: 0` for an empty one",
			Hand:   ": > $ROOT/empty.txt; curl -si http://$HOST:$PORT/empty.txt",
			Run: func(t *check.T) {
				for _, f := range []file{plant(t, ".txt"), plantAs(t, t.Word(8)+".txt", nil)} {
					c := dial(t)
					c.Send(request(t, "GET", f.target))
					a, err := c.final("GET")
					if a == nil {
						c.readable(a, err)
					}
					c.Close()
					a.needStatus(200)
					t.Require(a.Header.Has("Content-Length") || a.Header.Has("Transfer-Encoding"), a.head(), "Content-Length", "no such field")
				}
			},
		},
		{
			Name:   "length-of-others",
			Clause: check.Must("RFC 9110", "8.6"),
			Says:   "give errors, redirects and the answers to PUT a right Content-Length too: what follows it is the next response",
			Hand:   "curl -si http://$HOST:$PORT/missing http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				plant(t, ".txt").needed(t)
				folder := t.Word(7)
				t.Folder(root).Mkdir(folder)
				t.Judge()
				for _, req := range []string{
					request(t, "GET", "/"+t.Word(9)),
					request(t, "GET", "/"+folder),
					withBody(t, "PUT", "/"+t.Word(9)+".txt", t.Text(20)),
				} {
					c := dial(t)
					c.Send(req)
					if c.judgedOrClosed(methodOf(req)) == nil {
						continue
					}
					// What a wrong length leaves over would be the beginning of the next response.
					c.Send(request(t, "GET", "/"+t.Word(8), "Connection: close"))
					c.judgedOrClosed("GET")
					c.Close()
				}
			},
		},
		{
			Name:   "one-framing",
			Clause: check.Must("RFC 9112", "6.2"),
			Says:   "send Content-Length or Transfer-Encoding, never both",
			Hand:   "curl -si http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				ask(t, request(t, "GET", f.target)).judge("9112 6.2")
			},
		},
		{
			Name:   "content-bytes",
			Clause: check.Course("Files"),
			Says:   "send the bytes of a file as they are: no text mode, no decoding, no end at a zero byte",
			Hand:   "head -c 999 /dev/urandom > $ROOT/r.bin; curl -s http://$HOST:$PORT/r.bin | cmp - $ROOT/r.bin",
			Run: func(t *check.T) {
				content := append(t.Bytes(700), "\n\r\n\x00\x1a\xff\xfe\n"...)
				f := plantAs(t, t.Word(8)+".bin", append(content, t.Bytes(300)...))
				c := dial(t)
				t.Judge()
				a := c.ask(request(t, "GET", f.target))
				a.needStatus(200)
				if n := len(f.content) - len(a.Body); n != 0 && max(n, -n) < someBytes && differ(a.Body, f.content) == min(len(a.Body), len(f.content)) {
					t.Block("the length of the response is not that of the file (see messages/length-exact)")
				}
				a.wantBody(f.content)
			},
		},
		{
			Name:   "range",
			Clause: check.Must("RFC 9110", "15.3.7.1"),
			Says:   "answer a Range with 200 and all of the file, or with 206, a Content-Range and exactly those bytes",
			Hand:   "curl -si -r 3-9 http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				first := 10 + t.Rand().IntN(40)
				last := first + 5 + t.Rand().IntN(30)
				c := dial(t)
				t.Judge()
				a := c.ask(request(t, "GET", f.target, fmt.Sprintf("Range: bytes=%d-%d", first, last)))
				if a.Status != 206 {
					a.needStatus(200) // Range may be ignored
					return
				}
				t.Want(a.line("Content-Range"), a.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-%d/%d", first, last, len(f.content)))
				a.wantBody(f.content[first : last+1])
			},
		},
		{
			Name:   "content-large",
			Clause: check.Course("Files"),
			Says:   "send all of a large file: one call of send or write may take a part of it only",
			Hand:   "head -c 1048576 /dev/urandom > $ROOT/r.bin; curl -s http://$HOST:$PORT/r.bin | cmp - $ROOT/r.bin",
			Run: func(t *check.T) {
				f := plantAs(t, t.Word(8)+".bin", bulk(t, largeSize))
				c := dial(t)
				t.Judge()
				c.Send(request(t, "GET", f.target))
				a := c.long("GET")
				a.needStatus(200)
				a.wantBulk(f.content)
			},
		},
	}
}

// exact judges that a file's response ends where its fields say, with nothing behind it.
func exact(t *check.T, f file) {
	c := dial(t)
	t.Judge()
	c.Send(request(t, "GET", f.target, "Connection: close"))
	a := c.judged("GET")
	a.judge("9110 8.6", "9112 6.1", "9112 6.3", "9112 7.1", "9112 7.1.1", "9110 6.5.1")
	a.needStatus(200)
	if surplus, at, _ := c.end(); len(surplus) > 0 {
		t.Fail(at, "the end after "+amount(len(a.Body)), amount(len(surplus))+" more: "+quote(surplus))
	}
}
