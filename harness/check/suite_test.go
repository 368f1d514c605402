package check

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
)

func good() *Suite {
	run := func(*T) {}
	return &Suite{
		Assignment: grader.Assignment{Name: "a", Title: "A", Rubric: []grader.Item{{Group: "g", Points: 6}}},
		Statement:  "…", Network: "tcp", Reference: Program(nil),
		Groups: []Group{{Name: "g", Checks: []Check{
			{Name: "one", Clause: Course("X"), Says: "…", Run: run},
			{Name: "two", Clause: Should("RFC 1", "1"), Says: "…", Needs: "one", Weight: 2, Run: run},
			{Name: "three", Clause: Must("RFC 1", "1"), Says: "…", Advisory: true, Run: run},
			{Name: "four", Clause: May("RFC 1", "1"), Says: "…", Run: run},
		}}},
	}
}

func TestItemsShareOutTheGroup(t *testing.T) {
	items := good().Items()
	require.Equal(t, "g/two", items[1].Rule.Name)
	require.Equal(t, "g/one", items[1].Needs)
	var shares []float64
	for _, item := range items {
		shares = append(shares, item.Rule.Share)
	}
	require.Equal(t, []float64{1. / 3, 2. / 3, 0, 0}, shares)
}

func TestValidate(t *testing.T) {
	for want, spoil := range map[string]func(*Suite){
		"network":             func(s *Suite) { s.Network = "sctp" },
		"no reference":        func(s *Suite) { s.Statement = "" },
		"not in the rubric":   func(s *Suite) { s.Groups[0].Name = "h" },
		"in the rubric":       func(s *Suite) { s.Rubric = nil },
		"used twice":          func(s *Suite) { s.Groups[0].Checks[1].Name = "one" },
		"stand before it":     func(s *Suite) { s.Groups[0].Checks[0].Needs = "two" },
		"no sentence, clause": func(s *Suite) { s.Groups[0].Checks[2].Says = "" },
	} {
		s := good()
		s.Reference = func() Program { return nil }()
		require.Error(t, s.Validate(), "a suite without a reference")
		s = valid()
		require.NoError(t, s.Validate())
		spoil(s)
		require.ErrorContains(t, s.Validate(), want)
	}
}

func valid() *Suite {
	s := good()
	s.Reference = nothing
	return s
}
