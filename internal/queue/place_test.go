package queue_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
)

// TestPlaceIsOfOneMoment has a turn claimed while its place is looked up: it
// is not said to wait for itself.
func TestPlaceIsOfOneMoment(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	l := newLine(t)
	_, err := l.q.Renew(ctx, robot, nil)
	require.NoError(t, err)
	l.MustSubmit(t, l.Bob, "measured")
	l.finish(l.claim(), grader.Pass)
	sub := l.MustSubmit(t, l.Ann, "1")

	// The figures need the table of workers, the submission does not: the look-up stops between the two.
	held, err := l.pg.Pool().Begin(ctx)
	require.NoError(t, err)
	defer held.Rollback(ctx)
	_, err = held.Exec(ctx, `LOCK TABLE workers IN ACCESS EXCLUSIVE MODE`)
	require.NoError(t, err)
	type answer struct {
		place store.Place
		err   error
	}
	got := make(chan answer, 1)
	go func() {
		p, err := l.q.Place(ctx, l.Of(l.Ann), sub.ID)
		got <- answer{p, err}
	}()
	for stopped := false; !stopped; {
		require.NoError(t, held.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'workers'::regclass)`).Scan(&stopped))
	}
	l.claim()
	require.NoError(t, held.Commit(ctx))
	a := <-got
	require.NoError(t, a.err)
	require.Equal(t, store.StateRunning, a.place.State)
	require.Zero(t, a.place.Wait)
}
