// Package faulttest proves that the checks of an assignment and the faults of its reference fit each other: a
// check that no fault makes fail, and a fault that no check notices, are both mistakes.
package faulttest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/nearest"
	"github.com/wiregrade/wiregrade/harness"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/sandbox"
)

// Correct is the key of no fault at all; no check may notice it.
const Correct = ""

// A Table says which checks notice which fault.
type Table struct {
	Suite *check.Suite
	// Program is the reference with one fault, or without any for Correct. It is tried with short patience,
	// so what it waits for by itself ought to be short too.
	Program func(fault string) check.Program
	// Faults names every fault of the reference.
	Faults []string
	// Caught lists, for every fault, the checks that it makes fail or weak, "group/check". A check that is only
	// blocked has not noticed. A fault without a check is a choice that the assignment leaves open.
	Caught map[string][]string
	// Jobs is how many faults are tried at once; 0 means 16: they wait more than they work.
	Jobs int
	// Patience is that of the first try; 0 means 1 s. The second has that of a real run.
	Patience time.Duration
	// Sandboxes is where the checks run; nil means plain loopback. A suite that needs a network of its own names
	// sandbox.Namespaces here.
	Sandboxes sandbox.Provider
}

const (
	// quick is the patience of the first try, sure of the second.
	quick, sure = time.Second, 5 * time.Second
	jobs        = 16
)

// Run tries every fault, each with all checks and a seed of its own, and reports what the table does not say.
func (tab Table) Run(t *testing.T) {
	t.Helper()
	require.NoError(t, tab.Suite.Validate())
	tab.names(t)
	tab.points(t)
	limit := tab.Jobs
	if limit == 0 {
		limit = jobs
	}
	slots := make(chan struct{}, limit)
	faults := slices.Insert(slices.Clone(tab.Faults), 0, Correct)
	outcomes := make([]outcome, len(faults))
	var all sync.WaitGroup
	for i, fault := range faults {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			outcomes[i] = tab.try(t.Context(), fault, uint64(i)+1)
		})
	}
	all.Wait()
	noticed := map[string]bool{}
	for i, fault := range faults {
		name := fault
		if fault == Correct {
			name = "correct"
		}
		t.Run(name, func(t *testing.T) {
			require.NoError(t, outcomes[i].err)
			require.Equal(t, sorted(tab.Caught[fault]), outcomes[i].caught, "the checks that notice it\n%s", outcomes[i].detail)
			for _, c := range outcomes[i].caught {
				noticed[c] = true
			}
		})
	}
	for _, item := range tab.Suite.Items() {
		if !noticed[item.Rule.Name] {
			t.Errorf("no fault makes %s fail", item.Rule.Name)
		}
	}
}

// names proves that the table names faults and checks that there are, and all faults.
func (tab Table) names(t *testing.T) {
	t.Helper()
	for _, fault := range tab.Faults {
		if _, listed := tab.Caught[fault]; !listed {
			t.Errorf("fault %s is not in the table", fault)
		}
	}
	var checks []string
	for _, item := range tab.Suite.Items() {
		checks = append(checks, item.Rule.Name)
	}
	for _, fault := range slices.Sorted(maps.Keys(tab.Caught)) {
		if !slices.Contains(tab.Faults, fault) {
			t.Errorf("the table has %q, which is no fault; is it %q?", fault, nearest.To(fault, tab.Faults))
		}
		for _, c := range tab.Caught[fault] {
			if !slices.Contains(checks, c) {
				t.Errorf("fault %s: %q is no check; is it %q?", fault, c, nearest.To(c, checks))
			}
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

// points proves that every check is worth a whole number of points, so that nobody wonders about fractions.
func (tab Table) points(t *testing.T) {
	t.Helper()
	worth := map[string]float64{}
	for _, item := range tab.Suite.Rubric {
		worth[item.Group] = item.Points
	}
	for _, item := range tab.Suite.Items() {
		group, _, _ := strings.Cut(item.Rule.Name, "/")
		points := worth[group] * item.Rule.Share
		require.InDelta(t, math.Round(points), points, 1e-9, "points of %s", item.Rule.Name)
	}
}

// An outcome is what the checks said to one fault.
type outcome struct {
	caught []string
	detail string
	err    error
}

// try runs all checks on one fault. Where they do not say what the table does, they are asked once more with
// the patience of a real run: a busy machine may have kept a right answer waiting for a second.
func (tab Table) try(ctx context.Context, fault string, seed uint64) outcome {
	o := tab.once(ctx, fault, seed, cmp.Or(tab.Patience, quick))
	if o.err == nil && slices.Equal(o.caught, sorted(tab.Caught[fault])) {
		return o
	}
	return tab.once(ctx, fault, seed, sure)
}

func (tab Table) once(ctx context.Context, fault string, seed uint64, patience time.Duration) outcome {
	results, err := harness.Try(ctx, tab.Suite, tab.Program(fault), harness.Options{Seed: seed, Patience: patience, Sandboxes: tab.Sandboxes})
	if err != nil {
		return outcome{err: err}
	}
	o := outcome{caught: []string{}}
	var detail strings.Builder
	for _, r := range results {
		switch r.Verdict {
		case grader.Pass:
			continue
		case grader.Fail, grader.Weak:
			o.caught = append(o.caught, r.Name)
		case grader.Fault:
			o.err = fmt.Errorf("%s: a fault of ours: %s", r.Name, r.Reason)
		case grader.Blocked:
			if fault == Correct {
				o.err = fmt.Errorf("%s: the correct reference is blocked: %s", r.Name, r.Reason)
			}
		}
		fmt.Fprintf(&detail, "%-7s %s: %s", r.Verdict, r.Name, r.Reason)
		for _, v := range r.Violations {
			fmt.Fprintf(&detail, "want %s, got %s", v.Want, v.Got)
		}
		detail.WriteByte('\n')
	}
	slices.Sort(o.caught)
	o.detail = detail.String()
	return o
}

func sorted(names []string) []string {
	s := append([]string{}, names...)
	slices.Sort(s)
	return s
}
