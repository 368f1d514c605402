// Chaos queues submissions for several worker processes and kills workers and
// PostgreSQL with SIGKILL at random times until all are graded. It then counts:
// each submission must have exactly one run that counts, with the right verdict.
//
//	go run ./internal/chaos -n 300 -seed 7
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func main() {
	if url := os.Getenv(workerEnv); url != "" {
		os.Exit(beWorker(url))
	}
	var o options
	flag.IntVar(&o.N, "n", 300, "submissions")
	flag.IntVar(&o.Workers, "workers", 3, "worker processes")
	flag.Uint64Var(&o.Seed, "seed", uint64(time.Now().Unix()), "repeats the choices of what is killed and when")
	flag.DurationVar(&o.Limit, "limit", 4*time.Minute, "give up after this time")
	flag.StringVar(&o.Run, "run", "0.2", "seconds that each submission takes")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	figures, err := chaos(ctx, o)
	fmt.Print(figures)
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}
