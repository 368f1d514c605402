package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestChaos is a small storm; make chaos is the large one.
func TestChaos(t *testing.T) {
	f, err := chaos(t.Context(), options{N: 16, Workers: 2, Seed: 4, Limit: 5 * time.Minute})
	t.Log("\n" + f.String())
	require.NoError(t, err)
	require.NoError(t, f.blows(), "each kind of blow fell")
}

func TestBlows(t *testing.T) {
	require.NoError(t, figures{WorkerKills: 1, Freezes: 1, ClusterKills: 1}.blows())
	require.ErrorContains(t, figures{WorkerKills: 9, Freezes: 2}.blows(), "PostgreSQL killed")
	require.ErrorContains(t, figures{WorkerKills: 9, ClusterKills: 2}.blows(), "worker frozen")
	require.ErrorContains(t, figures{Freezes: 9, ClusterKills: 2}.blows(), "worker killed")
}

// TestPlan: whatever the seed and however small the storm, each kind comes while a quarter of the submissions is yet to come.
func TestPlan(t *testing.T) {
	for _, n := range []int{fewest, 40, 300} {
		for seed := range uint64(200) {
			all := plan(rand.New(rand.NewPCG(seed, 1)), n)
			had := map[kind]int{}
			for i, b := range all {
				if i < len(kinds) {
					had[b.kind]++
					require.Less(t, b.after, n*3/4)
				}
				require.Contains(t, kinds, b.kind)
				require.Less(t, b.after, n)
				if i > 0 {
					require.GreaterOrEqual(t, b.after, all[i-1].after)
				}
			}
			require.Len(t, had, len(kinds))
			require.Equal(t, all, plan(rand.New(rand.NewPCG(seed, 1)), n), "the seed repeats it")
		}
	}
}
