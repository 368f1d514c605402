package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWorkRefusesPublishedPassword has a worker of a database that anybody could enter.
func TestWorkRefusesPublishedPassword(t *testing.T) {
	t.Setenv(databaseEnv, "host=db.invalid user=wiregrade password=postgres")
	_, err := openStore(t.Context())
	var exit *exitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, exitUsage, exit.code)
	require.ErrorContains(t, err, "published as a default")
}
