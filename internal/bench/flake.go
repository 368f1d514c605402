package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/harness"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/harness/submission"
)

// flakeBench grades one submission n times while every processor is kept busy
// by other work, and counts the verdict lists that differ from the first.
func flakeBench(ctx context.Context, n int, dir string, isolated bool) error {
	if dir == "" {
		dir = "assignments/http-server/solution/python"
	}
	m, err := submission.ReadManifest(dir, false)
	if err != nil {
		return err
	}
	suite, err := findSuite(m.Assignment)
	if err != nil {
		return err
	}
	var boxes sandbox.Provider = sandbox.Loopback{}
	if isolated {
		spaces, err := sandbox.NewNamespaces(ctx)
		if err != nil {
			return err
		}
		defer spaces.Close()
		boxes = spaces
	}
	for range runtime.NumCPU() {
		busy := exec.CommandContext(ctx, "sh", "-c", "while :; do :; done")
		if err := busy.Start(); err != nil {
			return err
		}
		defer busy.Wait()
		defer busy.Process.Kill()
	}
	cache, err := os.MkdirTemp("", "wiregrade-flake-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(cache)
	lists := map[string]int{}
	start := time.Now()
	for i := range n {
		// One seed: the same input must give the same verdicts.
		run, err := harness.Grade(ctx, suite, dir, m, harness.Options{Seed: 1, BuildCache: cache, Sandboxes: boxes})
		if err != nil {
			return err
		}
		var list strings.Builder
		for _, r := range run.Results {
			fmt.Fprintf(&list, "%s %s\n", r.Verdict, r.Name)
		}
		lists[list.String()]++
		fmt.Fprintf(os.Stderr, "\r%d of %d gradings, %d different verdict lists, %v  ", i+1, n, len(lists), time.Since(start).Round(time.Second))
	}
	fmt.Fprintln(os.Stderr)
	fmt.Printf("%d gradings of %s (%s), every processor busy with other work: %d different verdict lists\n", n, dir, boxes.Isolation(), len(lists))
	if len(lists) == 1 {
		fmt.Printf("%d of %d equal\n", n, n)
		return nil
	}
	printDifferences(lists)
	return fmt.Errorf("verdicts differ")
}

func printDifferences(lists map[string]int) {
	keys := slices.SortedFunc(maps.Keys(lists), func(a, b string) int { return lists[b] - lists[a] })
	usual := strings.Split(keys[0], "\n")
	for _, k := range keys[1:] {
		for i, line := range strings.Split(k, "\n") {
			if i < len(usual) && line != usual[i] {
				fmt.Printf("  %d times %q where it is otherwise %q\n", lists[k], line, usual[i])
			}
		}
	}
}
