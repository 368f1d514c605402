package report

import (
	"bytes"
	_ "embed"
	"html/template"
	"io"

	"github.com/wiregrade/wiregrade/grader"
)

var (
	//go:embed report.css
	pageStyle string
	//go:embed report.html.tmpl
	pageText string
	page     = template.Must(template.New("report").Parse(pageText))
)

// The page's data. Every string in it is escaped as text of ours already; the
// template escapes it once more as HTML.
type pageView struct {
	Style                     template.CSS // the style sheet beside this file
	Assignment, Title, Points string
	Percent                   float64
	PercentText               string
	Origin, Remarks           []string
	Problem                   string
	BuildCommand              string
	Detail                    []string
	Summary                   []pageCount
	Groups                    []pageGroup
	First                     *pageCheck
	Faulted                   bool
}

type pageCount struct {
	Verdict grader.Verdict
	Sign    string
	Count   int
}

type pageGroup struct {
	Name          string
	Verdict       grader.Verdict
	Sign          string
	Points        string
	Percent       float64
	Passed, Total int
	Checks        []pageCheck // those to look at
	Blocked       []pageBlocked
	Fine          []pageCheck // those that passed
}

type pageBlocked struct {
	Reason string
	Names  []string
}

type pageCheck struct {
	ID                  int
	Name, Says, Sign    string
	Verdict             grader.Verdict
	Worth               string
	Clause, Link        string
	ReasonLabel, Reason string
	Wants               []pageWant
	Yours, Reference    []pageStep
	Peer                string
	Endpoints           []string
	Exit, Used          string
	Stderr              []string
	Replay, Hand        string
	Open                bool
}

type pageWant struct{ Want, Got string }

type pageStep struct {
	Time, Conn, Class, Who string
	Before, After          string   // words of ours above and below the bytes
	Decoded                []string // what a message means
	Lines                  [][]pageSpan
	Marked                 bool
}

type pageSpan struct{ Text, Class string }

func writeHTML(w io.Writer, v *view) error {
	p := pageView{
		Style: template.CSS(pageStyle), Assignment: clean(v.Assignment.Name), Title: clean(v.Assignment.Title),
		Points: outOf(v.points), Percent: v.points.Percent(), PercentText: percent(v.points),
		Origin: v.origin(), Problem: clean(v.Problem), Faulted: v.Faulted(),
	}
	for _, r := range v.Remarks {
		p.Remarks = append(p.Remarks, clean(r))
	}
	if v.Problem != "" {
		p.Detail = v.detail()
		if v.Build.Failed {
			p.BuildCommand = clean(v.Build.Command)
		}
		return writePage(w, p)
	}
	for _, verdict := range []grader.Verdict{grader.Pass, grader.Fail, grader.Weak, grader.Blocked, grader.Fault} {
		if n := v.counts[verdict]; n > 0 {
			mark, _ := sign(verdict)
			p.Summary = append(p.Summary, pageCount{verdict, mark, n})
		}
	}
	for _, g := range v.groups {
		p.Groups = append(p.Groups, v.pageGroup(g))
	}
	if v.first != nil {
		c := v.pageCheck(v.first)
		p.First = &c
	}
	return writePage(w, p)
}

func writePage(w io.Writer, p pageView) error {
	var b bytes.Buffer
	if err := page.Execute(&b, p); err != nil {
		return err
	}
	_, err := b.WriteTo(w)
	return err
}

func (v *view) pageGroup(g group) pageGroup {
	mark, _ := sign(g.worst())
	out := pageGroup{Name: clean(g.Name), Verdict: g.worst(), Sign: mark, Passed: g.Passed, Total: g.Total, Percent: g.Percent()}
	if g.Max > 0 {
		out.Points = g.outOf()
	}
	folded := foldBlocked(g.checks)
	for _, c := range g.checks {
		same := folded[c.Reason]
		switch {
		case c.Verdict == grader.Pass:
			out.Fine = append(out.Fine, v.pageCheck(c))
		case c.Verdict == grader.Blocked && len(same) > 1:
			if same[0] == c {
				b := pageBlocked{Reason: clean(c.Reason)}
				for _, s := range same {
					b.Names = append(b.Names, clean(s.Name))
				}
				out.Blocked = append(out.Blocked, b)
			}
		default:
			out.Checks = append(out.Checks, v.pageCheck(c))
		}
	}
	return out
}

func (v *view) pageCheck(c *check) pageCheck {
	mark, _ := sign(c.Verdict)
	out := pageCheck{
		ID: c.index + 1, Name: clean(c.Name), Says: clean(c.Says), Sign: mark, Verdict: c.Verdict, Worth: outOf(c.points),
		Clause: clauseText(c.Clause), Link: clauseLink(c.Clause), Peer: v.peer(),
		Replay: c.replay, Hand: c.hand, Open: c.Verdict == grader.Fail || c == v.first,
	}
	switch {
	case c.Verdict == grader.Fault:
		out.Worth = "not charged"
	case c.points.Max == 0:
		out.Worth = "advice"
	}
	if !v.shows(c) {
		return out
	}
	if c.Reason != "" {
		out.ReasonLabel, out.Reason = reasonLabel(c.Verdict), clean(c.Reason)
	}
	for _, x := range c.Violations {
		out.Wants = append(out.Wants, pageWant{clean(x.Want), clean(x.Got)})
	}
	out.Yours = pageSteps(c.Transcript, c.Violations, nil, leadsTo(v.Assignment.Role, c.Result), v.peer(), v.o.Verbose)
	out.Reference = pageSteps(c.Reference, nil, answer(v.Assignment.Role, c.Result), 0, "the reference", v.o.Verbose)
	if len(c.Transcript.Endpoints) > 1 {
		b := &block{v: v, width: 4000}
		for _, r := range b.endpoints(c.Transcript.Endpoints) {
			out.Endpoints = append(out.Endpoints, r.text)
		}
	}
	if !tells(c) {
		out.Exit = clean(c.Exit)
	}
	out.Used = used(c.Result)
	if c.Exit != "" || v.o.Verbose {
		out.Stderr = tail(cleanLines(c.Stderr), 40)
	}
	return out
}
