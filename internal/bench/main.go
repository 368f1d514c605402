// Bench measures the harness. It prints ratios of what was measured in the
// same run, since machines differ and are noisy.
//
//	go run ./internal/bench suite    # wall time of a suite against its floor
//	go run ./internal/bench flake    # equal verdicts under load
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/wiregrade/wiregrade/assignments"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/sandbox"
)

func main() {
	sandbox.Init()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("usage: bench suite|flake [flags]")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	n := flags.Int("n", 0, "rounds (suite: 5) or gradings (flake: 200)")
	only := flags.String("dir", "", "measure just the submission in this folder")
	isolated := flags.Bool("isolated", true, "flake: grade in sandboxes; false grades on plain loopback")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "suite":
		return suiteBench(ctx, def(*n, 5), *only)
	case "flake":
		return flakeBench(ctx, def(*n, 200), *only, *isolated)
	default:
		return fmt.Errorf("no such benchmark: %s", args[0])
	}
}

func def(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

func findSuite(name string) (*check.Suite, error) {
	for _, s := range assignments.All() {
		if s.Name == name {
			return s, nil
		}
	}
	return nil, fmt.Errorf("no assignment %q", name)
}
