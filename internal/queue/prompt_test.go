package queue_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
)

// TestPrompt pushes again as soon as the push before is graded: an idle worker
// is woken each time, and does not find the next one by polling.
func TestPrompt(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	ctx, cancel := context.WithCancel(t.Context())
	turns, ended, ready := make(chan postgres.Turn), make(chan error, 1), make(chan struct{})
	go func() {
		ended <- l.q.Work(ctx, queue.Options{
			Worker: robot, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Ready: func() { close(ready) },
		}, func(ctx context.Context, turn postgres.Turn) {
			// A lease that is not there any more when it is renewed cancels ctx: it may be gone since this has just ended it.
			if err := l.q.Finish(context.WithoutCancel(ctx), turn, found(grader.Pass), store.Phases{}); err != nil {
				t.Error(err)
			}
			turns <- turn
		})
	}()
	<-ready
	var waits []time.Duration
	for i := range 20 {
		l.push(l.Course, l.Upper, l.Ann, fmt.Sprint(i))
		waits = append(waits, (<-turns).Waited)
	}
	cancel()
	require.NoError(t, <-ended)
	slices.Sort(waits)
	t.Log("in line: median", waits[10], "longest", waits[19])
	require.Less(t, waits[10], 250*time.Millisecond, "half of the interval at which workers poll")
}
