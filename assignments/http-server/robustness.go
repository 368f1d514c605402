package httpserver

import (
	"github.com/wiregrade/wiregrade/harness/check"
)

// pieces are the rules on clients that are slow, cut their bytes oddly, or go away.
func pieces() []check.Check {
	return []check.Check{
		{
			Name:   "byte-by-byte",
			Clause: check.Course("Slow clients"),
			Says:   "serve a request whose bytes come one at a time: read on until the empty line",
			Hand:   "printf 'GET /a.txt HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | while IFS= read -rn1 -d '' c; do printf %s \"$c\"; sleep 0.01; done | nc $HOST $PORT",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				c := dial(t)
				t.Judge()
				c.SendPieces(request(t, "GET", f.target), 1)
				c.next("GET").wantFile(f.content)
			},
		},
		{
			Name:   "cut-at-line-ends",
			Clause: check.Course("Slow clients"),
			Says:   "serve a request that is cut between CR and LF, or in the empty line",
			Hand:   "(printf 'GET /a.txt HTTP/1.1\\r'; sleep 1; printf '\\nHost: x\\r\\nConnection: close\\r\\n\\r'; sleep 1; printf '\\n') | nc $HOST $PORT",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				c := dial(t)
				t.Judge()
				req := request(t, "GET", f.target, "User-Agent: "+t.Word(5))
				var sizes []int
				for last, i := 0, 0; i < len(req); i++ {
					if req[i] == '\r' {
						sizes = append(sizes, i+1-last)
						last = i + 1
					}
				}
				c.SendPieces(req, append(sizes, 1)...)
				c.next("GET").wantFile(f.content)
			},
		},
		{
			Name:   "two-cut-oddly",
			Clause: check.Course("Pipelining"),
			Says:   "serve two requests of which the first segment holds one and a half",
			Hand:   "(printf 'GET /a.txt HTTP/1.1\\r\\nHost: x\\r\\n\\r\\nGET /b.txt HT'; sleep 1; printf 'TP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n') | nc $HOST $PORT",
			Run: func(t *check.T) {
				f, g := plant(t, ".txt"), plant(t, ".html")
				first, second := request(t, "GET", f.target), request(t, "GET", g.target)
				c := dial(t)
				t.Judge()
				c.SendPieces(first+second, len(first)+1+t.Rand().IntN(len(second)-2), len(second))
				c.next("GET").wantFile(f.content)
				a := c.nextOrClosed("GET")
				if a == nil {
					t.Block("the connection closed after the first response")
				}
				a.wantFile(g.content)
			},
		},
		{
			Name:   "stalls",
			Clause: check.Course("Slow clients"),
			Says:   "wait for a client that stops in the middle of its request: it has at least 20 seconds",
			Hand:   "(printf 'GET /a.txt HTTP/1.1\\r\\nHo'; sleep 5; printf 'st: x\\r\\nConnection: close\\r\\n\\r\\n') | nc $HOST $PORT",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				req := request(t, "GET", f.target)
				cut := 1 + t.Rand().IntN(len(req)-2)
				c := dial(t)
				t.Judge()
				c.Send(req[:cut])
				c.pause()
				c.Send(req[cut:])
				c.next("GET").wantFile(f.content)
			},
		},
		{
			Name:   "half-close",
			Clause: check.Course("Half-close"),
			Says:   "answer a client that has ended its direction of the connection: it still reads",
			Hand:   "printf 'GET /a.txt HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' | nc -N $HOST $PORT",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				c := dial(t)
				t.Judge()
				c.Send(request(t, "GET", f.target))
				c.CloseWrite()
				c.next("GET").wantFile(f.content)
			},
		},
		{
			Name:   "slow-reader",
			Clause: check.Course("Slow clients"),
			Says:   "send a large file also to a client that reads slowly: a full buffer is no error",
			Hand:   "head -c 8388608 /dev/urandom > $ROOT/r.bin; curl -s --limit-rate 4M http://$HOST:$PORT/r.bin | cmp - $ROOT/r.bin",
			Run: func(t *check.T) {
				f := plantAs(t, t.Word(8)+".bin", bulk(t, hugeSize))
				c, other := dial(t), dial(t)
				c.Narrow(64 << 10)
				t.Judge()
				c.Send(request(t, "GET", f.target))
				other.pause()
				a := c.long("GET")
				a.needStatus(200)
				a.wantBulk(f.content)
			},
		},
		{
			Name:   "reset-in-reply",
			Clause: check.Course("Staying up"),
			Says:   "outlive a client that resets the connection while you send: SIGPIPE, EPIPE and ECONNRESET end one connection and no more",
			Hand:   "head -c 8388608 /dev/urandom > $ROOT/r.bin; curl -s -m 0.01 http://$HOST:$PORT/r.bin; curl -si http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				large := plantAs(t, t.Word(8)+".bin", make([]byte, hugeSize))
				f := plant(t, ".txt")
				f.needed(t)
				t.Judge()
				c := dial(t)
				c.Narrow(64 << 10)
				c.Send(request(t, "GET", large.target))
				if _, err := c.Read(make([]byte, 1000)); err != nil {
					t.Missing(c.Here(), "the beginning of a large file", err)
				}
				c.Reset()
				t.Died(moment)
				f.serves(t)
			},
		},
		{
			Name:   "empty-connections",
			Clause: check.Course("Staying up"),
			Says:   "outlive clients that connect and close without a word",
			Hand:   "for i in $(seq 20); do nc -z $HOST $PORT; done; curl -si http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				f.needed(t)
				t.Judge()
				for range 8 {
					c := dial(t)
					c.CloseWrite()
					c.ReadWithin(moment, make([]byte, 1))
					c.Close()
				}
				f.serves(t)
			},
		},
		{
			Name:   "left-halfway",
			Clause: check.Course("Staying up"),
			Says:   "outlive clients that leave in the middle of a line, of a head or of a body",
			Hand:   "printf 'PUT /x HTTP/1.1\\r\\nContent-Length: 9\\r\\n\\r\\nab' | nc -N $HOST $PORT; curl -si http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				f.needed(t)
				t.Judge()
				for _, start := range []string{
					"GET /" + t.Word(4),
					"GET " + f.target + " HTTP/1.1\r\nHost: " + t.Addr() + "\r\nX-A",
					request(t, "POST", "/form", formType, "Transfer-Encoding: chunked") + "5\r\na=1",
					request(t, "PUT", "/"+t.Word(7), "Content-Length: 999") + t.Text(50),
				} {
					c := dial(t)
					c.Send(start)
					c.AwaitRead()
					c.Close()
				}
				t.Died(moment)
				f.serves(t)
			},
		},
	}
}
