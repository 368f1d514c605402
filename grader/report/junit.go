package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/wiregrade/wiregrade/grader"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class   string    `xml:"classname,attr"`
	Name    string    `xml:"name,attr"`
	Time    string    `xml:"time,attr"`
	Failure *junitBad `xml:"failure"`
	Error   *junitBad `xml:"error"`
	Output  *junitOut `xml:"system-out"`
}

type junitBad struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",cdata"`
}

type junitOut struct {
	Text string `xml:",cdata"`
}

// writeJUnit writes one suite for each group. A blocked check is a failure of
// type "blocked": it earned nothing, and a skipped test would read as harmless.
// A weak one passes and says why in its output. A fault of ours is an error.
func writeJUnit(w io.Writer, v *view) error {
	all := junitSuites{Name: clean(v.Assignment.Name), Time: seconds(v.Millis)}
	if v.Problem != "" {
		all.add(v.junitProblem())
	} else {
		for _, g := range v.groups {
			all.add(v.junitGroup(g))
		}
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (a *junitSuites) add(s junitSuite) {
	a.Tests += s.Tests
	a.Failures += s.Failures
	a.Errors += s.Errors
	a.Suites = append(a.Suites, s)
}

func (v *view) junitProblem() junitSuite {
	return junitSuite{
		Name: clean(v.Assignment.Name), Tests: 1, Failures: 1, Time: seconds(v.Millis), Properties: v.junitProperties(v.points.Got, v.points.Max),
		Cases: []junitCase{{Class: clean(v.Assignment.Name), Name: "can be graded", Time: seconds(v.Millis),
			Failure: &junitBad{"problem", clean(v.Problem), strings.Join(v.detail(), "\n")}}},
	}
}

func (v *view) junitProperties(got, max float64) []junitProperty {
	p := []junitProperty{{"points", number(got)}, {"max", number(max)}, {"seed", fmt.Sprint(v.Seed)}, {"isolation", clean(v.Isolation)}}
	if v.Submission != "" {
		p = append(p, junitProperty{"submission", clean(v.Submission)})
	}
	return p
}

func (v *view) junitGroup(g group) junitSuite {
	s := junitSuite{Name: clean(v.Assignment.Name + "/" + g.Name), Tests: len(g.checks), Properties: v.junitProperties(g.Got, g.Max)}
	total := 0.0
	for _, c := range g.checks {
		total += c.Millis
		jc := junitCase{Class: clean(v.Assignment.Name + "." + g.Name), Name: clean(strings.TrimPrefix(c.Name, g.Name+"/")), Time: seconds(c.Millis)}
		bad := &junitBad{string(c.Verdict), clean(c.Says), "\n" + v.plainBlock(c, 96)}
		if c.Reason != "" {
			bad.Message = clean(c.Reason)
		}
		switch c.Verdict {
		case grader.Fail, grader.Blocked:
			jc.Failure = bad
			s.Failures++
		case grader.Fault:
			jc.Error = bad
			s.Errors++
		case grader.Weak:
			jc.Output = &junitOut{"weak" + bad.Text}
		default:
			if v.o.Verbose {
				jc.Output = &junitOut{bad.Text}
			}
		}
		s.Cases = append(s.Cases, jc)
	}
	s.Time = seconds(total)
	return s
}

// plainBlock is all that a check has to say, as text of so many columns.
func (v *view) plainBlock(c *check, width int) string {
	b := &block{v: v, width: width}
	var rows []row
	for _, s := range wrap(clean(c.Says), width) {
		rows = append(rows, b.row(s, normal))
	}
	rows = append(rows, b.row(cite(c.Clause), normal))
	if c.Reason != "" {
		rows = append(rows, b.labelled(reasonLabel(c.Verdict), normal, clean(c.Reason))...)
	}
	rows = append(rows, row{})
	rows = append(rows, b.evidence(c)...)
	rows = append(rows, row{}, b.row("again", normal).pad(labelWidth).plus(b.row(c.replay, normal)))
	if c.hand != "" {
		rows = append(rows, b.row("by hand", normal).pad(labelWidth).plus(b.row(c.hand, normal)))
	}
	return plainText(rows, "")
}

func seconds(millis float64) string { return fmt.Sprintf("%.3f", millis/1000) }

// printedText is what a program printed, each line safe to show.
func printedText(s string) string { return strings.Join(cleanLines(s), "\n") }
