package report

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/wiregrade/wiregrade/grader"
)

// The shape of results.json, after Gradescope's autograder specification.
type gradescopeReport struct {
	Score      float64          `json:"score"`
	Output     string           `json:"output"`
	Format     string           `json:"output_format"`
	Visibility string           `json:"visibility"`
	Stdout     string           `json:"stdout_visibility"`
	Tests      []gradescopeTest `json:"tests"`
}

type gradescopeTest struct {
	Score      float64 `json:"score"`
	Max        float64 `json:"max_score"`
	Status     string  `json:"status"`
	Name       string  `json:"name"`
	Output     string  `json:"output"`
	Format     string  `json:"output_format"`
	Visibility string  `json:"visibility"`
}

// writeGradescope writes results.json. Standard output of the autograder stays
// hidden: a submission may have printed there. Blocked checks and faults count
// as failed, since Gradescope knows nothing between; their output says which.
func writeGradescope(w io.Writer, v *view) error {
	r := gradescopeReport{Score: v.points.Got, Format: "text", Visibility: "visible", Stdout: "hidden", Tests: []gradescopeTest{}}
	lines := []string{outOf(v.points) + " · " + percent(v.points)}
	if v.Problem != "" {
		lines = append(lines, clean(v.Problem))
		r.Tests = append(r.Tests, gradescopeTest{Max: v.points.Max, Status: "failed", Name: "can be graded",
			Output: strings.Join(append([]string{clean(v.Problem)}, v.detail()...), "\n"), Format: "text", Visibility: "visible"})
	} else {
		lines = append(lines, v.summary())
		for _, g := range v.groups {
			for _, c := range g.checks {
				r.Tests = append(r.Tests, v.gradescopeTest(c))
			}
		}
	}
	for _, s := range v.Remarks {
		lines = append(lines, clean(s))
	}
	if v.first != nil && v.Problem == "" {
		lines = append(lines, "Look first at "+clean(v.first.Name)+".")
	}
	r.Output = strings.Join(lines, "\n")
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	return enc.Encode(r)
}

func (v *view) gradescopeTest(c *check) gradescopeTest {
	t := gradescopeTest{Score: c.points.Got, Max: c.points.Max, Status: "failed", Name: clean(c.Name), Format: "text", Visibility: "visible"}
	switch c.Verdict {
	case grader.Pass:
		t.Status = "passed"
		t.Output = clean(c.Says)
		if !v.o.Verbose {
			return t
		}
	case grader.Weak:
		t.Status = "passed"
	}
	mark, _ := sign(c.Verdict)
	t.Output = mark + " " + string(c.Verdict) + "\n" + v.plainBlock(c, 84)
	return t
}
