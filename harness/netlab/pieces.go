package netlab

import (
	"time"
)

// segmentWait bounds the wait for the submission to read one segment, and
// piecesWait that for all segments of one write: a program that waits for more
// before it reads gets the next segment all the same.
const (
	segmentWait = 150 * time.Millisecond
	piecesWait  = 1500 * time.Millisecond
	leastWait   = 2 * time.Millisecond // once that is spent
)

// WritePieces sends p in segments of the given sizes, the last size repeated,
// each as soon as the submission has read the one before it: so a program
// that takes one read for one message sees every piece by itself. Where the
// system does not tell what was read, segments are some time apart.
func (c *Conn) WritePieces(p []byte, sizes ...int) error {
	c.c.SetNoDelay(true)
	size := 1
	budget := time.Now().Add(piecesWait)
	for i := 0; len(p) > 0; i++ {
		if i < len(sizes) {
			size = sizes[i]
		}
		n := min(max(size, 1), len(p))
		if _, err := c.Write(p[:n]); err != nil {
			return err
		}
		p = p[n:]
		if len(p) > 0 {
			c.awaitRead(min(segmentWait, max(time.Until(budget), leastWait)))
		}
	}
	return nil
}

// AwaitRead returns once the submission has read all that was sent to it, or
// has had segmentWait to do so.
func (c *Conn) AwaitRead() { c.awaitRead(segmentWait) }

func (c *Conn) awaitRead(limit time.Duration) {
	ours, theirs := addrPort(c.c.LocalAddr()), addrPort(c.c.RemoteAddr())
	tick := time.NewTicker(200 * time.Microsecond)
	defer tick.Stop()
	for end := time.Now().Add(limit); time.Now().Before(end); {
		if n, ok := c.unread(ours, theirs); ok && n == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-c.ctx.Done():
			return
		}
	}
}
