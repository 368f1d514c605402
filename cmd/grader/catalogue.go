package main

import (
	"fmt"
	"strings"

	"github.com/wiregrade/wiregrade/assignments"
	"github.com/wiregrade/wiregrade/grader/nearest"
	"github.com/wiregrade/wiregrade/harness/check"
)

// findSuite looks an assignment up; an unknown name is answered with the nearest.
func findSuite(name string) (*check.Suite, error) {
	var names []string
	for _, s := range assignments.All() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	hint := "there are " + strings.Join(names, ", ")
	if n := nearest.To(name, names); n != "" {
		hint = fmt.Sprintf("did you mean %s? %s", n, hint)
	}
	return nil, usage(hint, "unknown assignment %q", name)
}

// checkNames lists the full names of a suite's checks.
func checkNames(s *check.Suite) []string {
	var names []string
	for _, item := range s.Items() {
		names = append(names, item.Rule.Name)
	}
	return names
}
