// Chaos queues submissions to tcp-upper-server for several processes of grader work, and
// while they grade kills workers and PostgreSQL with SIGKILL and freezes workers
// for longer than their lease. It then counts: each submission must have exactly
// one run that counts, with the right verdict, and each kind of blow must have fallen.
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
	var o options
	flag.IntVar(&o.N, "n", 300, "submissions")
	flag.IntVar(&o.Workers, "workers", 3, "worker processes")
	flag.Uint64Var(&o.Seed, "seed", uint64(time.Now().Unix()), "repeats the choices of what is killed, after how many results")
	flag.DurationVar(&o.Limit, "limit", 30*time.Minute, "give up after this time")
	flag.Parse()
	if o.N < fewest || o.Workers < 2 {
		fmt.Fprintf(os.Stderr, "chaos: -n %d or more, -workers 2 or more\n", fewest)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	figures, err := chaos(ctx, o)
	fmt.Print(figures)
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}
