// Package tiny has the smallest suite there is, for the tests of what stands
// around a run: a program that is to print one word.
package tiny

import (
	"context"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/harness/check"
)

// Name is the suite's name.
const Name = "tiny"

// Suite has one check: the program prints "right".
func Suite() *check.Suite {
	return With(func(t *check.T) {
		end := t.Run(check.Input{}).Wait(0)
		t.Judge()
		t.Want(end.Output, end.Stdout, "right\n")
	})
}

// With is the suite with another body of its check.
func With(run func(t *check.T)) *check.Suite {
	return &check.Suite{
		Assignment: grader.Assignment{Name: Name, Title: "Tiny", Role: grader.Client, Rubric: []grader.Item{{Group: "word", Points: 10}}},
		Statement:  "Print the word.", Network: "tcp", Port: 7,
		Reference: func(_ context.Context, env *check.Env) int {
			env.Stdout.Write([]byte("right\n"))
			return 0
		},
		Groups: []check.Group{{Name: "word", Checks: []check.Check{
			{Name: "right", Clause: check.Course("The word"), Says: "the program prints the word", Run: run},
		}}},
	}
}

// Files is a submission that runs the shell command, and whose tree is told
// from others by its mark.
func Files(command, mark string) []store.File {
	return []store.File{
		{Path: "grader.yaml", Mode: store.Regular, Data: []byte("assignment: tiny\nrun: " + command + "\n")},
		{Path: "mark", Mode: store.Regular, Data: []byte(mark)},
	}
}
