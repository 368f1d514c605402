package gradebook

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/store"
)

func TestLateness(t *testing.T) {
	at := func(hours float64) time.Time { return due1.Add(time.Duration(hours * float64(time.Hour))) }
	f := facts() // the second is due a day after the first; a day of the first was spent
	require.Equal(t, []store.ID{"1"}, Earlier(f.Assignments, "2"))
	require.Empty(t, Earlier(f.Assignments, "1"))
	require.Empty(t, Earlier(f.Assignments, "none"))
	f.Course.GraceDays = 3
	free := policy.Late{Days: 3, PerDay: 0.1}
	for _, tt := range []struct {
		name   string
		person store.ID
		hours  float64 // after the first is due
		grace  int
		late   policy.Late
		want   Lateness
		says   string
	}{
		{"in time", "ann", 24, 3, free, Lateness{Had: 2, Factor: 1, Given: true}, ""},
		{"one of two", "ann", 25, 3, free, Lateness{1, 1, 2, 0, 1, true}, "late: uses 1 of your 2 grace days; 1 is left after it"},
		{"who spent none", "bob", 25, 3, free, Lateness{1, 1, 3, 0, 1, true}, "late: uses 1 of your 3 grace days; 2 are left after it"},
		{"the last", "ann", 25, 2, free, Lateness{1, 1, 1, 0, 1, true}, "late: uses your last grace day"},
		{"some of it", "ann", 24 + 50, 3, free, Lateness{3, 2, 2, 1, 0.9, true}, "late: uses 2 of your 2 grace days; none is left after it; 1 day charged: 10 % of its points"},
		{"none left", "ann", 24 + 30, 1, free, Lateness{2, 0, 0, 2, 0.8, true}, "late: 2 days, and none of your grace days is left; 2 days charged: 20 % of its points"},
		{"too late to be saved", "ann", 24 + 60, 3, policy.Late{}, Lateness{3, 0, 2, 3, 0, true}, "late: 3 days, for which your 2 grace days do not make up: none is used; it gets no points"},
		{"no grace days", "bob", 25, 0, policy.Late{Days: 1, PerDay: 0.125}, Lateness{1, 0, 0, 1, 0.875, false}, "late: 1 day; 1 day charged: 12.5 % of its points"},
		{"for nothing", "bob", 25, 0, policy.Late{Days: 1}, Lateness{1, 0, 0, 1, 1, false}, "late: 1 day; it costs nothing"},
	} {
		f.Course.GraceDays, f.Assignments[0].Late = tt.grace, tt.late
		got := f.Lateness(tt.person, "2", at(tt.hours))
		require.Equal(t, tt.want, got, tt.name)
		require.Equal(t, tt.says, got.String(), tt.name)
	}
	f.Course.GraceDays, f.Assignments[0].Late = 3, free
	f.Extensions = []store.Extension{{Assignment: "2", Person: "ann", Due: at(26)}}
	require.Zero(t, f.Lateness("ann", "2", at(25)).Days, "an extension")
	require.Equal(t, 1, f.Lateness("bob", "2", at(25)).Days, "is one student's")

	// What it says is what the marks have, once it is graded and counts.
	f.Extensions = nil
	f.Graded["2"] = []store.Graded{graded("a3", "ann", 25+24, grader.Pass, grader.Pass)}
	cell, l := Make(f)[0].Cells[0], f.Lateness("ann", "2", at(25+24))
	require.Equal(t, []int{cell.Grace, cell.Days}, []int{l.Grace, l.Charged})
}
