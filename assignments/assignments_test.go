package assignments

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/score"
	"github.com/wiregrade/wiregrade/harness"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/harness/submission"
)

func TestMain(m *testing.M) {
	sandbox.Init()
	os.Exit(m.Run())
}

// least is how many checks the courses were promised.
var least = map[string]int{
	"udp-upper-server": 12, "tcp-upper-server": 12,
	"udp-upper-client": 10, "tcp-upper-client": 10,
	"http-server": 60,
	"dns-client":  20, "dns-server": 45, "dns-resolver": 30,
}

// TestShape holds what every assignment's folder has.
func TestShape(t *testing.T) {
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	page, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	var folders, listed []string
	for _, e := range entries {
		if e.IsDir() && e.Name() != "internal" {
			folders = append(folders, e.Name())
		}
	}
	for _, s := range All() {
		listed = append(listed, s.Name)
		t.Run(s.Name, func(t *testing.T) {
			require.NoError(t, s.Validate())
			require.GreaterOrEqual(t, len(s.Items()), least[s.Name])
			require.Regexp(t, fmt.Sprintf(`(?m)^\| \[%s\].* \| %d \|$`, s.Name, len(s.Items())), string(page), "how many checks there are")
			for _, item := range s.Rubric {
				require.Equal(t, float64(int(item.Points)), item.Points, "whole points for group %s", item.Group)
			}
			readme, err := os.ReadFile(filepath.Join(s.Name, "README.md"))
			require.NoError(t, err)
			require.Equal(t, string(readme), s.Statement)
			require.FileExists(t, filepath.Join(s.Name, "checks_test.go"))
			goldens, _ := filepath.Glob(filepath.Join(s.Name, "testdata", "*.txtar"))
			require.NotEmpty(t, goldens)
			for _, language := range []string{"python", "go", "c", "java"} {
				wellFormed(t, s, filepath.Join(s.Name, "starter", language))
			}
			solutions := submissions(t, s, "solution")
			require.GreaterOrEqual(t, len(solutions), 2)
		})
	}
	require.ElementsMatch(t, folders, listed, "every folder stands in the list")
}

func submissions(t *testing.T, s *check.Suite, kind string) []string {
	dirs, err := filepath.Glob(filepath.Join(s.Name, kind, "*"))
	require.NoError(t, err)
	for _, d := range dirs {
		wellFormed(t, s, d)
	}
	return dirs
}

func wellFormed(t *testing.T, s *check.Suite, dir string) submission.Manifest {
	m, err := submission.ReadManifest(dir, s.Role == grader.Client)
	require.NoError(t, err)
	require.Empty(t, m.Guess)
	require.Equal(t, s.Name, m.Assignment)
	return m
}

// TestSolutions grades every solution: all points.
func TestSolutions(t *testing.T) {
	cache := t.TempDir()
	for _, s := range All() {
		for _, dir := range submissions(t, s, "solution") {
			t.Run(dir, func(t *testing.T) {
				run := grade(t, s, dir, cache, nil)
				for _, r := range run.Results {
					if r.Verdict != grader.Pass {
						t.Errorf("%s %s: %s %v %s", r.Verdict, r.Name, r.Reason, r.Violations, r.Stderr)
					}
				}
				points := score.Of(run.Assignment.Rubric, run.Results)
				require.Equal(t, points.Max+extra(s), points.Got)
			})
		}
	}
}

// extra is the extra credit that a suite has.
func extra(s *check.Suite) (points float64) {
	for _, item := range s.Rubric {
		if item.Extra {
			points += item.Points
		}
	}
	return points
}

// TestStarters starts every starter: it builds and runs, and does not solve the assignment. The
// first check of each group is enough to see that.
func TestStarters(t *testing.T) {
	cache := t.TempDir()
	for _, s := range All() {
		first := map[string]bool{}
		for _, g := range s.Groups {
			first[g.Name+"/"+g.Checks[0].Name] = true
		}
		for _, dir := range submissions(t, s, "starter") {
			t.Run(dir, func(t *testing.T) {
				run := grade(t, s, dir, cache, func(name string) bool { return first[name] })
				require.False(t, run.Passed())
			})
		}
	}
}

func grade(t *testing.T, s *check.Suite, dir, cache string, match func(string) bool) *grader.Run {
	o := harness.Options{Seed: 1, BuildCache: cache, Match: match}
	if s.Namespaces {
		boxes, err := sandbox.NewNamespaces(t.Context())
		require.NoError(t, err)
		defer boxes.Close()
		o.Sandboxes = boxes
	}
	run, err := harness.Grade(t.Context(), s, dir, wellFormed(t, s, dir), o)
	require.NoError(t, err)
	require.Empty(t, run.Problem, run.Detail)
	require.False(t, run.Faulted())
	return run
}

// TestSentences keeps the voice of what students read: one sentence, no full stop at its end.
func TestSentences(t *testing.T) {
	for _, s := range All() {
		for _, item := range s.Items() {
			says := item.Rule.Says
			require.False(t, strings.HasSuffix(says, ".") && !strings.HasSuffix(says, ".."), "%s %s: ends with a full stop", s.Name, item.Rule.Name)
			require.Less(t, len(says), 260, "%s %s: too long for a sentence", s.Name, item.Rule.Name)
		}
	}
}
