package tcpupperserver

import (
	"time"

	"github.com/wiregrade/wiregrade/harness/check"
)

// robustness holds what one client must not do to the others.
func robustness() check.Group {
	return check.Group{Name: "robustness", Checks: []check.Check{
		{
			Name:   "leaves-at-once",
			Clause: check.Course("Staying up"),
			Says:   "go on when a client closes without having sent a byte: a receive call then gives no bytes",
			Hand:   "nc $HOST $PORT </dev/null; echo hello | nc $HOST $PORT",
			Run: func(t *check.T) {
				served(t)
				hostile(t, 3, func(c *check.Conn) { c.Close() })
				stillServed(t)
			},
		},
		{
			Name:   "leaves-in-mid-sentence",
			Clause: check.Course("Staying up"),
			Says:   "go on when a client ends the stream before the LF: answer what came or close, and serve the next",
			Hand:   "printf hel | nc $HOST $PORT; echo hello | nc $HOST $PORT",
			Run: func(t *check.T) {
				served(t)
				hostile(t, 3, func(c *check.Conn) {
					c.Send(t.Word(1 + t.Rand().IntN(9)))
					c.AwaitRead()
					c.Close()
				})
				stillServed(t)
			},
		},
		{
			Name:   "reset-in-mid-sentence",
			Clause: check.Course("Staying up"),
			Says:   "go on when a client resets the connection while its sentence is read",
			Run: func(t *check.T) {
				served(t)
				hostile(t, 3, func(c *check.Conn) {
					c.SendDelayed(t.Word(1+t.Rand().IntN(9)), 3, time.Millisecond)
					c.AwaitRead()
					c.Reset()
				})
				stillServed(t)
			},
		},
		{
			Name:   "reset-before-answer",
			Clause: check.Course("Staying up"),
			Says:   "go on when a client has reset the connection before its answer could be sent (SIGPIPE, EPIPE)",
			Run: func(t *check.T) {
				served(t)
				// Whether the reset comes before the answer is a race; of five some do.
				hostile(t, 5, func(c *check.Conn) {
					c.Send(word(t) + "\n")
					c.CloseWrite() // a write after FIN and RST raises SIGPIPE
					c.Reset()
				})
				stillServed(t)
			},
		},
	}}
}

// hostile has n clients do the same, one after another. That the first can
// connect is set-up; that the server outlives each is what these checks are about.
func hostile(t *check.T, n int, visit func(c *check.Conn)) {
	for range n {
		visit(t.Dial())
		goesOn(t)
	}
}
