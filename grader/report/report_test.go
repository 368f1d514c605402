package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
)

func write(t *testing.T, f Format, run *grader.Run, o Options) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, Write(&b, f, run, o))
	return b.String()
}

// TestGolden compares whole reports with those in testdata; UPDATE=1 writes them anew.
func TestGolden(t *testing.T) {
	type golden struct {
		name string
		f    Format
		run  *grader.Run
		o    Options
	}
	var all []golden
	for _, name := range Formats() {
		f := Format(name)
		all = append(all,
			golden{"http." + name, f, httpRun(), Options{Dir: "."}},
			golden{"udp." + name, f, udpRun(), Options{Dir: "."}},
			golden{"dns." + name, f, dnsRun(), Options{Dir: "."}},
			golden{"broken." + name, f, brokenRun(), Options{Dir: "."}})
	}
	all = append(all,
		golden{"dns-narrow.text", Text, dnsRun(), Options{Width: 72}},
		golden{"dns-verbose.text", Text, dnsRun(), Options{Verbose: true}},
		golden{"dns-wide.text", Text, dnsRun(), Options{Width: 160}},
		golden{"http-wide.text", Text, httpRun(), Options{Width: 160}},
		golden{"http-narrow.text", Text, httpRun(), Options{Width: 72}},
		golden{"udp-color-verbose.text", Text, udpRun(), Options{Color: true, Verbose: true}})
	style := regexp.MustCompile(`(?s)<style>.*</style>`)
	for _, g := range all {
		t.Run(g.name, func(t *testing.T) {
			got := style.ReplaceAllString(write(t, g.f, g.run, g.o), "<style>…</style>")
			file := filepath.Join("testdata", g.name)
			if os.Getenv("UPDATE") != "" {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.NotEmpty(t, want, "an empty golden never matches")
			require.Equal(t, string(want), got)
		})
	}
}

// TestJSONShape holds the names and the kinds of value of grader.report/v1.
func TestJSONShape(t *testing.T) {
	run := httpRun()
	var r struct {
		Schema, Assignment, Isolation string
		Points, Max, Seed             json.Number
		Verdicts                      map[string]int
		Groups                        []map[string]any
		Checks                        []struct {
			Name, Verdict, Says string
			Points, Max         *float64
			Clause              struct{ Document, Section, Level string }
			Violations          []map[string]any
			Millis              *float64
			Exchange, Reference []map[string]any
			Replay              string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(write(t, JSON, run, Options{})), &r))
	require.Equal(t, []string{"grader.report/v1", "http-server", "loopback"}, []string{r.Schema, r.Assignment, r.Isolation})
	require.Equal(t, []json.Number{"12", "38.67", "7"}, []json.Number{r.Points, r.Max, r.Seed})
	require.Equal(t, map[string]int{"pass": 7, "fail": 5, "weak": 1, "blocked": 6, "fault": 1}, r.Verdicts)
	require.Len(t, r.Groups, 4)
	require.Len(t, r.Checks, len(run.Results))
	for i, c := range r.Checks {
		want := run.Results[i]
		require.Equal(t, want.Name, c.Name)
		require.Equal(t, string(want.Verdict), c.Verdict)
		require.Equal(t, want.Clause, grader.Clause{Document: c.Clause.Document, Section: c.Clause.Section, Level: grader.Level(c.Clause.Level)})
		require.NotNil(t, c.Violations, "always an array")
		require.NotNil(t, c.Points)
		require.NotNil(t, c.Max)
		require.NotNil(t, c.Millis)
		if want.Verdict == grader.Pass {
			require.Empty(t, c.Exchange)
			continue
		}
		require.Len(t, c.Exchange, len(want.Transcript.Events))
		require.Len(t, c.Reference, len(want.Reference.Events))
		for j, e := range c.Exchange {
			require.Equal(t, string(want.Transcript.Events[j].Data), unescape(e["data"].(string)))
		}
	}
	require.Equal(t, map[string]any{"event": 5.0, "at": 116.0, "len": 12.0, "want": "nothing after the blank line", "got": "12 bytes of content"}, r.Checks[8].Violations[0])
}

func TestEmptyRun(t *testing.T) {
	for _, f := range Formats() {
		t.Run(f, func(t *testing.T) {
			require.NotEmpty(t, write(t, Format(f), &grader.Run{}, Options{}))
		})
	}
	require.JSONEq(t, `[]`, string(field(t, write(t, JSON, &grader.Run{}, Options{}), "checks")))
}

func field(t *testing.T, report, name string) json.RawMessage {
	t.Helper()
	var m map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(report), &m))
	return m[name]
}

func TestUnknownFormat(t *testing.T) {
	err := Write(&bytes.Buffer{}, "pdf", httpRun(), Options{})
	require.EqualError(t, err, `write report: unknown format "pdf", want one of text, json, junit, markdown, html, gradescope`)
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteErrors(t *testing.T) {
	for _, f := range Formats() {
		require.ErrorContains(t, Write(fullDisk{}, Format(f), httpRun(), Options{}), "disk full")
	}
}

// TestLookFirst: what most blocked checks wait for comes before what failed first.
func TestLookFirst(t *testing.T) {
	run := httpRun()
	require.Equal(t, "methods/head-no-content", newView(run, Options{}).first.Name)
	for i := range run.Results {
		run.Results[i].Reason = ""
	}
	require.Equal(t, "messages/bad-bytes", newView(run, Options{}).first.Name)
	require.False(t, namesWord("needs get-all", "get"))
	require.True(t, namesWord("needs get.", "get"))
}

// TestBlocksStayShort: a failing check takes a screen, whatever was exchanged.
func TestBlocksStayShort(t *testing.T) {
	run := httpRun()
	for i := range run.Results {
		run.Results[i].Stderr = strings.Repeat("line\n", 500)
		run.Results[i].Exit = "exit status 1"
	}
	v := newView(run, Options{})
	for _, g := range v.groups {
		for _, c := range g.checks {
			lines := strings.Count(v.plainBlock(c, 96), "\n")
			require.LessOrEqual(t, lines, 36, c.Name)
		}
	}
}

// TestManyFailures: a report on a server that gets everything wrong stays readable.
func TestManyFailures(t *testing.T) {
	run := httpRun()
	run.Results = nil
	for i := range 200 {
		r := headBody()
		r.Name = fmt.Sprintf("methods/check-%d", i)
		r.Exit, r.Stderr = "exit status 1", "Traceback: boom\n"
		run.Results = append(run.Results, r)
	}
	text := write(t, Text, run, Options{})
	require.Equal(t, fullBlocks, strings.Count(text, "the reference, asked the same"))
	require.Equal(t, 1, strings.Count(text, "Traceback"))
	require.Contains(t, text, "see it")
	require.Contains(t, text, "the same as under methods/check-0")
	md := write(t, Markdown, run, Options{})
	require.Less(t, len(md), 65535)
	require.Contains(t, md, "more did not fit here")
}
