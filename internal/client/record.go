package client

import (
	"slices"
	"strings"
	"unicode"

	"github.com/wiregrade/wiregrade/grader"
)

// The words of a record that reports show as they are, since a harness of ours chose them.
var (
	verdicts = []grader.Verdict{grader.Pass, grader.Fail, grader.Weak, grader.Blocked, grader.Fault}
	levels   = []grader.Level{grader.Must, grader.Should, grader.May}
	roles    = []grader.Role{grader.Server, grader.Client}
	dirs     = []grader.Dir{grader.Sent, grader.Got, grader.Aside}
	kinds    = []grader.Kind{grader.Open, grader.Data, grader.EOF, grader.Reset, grader.Silent, grader.Output, grader.Exit, grader.Note}
)

// known says whether a record that came from a server has no other words than those.
func known(r *grader.Run) bool {
	if !slices.Contains(roles, r.Assignment.Role) || !word(r.Assignment.Name) || !word(r.Isolation) {
		return false
	}
	for _, i := range r.Assignment.Rubric {
		if !word(i.Group) {
			return false
		}
	}
	for i := range r.Results {
		x := &r.Results[i]
		if !word(x.Name) || !slices.Contains(verdicts, x.Verdict) || !slices.Contains(levels, x.Clause.Level) || !word(x.Clause.Document) || !word(x.Clause.Section) {
			return false
		}
		for _, t := range []grader.Transcript{x.Transcript, x.Reference} {
			for _, e := range t.Events {
				if !slices.Contains(kinds, e.Kind) || !slices.Contains(dirs, e.Dir) {
					return false
				}
			}
			for _, e := range t.Endpoints {
				if !word(e.Network) {
					return false
				}
			}
		}
	}
	return true
}

// word says whether s is text without anything that a terminal obeys.
func word(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}
