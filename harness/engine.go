package harness

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/netlab"
	"github.com/wiregrade/wiregrade/harness/sandbox"
)

// An engine runs the checks of one suite on one command.
type engine struct {
	suite   *check.Suite
	o       Options
	scratch string
	command sandbox.Command
	budget  *netlab.Budget // of time given back to the submission

	problem *check.Outcome // the first check's, when the submission did not start

	mu   sync.Mutex
	done int
}

// run runs the selected checks and returns their results in the suite's order.
// The first runs by itself: when it finds that the submission does not start,
// no other is tried.
func (e *engine) run(ctx context.Context) []grader.Result {
	var items []check.Item
	for _, item := range e.suite.Items() {
		if e.o.Match(item.Rule.Name) {
			items = append(items, item)
		}
	}
	if len(items) == 0 {
		return nil
	}
	outcomes := make([]check.Outcome, len(items))
	ended := map[string]chan struct{}{}
	index := map[string]int{}
	for i, item := range items {
		ended[item.Rule.Name] = make(chan struct{})
		index[item.Rule.Name] = i
	}
	slots := make(chan struct{}, e.o.Jobs)
	one := func(i int) {
		defer close(ended[items[i].Rule.Name])
		if need, ok := ended[items[i].Needs]; ok {
			<-need
			if outcomes[index[items[i].Needs]].Verdict != grader.Pass {
				outcomes[i].Result = grader.Result{
					Rule: items[i].Rule, Verdict: grader.Blocked, Seed: e.o.Seed,
					Reason: fmt.Sprintf("not tried: it builds on %s, which did not pass", items[i].Needs),
				}
				e.tell(len(items), &outcomes[i].Result)
				return
			}
		}
		slots <- struct{}{}
		give := sync.OnceFunc(func() { <-slots })
		defer give()
		outcomes[i] = e.judge(ctx, items[i], give)
		e.tell(len(items), &outcomes[i].Result)
	}
	one(0)
	if outcomes[0].Start != nil {
		e.problem = &outcomes[0]
		return append([]grader.Result{outcomes[0].Result}, unreached(e.suite, e.o, outcomes[0].Start.Error())[1:]...)
	}
	var all sync.WaitGroup
	for i := range items[1:] {
		all.Go(func() { one(i + 1) })
	}
	all.Wait()
	results := make([]grader.Result, len(outcomes))
	for i := range outcomes {
		results[i] = outcomes[i].Result
	}
	return results
}

func (e *engine) tell(total int, r *grader.Result) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.done++
	e.o.Progress(Progress{Phase: "check", Done: e.done, Total: total, Name: r.Name, Verdict: r.Verdict})
}

// judge runs one check; a fault of ours is tried once more. Where the
// submission falls short, the reference is asked the same: if it does not pass
// either, the oracle is wrong and nobody is charged.
func (e *engine) judge(ctx context.Context, item check.Item, give func()) check.Outcome {
	out := e.once(ctx, item, e.command, give)
	if out.Verdict == grader.Fault && ctx.Err() == nil {
		out = e.once(ctx, item, e.command, give)
	}
	if out.Verdict == grader.Pass || out.Verdict == grader.Fault || out.Start != nil || e.command.Program != nil || ctx.Err() != nil {
		return out
	}
	ref := e.once(ctx, item, sandbox.Command{Program: e.suite.Reference}, give)
	out.Reference = ref.Transcript
	if ref.Verdict != grader.Pass && ctx.Err() == nil {
		out.Verdict = grader.Fault
		out.Reason = fmt.Sprintf("the reference did not pass this check either (%s), so it is not charged", ref.Verdict)
		if ref.Reason != "" {
			out.Reason += ": " + ref.Reason
		}
	}
	return out
}

func (e *engine) once(ctx context.Context, item check.Item, cmd sandbox.Command, give func()) check.Outcome {
	fault := func(err error) check.Outcome {
		return check.Outcome{Result: grader.Result{Rule: item.Rule, Verdict: grader.Fault, Reason: err.Error(), Seed: e.o.Seed}}
	}
	scratch, err := os.MkdirTemp(e.scratch, "check-")
	if err != nil {
		return fault(fmt.Errorf("make a folder for the check: %w", err))
	}
	defer sandbox.RemoveAll(scratch)
	box, err := e.o.Sandboxes.New(ctx)
	if err != nil {
		return fault(fmt.Errorf("make a sandbox: %w", err))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	budget := e.budget
	if cmd.Program != nil {
		budget = nil // what a submission used up is not the reference's fault
	}
	ended := make(chan check.Outcome, 1)
	go func() {
		ended <- check.Do(ctx, e.suite, item, check.Setup{
			Sandbox: box, Command: cmd, Scratch: filepath.Join(scratch),
			Seed: e.o.Seed, Patience: e.o.Patience, Total: total, Budget: budget, Startup: startup, Idle: give,
		})
	}()
	// Every wait of a check has a bound of its own. This one is for what should
	// not be able to wait at all: a slot must never be lost to it.
	late := time.NewTimer(e.o.deadline)
	defer late.Stop()
	select {
	case out := <-ended:
		return out
	case <-late.C:
		err = fmt.Errorf("the check did not end within %v, and was given up", e.o.deadline)
	case <-ctx.Done():
		err = ctx.Err()
	}
	cancel()
	grace := time.NewTimer(giveUp)
	defer grace.Stop()
	select {
	case out := <-ended:
		if out.Verdict != grader.Pass {
			out.Verdict, out.Reason, out.Violations, out.Start = grader.Fault, err.Error(), nil, nil
		}
		return out
	case <-grace.C:
		go box.Close() // whatever it hangs on may hold this up as well
		return fault(err)
	}
}
