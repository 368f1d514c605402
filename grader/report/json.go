package report

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/wiregrade/wiregrade/grader"
)

// Schema names the shape of the JSON format. Fields may be added under it;
// none goes away or changes its meaning.
const Schema = "grader.report/v1"

type jsonReport struct {
	Schema     string                 `json:"schema"`
	Assignment string                 `json:"assignment"`
	Submission string                 `json:"submission"`
	Points     float64                `json:"points"`
	Max        float64                `json:"max"`
	Seed       uint64                 `json:"seed"`
	Isolation  string                 `json:"isolation"`
	Only       string                 `json:"only,omitempty"`
	Problem    string                 `json:"problem,omitempty"`
	Detail     string                 `json:"detail,omitempty"`
	Remarks    []string               `json:"remarks"`
	Build      *jsonBuild             `json:"build,omitempty"`
	Millis     float64                `json:"millis"`
	Verdicts   map[grader.Verdict]int `json:"verdicts"`
	Groups     []jsonGroup            `json:"groups"`
	Checks     []jsonCheck            `json:"checks"`
}

type jsonBuild struct {
	Command string  `json:"command"`
	Failed  bool    `json:"failed"`
	Output  string  `json:"output,omitempty"`
	Millis  float64 `json:"millis"`
}

type jsonGroup struct {
	Name   string  `json:"name"`
	Points float64 `json:"points"`
	Max    float64 `json:"max"`
	Passed int     `json:"passed"`
	Total  int     `json:"total"`
}

type jsonCheck struct {
	Name       string          `json:"name"`
	Verdict    grader.Verdict  `json:"verdict"`
	Points     float64         `json:"points"`
	Max        float64         `json:"max"`
	Says       string          `json:"says"`
	Clause     jsonClause      `json:"clause"`
	Violations []jsonViolation `json:"violations"`
	Millis     float64         `json:"millis"`
	Reason     string          `json:"reason,omitempty"`
	Exit       string          `json:"exit,omitempty"`
	Stderr     string          `json:"stderr,omitempty"`
	Usage      *jsonUsage      `json:"usage,omitempty"`
	Replay     string          `json:"replay"`
	Hand       string          `json:"hand,omitempty"`
	Exchange   []jsonEvent     `json:"exchange,omitempty"`
	Reference  []jsonEvent     `json:"reference,omitempty"`
}

// A jsonUsage is what the submission used in one check. Memory and Output are bytes.
type jsonUsage struct {
	CPUMillis float64 `json:"cpuMillis"`
	Memory    int64   `json:"memory"`
	OOM       bool    `json:"oom"`
	Left      int     `json:"left"`
	Output    int64   `json:"output"`
}

type jsonClause struct {
	Document string       `json:"document"`
	Section  string       `json:"section"`
	Level    grader.Level `json:"level"`
	Link     string       `json:"link,omitempty"`
}

// At and Len count bytes of the event, not characters of its escaped data.
type jsonViolation struct {
	Event int    `json:"event"`
	At    int    `json:"at"`
	Len   int    `json:"len"`
	Want  string `json:"want"`
	Got   string `json:"got"`
}

type jsonEvent struct {
	Seq    int         `json:"seq"`
	Ms     float64     `json:"ms"`
	Conn   int         `json:"conn"`
	Kind   grader.Kind `json:"kind"`
	Dir    grader.Dir  `json:"dir"`
	Data   string      `json:"data"`
	Cut    int         `json:"cut,omitempty"`
	Pieces int         `json:"pieces,omitempty"`
	Says   string      `json:"says"`
	// Answers is the seq of the message that this one answers, where that is known.
	Answers int `json:"answers,omitempty"`
	// Decoded is what the bytes of a binary protocol mean, in lines.
	Decoded string `json:"decoded,omitempty"`
}

func writeJSON(w io.Writer, v *view) error {
	r := jsonReport{
		Schema: Schema, Assignment: v.Assignment.Name, Submission: clean(v.Submission),
		Points: v.points.Got, Max: v.points.Max, Seed: v.Seed, Isolation: v.Isolation, Only: clean(v.Only),
		Problem: clean(v.Problem), Detail: strings.Join(v.detail(), "\n"), Millis: v.Millis,
		Remarks: []string{}, Groups: []jsonGroup{}, Checks: []jsonCheck{},
		Verdicts: map[grader.Verdict]int{grader.Pass: 0, grader.Fail: 0, grader.Weak: 0, grader.Blocked: 0, grader.Fault: 0},
	}
	for _, s := range v.Remarks {
		r.Remarks = append(r.Remarks, clean(s))
	}
	if b := v.Build; b.Command != "" {
		r.Build = &jsonBuild{clean(b.Command), b.Failed, printedText(b.Output), b.Millis}
	}
	for verdict, n := range v.counts {
		r.Verdicts[verdict] = n
	}
	checks := make([]jsonCheck, len(v.Results))
	for _, g := range v.groups {
		r.Groups = append(r.Groups, jsonGroup{g.Name, g.Got, g.Max, g.Passed, g.Total})
		for _, c := range g.checks {
			checks[c.index] = v.jsonCheck(c)
		}
	}
	r.Checks = append(r.Checks, checks...)
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	return enc.Encode(r)
}

func (v *view) jsonCheck(c *check) jsonCheck {
	j := jsonCheck{
		Name: c.Name, Verdict: c.Verdict, Points: c.points.Got, Max: c.points.Max, Says: clean(c.Says),
		Clause:     jsonClause{c.Clause.Document, c.Clause.Section, c.Clause.Level, clauseLink(c.Clause)},
		Violations: []jsonViolation{}, Millis: c.Millis, Reason: clean(c.Reason),
		Exit: clean(c.Exit), Stderr: printedText(c.Stderr), Replay: c.replay, Hand: c.hand,
	}
	for _, x := range c.Violations {
		j.Violations = append(j.Violations, jsonViolation{x.Event, x.At, x.Len, clean(x.Want), clean(x.Got)})
	}
	if u := c.Usage; u != (grader.Usage{}) {
		j.Usage = &jsonUsage{millis(u.CPU), u.Memory, u.OOM, u.Left, u.Output}
	}
	if v.shows(c) {
		j.Exchange = jsonEvents(c.Transcript.Events)
		j.Reference = jsonEvents(c.Reference.Events)
	}
	return j
}

func jsonEvents(events []grader.Event) []jsonEvent {
	var out []jsonEvent
	for _, e := range events {
		out = append(out, jsonEvent{e.Seq, millis(e.At), e.Conn, e.Kind, e.Dir, Escape(e.Data), e.Cut, e.Pieces, clean(e.Says), e.Answers, printedText(e.Decoded)})
	}
	return out
}
