package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/api"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness"
)

// TestProgressLine draws a run whose number of checks is told, and one of which some are hidden: there is nothing to be a part of.
func TestProgressLine(t *testing.T) {
	for want, step := range map[string]api.Step{
		"█████░░░░░░░░░░░░░░░ 5/20  1 short  word/right": {Phase: "check", Done: 5, Total: 20, Check: "word/right", Verdict: grader.Fail},
		" 5 done  1 short  word/right": {Phase: "check", Done: 5, Check: "word/right", Verdict: grader.Fail},
		" starting .":                  {Phase: "check"},
		" building .":                  {Phase: "build", Total: 20},
	} {
		var out bytes.Buffer
		p := &progress{w: &out, label: ".", width: 100, start: time.Now()}
		p.show(harness.Progress{Phase: step.Phase, Done: step.Done, Total: total(&step), Name: step.Check, Verdict: step.Verdict})
		p.draw()
		require.Contains(t, out.String(), want)
	}
}
