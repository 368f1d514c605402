package client

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"time"
)

// asking is how often the answer of a call that is still under way is asked for: for longer than the
// service stays by a call that it lost itself (three minutes).
const asking = 240

// once makes a call under an Idempotency-Key of its own. When its answer is lost it is asked for
// again under the same key, which makes nothing twice.
func (c *Client) once(ctx context.Context, r request, limit int64, within time.Duration) ([]byte, error) {
	r.header = http.Header{"Idempotency-Key": {rand.Text()}}
	data, err := c.call(ctx, r, limit, within)
	var lost *UnreachableError
	if !errors.As(err, &lost) || ctx.Err() != nil {
		return data, err
	}
	for range asking {
		data, err = c.call(ctx, r, limit, within)
		var p *Problem
		if !errors.As(err, &p) || p.Status != http.StatusConflict || p.RetryAfter == "" {
			return data, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(c.Pause):
		}
	}
	return data, err
}
