package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/score"
)

// summary counts the verdicts: 54 passed · 3 failed · 1 weak.
func (v *view) summary() string {
	var parts []string
	for _, word := range []struct {
		verdict grader.Verdict
		text    string
	}{
		{grader.Pass, "passed"}, {grader.Fail, "failed"}, {grader.Weak, "weak"},
		{grader.Blocked, "blocked"}, {grader.Fault, "not judged (our fault)"},
	} {
		if n := v.counts[word.verdict]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, word.text))
		}
	}
	return strings.Join(parts, " · ")
}

// origin says what was graded and how: the submission, the build, the seed, the time.
func (v *view) origin() []string {
	var parts []string
	if v.Submission != "" {
		parts = append(parts, clean(v.Submission))
	}
	if v.Only != "" {
		parts = append(parts, "only "+clean(v.Only))
	}
	if n := len(v.Results); n > 0 && v.Problem == "" {
		parts = append(parts, fmt.Sprintf("%s in %s", plural(n, "check"), duration(v.Millis)))
	}
	if v.Build.Command != "" && !v.Build.Failed {
		parts = append(parts, "built in "+duration(v.Build.Millis))
	}
	parts = append(parts, fmt.Sprintf("seed %d", v.Seed))
	if v.Isolation != "" {
		parts = append(parts, clean(v.Isolation))
	}
	return parts
}

// outOf gives points as a reader says them: 7.5 of 10 points.
func outOf(p score.Points) string {
	unit := "points"
	if p.Max == 1 {
		unit = "point"
	}
	return number(p.Got) + " of " + number(p.Max) + " " + unit
}

func number(x float64) string {
	return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64)
}

// percent rounds down, so that only a full score reads 100 %.
func percent(p score.Points) string {
	return fmt.Sprintf("%d %%", int(math.Floor(p.Percent()+1e-9)))
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	if strings.HasSuffix(word, "s") {
		word += "e"
	}
	return strconv.Itoa(n) + " " + word + "s"
}

func duration(millis float64) string {
	switch {
	case millis < 9.95:
		return strconv.FormatFloat(millis, 'f', 1, 64) + " ms"
	case millis < 999.5:
		return strconv.FormatFloat(millis, 'f', 0, 64) + " ms"
	}
	return strconv.FormatFloat(millis/1000, 'f', 1, 64) + " s"
}
