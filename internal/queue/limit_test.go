package queue_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/store"
)

// TestLimitCountsResults holds that an attempt is used up by a result alone.
func TestLimitCountsResults(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	a := l.Upper
	a.Limit = policy.Limit{Total: 2}
	_, err := l.ChangeAssignment(t.Context(), a, l.By)
	require.NoError(t, err)

	for _, commit := range []string{"a fault", "another"} {
		sub := l.MustSubmit(t, l.Ann, commit)
		for range 2 {
			_, err := l.q.Fault(t.Context(), l.claim(), "the disk is full", nil, store.Phases{})
			require.NoError(t, err)
		}
		require.Equal(t, store.StateFault, l.state(sub))
	}
	replaced := l.MustSubmit(t, l.Ann, "replaced")
	one := l.MustSubmit(t, l.Ann, "one")
	require.Equal(t, store.StateReplaced, l.state(replaced))
	turn := l.claim()
	two := l.MustSubmit(t, l.Ann, "two") // while the first is graded
	l.finish(turn, grader.Fail)
	l.finish(l.claim(), grader.Fail)
	require.Equal(t, []store.State{store.StateGraded, store.StateGraded}, []store.State{l.state(one), l.state(two)})

	_, _, err = l.q.Submit(t.Context(), l.Hand(l.Ann, "three"))
	var refusal *store.Refusal
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, store.RefusedLimit, refusal.Reason)
}
