package policy

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func at(hours float64) time.Time { return noon.Add(time.Duration(hours * float64(time.Hour))) }

func TestWhich(t *testing.T) {
	attempts := []Attempt{
		{ID: "a", Received: at(0), Got: 30, Factor: 1},
		{ID: "b", Received: at(1), Got: 40, Factor: 0.5},
		{ID: "c", Received: at(2), Got: 30, Factor: 1},
		{ID: "d", Received: at(3), Got: 10, Factor: 1},
	}
	chosen := append([]Attempt(nil), attempts...)
	chosen[1].Chosen = true
	tooLate := append(slices.Clone(chosen), Attempt{ID: "e", Received: at(99), Got: 40, Chosen: true})
	for _, tt := range []struct {
		name     string
		counts   Counts
		attempts []Attempt
		want     int
	}{
		{"none", Last, nil, -1},
		{"last", Last, attempts, 3},
		{"the zero value is last", "", attempts, 3},
		{"best after lateness, the earliest of equals", Best, attempts, 0},
		{"chosen", Chosen, chosen, 1},
		{"nothing chosen yet", Chosen, attempts, 3},
		{"received at once: by id, whatever the order", Last, []Attempt{{ID: "b", Received: noon}, {ID: "a", Received: noon}}, 0},
		{"one that is worth nothing takes no place", Last, tooLate, 3},
		{"nor when it is chosen", Chosen, tooLate, 1},
		{"though it counts when there is no other", Last, tooLate[4:], 0},
	} {
		require.Equal(t, tt.want, Which(tt.counts, tt.attempts), tt.name)
	}
}

func TestLate(t *testing.T) {
	lenient := Late{Slack: 10 * time.Minute, PerDay: 0.1, Days: 3}
	for _, tt := range []struct {
		name   string
		late   Late
		due    time.Time
		hours  float64
		days   int
		factor float64
	}{
		{"no due date", lenient, time.Time{}, 900, 0, 1},
		{"before", lenient, noon, -1, 0, 1},
		{"on the second", Late{}, noon, 0, 0, 1},
		{"refused by default", Late{}, noon, 0.001, 1, 0},
		{"within the slack", lenient, noon, 0.16, 0, 1},
		{"past the slack", lenient, noon, 0.17, 1, 0.9},
		{"a day sharp", lenient, noon, 24, 1, 0.9},
		{"the third day", lenient, noon, 71, 3, 0.7},
		{"too late", lenient, noon, 73, 4, 0},
		{"never below nothing", Late{PerDay: 0.6, Days: 5}, noon, 47, 2, 0},
	} {
		days := tt.late.DaysLate(tt.due, at(tt.hours))
		require.Equal(t, tt.days, days, tt.name)
		require.Equal(t, tt.factor, tt.late.Factor(days), tt.name)
	}
	require.Equal(t, at(72), lenient.Closes(noon, 0))
	require.Equal(t, at(96), lenient.Closes(noon, 1))
	require.Equal(t, noon, Late{}.Closes(noon, 0))
	require.True(t, lenient.Closes(time.Time{}, 2).IsZero())
}

func TestSpend(t *testing.T) {
	require.Equal(t, []int{0, 1, 2}, Spend(3, []int{2, 2, 2}))
	require.Equal(t, []int{0, 0, 0}, Spend(9, []int{0, 4, 5}))
	require.Equal(t, []int{1}, Spend(0, []int{1}))
	require.Equal(t, []int{0, 1}, Spend(-2, []int{-3, 1}))
}

func TestPay(t *testing.T) {
	late := Late{PerDay: 0.1, Days: 2}
	for _, tt := range []struct {
		budget, days, paid, left int
		factor                   float64
	}{
		{2, 0, 0, 0, 1}, {2, 1, 1, 0, 1}, {2, 3, 2, 1, 0.9}, {0, 1, 0, 1, 0.9}, {1, 3, 1, 2, 0.8},
		{1, 4, 0, 4, 0}, // it would save nothing
		{-1, 1, 0, 1, 0.9}, {1, -1, 0, 0, 1},
	} {
		paid, left, factor := late.Pay(tt.budget, tt.days)
		require.Equal(t, []any{tt.paid, tt.left, tt.factor}, []any{paid, left, factor}, "%+v", tt)
	}
}

func TestLimit(t *testing.T) {
	earlier := []time.Time{at(-30), at(-2), at(-1)}
	for _, tt := range []struct {
		name  string
		limit Limit
		ok    bool
		next  time.Time
	}{
		{"no limit", Limit{}, true, time.Time{}},
		{"total left", Limit{Total: 4}, true, time.Time{}},
		{"total used up", Limit{Total: 3}, false, time.Time{}},
		{"burst left", Limit{Burst: 3, Every: day}, true, time.Time{}},
		{"burst used up", Limit{Burst: 2, Every: day}, false, at(22)},
		{"one an hour", Limit{Burst: 1, Every: 2 * time.Hour}, false, at(1)},
		{"just over", Limit{Burst: 1, Every: time.Hour}, true, time.Time{}},
	} {
		ok, next := tt.limit.Allows(noon, earlier)
		require.Equal(t, tt.ok, ok, tt.name)
		require.Equal(t, tt.next, next, tt.name)
		if !next.IsZero() {
			ok, _ = tt.limit.Allows(next, earlier)
			require.True(t, ok, "%s: next is when it may", tt.name)
		}
	}
}

func TestVisible(t *testing.T) {
	for _, tt := range []struct {
		v      Visibility
		closes time.Time
		want   bool
	}{
		{"", at(1), true},
		{Always, at(1), true},
		{AfterDue, at(1), false},
		{AfterDue, noon, false},
		{AfterDue, at(-1), true},
		{AfterDue, time.Time{}, false},
		{Never, at(-1), false},
		{"unknown", at(-1), false},
	} {
		require.Equal(t, tt.want, tt.v.Visible(noon, tt.closes), "%q", tt.v)
	}
	require.False(t, Visibility("unknown").Valid())
}

func TestStand(t *testing.T) {
	marks := func(percents ...float64) []Mark {
		var all []Mark
		for i, p := range percents {
			all = append(all, Mark{Assignment: string(rune('a' + i)), Got: p * 0.4, Max: 40, PassAt: 50, HandedIn: p > 0})
		}
		return all
	}
	fiveOfEight := PassRule{AtLeast: 5}
	for _, tt := range []struct {
		name   string
		rule   PassRule
		marks  []Mark
		passed bool
		count  int
	}{
		{"five of eight", fiveOfEight, marks(50, 100, 60, 50, 70, 0, 0, 49), true, 5},
		{"four of eight", fiveOfEight, marks(50, 100, 60, 50, 49, 0, 0, 49), false, 4},
		{"a must is missing", PassRule{AtLeast: 1, Must: []string{"b"}}, marks(100, 10), false, 1},
		{"the must is there", PassRule{AtLeast: 1, Must: []string{"b"}}, marks(10, 100), true, 1},
		{"percent of all", PassRule{Percent: 50}, marks(100, 0), true, 1},
		{"percent missed", PassRule{Percent: 51}, marks(100, 0), false, 1},
		{"no rule, nothing done", PassRule{}, marks(0), true, 0},
		{"nothing asked, nothing handed in", PassRule{AtLeast: 1}, []Mark{{Max: 10}}, false, 0},
	} {
		s := tt.rule.Stand(tt.marks)
		require.Equal(t, tt.passed, s.Passed, tt.name)
		require.Equal(t, tt.count, s.Count, tt.name)
		require.Equal(t, len(tt.marks), s.Of, tt.name)
	}
}
