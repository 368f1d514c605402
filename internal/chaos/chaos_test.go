package main

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(workerEnv); url != "" {
		os.Exit(beWorker(url))
	}
	os.Exit(m.Run())
}

// TestChaos is a small storm; make chaos is the large one.
func TestChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	f, err := chaos(t.Context(), options{N: 30, Workers: 2, Seed: 4, Limit: 2 * time.Minute, Run: "0.2"})
	t.Log("\n" + f.String())
	require.NoError(t, err)
	require.NoError(t, f.blows(), "each kind of blow fell")
}

func TestBlows(t *testing.T) {
	require.NoError(t, figures{WorkerKills: 1, Freezes: 1, ClusterKills: 1}.blows())
	require.ErrorContains(t, figures{WorkerKills: 9, Freezes: 2}.blows(), "PostgreSQL was never killed")
	require.ErrorContains(t, figures{WorkerKills: 9, ClusterKills: 2}.blows(), "never frozen")
	require.ErrorContains(t, figures{Freezes: 9, ClusterKills: 2}.blows(), "worker was never killed")
}
