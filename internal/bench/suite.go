package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/harness/submission"
)

// suiteBench grades a Go and a Python submission of each assignment that has a floor, in turn with that floor: the
// same program started, asked one thing and killed, once for each check, one after the other.
func suiteBench(ctx context.Context, rounds int, only string) error {
	chosen := ""
	if only != "" {
		m, err := submission.ReadManifest(only, false)
		if err != nil {
			return err
		}
		chosen = m.Assignment
	}
	spaces, err := sandbox.NewNamespaces(ctx)
	if err != nil {
		fmt.Printf("not measured in namespaces: %v\n\n", err)
	} else {
		defer spaces.Close()
	}
	measured := 0
	for _, f := range floors {
		dirs := []string{"assignments/" + f.assignment + "/solution/go", "assignments/" + f.assignment + "/solution/python"}
		if only != "" {
			dirs = []string{only}
		}
		if chosen != "" && chosen != f.assignment {
			continue
		}
		measured++
		if err := f.bench(ctx, rounds, dirs, spaces); err != nil {
			return err
		}
	}
	if measured == 0 {
		return fmt.Errorf("there is no floor for %q", chosen)
	}
	fmt.Println("ratio: the suite's wall time to the floor divided by the processors (aim: 1.5); then its time in namespaces to that without (aim: 1.3)")
	return nil
}

// bench measures the submissions of one assignment. spaces is nil where namespaces cannot be had.
func (f floor) bench(ctx context.Context, rounds int, dirs []string, spaces *sandbox.Namespaces) error {
	suite, err := findSuite(f.assignment)
	if err != nil {
		return err
	}
	cpus := runtime.NumCPU()
	fmt.Printf("%s, %d checks, %d processors, medians of %d rounds\n\n", suite.Name, len(suite.Items()), cpus, rounds)
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
			floor, err := s.floor(ctx, f)
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
	fmt.Println()
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

// floor starts the program, asks one thing and kills it, once for each check.
func (s *prepared) floor(ctx context.Context, f floor) (time.Duration, error) {
	dir, err := os.MkdirTemp("", "wiregrade-bench-floor-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	given, err := f.folder(dir)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	for range s.suite.Items() {
		if err := s.once(ctx, f, given); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}

func (s *prepared) once(ctx context.Context, f floor, given string) error {
	box, err := sandbox.Loopback{}.New(ctx)
	if err != nil {
		return err
	}
	defer box.Close()
	port, err := box.Port(f.network, s.suite.Port)
	if err != nil {
		return err
	}
	env := append(os.Environ(), "HOST="+box.Host().String(), fmt.Sprintf("PORT=%d", port), given)
	p, err := box.Start(ctx, sandbox.Command{Line: s.line, Dir: s.dir, Env: env})
	if err != nil {
		return err
	}
	if err := box.Ready(ctx, p, f.network, port, 30*time.Second); err != nil {
		return err
	}
	c, err := box.Dial(ctx, f.network, fmt.Sprintf("%v:%d", box.Host(), port))
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(30 * time.Second))
	return f.ask(c)
}
