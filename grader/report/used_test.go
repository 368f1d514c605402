package report

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
)

func TestUsed(t *testing.T) {
	silent := grader.Transcript{Events: []grader.Event{{Seq: 1, Kind: grader.Silent}}}
	for _, c := range []struct {
		name   string
		result grader.Result
		want   string
	}{
		{"nothing to explain", grader.Result{Verdict: grader.Fail, Usage: grader.Usage{CPU: time.Second, Memory: 1 << 30, Left: 3}}, ""},
		{"a check that passed", grader.Result{Verdict: grader.Pass, Exit: "exit status 0", Usage: grader.Usage{OOM: true, Left: 3}}, ""},
		{"a child without memory", grader.Result{Verdict: grader.Fail, Usage: grader.Usage{OOM: true, Memory: 300 << 20}},
			"the kernel ended one of its processes for want of memory (300 MiB were used)"},
		{"said already", grader.Result{Verdict: grader.Fail, Exit: "killed: it used more memory than is allowed (300 MiB)", Usage: grader.Usage{OOM: true}}, ""},
		{"a daemon", grader.Result{Verdict: grader.Blocked, Exit: "exit status 0", Usage: grader.Usage{Left: 1}},
			"it left 1 process running, which the grader ended: nothing goes on after the command"},
		{"daemons", grader.Result{Verdict: grader.Blocked, Exit: "exit status 0", Usage: grader.Usage{Left: 2}},
			"it left 2 processes running, which the grader ended: nothing goes on after the command"},
		{"a loop", grader.Result{Verdict: grader.Fail, Millis: 5000, Transcript: silent, Usage: grader.Usage{CPU: 4900 * time.Millisecond}},
			"4.9 s of processor time within 5.0 s: it computes, perhaps in a loop without end, where it could wait"},
	} {
		require.Equal(t, c.want, used(&c.result), c.name)
	}
}

func TestUsedIsShown(t *testing.T) {
	run := httpRun()
	for i := range run.Results {
		run.Results[i].Usage = grader.Usage{CPU: 1500 * time.Millisecond, Memory: 1 << 20, OOM: true, Output: 7}
	}
	for _, format := range []Format{Text, HTML, Markdown} {
		var b strings.Builder
		require.NoError(t, Write(&b, format, run, Options{Width: 200}))
		require.Contains(t, b.String(), "for want of memory (1 MiB were used)", format)
	}
	var b strings.Builder
	require.NoError(t, Write(&b, JSON, run, Options{}))
	require.Contains(t, strings.Join(strings.Fields(b.String()), " "), `"usage": { "cpuMillis": 1500, "memory": 1048576, "oom": true, "left": 0, "output": 7 }`)
}
