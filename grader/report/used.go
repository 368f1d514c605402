package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/grader"
)

// used says what the submission used where that explains why a check was not
// passed, "" otherwise.
func used(r *grader.Result) string {
	if r.Verdict == grader.Pass || r.Verdict == grader.Fault {
		return ""
	}
	var out []string
	u := r.Usage
	if u.OOM && !strings.Contains(r.Exit, "memory") {
		out = append(out, fmt.Sprintf("the kernel ended one of its processes for want of memory (%d MiB were used)", u.Memory>>20))
	}
	if u.Left > 0 && r.Exit != "" {
		out = append(out, fmt.Sprintf("it left %s running, which the grader ended: nothing goes on after the command", plural(u.Left, "process")))
	}
	wall := time.Duration(r.Millis * float64(time.Millisecond))
	silent := slices.ContainsFunc(r.Transcript.Events, func(e grader.Event) bool { return e.Kind == grader.Silent })
	if silent && u.CPU >= time.Second && u.CPU >= wall/2 {
		out = append(out, fmt.Sprintf("%.1f s of processor time within %.1f s: it computes, perhaps in a loop without end, where it could wait", u.CPU.Seconds(), wall.Seconds()))
	}
	return strings.Join(out, "; ")
}
