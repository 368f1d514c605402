package storetest

import (
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader/store"
)

// Call is a call of the person's under a key, that says something.
func Call(p store.Person, key, says string) store.Call {
	k, a := sha256.Sum256([]byte(key)), sha256.Sum256([]byte(says))
	return store.Call{Key: k[:], Person: p.ID, Asks: a[:]}
}

func calls(t *testing.T, w *World) {
	ctx := t.Context()
	c := Call(w.Ann, "k", "one")
	claim, kept, err := w.BeginCall(ctx, c)
	require.NoError(t, err)
	require.NotEmpty(t, claim)
	require.Nil(t, kept)
	_, _, err = w.BeginCall(ctx, c)
	require.ErrorIs(t, err, store.ErrUnderWay)
	_, _, err = w.BeginCall(ctx, Call(w.Ann, "k", "two"))
	require.ErrorIs(t, err, store.ErrOtherCall)

	require.ErrorIs(t, w.KeepAnswer(ctx, c.Key, absent[2], []byte("x")), store.ErrLease, "another's claim")
	require.NoError(t, w.DropCall(ctx, c.Key, absent[2]))
	_, _, err = w.BeginCall(ctx, c)
	require.ErrorIs(t, err, store.ErrUnderWay, "nor is it another's to drop")
	require.NoError(t, w.KeepAnswer(ctx, c.Key, claim, []byte("answer\x00")))
	require.ErrorIs(t, w.KeepAnswer(ctx, c.Key, claim, []byte("x")), store.ErrLease, "an answer stays as it was given")
	require.NoError(t, w.DropCall(ctx, c.Key, claim))
	for range 2 {
		again, kept, err := w.BeginCall(ctx, c)
		require.NoError(t, err)
		require.Empty(t, again)
		require.Equal(t, "answer\x00", string(kept))
	}
	_, _, err = w.BeginCall(ctx, Call(w.Ann, "k", "two"))
	require.ErrorIs(t, err, store.ErrOtherCall)

	c = Call(w.Bob, "other", "one")
	claim, _, err = w.BeginCall(ctx, c)
	require.NoError(t, err)
	require.NoError(t, w.DropCall(ctx, c.Key, claim))
	c = Call(w.Bob, "other", "two")
	claim, _, err = w.BeginCall(ctx, c)
	require.NoError(t, err, "a call that was dropped left nothing")
	require.NoError(t, w.KeepAnswer(ctx, c.Key, claim, []byte{}))
	again, kept, err := w.BeginCall(ctx, c)
	require.NoError(t, err)
	require.Empty(t, again)
	require.NotNil(t, kept, "an empty answer is one")

	_, _, err = w.BeginCall(ctx, store.Call{Key: c.Key[:1], Person: w.Bob.ID, Asks: c.Asks})
	require.ErrorIs(t, err, store.ErrInvalid)
	_, _, err = w.BeginCall(ctx, Call(store.Person{ID: absent[2]}, "nobody", "x"))
	require.ErrorIs(t, err, store.ErrNotFound)

	// Of many at once one makes the call.
	got := make(chan error, 8)
	for range cap(got) {
		go func() {
			claim, _, err := w.BeginCall(ctx, Call(w.Ann, "crowd", "x"))
			if err == nil && claim == "" {
				err = errors.New("an answer that nobody gave")
			}
			got <- err
		}()
	}
	first := 0
	for range cap(got) {
		if err := <-got; err == nil {
			first++
		} else {
			require.ErrorIs(t, err, store.ErrUnderWay)
		}
	}
	require.Equal(t, 1, first)
}
