//go:build linux && (amd64 || arm64)

package attack

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Memory that is not in the first thread's numbers ends the program as well: of a program that would not be looked into,
// of threads that outlive the first or have descriptors of their own, page tables, pipes.
func TestB1HeldMemory(t *testing.T) {
	for _, kind := range []string{"undumpable", "unreadable", "leaderless", "thread", "tables", "pipes"} {
		t.Run(kind, func(t *testing.T) {
			o := try(t, attempt{file: "hold.c", args: []string{kind}})
			require.True(t, o.exit.Usage.OOM, "%v", o.exit)
			require.NotContains(t, o.said[kind], "ALLOWED")
			if kind == "undumpable" {
				require.Equal(t, "EPERM", o.said["prctl"])
			}
		})
	}
	o := try(t, attempt{file: "hold.c", args: []string{"semaphores"}})
	require.Equal(t, "ENOSPC after 1", o.said["semaphores"], "kernel.sem of the sandbox's ipc namespace")
}

// What processes share is not counted against them twice, where a child has its parent's memory too.
func TestB1SharedMemoryIsCountedOnce(t *testing.T) {
	o := try(t, attempt{file: "hold.c", args: []string{"vfork"}})
	require.Equal(t, "done", o.said["vfork"], "%v", o.exit)
}

// Nor is a build's disk filled by files that an ended first thread or nobody has open.
func TestB1E1HeldDiskOfABuild(t *testing.T) {
	for _, kind := range []string{"leaderless files", "mapped files"} {
		t.Run(kind, func(t *testing.T) {
			o := try(t, attempt{file: "hold.c", args: []string{kind}, build: true})
			require.True(t, o.exit.Filled, "%v", o.exit)
		})
	}
}
