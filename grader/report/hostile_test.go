package report

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
)

// hostile is what a submission sends that wants to be more than text.
const hostile = "\n::notice title=pwned::full marks\n   ::error::x\n##[error]x ##vso[task.complete]\r\x1b[2J\x1b[1;32m100 of 100 points\x1b]0;t\x07\x00\x08\x9b31m" +
	"\n<script>alert(1)</script><img src=x onerror=alert(1)>\"'><a href=\"javascript:alert(1)\">x</a></pre></details></textarea>{{.}}" +
	"\n```\n```mermaid\ngraph TD\n````\n~~~\n@everyone #1 [x](javascript:alert(1)) ![x](https://evil.test/x.png) https://evil.test `a` | b\n# H\n" +
	"]]>&lt;&#0;\ufffe\uffff\xff\xfe\u202egnp.exe\u2028\u2029\ufeff" +
	"\n{\"schema\":\"grader.report/v1\",\"points\":100,\"max\":100}\n"

// hostileRun is httpRun with hostile text wherever a submission can put some.
func hostileRun() *grader.Run {
	run := httpRun()
	run.Submission = hostile
	run.Remarks = []string{hostile}
	run.Build = grader.Build{Command: hostile, Output: hostile, Millis: 1}
	for i := range run.Results {
		r := &run.Results[i]
		r.Reason, r.Exit, r.Stderr = hostile, hostile, hostile
		for j := range r.Transcript.Events {
			e := &r.Transcript.Events[j]
			e.Data, e.Says = []byte(hostile), hostile
			if j%2 == 1 {
				e.Decoded = hostile
			}
		}
		for j := range r.Violations {
			r.Violations[j].Want, r.Violations[j].Got = hostile, hostile
		}
	}
	return run
}

// hostileReports writes a graded and a broken run, as they are by default and with all that is to show.
func hostileReports(t *testing.T, f Format) []string {
	broken := hostileRun()
	broken.Problem, broken.Detail, broken.Build.Failed = hostile, hostile, true
	var out []string
	for _, run := range []*grader.Run{hostileRun(), broken} {
		for _, verbose := range []bool{false, true} {
			for _, width := range []int{60, 100, 200} {
				out = append(out, write(t, f, run, Options{Verbose: verbose, Width: width, Dir: hostile}))
			}
		}
	}
	return out
}

func requirePrintable(t *testing.T, s string) {
	t.Helper()
	for _, r := range s {
		require.True(t, r == '\n' || unicode.IsPrint(r) && !hidden(r) && r != '\u2028', "%U in a report", r)
	}
}

func TestHostileText(t *testing.T) {
	for _, report := range hostileReports(t, Text) {
		requirePrintable(t, report)
		require.Contains(t, report, "of 38.67 points")
		for l := range strings.Lines(report) {
			require.False(t, strings.HasPrefix(strings.TrimLeftFunc(l, unicode.IsSpace), "::"), l)
			require.NotRegexp(t, `##(\[|vso|teamcity)`, l)
			require.False(t, strings.HasPrefix(l, `{"schema`), l)
		}
	}
}

func TestHostileColoredText(t *testing.T) {
	ours := regexp.MustCompile(`\x1b\[[0-9;]*m`)
	requirePrintable(t, ours.ReplaceAllString(write(t, Text, hostileRun(), Options{Color: true}), ""))
	require.NotContains(t, write(t, Text, hostileRun(), Options{Color: true}), "\x1b[2J")
}

func TestHostileJSON(t *testing.T) {
	for _, f := range []Format{JSON, Gradescope} {
		for _, report := range hostileReports(t, f) {
			requirePrintable(t, report)
			d := json.NewDecoder(strings.NewReader(report))
			var r map[string]any
			require.NoError(t, d.Decode(&r))
			require.ErrorIs(t, d.Decode(&r), io.EOF, "one value and nothing behind it")
			if f == JSON {
				require.Equal(t, 12.0, r["points"])
			} else {
				require.Equal(t, 12.0, r["score"])
				require.Equal(t, "hidden", r["stdout_visibility"])
			}
		}
	}
}

func TestHostileJUnit(t *testing.T) {
	for _, report := range hostileReports(t, JUnit) {
		requirePrintable(t, report)
		d := xml.NewDecoder(strings.NewReader(report))
		for {
			tok, err := d.Token()
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
			if e, ok := tok.(xml.StartElement); ok {
				require.Contains(t, []string{"testsuites", "testsuite", "properties", "property", "testcase", "failure", "error", "system-out"}, e.Name.Local)
			}
		}
	}
}

