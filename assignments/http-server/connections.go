package httpserver

import (
	"fmt"
	"strings"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/http1"
)

// atOnce is how many connections the statement promises.
const atOnce = 32

// connections are the rules on how long a connection lives and what order it keeps.
func connections() []check.Check {
	return []check.Check{
		{
			Name:   "persistent",
			Clause: check.Should("RFC 9112", "9.3"),
			Says:   "keep the connection of an HTTP/1.1 request open and serve the next request on it",
			Hand:   "curl -sv http://$HOST:$PORT/a.txt http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f, g := plant(t, ".txt"), plant(t, ".html")
				c := dial(t)
				c.ask(request(t, "GET", f.target)).need(f.content)
				t.Judge()
				for range 2 {
					c.ask(request(t, "GET", g.target)).wantFile(g.content)
				}
			},
		},
		{
			Name:   "persistent-after-others",
			Clause: check.Should("RFC 9112", "9.3"),
			Says:   "keep the connection open after HEAD, 404 and 304 too",
			Needs:  "persistent",
			Hand:   "curl -sv http://$HOST:$PORT/missing http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				c := dial(t)
				t.Judge()
				c.ask(request(t, "HEAD", f.target))
				c.ask(request(t, "GET", "/"+t.Word(9)))
				c.ask(request(t, "GET", f.target, "If-None-Match: *"))
				c.ask(request(t, "GET", f.target)).wantFile(f.content)
			},
		},
		{
			Name:   "close-announced",
			Clause: check.Must("RFC 9112", "9.3"),
			Says:   "say `Connection: close` in a response after which you close",
			Hand:   "curl -sv http://$HOST:$PORT/a.txt http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				t.Start()
				t.Judge()
				for _, method := range []string{"GET", "HEAD"} {
					c := dial(t)
					first := c.ask(request(t, method, f.target))
					c.Send(request(t, "GET", f.target))
					second := c.nextOrClosed("GET")
					said := first.Version != "HTTP/1.1" || first.Header.Lists("Connection", "close") || first.Framing == http1.FramingClose
					t.Require(second != nil || said, first.head(), "Connection: close, or a connection that stays open", "neither")
					c.Close()
				}
			},
		},
		{
			Name:   "close",
			Clause: check.Must("RFC 9112", "9.6"),
			Says:   "close the connection after the response to a request with `Connection: close`",
			Hand:   "printf 'GET /a.txt HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | nc $HOST $PORT",
			Run:    closing("close"),
		},
		{
			Name:   "close-in-list",
			Clause: check.Must("RFC 9112", "9.6"),
			Says:   "find `close` in Connection in any case and among other options",
			Needs:  "close",
			Hand:   "printf 'GET /a.txt HTTP/1.1\\r\\nHost: x\\r\\nConnection: te, Close\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				closing("Close")(t)
				closing("x-" + t.Word(5) + ", close")(t)
			},
		},
		{
			Name:   "close-said",
			Clause: check.Should("RFC 9112", "9.6"),
			Says:   "say `Connection: close` in the response to a request that says so",
			Hand:   "curl -si -H 'Connection: close' http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				c := dial(t)
				t.Judge()
				a := c.ask(request(t, "GET", f.target, "Connection: close"))
				t.Require(a.Header.Lists("Connection", "close") || a.Version == "HTTP/1.0", a.head(), "Connection: close", "no such option")
			},
		},
		{
			Name:   "http10",
			Clause: check.Course("Versions"),
			Says:   "serve a request of HTTP/1.0, which needs no Host",
			Hand:   "printf 'GET /a.txt HTTP/1.0\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				c := dial(t)
				t.Judge()
				c.ask(message("GET " + f.target + " HTTP/1.0")).wantFile(f.content)
			},
		},
		{
			Name:   "http10-closes",
			Clause: check.Course("Persistence"),
			Says:   "close the connection after the response to a request of HTTP/1.0",
			Needs:  "http10",
			Hand:   "printf 'GET /a.txt HTTP/1.0\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				c := dial(t)
				c.ask(message("GET " + f.target + " HTTP/1.0")).need(f.content)
				t.Judge()
				c.closes()
			},
		},
		{
			Name:   "http10-not-chunked",
			Clause: check.Must("RFC 9112", "6.1"),
			Says:   "send nothing chunked to a client of HTTP/1.0, which knows no Transfer-Encoding",
			Hand:   "printf 'GET /a.txt HTTP/1.0\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				f.needed(t)
				c := dial(t)
				t.Judge()
				a := c.ask(message("GET "+f.target+" HTTP/1.0", "Host: "+t.Addr()))
				t.Require(!a.Header.Has("Transfer-Encoding"), a.line("Transfer-Encoding"), "no Transfer-Encoding", "one")
			},
		},
		{
			Name:   "pipelined",
			Clause: check.Must("RFC 9112", "9.3.2"),
			Says:   "answer requests that come in one segment, all of them and in their order: what follows the first stays in your buffer",
			Needs:  "persistent",
			Hand:   "printf 'GET /a.txt HTTP/1.1\\r\\nHost: x\\r\\n\\r\\nGET /b.txt HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | nc $HOST $PORT",
			Run:    pipelined(2),
		},
		{
			Name:   "pipelined-many",
			Clause: check.Must("RFC 9112", "9.3.2"),
			Says:   "answer twenty requests that come without a pause in their order",
			Hand:   "for i in 1 2 3 4 5 6 7 8 9; do printf 'GET /a.txt HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'; done | nc $HOST $PORT",
			Run:    pipelined(20),
		},
		{
			Name:   "many-at-once",
			Clause: check.Course("Connections at once"),
			Says:   "serve 32 connections at once, each with its own answer: nothing shared, no turn to wait for",
			Hand:   "curl -sZ --parallel-immediate --parallel-max 32 http://$HOST:$PORT/a.txt'?[1-32]'",
			Run: func(t *check.T) {
				files := make([]file, atOnce)
				conns := make([]*client, atOnce)
				for i := range files {
					files[i] = plant(t, ".txt")
				}
				t.Start()
				t.Judge()
				for i := range conns {
					conns[i] = dial(t)
				}
				t.Together(atOnce, func(i int) {
					conns[i].ask(request(t, "GET", files[i].target)).wantFile(files[i].content)
				})
			},
		},
		{
			Name:   "idle-beside",
			Clause: check.Course("Slow clients"),
			Says:   "serve a client while others say nothing, or half a line",
			Hand:   "for i in 1 2 3 4; do sleep 60 | nc $HOST $PORT & done; curl -si http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				for i := range 6 {
					c := dial(t)
					if i%2 == 1 {
						c.Send(fmt.Sprintf("GET /%s", t.Word(5)))
						c.AwaitRead()
					}
				}
				t.Judge()
				f.serves(t)
			},
		},
	}
}

// closing judges that the connection ends behind the response to a request with that Connection.
func closing(options string) func(*check.T) {
	return func(t *check.T) {
		f := plant(t, ".txt")
		c := dial(t)
		c.ask(request(t, "GET", f.target, "Connection: "+options)).need(f.content)
		t.Judge()
		c.closes()
		c.Close()
	}
}

// pipelined judges n requests that are sent in one go.
func pipelined(n int) func(*check.T) {
	return func(t *check.T) {
		files := []file{plant(t, ".txt"), plant(t, ".html"), plant(t, ".css")}
		t.Rand().Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
		var all strings.Builder
		for i := range n {
			all.WriteString(request(t, "GET", files[i%len(files)].target))
		}
		c := dial(t)
		t.Judge()
		c.Send(all.String())
		for i := range n {
			a := c.nextOrClosed("GET")
			if a == nil {
				t.Block("the connection closed after %d of %d responses", i, n)
			}
			a.wantFile(files[i%len(files)].content)
		}
	}
}
