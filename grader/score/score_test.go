package score

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
)

func result(name string, share float64, v grader.Verdict) grader.Result {
	return grader.Result{Rule: grader.Rule{Name: name, Share: share}, Verdict: v}
}

func TestOf(t *testing.T) {
	rubric := []grader.Item{{Group: "a", Points: 10}, {Group: "b", Points: 5}, {Group: "unused", Points: 85}}
	for _, tt := range []struct {
		name    string
		results []grader.Result
		want    Score
	}{
		{"nothing", nil, Score{Checks: []Points{}}},
		{"all pass", []grader.Result{result("a/x", 0.5, grader.Pass), result("a/y", 0.5, grader.Pass), result("b/x", 1, grader.Pass)},
			Score{Points{15, 15}, []Group{{"a", Points{10, 10}, 2, 2}, {"b", Points{5, 5}, 1, 1}}, []Points{{5, 5}, {5, 5}, {5, 5}}}},
		{"fail and blocked earn nothing, weak half", []grader.Result{result("a/x", 0.25, grader.Fail), result("a/y", 0.25, grader.Blocked), result("a/z", 0.5, grader.Weak)},
			Score{Points{2.5, 10}, []Group{{"a", Points{2.5, 10}, 0, 3}}, []Points{{0, 2.5}, {0, 2.5}, {2.5, 5}}}},
		{"a fault costs nothing", []grader.Result{result("a/x", 0.5, grader.Fault), result("a/y", 0.5, grader.Pass)},
			Score{Points{5, 5}, []Group{{"a", Points{5, 5}, 1, 2}}, []Points{{}, {5, 5}}}},
		{"advice is never charged", []grader.Result{result("a/x", 0, grader.Weak), result("a/y", 1, grader.Pass)},
			Score{Points{10, 10}, []Group{{"a", Points{10, 10}, 1, 2}}, []Points{{}, {10, 10}}}},
		{"a group that the rubric does not name", []grader.Result{result("c/x", 1, grader.Pass), result("ab/x", 1, grader.Pass)},
			Score{Checks: []Points{{}, {}}}},
		{"an unknown verdict earns nothing", []grader.Result{result("a/x", 1, "splendid")},
			Score{Points{0, 10}, []Group{{"a", Points{0, 10}, 0, 1}}, []Points{{0, 10}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, Of(rubric, tt.results))
		})
	}
}

// TestRounding: shares that do not divide a group's points still make it whole,
// since sums are rounded and not what they are made of.
func TestRounding(t *testing.T) {
	for n := 1; n <= 60; n++ {
		var results []grader.Result
		for range n {
			results = append(results, result("a/x", 1/float64(n), grader.Pass))
		}
		s := Of([]grader.Item{{Group: "a", Points: 10}}, results)
		require.Equal(t, Points{10, 10}, s.Points, "%d checks", n)
	}
}

func TestPercent(t *testing.T) {
	require.Equal(t, 50.0, Points{5, 10}.Percent())
	require.Zero(t, Points{}.Percent())
}

func TestExtraCredit(t *testing.T) {
	rubric := []grader.Item{{Group: "a", Points: 10}, {Group: "b", Points: 5, Extra: true}}
	all := []grader.Result{result("a/x", 1, grader.Pass), result("b/x", 1, grader.Pass)}
	require.Equal(t, Points{15, 10}, Of(rubric, all).Points)
	require.Equal(t, Points{5, 5}, Of(rubric, all).Groups[1].Points)
	all[1].Verdict = grader.Fail
	require.Equal(t, Points{10, 10}, Of(rubric, all).Points, "who leaves it has all points")
}
