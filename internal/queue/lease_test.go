package queue_test

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
)

// TestLeases has workers whose leases differ in length: each turn is taken back after its holder's,
// whoever sweeps.
func TestLeases(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	claim := func(lease time.Duration) postgres.Turn {
		t.Helper()
		w := robot
		w.Lease = lease
		turn, ok, err := l.q.Claim(t.Context(), w, 7)
		require.NoError(t, err)
		require.True(t, ok)
		return turn
	}
	// silent is how many are lost whose worker said nothing for a while.
	silent := func(d, sweeper time.Duration) int {
		t.Helper()
		_, err := l.pg.Pool().Exec(t.Context(), `UPDATE line SET renewed = clock_timestamp() - $1::interval WHERE lease IS NOT NULL`, d)
		require.NoError(t, err)
		swept, err := l.q.Sweep(t.Context(), sweeper)
		require.NoError(t, err)
		return swept.Lost
	}
	l.MustSubmit(t, l.Ann, "1")
	slow := claim(time.Hour)
	require.Zero(t, silent(10*time.Minute, time.Second), "the sweeper's own lease is shorter")
	w := robot
	w.Lease = 20 * time.Minute
	kept, err := l.q.Renew(t.Context(), w, []store.ID{slow.Lease})
	require.NoError(t, err)
	require.Equal(t, []store.ID{slow.Lease}, kept)
	require.Zero(t, silent(10*time.Minute, time.Second))
	require.Equal(t, 1, silent(30*time.Minute, time.Hour), "as it was renewed")
	claim(time.Second)
	require.Equal(t, 1, silent(10*time.Minute, time.Hour), "the sweeper's own lease is longer")

	// One that does not say, of the version before, has what the sweeper thinks, and nothing of who held it before.
	claim(0)
	require.Zero(t, silent(10*time.Minute, time.Hour))
	require.Equal(t, 1, silent(10*time.Minute, time.Minute))
	turn := claim(time.Hour)
	l.finish(turn, grader.Pass)
}

// TestWorkSaysItsLease has a worker at work: what it takes carries its lease, when taken and when renewed.
func TestWorkSaysItsLease(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done, got := make(chan error, 1), make(chan time.Duration, 1)
	l.MustSubmit(t, l.Ann, "1")
	go func() {
		done <- l.q.Work(ctx, queue.Options{Worker: robot, Lease: 42 * time.Second, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}, func(_ context.Context, turn postgres.Turn) {
			var ttl time.Duration
			if err := l.pg.Pool().QueryRow(t.Context(), `SELECT ttl FROM line WHERE lease = $1::uuid`, string(turn.Lease)).Scan(&ttl); err != nil {
				t.Error(err)
			}
			l.finish(turn, grader.Pass)
			got <- ttl
		})
	}()
	select {
	case ttl := <-got:
		require.Equal(t, 42*time.Second, ttl)
	case err := <-done:
		t.Fatal("it ended", err)
	}
	stop()
	require.NoError(t, <-done)
}
