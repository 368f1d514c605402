package netlab

import (
	"time"
)

// segmentWait bounds the wait for the submission to read one segment; one that
// waits for more before it reads gets the next segment all the same.
const segmentWait = 20 * time.Millisecond

// WritePieces sends p in segments of the given sizes, the last size repeated,
// each as soon as the submission has read the one before it: so a program
// that takes one read for one message sees every piece by itself. Where the
// system does not tell what was read, segments are segmentWait apart.
func (c *Conn) WritePieces(p []byte, sizes ...int) error {
	c.c.SetNoDelay(true)
	size := 1
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
			c.AwaitRead()
		}
	}
	return nil
}

// AwaitRead returns once the submission has read all that was sent to it, or
// has had segmentWait to do so.
func (c *Conn) AwaitRead() {
	ours, theirs := addrPort(c.c.LocalAddr()), addrPort(c.c.RemoteAddr())
	tick := time.NewTicker(200 * time.Microsecond)
	defer tick.Stop()
	for end := time.Now().Add(segmentWait); time.Now().Before(end); {
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
