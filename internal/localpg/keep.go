package localpg

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// pauses come before each attempt to start a postmaster that ended unasked: as many as there are, no more.
var pauses = []time.Duration{0, time.Second, 2 * time.Second, 5 * time.Second}

// settled is how long a postmaster has to last for what was before to be forgotten.
const settled = time.Minute

// Keep starts the postmaster again when it ends unasked (somebody killed it, or the kernel did for want of
// memory), until ctx ends; then it is nil. The error is why it could not, after a few attempts in a row.
// Stop must not be called before Keep has returned.
func (c *Cluster) Keep(ctx context.Context, log *slog.Logger) error {
	tried, started := 0, time.Now()
	for {
		p := c.current()
		select {
		case <-ctx.Done():
			return nil
		case <-p.done:
		}
		cause := fmt.Errorf("the private PostgreSQL ended unasked (%v): %s", p.cmd.ProcessState, p.out)
		log.Error("the private PostgreSQL ended unasked", "how", p.cmd.ProcessState.String(), "log", p.out.String())
		if time.Since(started) > settled {
			tried = 0
		}
		for {
			if tried == len(pauses) {
				return cause
			}
			pause(ctx, pauses[tried])
			tried++
			err := c.Restart(ctx)
			if ctx.Err() != nil {
				return nil
			}
			if err == nil {
				break
			}
			log.Error("the private PostgreSQL could not be started again", "attempt", tried, "of", len(pauses), "error", err)
			cause = fmt.Errorf("the private PostgreSQL ended unasked (%v), %d attempts to start it again failed: %w", p.cmd.ProcessState, tried, err)
		}
		started = time.Now()
		log.Warn("the private PostgreSQL was started again", "attempt", tried, "of", len(pauses))
	}
}
