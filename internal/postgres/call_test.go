package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/storetest"
)

// TestOldCalls moves claims in time, as nobody can by the Store.
func TestOldCalls(t *testing.T) {
	t.Parallel()
	s, q := open(t)
	w := storetest.NewWorld(t, s, q)
	ctx := t.Context()
	ago := func(d time.Duration) {
		_, err := s.Pool().Exec(ctx, `UPDATE calls SET claimed = clock_timestamp() - $1::interval`, d)
		require.NoError(t, err)
	}
	one, two := storetest.Call(w.Ann, "k", "one"), storetest.Call(w.Ann, "k", "two")
	claim, _, err := s.BeginCall(ctx, one)
	require.NoError(t, err)
	ago(store.CallBound - time.Minute)
	_, _, err = s.BeginCall(ctx, one)
	require.ErrorIs(t, err, store.ErrUnderWay)
	for _, d := range []time.Duration{store.CallBound + time.Second, -store.CallBound - time.Minute} {
		ago(d)
		_, _, err = s.BeginCall(ctx, two)
		require.ErrorIs(t, err, store.ErrOtherCall, "what the first made is not known: the key stays its own")
		next, _, err := s.BeginCall(ctx, one)
		require.NoError(t, err, "given up")
		require.NotEqual(t, claim, next)
		require.ErrorIs(t, s.KeepAnswer(ctx, one.Key, claim, []byte("late")), store.ErrLease)
		claim = next
	}
	require.NoError(t, s.KeepAnswer(ctx, one.Key, claim, []byte("answer")))
	ago(store.CallKept - time.Minute)
	_, kept, err := s.BeginCall(ctx, one)
	require.NoError(t, err)
	require.Equal(t, "answer", string(kept))

	ago(store.CallKept + time.Second)
	_, kept, err = s.BeginCall(ctx, two)
	require.NoError(t, err, "forgotten, though nobody swept yet")
	require.Nil(t, kept)
	count := func() (n int) {
		require.NoError(t, s.Pool().QueryRow(ctx, `SELECT count(*) FROM calls`).Scan(&n))
		return n
	}
	_, err = q.Sweep(ctx, time.Minute)
	require.NoError(t, err)
	require.Equal(t, 1, count())
	ago(store.CallKept + time.Second)
	_, err = q.Sweep(ctx, time.Minute)
	require.NoError(t, err)
	require.Equal(t, 0, count())
}
