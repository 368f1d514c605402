package gradebook

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/store"
)

var due1 = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func graded(id, person string, hours float64, a, b grader.Verdict) store.Graded {
	return store.Graded{
		Submission: store.Submission{ID: store.ID(id), Person: store.ID(person), Received: due1.Add(time.Duration(hours * float64(time.Hour)))},
		Outcomes:   []store.Outcome{{Check: "a/one", Verdict: a, Share: 1}, {Check: "b/one", Verdict: b, Share: 1}},
	}
}

func facts() Facts {
	const p, f = grader.Pass, grader.Fail
	return Facts{
		Course: store.Course{GraceDays: 1, Pass: policy.PassRule{AtLeast: 1}},
		Assignments: []store.Assignment{
			{ID: "2", Name: "second", Suite: "s", Due: due1.Add(24 * time.Hour), Late: policy.Late{Days: 3, PerDay: 0.1}, PassAt: 50},
			{ID: "1", Name: "first", Suite: "s", Due: due1, Late: policy.Late{Days: 3, PerDay: 0.1}, Counts: policy.Best, PassAt: 50},
		},
		Students: []store.Member{
			{Enrolment: store.Enrolment{Person: "ann"}, Login: "ann", Name: "=cmd()", Email: "ann@x"},
			{Enrolment: store.Enrolment{Person: "bob"}, Login: "bob", Name: "Bob\x1b[2J", Email: "bob@x"},
		},
		Rubrics: map[string][]grader.Item{"s": {{Group: "a", Points: 6}, {Group: "b", Points: 4}}},
		Graded: map[store.ID][]store.Graded{
			"1": {graded("a1", "ann", -1, p, f), graded("a2", "ann", 2, p, p), graded("b1", "bob", -1, f, f)},
			"2": {graded("a3", "ann", 25, p, p)},
		},
	}
}

func TestMake(t *testing.T) {
	f := facts()
	rows := Make(f)
	ann := rows[0]
	require.Equal(t, Cell{Assignment: "1", Got: 10, Max: 10, Submission: "a2", Attempts: 2, Grace: 1, Passed: true}, ann.Cells[1],
		"the better attempt was a day late, and a grace day pays for it")
	require.Equal(t, Cell{Assignment: "2", Got: 9, Max: 10, Submission: "a3", Attempts: 1, Days: 1, Passed: true}, ann.Cells[0],
		"which is then gone for the assignment that is due later")
	require.Equal(t, policy.Standing{Passed: true, Count: 2, Of: 2, Percent: 95}, ann.Standing)
	bob := rows[1]
	require.Equal(t, Cell{Assignment: "1", Max: 10, Submission: "b1", Attempts: 1}, bob.Cells[1])
	require.Equal(t, Cell{Assignment: "2", Max: 10}, bob.Cells[0])
	require.False(t, bob.Standing.Passed)

	f.Extensions = []store.Extension{{Assignment: "1", Person: "ann", Due: due1.Add(3 * time.Hour)}}
	ann = Make(f)[0]
	require.Equal(t, 0, ann.Cells[1].Grace, "an extension costs no grace day")
	require.Equal(t, 10.0, ann.Cells[0].Got)

	f.Overrides = []store.Override{{Assignment: "1", Person: "bob", Group: "b", Points: 3}, {Assignment: "2", Person: "bob", Points: 7}}
	bob = Make(f)[1]
	require.Equal(t, 3.0, bob.Cells[1].Got)
	require.Equal(t, 7.0, bob.Cells[0].Got)
	require.True(t, bob.Cells[0].Passed)

	f.Hidden = map[store.ID]map[string]bool{"2": {"a": true}, "1": {"a": true, "b": true}}
	ann = Make(f)[0]
	require.Equal(t, []float64{4, 0}, []float64{ann.Cells[0].Max, ann.Cells[1].Max})
	require.Equal(t, []float64{4, 0}, []float64{ann.Cells[0].Got, ann.Cells[1].Got}, "what is hidden has no points")
	f.Hidden = nil

	f.Assignments[1].Rubric = []grader.Item{{Group: "a", Points: 1}}
	ann = Make(f)[0]
	require.Equal(t, 1.0, ann.Cells[1].Max, "another rubric, the same results")
}

// TestGraceIsNoTrap: what is accepted in the hope of grace days, which another assignment then spends, takes no points away.
func TestGraceIsNoTrap(t *testing.T) {
	const p = grader.Pass
	f := facts()
	for i := range f.Assignments {
		f.Assignments[i].Late, f.Assignments[i].Counts = policy.Late{}, policy.Last
	}
	f.Graded = map[store.ID][]store.Graded{
		"1": {graded("a1", "ann", 2, p, p)}, // spends the day
		"2": {graded("a2", "ann", 1, p, grader.Fail), graded("a3", "ann", 26, p, p)},
	}
	ann := Make(f)[0]
	require.Equal(t, Cell{Assignment: "1", Got: 10, Max: 10, Submission: "a1", Attempts: 1, Grace: 1, Passed: true}, ann.Cells[1])
	require.Equal(t, Cell{Assignment: "2", Got: 6, Max: 10, Submission: "a2", Attempts: 2, Passed: true}, ann.Cells[0])

	f.Graded["1"] = []store.Graded{graded("a1", "ann", 30, p, p)} // two days late: one day of grace does not save it
	ann = Make(f)[0]
	require.Equal(t, Cell{Assignment: "1", Max: 10, Submission: "a1", Attempts: 1, Days: 2}, ann.Cells[1])
	require.Equal(t, 10.0, ann.Cells[0].Got, "so it is there for the other")
}

func TestWriteCSV(t *testing.T) {
	f := facts()
	rows := Make(f)
	for layout, want := range map[Layout]string{
		Plain:  "login,name,email,second,first,passed,of,percent,pass\nann,'=cmd(),ann@x,9,10,2,2,95,true\nbob,Bob\ufffd[2J,bob@x,,0,0,2,0,false\n",
		Canvas: "Student,ID,SIS User ID,SIS Login ID,Section,second,first\n\"    Points Possible\",,,,,10,10\n'=cmd(),,,ann,,9,10\nBob\ufffd[2J,,,bob,,,0\n",
		Moodle: "Username,Email address,second,first\nann,ann@x,9,10\nbob,bob@x,,0\n",
	} {
		var out bytes.Buffer
		require.NoError(t, WriteCSV(&out, layout, f.Assignments, rows))
		require.Equal(t, want, out.String())
	}
	require.Error(t, WriteCSV(&bytes.Buffer{}, "excel", nil, nil))
}
