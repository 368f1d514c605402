package githost_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/api/githost"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/internal/tiny"
)

// TestLate pushes late to a course with grace days, where an earlier assignment has spent one: which of its attempts
// counts depends on their points.
func TestLate(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *githost.Options) { o.Assignments = []grader.Assignment{tiny.Suite().Assignment} })
	s.work(tiny.Suite())
	ctx, now := t.Context(), time.Now()
	c := s.Course
	c.GraceDays = 2
	_, err := s.ChangeCourse(ctx, c, s.By)
	require.NoError(t, err)
	s.a.Due, s.a.Counts = now.Add(-time.Hour), policy.Best
	_, err = s.ChangeAssignment(ctx, s.a, s.By)
	require.NoError(t, err)
	last := s.a
	last.Name, last.Due = "last", now.Add(-time.Minute)
	_, err = s.AddAssignment(ctx, last, s.By)
	require.NoError(t, err)

	secret := s.token(s.Ann, "push")
	// In time, and wrong; then late, and right: that one is the best.
	early := s.Hand(s.Ann, "early")
	early.Assignment, early.Files, early.Received = s.a.ID, tiny.Files("echo wrong", "1"), now.Add(-2*time.Hour)
	_, _, err = s.Submit(ctx, early)
	require.NoError(t, err)
	const uses = "remote: late: uses 1 of your 2 grace days; 1 is left after it"
	dir := s.clone("echo right", "1")
	require.Contains(t, s.must(dir, "push", s.remote("net/tiny/ann.git", secret), "main"), uses)
	require.Contains(t, s.must(dir, "push", "-o", "no-wait", s.remote("net/last/ann.git", secret), "main"),
		"remote: late: uses your last grace day")
	require.Contains(t, s.must(s.clone("echo right", "2"), "push", "-o", "no-wait", s.remote("net/last/bob.git", s.token(s.Bob, "push")), "main"), uses)
	require.NotContains(t, s.must(dir, "push", "-o", "no-wait", s.remote("net/upper/ann.git", secret), "main"), "late", "it is never due")
}
