package api

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/policy"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/postgres"
)

// dayOne is when every run of secrets begins, by its record.
var dayOne = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)

// secrets takes the next turn and ends it: two checks that everybody sees, and the hidden ones before, between and after
// them, which take as much time as they are many.
func (x *site) secrets(hidden ...grader.Verdict) postgres.Turn {
	x.Helper()
	turn, ok, err := x.q.Claim(x.Context(), postgres.Worker{Name: "w", Slots: 1, Version: "v1", Isolation: "namespaces"}, 1)
	require.NoError(x, err)
	require.True(x, ok)
	run := &grader.Run{Assignment: grader.Assignment{Name: "tcp-upper-server", Rubric: x.s.rubrics["tcp-upper-server"]}, Isolation: "namespaces", Millis: 50, Build: grader.Build{Millis: 40}, Started: dayOne}
	add := func(name string, v grader.Verdict) {
		begun := dayOne.Add(time.Duration(run.Millis) * time.Millisecond)
		run.Millis += 10
		run.Results = append(run.Results, grader.Result{
			Rule:    grader.Rule{Name: name, Share: 1, Says: "says " + name, Clause: grader.Clause{Document: grader.Course, Section: "x", Level: grader.Must}},
			Verdict: v, Started: begun, Millis: 10, Transcript: grader.Transcript{Events: []grader.Event{{Seq: 1, Kind: grader.Data, Data: []byte("x")}}},
		})
	}
	for i, v := range hidden {
		run.Millis += 1000
		add(fmt.Sprintf("secret/trap-%d", i), v)
		if i == 0 {
			add("word/right", grader.Pass)
		}
	}
	add("word/left", grader.Fail)
	steps := []store.Progress{{Phase: "fetch"}, {Phase: "build", Total: len(run.Results)}, {Phase: "check", Total: len(run.Results)}}
	for i, r := range run.Results {
		steps = append(steps, store.Progress{Phase: "check", Done: i + 1, Total: len(run.Results), Check: r.Name, Verdict: r.Verdict})
	}
	require.NoError(x, x.q.Report(x.Context(), turn, steps))
	require.NoError(x, x.q.Finish(x.Context(), turn, run, store.Phases{
		Wait: time.Second, Fetch: time.Second, Build: 40 * time.Millisecond, Checks: time.Duration(run.Millis-40) * time.Millisecond,
	}))
	return turn
}

// steps are the steps among a submission's events.
func (x *site) steps(as string, sub store.Submission) (all []Step) {
	x.Helper()
	a := x.do(as, http.MethodGet, "/courses/net/submissions/"+string(sub.ID)+"/events", "")
	require.Equal(x, 200, a.StatusCode, a.body)
	for _, m := range regexp.MustCompile(`(?m)^event: step\ndata: (.*)$`).FindAllStringSubmatch(a.body, -1) {
		var s Step
		require.NoError(x, json.Unmarshal([]byte(m[1]), &s))
		all = append(all, s)
	}
	return all
}

// TestHiddenCounts follows a run with three checks that are hidden beside the two that are not: a student's count
// is that of what they see, without an end; a TA's is the run's.
func TestHiddenCounts(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.hide(policy.Never)
	sub := x.MustSubmit(t, x.Ann, "1")
	x.secrets(grader.Fail, grader.Pass, grader.Pass)
	var done, totals []int
	for _, s := range x.steps("ann", sub) {
		require.NotContains(t, s.Check, "secret")
		done, totals = append(done, s.Done), append(totals, s.Total)
	}
	require.Equal(t, []int{0, 0, 0, 1, 2}, done, "fetch, build, the beginning, two checks")
	require.Equal(t, []int{0, 0, 0, 0, 0}, totals)
	done, totals = nil, nil
	for _, s := range x.steps("ta", sub) {
		done, totals = append(done, s.Done), append(totals, s.Total)
	}
	require.Equal(t, []int{0, 0, 0, 1, 2, 3, 4, 5}, done)
	require.Equal(t, []int{0, 5, 5, 5, 5, 5, 5, 5}, totals)

	// Where nothing is hidden a student's is the run's, too.
	x.hide(policy.Always)
	var all []int
	for _, s := range x.steps("ann", sub) {
		all = append(all, s.Total)
	}
	require.Equal(t, totals, all)
}

// hide sets when students see the group secret.
func (x *site) hide(v policy.Visibility) {
	x.Helper()
	a, err := x.Assignment(x.Context(), x.Staff(), x.Upper.ID)
	require.NoError(x, err)
	a.Visible = map[string]policy.Visibility{"secret": v}
	a.Rubric = []grader.Item{{Group: "word", Points: 10}, {Group: "secret", Points: 5}}
	if v == policy.AfterDue {
		a.Due = time.Now().Add(time.Hour)
	}
	_, err = x.ChangeAssignment(x.Context(), a, x.By)
	require.NoError(x, err)
}

