package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/harness/submission"
)

// suiteBench grades a Go and a Python submission of http-server, in turn with the
// floor: the same program started, asked one request and killed, once for each check, one after the other.
func suiteBench(ctx context.Context, rounds int, only string) error {
	suite, err := findSuite("http-server")
	if err != nil {
		return err
	}
	dirs := []string{"assignments/http-server/solution/go", "assignments/http-server/solution/python"}
	if only != "" {
		dirs = []string{only}
	}
	cpus := runtime.NumCPU()
	fmt.Printf("http-server, %d checks, %d processors, medians of %d rounds\n\n", len(suite.Items()), cpus, rounds)
	spaces, err := sandbox.NewNamespaces(ctx)
	if err != nil {
		fmt.Printf("not measured in namespaces: %v\n\n", err)
	} else {
		defer spaces.Close()
	}
	fmt.Printf("%-42s %10s %10s %10s %12s %8s %12s %8s\n", "submission", "suite", "checks/s", "floor", "floor/procs", "ratio", "isolated", "ratio")
	for _, dir := range dirs {
		s, err := prepare(ctx, suite, dir)
		if err != nil {
			return err
		}
		var suites, floors, walled []time.Duration
		for range rounds {
			if spaces != nil {
				wall, err := s.grade(ctx, spaces)
				if err != nil {
					return err
				}
				walled = append(walled, wall)
			}
			wall, err := s.grade(ctx, sandbox.Loopback{})
			if err != nil {
				return err
			}
			floor, err := s.floor(ctx)
			if err != nil {
				return err
			}
			suites, floors = append(suites, wall), append(floors, floor)
		}
		s.close()
		wall, floor := median(suites), median(floors)
		best := floor / time.Duration(cpus)
		isolated := "-"
		ratio := "-"
		if len(walled) > 0 {
			m := median(walled)
			isolated, ratio = m.Round(time.Millisecond).String(), fmt.Sprintf("%.2f", float64(m)/float64(wall))
		}
		fmt.Printf("%-42s %10v %10.0f %10v %12v %8.2f %12s %8s\n", dir, wall.Round(time.Millisecond), float64(len(suite.Items()))/wall.Seconds(),
			floor.Round(time.Millisecond), best.Round(time.Millisecond), float64(wall)/float64(best), isolated, ratio)
	}
	fmt.Println("\nratio: the suite's wall time to the floor divided by the processors (aim: 1.5); then its time in namespaces to that without (aim: 1.3)")
	return nil
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// prepared is a submission that is built, so that only running it is measured.
type prepared struct {
	suite *check.Suite
	dir   string // the built tree
	line  string
}

func prepare(ctx context.Context, suite *check.Suite, dir string) (*prepared, error) {
	m, err := submission.ReadManifest(dir, false)
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "wiregrade-bench-")
	if err != nil {
		return nil, err
	}
	tree := filepath.Join(tmp, "tree")
	if err := submission.Copy(tree, dir); err != nil {
		return nil, err
	}
	if m.Build != "" {
		box, err := sandbox.Loopback{}.New(ctx)
		if err != nil {
			return nil, err
		}
		defer box.Close()
		p, err := box.Start(ctx, sandbox.Command{Line: m.Build, Dir: tree, Env: os.Environ()})
		if err != nil {
			return nil, err
		}
		<-p.Done()
		if p.Exit().Code != 0 {
			return nil, fmt.Errorf("build %s: %v: %s", dir, p.Exit(), p.Stderr())
		}
	}
	return &prepared{suite, tree, m.Run}, nil
}

func (s *prepared) close() { os.RemoveAll(filepath.Dir(s.dir)) }

func (s *prepared) grade(ctx context.Context, boxes sandbox.Provider) (time.Duration, error) {
	start := time.Now()
	run, err := harness.Grade(ctx, s.suite, s.dir, submission.Manifest{Run: s.line}, harness.Options{Seed: 1, Sandboxes: boxes})
	if err != nil {
		return 0, err
	}
	for _, r := range run.Results {
		if r.Verdict != grader.Pass {
			return 0, fmt.Errorf("%s: %s: %s %s: only a submission that passes measures the harness", s.dir, r.Name, r.Verdict, r.Reason)
		}
	}
	return time.Since(start), nil
}

// floor starts the program, asks one request and kills it, once for each check.
func (s *prepared) floor(ctx context.Context) (time.Duration, error) {
	root, err := os.MkdirTemp("", "wiregrade-bench-root-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(root)
	if err := os.WriteFile(filepath.Join(root, "a.txt"), []byte("hello\n"), 0o644); err != nil {
		return 0, err
	}
	start := time.Now()
	for range s.suite.Items() {
		if err := s.once(ctx, root); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}

func (s *prepared) once(ctx context.Context, root string) error {
	box, err := sandbox.Loopback{}.New(ctx)
	if err != nil {
		return err
	}
	defer box.Close()
	port, err := box.Port("tcp", s.suite.Port)
	if err != nil {
		return err
	}
	env := append(os.Environ(), "HOST="+box.Host().String(), fmt.Sprintf("PORT=%d", port), "ROOT="+root)
	p, err := box.Start(ctx, sandbox.Command{Line: s.line, Dir: s.dir, Env: env})
	if err != nil {
		return err
	}
	if err := box.Ready(ctx, p, "tcp", port, 30*time.Second); err != nil {
		return err
	}
	c, err := box.Dial(ctx, "tcp", fmt.Sprintf("%v:%d", box.Host(), port))
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(30 * time.Second))
	io.WriteString(c, "GET /a.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil || !strings.Contains(line, " 200 ") {
		return fmt.Errorf("the floor's request: %q, %w", line, err)
	}
	return nil
}
