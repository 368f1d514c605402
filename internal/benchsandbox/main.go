//go:build linux

// Benchsandbox measures the sandbox beside what it is to be compared with, in
// one run and in shuffled order, since machines differ and are noisy. What
// counts are the ratios.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wiregrade/wiregrade/harness/sandbox"
)

func main() {
	sandbox.Init()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	n := flag.Int("n", 300, "rounds")
	only := flag.String("only", "", "one part: launches, parallel, servers, latency or readiness")
	flag.Parse()
	if err := run(ctx, *n, *only); err != nil {
		fmt.Fprintln(os.Stderr, "benchsandbox:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, n int, only string) error {
	parts := []part{{"launches", launches}, {"parallel", parallel}, {"servers", servers}, {"latency", latency}, {"readiness", readiness}}
	if only != "" {
		parts = slices.DeleteFunc(parts, func(p part) bool { return p.name != only })
		if len(parts) == 0 {
			return fmt.Errorf("no part is called %q", only)
		}
	}
	boxes, err := sandbox.NewNamespaces(ctx)
	if err != nil {
		return err
	}
	defer boxes.Close()
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Printf("user %d, load %s", os.Getuid(), load)
	for _, c := range []string{"memory", "pids", "cpu"} {
		fmt.Printf("%s cgroup: %v  ", c, boxes.Capped(c))
	}
	fmt.Println()
	for _, p := range parts {
		fmt.Println()
		if err := p.run(ctx, boxes, n); err != nil {
			return err
		}
	}
	return nil
}

// A part of the report.
type part struct {
	name string
	run  func(ctx context.Context, boxes *sandbox.Namespaces, n int) error
}

// line is what every contender runs: a shell that becomes /bin/true.
const line = "exec /bin/true"

var environment = []string{"PATH=/usr/bin:/bin"}

// A contender does one thing and may say how long it took.
type contender struct {
	name string
	run  func() error
}

// race times every contender n times, in a new order each round, and prints
// medians and their ratios to the one called base.
func race(n int, base string, contenders []contender) error {
	times := map[string][]time.Duration{}
	for range n {
		for _, i := range rand.Perm(len(contenders)) {
			start := time.Now()
			if err := contenders[i].run(); err != nil {
				return fmt.Errorf("%s: %w", contenders[i].name, err)
			}
			times[contenders[i].name] = append(times[contenders[i].name], time.Since(start))
		}
	}
	for _, d := range times {
		slices.Sort(d)
	}
	for _, c := range contenders {
		d := times[c.name]
		fmt.Printf("  %-34s median %8.3f ms   p95 %8.3f ms   x %.2f of %s\n", c.name, ms(d[len(d)/2]), ms(d[len(d)*95/100]),
			float64(d[len(d)/2])/float64(times[base][len(times[base])/2]), base)
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func launches(ctx context.Context, boxes *sandbox.Namespaces, n int) error {
	bwrap, err := bubblewrap(ctx, boxes)
	if err != nil {
		return err
	}
	fmt.Printf("launch of sh -c 'exec /bin/true', start to end, %d rounds (aim: at most 0.9 of bubblewrap)\n", n)
	return race(n, "bubblewrap", []contender{
		{"plain fork and exec", func() error { return exec.Command("/bin/sh", "-c", line).Run() }},
		{"this sandbox", func() error { return once(ctx, boxes) }},
		{"bubblewrap", func() error { return exec.Command(bwrap[0], bwrap[1:]...).Run() }},
	})
}

func once(ctx context.Context, boxes *sandbox.Namespaces) error {
	sb, err := boxes.New(ctx)
	if err != nil {
		return err
	}
	defer sb.Close()
	p, err := sb.Start(ctx, sandbox.Command{Line: line, Env: environment})
	if err != nil {
		return err
	}
	<-p.Done()
	if exit := p.Exit(); exit.Code != 0 {
		return fmt.Errorf("%v", exit)
	}
	return nil
}

// bubblewrap is its command line with the binds that a sandbox has, as a
// process in one sees them.
func bubblewrap(ctx context.Context, boxes *sandbox.Namespaces) ([]string, error) {
	sb, err := boxes.New(ctx)
	if err != nil {
		return nil, err
	}
	defer sb.Close()
	p, err := sb.Start(ctx, sandbox.Command{Line: "exec cat /proc/self/mountinfo", Env: environment})
	if err != nil {
		return nil, err
	}
	<-p.Done()
	args := []string{"bwrap", "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"}
	binds := 0
	for mount := range strings.Lines(string(p.Stdout())) {
		at := strings.Fields(mount)[4]
		if at == "/" || at == "/etc" || strings.HasPrefix(at, "/dev") || strings.HasPrefix(at, "/proc") || strings.Contains(mount, " - tmpfs ") {
			continue
		}
		args = append(args, "--ro-bind", at, at)
		binds++
	}
	for _, name := range []string{"bin", "sbin", "lib", "lib32", "lib64", "libx32"} {
		if target, err := os.Readlink("/" + name); err == nil {
			args = append(args, "--symlink", target, "/"+name)
		}
	}
	fmt.Printf("bubblewrap with the same %d read-only binds\n", binds)
	return append(args, "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "/bin/sh", "-c", line), nil
}

func parallel(ctx context.Context, boxes *sandbox.Namespaces, n int) error {
	const workers = 8
	fmt.Printf("launches at %d in parallel (aim: 400 a second on 2 processors)\n", workers)
	for _, c := range []contender{
		{"this sandbox", func() error { return once(ctx, boxes) }},
		{"plain fork and exec", func() error { return exec.Command("/bin/sh", "-c", line).Run() }},
	} {
		var all sync.WaitGroup
		errs := make([]error, workers)
		start := time.Now()
		for w := range workers {
			all.Go(func() {
				for range 2 * n / workers {
					if errs[w] == nil {
						errs[w] = c.run()
					}
				}
			})
		}
		all.Wait()
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
		fmt.Printf("  %-34s %.0f a second\n", c.name, float64(2*n/workers*workers)/time.Since(start).Seconds())
	}
	return nil
}
