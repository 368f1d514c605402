package harness

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/netlab"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/harness/submission"
)

// ErrInterrupted says that the run was cancelled before it was complete.
var ErrInterrupted = errors.New("interrupted")

// Unisolated says that a suite needs a network of its own for each check, and that the sandboxes have none.
type Unisolated struct{ Suite string }

func (e *Unisolated) Error() string {
	return e.Suite + " needs a network of its own for each check, with addresses for the servers that it talks to; plain loopback has none"
}

// fits says whether the suite can be graded in such sandboxes. The error is *Unisolated.
func fits(suite *check.Suite, boxes sandbox.Provider) error {
	if suite.Namespaces && boxes.Isolation() != sandbox.InNamespaces {
		return &Unisolated{suite.Name}
	}
	return nil
}

// Grade copies the submission in dir, builds it once and runs the suite's
// checks, each on a fresh process. The error is ours or the machine's;
// whatever is the student's is in the run. It is *Unisolated where the sandboxes have not what the suite needs.
func Grade(ctx context.Context, suite *check.Suite, dir string, m submission.Manifest, o Options) (*grader.Run, error) {
	o = o.withDefaults()
	if err := fits(suite, o.Sandboxes); err != nil {
		return nil, err
	}
	start := time.Now()
	scratch, remove, err := newScratch()
	if err != nil {
		return nil, err
	}
	defer remove()
	run := &grader.Run{Assignment: suite.Assignment, Submission: dir, Seed: o.Seed, Isolation: o.Sandboxes.Isolation(), Started: start}
	tree := filepath.Join(scratch, "submission")
	var refused *submission.Refused
	err = submission.Copy(tree, dir)
	if err != nil && !errors.As(err, &refused) {
		return nil, fmt.Errorf("copy the submission: %w", err)
	}
	if m.Build != "" && refused == nil {
		o.Progress(Progress{Phase: "build"})
		if run.Build, err = build(ctx, o, scratch, tree, m.Build); err != nil {
			return nil, err
		}
	}
	if refused != nil {
		run.Problem = "the submission cannot be taken: " + refused.Why
		run.Results = unreached(suite, o, run.Problem)
	} else if run.Build.Failed {
		run.Problem, run.Detail = "the build failed: "+run.Build.Command, run.Build.Output
		run.Results = unreached(suite, o, run.Problem)
	} else {
		e := &engine{suite: suite, o: o, scratch: scratch, budget: netlab.NewBudget(givenBack), command: sandbox.Command{
			Line: m.Run, Dir: tree, Env: runEnvironment(scratch),
		}}
		run.Results = e.run(ctx)
		if e.problem != nil {
			run.Problem, run.Detail = e.problem.Start.Error(), e.problem.Stderr
		}
	}
	if ctx.Err() != nil {
		return nil, ErrInterrupted
	}
	relative(run, tree)
	run.Millis = millis(start)
	return run, nil
}

// Try runs the suite's checks on a program of ours in place of a submission:
// the reference, correct or with a fault. Errors are as with Grade.
func Try(ctx context.Context, suite *check.Suite, program check.Program, o Options) ([]grader.Result, error) {
	o = o.withDefaults()
	if err := fits(suite, o.Sandboxes); err != nil {
		return nil, err
	}
	scratch, remove, err := newScratch()
	if err != nil {
		return nil, err
	}
	defer remove()
	e := &engine{suite: suite, o: o, scratch: scratch, command: sandbox.Command{Program: program}}
	results := e.run(ctx)
	if ctx.Err() != nil {
		return nil, ErrInterrupted
	}
	return results, nil
}

// relative names files in what the program and its tools printed as the student
// knows them, not where our copy of them stands.
func relative(run *grader.Run, tree string) {
	for _, s := range []*string{&run.Detail, &run.Build.Output} {
		*s = strings.ReplaceAll(*s, tree+"/", "")
	}
	for i := range run.Results {
		run.Results[i].Stderr = strings.ReplaceAll(run.Results[i].Stderr, tree+"/", "")
	}
}

// unreached blocks every selected check for one reason.
func unreached(suite *check.Suite, o Options, reason string) []grader.Result {
	var results []grader.Result
	for _, item := range suite.Items() {
		if o.Match(item.Rule.Name) {
			results = append(results, grader.Result{Rule: item.Rule, Verdict: grader.Blocked, Reason: reason, Seed: o.Seed})
		}
	}
	return results
}

func millis(since time.Time) float64 { return float64(time.Since(since).Microseconds()) / 1000 }
