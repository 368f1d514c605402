package netlab

import (
	"context"
	"time"
)

// Await waits for a value from ch with patience. Its errors are ErrSilence and
// ErrOverlong; a closed channel is silence.
func Await[V any](ctx context.Context, p *Patience, limit time.Duration, ch <-chan V) (v V, err error) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	closed := false
	err = p.Wait(ctx, limit, func(d time.Time) { timer.Reset(time.Until(d)) }, func() bool {
		if closed {
			return false
		}
		select {
		case got, ok := <-ch:
			v, closed = got, !ok
			return ok
		case <-timer.C:
			return false
		}
	})
	return v, err
}

// WaitDone waits until done is closed. Its errors are those of Wait.
func (p *Patience) WaitDone(ctx context.Context, limit time.Duration, done <-chan struct{}) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	return p.Wait(ctx, limit, func(d time.Time) { timer.Reset(time.Until(d)) }, func() bool {
		select {
		case <-done:
			return true
		case <-timer.C:
			return false
		}
	})
}