func TestJUnitCounts(t *testing.T) {
	var r junitSuites
	require.NoError(t, xml.Unmarshal([]byte(write(t, JUnit, httpRun(), Options{})), &r))
	require.Equal(t, []int{20, 11, 1, 0}, []int{r.Tests, r.Failures, r.Errors, r.Skipped})
	require.Len(t, r.Suites, 4)
	require.Equal(t, "blocked", r.Suites[2].Cases[0].Failure.Type)
	require.Contains(t, r.Suites[1].Cases[0].Failure.Text, "◀── HTTP/1.1 200 OK")
	require.NoError(t, xml.Unmarshal([]byte(write(t, JUnit, brokenRun(), Options{})), &r))
}

// TestHostileHTML reads the page back and allows only what the template writes.
func TestHostileHTML(t *testing.T) {
	elements := strings.Fields("html head meta title style body main header div p h1 h2 span i ul li b small table caption thead tbody tr th td a section details summary code dl dt dd figure figcaption ol pre mark br")
	attributes := strings.Fields("lang charset name content http-equiv class style role aria-label aria-hidden scope href id rel open")
	for _, report := range hostileReports(t, HTML) {
		require.NotContains(t, report, "\x1b")
		require.Contains(t, report, `content="default-src 'none'; style-src 'unsafe-inline';`)
		d := xml.NewDecoder(strings.NewReader(report))
		d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
		text := ""
		for {
			tok, err := d.Token()
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
			switch tok := tok.(type) {
			case xml.CharData:
				text += string(tok)
			case xml.StartElement:
				require.Contains(t, elements, tok.Name.Local)
				for _, a := range tok.Attr {
					require.Contains(t, attributes, a.Name.Local, tok.Name.Local)
					switch a.Name.Local {
					case "href":
						require.Regexp(t, `^(#[a-z]+-[a-z0-9-]+|https://www\.rfc-editor\.org/[a-z0-9/#.-]+)$`, a.Value)
					case "style":
						require.Regexp(t, `^width:[0-9.]+%$`, a.Value)
					}
				}
			}
		}
		require.Contains(t, text, "<script>alert(1)</script>", "shown as text")
	}
}

// TestHostileMarkdown takes away code blocks and code spans as CommonMark
// reads them, and finds nothing of the submission's in what is left.
func TestHostileMarkdown(t *testing.T) {
	for _, report := range hostileReports(t, Markdown) {
		requirePrintable(t, report)
		left := outsideCode(t, report)
		for _, s := range []string{"script", "@", "javascript", "mermaid", "evil", "pwned", "graph TD", "{{", "onerror", "grader.report"} {
			require.NotContains(t, left, s)
		}
		tags := regexp.MustCompile(`<[^>]*>`).FindAllString(left, -1)
		for _, tag := range tags {
			require.Contains(t, []string{"<details>", "<details open>", "</details>", "<summary>", "</summary>", "<b>", "</b>"}, tag)
		}
		require.Equal(t, strings.Count(left, "<details"), strings.Count(left, "</details>"))
	}
}

func outsideCode(t *testing.T, md string) string {
	t.Helper()
	var out []string
	fenced := ""
	for l := range strings.Lines(md) {
		l = strings.TrimSuffix(l, "\n")
		ticks := l[:len(l)-len(strings.TrimLeft(l, "`"))]
		switch {
		case fenced == "" && len(ticks) >= 3:
			require.True(t, slices.Contains([]string{"text", "sh"}, l[len(ticks):]), l)
			fenced = ticks
		case fenced != "" && len(ticks) >= len(fenced) && strings.TrimSpace(l[len(ticks):]) == "":
			fenced = ""
		case fenced == "":
			out = append(out, withoutSpans(l))
		}
	}
	require.Empty(t, fenced, "a code block is left open")
	return strings.Join(out, "\n")
}

// withoutSpans takes the code spans out of one line.
func withoutSpans(l string) string {
	runs := regexp.MustCompile("`+")
	for from := 0; ; {
		open := runs.FindStringIndex(l[from:])
		if open == nil {
			return l
		}
		open[0], open[1] = open[0]+from, open[1]+from
		closed := false
		for _, end := range runs.FindAllStringIndex(l[open[1]:], -1) {
			if end[1]-end[0] == open[1]-open[0] {
				l = l[:open[0]] + l[open[1]+end[1]:]
				from, closed = open[0], true
				break
			}
		}
		if !closed {
			from = open[1]
		}
	}
}