// asked are the addresses that a student of the course can read of their submission, in every format.
func (x *site) asked(login string, sub store.Submission, turn postgres.Turn) []string {
	ids := strings.NewReplacer("{course}", "net", "{assignment}", "upper", "{login}", login, "{submission}", string(sub.ID), "{run}", string(turn.Run))
	var all []string
	for _, r := range x.s.routes {
		path := ids.Replace(r.Path)
		switch {
		case r.Method != http.MethodGet || r.Need != Member: // of the course
		case strings.HasSuffix(path, "/archive"): // one's own files, with the time in every header
		case strings.HasSuffix(path, "/report"):
			for _, f := range []string{"text", "json", "junit", "markdown", "html", "gradescope"} {
				all = append(all, path+"?format="+f)
			}
		case strings.HasSuffix(path, "/file"):
			all = append(all, path+"?path=grader.yaml")
		case strings.HasSuffix(path, "/submissions"):
			all = append(all, path, path+"?scores=true")
		default:
			all = append(all, path)
		}
	}
	return all
}

// same are answers without what differs between any two submissions: ids, names, times.
var same = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{40,}|\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:\d\d)|\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?|(?i)\bann\b|\bbob\b`)

// TestHiddenTellsNothing has two students whose runs differ in the hidden group alone: how many checks it has,
// what came of them and how long they took. Whatever the API answers to the one it answers to the other.
func TestHiddenTellsNothing(t *testing.T) {
	for _, v := range []policy.Visibility{policy.Never, policy.AfterDue} {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			x := newSite(t)
			x.hide(v)
			answers := map[string][]string{}
			var asked []string
			var last store.Submission
			for _, p := range []struct {
				store.Person
				hidden []grader.Verdict
			}{{x.Ann, []grader.Verdict{grader.Fail}}, {x.Bob, []grader.Verdict{grader.Pass, grader.Weak, grader.Pass, grader.Blocked}}} {
				sub := x.MustSubmit(t, p.Person, "1")
				turn := x.secrets(p.hidden...)
				last = sub
				asked = x.asked(p.Login, sub, turn)
				for _, path := range asked {
					a := x.do(p.Login, http.MethodGet, path, "")
					require.Equal(t, 200, a.StatusCode, path+a.body)
					if strings.HasSuffix(path, "/captures") {
						a.body = unzipped(t, a.body)
					}
					require.NotContains(t, a.body, "secret", path)
					require.NotContains(t, a.body, "trap", path)
					tag := a.Header.Get("ETag")
					if strings.HasSuffix(path, "/assignments/upper") {
						require.NotEmpty(t, tag)
					}
					// The clock of a record is kept: where what is hidden took its time, there is a gap.
					a.body = strings.ReplaceAll(a.body, dayOne.Format("2006-01-02"), "day one, ")
					answers[p.Login] = append(answers[p.Login], same.ReplaceAllString(a.body, "…"))
				}
			}
			require.Greater(t, len(asked), 20)
			clocks := 0
			for i, path := range asked {
				require.Equal(t, answers["ann"][i], answers["bob"][i], path)
				require.NotContains(t, answers["ann"][i], `"ended"`, path)
				clocks += strings.Count(answers["ann"][i], "day one, T04:05:06.04")
			}
			require.Equal(t, 2, clocks, "the first check begins when it is built: in the record and in the capture")
			var staff struct{ Items []Run }
			x.json(x.do("ta", http.MethodGet, "/courses/net/submissions/"+string(last.ID)+"/runs", ""), &staff)
			require.NotNil(t, staff.Items[0].Ended)
			require.InDelta(t, 4.07, *staff.Items[0].Seconds.Checks, 0.01, "staff see it")
			if v == policy.AfterDue {
				// Once it is due it is told, under another ETag.
				before := x.do("ann", http.MethodGet, "/courses/net/assignments/upper", "")
				a, err := x.Assignment(t.Context(), x.Staff(), x.Upper.ID)
				require.NoError(t, err)
				a.Due = time.Now().Add(-time.Minute)
				_, err = x.ChangeAssignment(t.Context(), a, x.By)
				require.NoError(t, err)
				after := x.do("ann", http.MethodGet, "/courses/net/assignments/upper", "", "If-None-Match", before.Header.Get("ETag"))
				require.Equal(t, 200, after.StatusCode)
				require.Contains(t, after.body, "secret")
				var told struct{ Items []Run }
				x.json(x.do("bob", http.MethodGet, "/courses/net/submissions/"+string(last.ID)+"/runs", ""), &told)
				require.Equal(t, staff.Items[0].Seconds, told.Items[0].Seconds)
				require.NotNil(t, told.Items[0].Ended)
			}
		})
	}
}

// unzipped are the names and contents of an archive.
func unzipped(t *testing.T, data string) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	var all strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(r)
		require.NoError(t, err)
		fmt.Fprintf(&all, "%s: %s\n", f.Name, content)
	}
	return all.String()
}
