package api

import (
	"archive/tar"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/store"
)

// TestLateness hands in late to two assignments of a course that has two grace days.
func TestLateness(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	ctx, now := t.Context(), time.Now()
	c := x.Course
	c.GraceDays = 2
	_, err := x.ChangeCourse(ctx, c, x.By)
	require.NoError(t, err)
	upper := x.Upper
	upper.Due, upper.Counts, upper.Visible = now.Add(-2*time.Hour), policy.Best, map[string]policy.Visibility{"secret": policy.Never}
	_, err = x.ChangeAssignment(ctx, upper, x.By)
	require.NoError(t, err)
	_, err = x.AddAssignment(ctx, store.Assignment{Course: x.Course.ID, Name: "two", Title: "Two", Suite: "tcp-upper-server", Due: now.Add(-time.Hour), Late: policy.Late{Days: 1, PerDay: 0.25}}, x.By)
	require.NoError(t, err)
	hand := func(as, assignment, name string) (s Submission) {
		x.json(x.do(as, "POST", "/courses/net/assignments/"+assignment+"/submissions", tarball(tar.Header{Name: name}), "Content-Type", archiveType), &s)
		return s
	}
	read := func(as string, id store.ID) (s Submission) {
		x.json(x.do(as, "GET", "/courses/net/submissions/"+string(id), ""), &s)
		return s
	}

	one := hand("ann", "upper", "1")
	require.Equal(t, &Lateness{1, 1, 1, 0, 1, "late: uses 1 of your 2 grace days; 1 is left after it"}, one.Lateness)
	require.Equal(t, one.Lateness, read("ann", one.ID).Lateness)
	require.Equal(t, one.Lateness, read("ta", one.ID).Lateness)
	two := hand("ann", "two", "1")
	require.Equal(t, "late: uses 1 of your 2 grace days; 1 is left after it", two.Lateness.Says, "the first is not graded, and spent nothing yet")
	x.grade()
	x.grade()
	require.Equal(t, "late: uses your last grace day", read("ann", two.ID).Lateness.Says)
	require.Equal(t, "late: uses 1 of your 2 grace days; 1 is left after it", hand("bob", "two", "1").Lateness.Says, "another's are another's")
	x.grade()

	// It is what the marks have.
	var marks struct{ Items []Marks }
	x.json(x.do("ann", "GET", "/courses/net/marks", ""), &marks)
	for i, s := range []Submission{one, two} {
		mark := marks.Items[0].Assignments[i]
		require.Equal(t, s.ID, mark.Submission)
		require.Equal(t, []int{1, 0}, []int{mark.GraceDays, mark.DaysLate})
	}

	c, err = x.CourseByName(ctx, "net")
	require.NoError(t, err)
	c.GraceDays = 1
	_, err = x.ChangeCourse(ctx, c, x.By)
	require.NoError(t, err)
	require.Equal(t, &Lateness{1, 0, 0, 1, 0.75, "late: 1 day, and none of your grace days is left; 1 day charged: 25 % of its points"}, read("ann", two.ID).Lateness)

	// Who has an extension is in time.
	require.NoError(t, x.Extend(ctx, store.Extension{Course: x.Course.ID, Assignment: x.Upper.ID, Person: x.Bob.ID, Due: now.Add(time.Hour)}, x.By))
	require.Nil(t, hand("bob", "upper", "2").Lateness)
	require.NoError(t, x.Extend(ctx, store.Extension{Course: x.Course.ID, Assignment: x.Upper.ID, Person: x.Ann.ID, Due: now.Add(time.Hour)}, x.By))
	require.Nil(t, read("ann", one.ID).Lateness, "though it was late when it came")
	require.Equal(t, "late: uses your last grace day", read("ann", two.ID).Lateness.Says)
}

// TestLateNow moves due dates after what was handed in: it is late, everywhere, by the date that holds, as the marks have it.
func TestLateNow(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	ctx, now := t.Context(), time.Now()
	due := func(at time.Time) {
		a, err := x.Assignment(ctx, x.Staff(), x.Upper.ID)
		require.NoError(t, err)
		a.Due, a.Late = at, policy.Late{Days: 3, PerDay: 0.25}
		_, err = x.ChangeAssignment(ctx, a, x.By)
		require.NoError(t, err)
	}
	told := func(as string, id store.ID) (late []bool) {
		t.Helper()
		var all struct{ Items []Submission }
		x.json(x.do(as, "GET", "/courses/net/assignments/upper/submissions", ""), &all)
		for _, s := range all.Items {
			if s.ID == id {
				late = append(late, s.Late)
			}
		}
		var one Submission
		x.json(x.do(as, "GET", "/courses/net/submissions/"+string(id), ""), &one)
		events := x.do(as, "GET", "/courses/net/submissions/"+string(id)+"/events", "").body
		return append(late, one.Late, one.Lateness != nil, strings.Contains(events, `"late":true`))
	}
	charged := func() int {
		t.Helper()
		var marks struct{ Items []Marks }
		x.json(x.do("ann", "GET", "/courses/net/marks", ""), &marks)
		return marks.Items[0].Assignments[0].DaysLate
	}
	yes, no := []bool{true, true, true, true}, []bool{false, false, false, false}
	hand := func(as string) (s Submission) {
		x.json(x.do(as, "POST", "/courses/net/assignments/upper/submissions", tarball(tar.Header{Name: "1"}), "Content-Type", archiveType), &s)
		x.grade()
		return s
	}

	// Late, and then an extension covers it. Another's are another's.
	due(now.Add(-time.Hour))
	ann, bob := hand("ann"), hand("bob")
	require.True(t, ann.Late)
	require.Equal(t, yes, told("ann", ann.ID))
	require.Equal(t, 1, charged())
	require.NoError(t, x.Extend(ctx, store.Extension{Course: x.Course.ID, Assignment: x.Upper.ID, Person: x.Ann.ID, Due: now.Add(time.Hour)}, x.By))
	for _, as := range []string{"ann", "ta"} {
		require.Equal(t, no, told(as, ann.ID))
	}
	require.Zero(t, charged())
	require.Equal(t, yes, told("bob", bob.ID))
	require.NoError(t, x.Unextend(ctx, store.Extension{Course: x.Course.ID, Assignment: x.Upper.ID, Person: x.Ann.ID}, x.By))
	require.Equal(t, yes, told("ann", ann.ID))

	// In time, and then the date is moved before it.
	due(now.Add(time.Hour))
	require.Equal(t, no, told("bob", bob.ID))
	again := hand("ann")
	require.False(t, again.Late)
	due(now.Add(-time.Hour))
	for _, as := range []string{"ann", "ta"} {
		require.Equal(t, yes, told(as, again.ID))
	}
	require.Equal(t, 1, charged(), "as it is told")
}
