package githost_test

import (
	"bufio"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/tiny"
)

// graded pushes as the person while the test is the worker: it ends the run with 21 checks that everybody sees and as
// many of the group secret as are said, which come first. It gives the lines that tell of checks.
func (s *site) graded(p store.Person, login string, hidden int) (counts []string, all string) {
	s.Helper()
	cmd := s.command(s.clone("echo right", login), "push", s.remote("net/tiny/"+login+".git", s.token(p, "push")), "main")
	stderr, err := cmd.StderrPipe()
	require.NoError(s, err)
	require.NoError(s, cmd.Start())
	var said strings.Builder
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		line := strings.TrimRight(lines.Text(), " ")
		said.WriteString(line + "\n")
		if strings.Contains(line, "checks done") {
			counts = append(counts, strings.TrimPrefix(line, "remote: "))
		}
		if !strings.HasPrefix(line, "remote: waiting") {
			continue
		}
		turn, ok, err := s.q.Claim(s.Context(), postgres.Worker{Name: "w", Slots: 1}, 1)
		require.NoError(s, err)
		require.True(s, ok)
		run := &grader.Run{Assignment: grader.Assignment{Name: tiny.Name, Rubric: s.a.Rubric}}
		for i := range hidden + 21 {
			name, share, v := fmt.Sprintf("secret/%d", i), 1/float64(hidden), grader.Fail
			if i >= hidden {
				name, share, v = fmt.Sprintf("word/%d", i-hidden), 1.0/21, grader.Pass
			}
			run.Results = append(run.Results, grader.Result{Rule: grader.Rule{Name: name, Share: share}, Verdict: v})
		}
		steps := []store.Progress{{Phase: "fetch"}, {Phase: "build"}}
		for i, r := range run.Results {
			steps = append(steps, store.Progress{Phase: "check", Done: i + 1, Total: len(run.Results), Check: r.Name, Verdict: r.Verdict})
		}
		require.NoError(s, s.q.Report(s.Context(), turn, steps))
		require.NoError(s, s.q.Finish(s.Context(), turn, run, store.Phases{}))
	}
	require.NoError(s, cmd.Wait(), said.String())
	return counts, said.String()
}

// TestHiddenCounts: a student's push counts what the student may see and has no end to count to; staff's has the run's count.
func TestHiddenCounts(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	a := s.a
	a.Rubric = []grader.Item{{Group: "word", Points: 10}, {Group: "secret", Points: 5}}
	a.Visible = map[string]policy.Visibility{"secret": policy.Never}
	var err error
	s.a, err = s.ChangeAssignment(t.Context(), a, s.By)
	require.NoError(t, err)
	few, all := s.graded(s.Ann, "ann", 3)
	require.Equal(t, []string{"10 checks done, all passed", "20 checks done, all passed"}, few)
	require.NotContains(t, all, "secret")
	require.Contains(t, all, "tiny: 10 of 10 points")
	many, all := s.graded(s.Bob, "bob", 40)
	require.Equal(t, few, many, "the same, however many are hidden")
	require.NotContains(t, all, "secret")

	staffs, all := s.graded(s.Prof, "prof", 3)
	require.Equal(t, "3 of 24 checks done, 3 not passed", staffs[0])
	require.Equal(t, "22 of 24 checks done, 3 not passed", staffs[len(staffs)-1])
	require.Contains(t, all, "secret/0")
	require.Contains(t, all, "tiny: 10 of 15 points")
}
