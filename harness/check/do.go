package check

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/netlab"
	"github.com/wiregrade/wiregrade/harness/sandbox"
)

// A Setup is what the harness gives a check to run with.
type Setup struct {
	Sandbox  sandbox.Sandbox
	Command  sandbox.Command // the submission: its Line or Program, folder and base environment
	Scratch  string          // an empty folder outside the submission's, removed by the caller
	Seed     uint64          // of the run; each check draws from it by its name
	Patience time.Duration   // how long one wait lasts before "nothing came"
	Total    time.Duration   // how long all of the check may take
	Budget   *netlab.Budget  // what all checks of the run may be given back; nil has no end
	Startup  time.Duration   // how long a server may take to open its port
	Idle     func()          // called once when the check only waits, so that another may run; may be nil
}

// An Outcome is a result and whether the submission could be started at all.
type Outcome struct {
	grader.Result
	// Start is set when the submission never came to answer: a port not opened, a command not found.
	Start error
}

// Do runs one check. Every failure of the machine or of the check's own code
// ends as a fault, which is never charged.
func Do(ctx context.Context, suite *Suite, item Item, setup Setup) (out Outcome) {
	name := fnv.New64a()
	name.Write([]byte(item.Rule.Name))
	t := &T{
		ctx:   ctx,
		suite: suite,
		setup: setup,
		rec:   netlab.NewRecorder(),
		rng:   rand.New(rand.NewPCG(setup.Seed, name.Sum64())),
		patience: &netlab.Patience{
			Limit: setup.Patience, Total: setup.Total, Budget: setup.Budget, Idle: setup.Idle,
		},
	}
	out.Result = grader.Result{Rule: item.Rule, Verdict: grader.Pass, Seed: setup.Seed, Started: time.Now()}
	defer func() {
		out.verdict(recover())
		t.finish(&out)
	}()
	t.patience.Begin()
	item.Check.Run(t)
	return
}

// A stop ends a check early. It travels as a panic from the step that ends
// the check to Do, or to Together.
type stop struct {
	violation *grader.Violation // a fail or weak
	reason    string            // blocked
	start     error             // blocked because the submission did not start
	fault     error             // ours
}

func (o *Outcome) verdict(p any) {
	if p == nil {
		return
	}
	s, ok := p.(stop)
	if !ok {
		s.fault = fmt.Errorf("panic in check %s: %v\n%s", o.Name, p, debug.Stack())
	}
	switch {
	case s.fault != nil:
		o.Verdict, o.Reason = grader.Fault, s.fault.Error()
	case s.violation != nil:
		o.Verdict, o.Violations = grader.Weak, []grader.Violation{*s.violation}
		if o.Clause.Level == grader.Must && o.Share > 0 {
			o.Verdict = grader.Fail
		}
	default:
		o.Verdict, o.Reason, o.Start = grader.Blocked, s.reason, s.start
	}
}

// finish ends what the check started and keeps what explains its verdict.
func (t *T) finish(out *Outcome) {
	// What ends because we close our sockets has run to the end of the check.
	for _, p := range t.processes {
		select {
		case <-p.Done():
		default:
			continue
		}
		if out.Exit == "" {
			out.Exit = p.Exit().String()
			t.recordExit(p)
		}
	}
	for _, quit := range t.quits {
		quit()
	}
	if err := t.setup.Sandbox.Close(); err != nil && out.Verdict != grader.Fault {
		out.Verdict, out.Reason = grader.Fault, err.Error()
	}
	for _, p := range t.processes {
		used := p.Exit().Usage
		if p.Exit().Killed {
			used.Left = 0 // by us and not by the command, which had not ended
		}
		out.Usage = out.Usage.Plus(used)
		if s := p.Stderr(); len(s) > 0 {
			out.Stderr = string(s)
		}
	}
	t.notRunnable(out)
	if err := t.ctx.Err(); err != nil && out.Verdict != grader.Pass {
		out.Verdict, out.Reason = grader.Fault, "the run was interrupted"
	}
	for _, f := range t.folders {
		f.root.Close()
	}
	out.Transcript = t.rec.Transcript()
	t.read(out)
	if t.hand != "" {
		out.Hand = t.hand
	} else if command := t.repeats(out); command != "" {
		out.Hand = command
	}
	out.Millis = float64(t.rec.Elapsed().Microseconds()) / 1000
}

// read lets the suite put the transcript into words. It reads what anybody may have sent: a mistake in it is ours.
func (t *T) read(out *Outcome) {
	if t.suite.Read == nil {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			out.Verdict, out.Reason = grader.Fault, fmt.Sprintf("panic in the reader of %s: %v\n%s", out.Name, p, debug.Stack())
		}
	}()
	t.suite.Read(&out.Transcript)
}

// repeats gives the suite's command for what led to the violation, or to the end where there is none.
func (t *T) repeats(out *Outcome) (command string) {
	if t.suite.Hand == nil {
		return ""
	}
	defer func() {
		if p := recover(); p != nil {
			out.Verdict, out.Reason = grader.Fault, fmt.Sprintf("panic in the commands of %s: %v\n%s", out.Name, p, debug.Stack())
		}
	}()
	seq := len(out.Transcript.Events) + 1
	if len(out.Violations) > 0 && out.Violations[0].Event > 0 {
		seq = out.Violations[0].Event
	}
	if seq = out.Transcript.Cause(t.Role(), seq); seq == 0 {
		return ""
	}
	return t.suite.Hand(&out.Transcript, seq)
}

// notRunnable recognises a client whose command the shell could not run:
// nobody is judged by a program that never began.
func (t *T) notRunnable(out *Outcome) {
	if len(t.processes) == 0 || out.Verdict == grader.Pass || out.Verdict == grader.Fault {
		return
	}
	exit := t.processes[len(t.processes)-1].Exit()
	if exit.Code != 126 && exit.Code != 127 || len(t.rec.Transcript().Endpoints) > 0 {
		return
	}
	out.Start = fmt.Errorf("the command could not be run (%v): %s", exit, t.setup.Command.Line)
	out.Verdict, out.Violations, out.Reason = grader.Blocked, nil, out.Start.Error()
}

// faulty ends the check as a fault of ours.
func faulty(format string, args ...any) { panic(stop{fault: fmt.Errorf(format, args...)}) }

var errInterrupted = errors.New("interrupted")
