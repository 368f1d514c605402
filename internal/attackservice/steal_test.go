//go:build linux && (amd64 || arm64)

package attackservice

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "embed"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/internal/rig"
	"github.com/wiregrade/wiregrade/internal/tiny"
)

//go:embed testdata/steal.py
var steal string

//go:embed testdata/channel.py
var channel string

func decode(t *testing.T, body string, into any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(body), into), body)
}

// thief is a submission that knows every path and port of the service, and looks at all of it.
func (s *site) thief() map[string]string {
	secret := filepath.Join(s.TempDir(), "wiregrade.env")
	require.NoError(s, os.WriteFile(secret, []byte("DATABASE_URL="+canaryFile), 0o644))
	other := filepath.Join(scratch, "wiregrade-work-other")
	require.NoError(s, os.MkdirAll(other, 0o755))
	require.NoError(s, os.WriteFile(filepath.Join(other, "server.py"), []byte("# "+canaryFile), 0o644))
	program, err := os.Executable()
	require.NoError(s, err)
	know, err := json.Marshal(map[string]any{
		"read":    []string{secret, filepath.Join(other, "server.py"), program, fmt.Sprintf("/proc/%d/environ", os.Getpid()), "/etc/wiregrade.env", "/etc/shadow"},
		"list":    []string{s.dir, scratch, other, filepath.Dir(secret)},
		"connect": []string{strings.TrimPrefix(s.URL, "http://"), "127.0.0.1:5432", "169.254.169.254:80"},
	})
	require.NoError(s, err)
	return map[string]string{
		"grader.yaml": "assignment: tiny\nbuild: python3 steal.py > built.txt 2>&1; true\nrun: cat built.txt; python3 steal.py\n",
		"steal.py":    steal, "know.json": string(know),
	}
}

// TestS1Submission has a submission look for hidden checks, other submissions, configuration, environment and
// tokens, when it is built and when it is run, graded by the service's own worker.
func TestS1Submission(t *testing.T) {
	t.Parallel()
	s := newSite(t, isolated)
	_, run := s.graded(s.upload("bob", s.thief()))
	out := said(run)
	require.Equal(t, 4, strings.Count(out, "the end\n"), "built and run, for each of the two checks:\n%s", out)
	for _, secret := range []string{canaryEnv, canaryFile, s.Token, s.course.Tokens["ann"], s.course.Tokens["bob"], "pitfall", "opened ", "lists " + s.dir, "lists " + scratch + "/"} {
		i := strings.Index(out, secret)
		require.Negative(t, i, "found %q: %.200s", secret, out[max(0, i):])
	}
	require.Regexp(t, `lists `+scratch+` \['wiregrade-run-\d+'\]\n`, out, "the way to its own folder, and nobody's beside")
	require.Regexp(t, `processes: [23]\n`, out, "PID 1, the shell and itself")
	for _, r := range run.Results {
		require.Equal(t, grader.Fail, r.Verdict, r.Name)
	}
}

// TestS1Control shows that the thief finds what is not walled off: on plain loopback.
func TestS1Control(t *testing.T) {
	t.Parallel()
	s := newSite(t, sandbox.Loopback{})
	_, run := s.graded(s.upload("bob", s.thief()))
	out := said(run)
	require.Contains(t, out, canaryFile)
	require.Contains(t, out, fmt.Sprintf("read /proc/%d/environ b", os.Getpid()))
	require.Contains(t, out, "opened "+strings.TrimPrefix(s.URL, "http://"))
}

// TestS4Channels has two students' submissions leave signs wherever they can write, built and run, and look for
// each other's.
func TestS4Channels(t *testing.T) {
	t.Parallel()
	s := newSite(t, isolated)
	for _, login := range []string{"ann", "bob", "ann"} {
		_, run := s.graded(s.upload(login, map[string]string{
			"grader.yaml": "assignment: tiny\nbuild: python3 channel.py build > built.txt 2>&1; true\nrun: cat built.txt; python3 channel.py run\n",
			"channel.py":  channel, "login": login + time.Now().String(),
		}))
		out := said(run)
		require.Contains(t, out, "left in /tmp", out)
		require.Contains(t, out, "left in /dev/shm", out)
		require.Contains(t, out, "build sees its own", out)
		require.Contains(t, out, "run sees its own", out)
		require.NotContains(t, out, "FOUND")
	}
}

// TestS2OtherIDs asks for everything of Ann's, on every documented path, as Bob of the same
// course, as Eve of another, and as nobody: it cannot be told from what there is not.
func TestS2OtherIDs(t *testing.T) {
	t.Parallel()
	s := newSite(t, isolated)
	const mine = "canary-of-ann"
	sub := s.upload("ann", map[string]string{"grader.yaml": "assignment: tiny\nrun: echo " + mine + "\n"})
	run, _ := s.graded(sub)
	other, err := s.MakeCourse(t.Context(), "other", tiny.Name, "eve")
	require.NoError(t, err)
	status, body := s.ask("", "GET", "/api/v1/openapi.json", nil)
	require.Equal(t, 200, status)
	var doc struct{ Paths map[string]map[string]any }
	decode(t, body, &doc)
	fill := func(path, sub, run string) string {
		return strings.NewReplacer("{course}", "net", "{assignment}", tiny.Name, "{login}", "ann", "{submission}", sub, "{run}", run,
			"{token}", "x", "{repository}", "x", "{key}", "x", "{endpoint}", "x", "{message}", "x").Replace(path)
	}
	const absent = "00000000-0000-4000-8000-000000000000"
	asked := 0
	for path, methods := range doc.Paths {
		for method := range methods {
			method = strings.ToUpper(method)
			owned := strings.Contains(path, "{submission}") || strings.Contains(path, "{run}")
			for who, token := range map[string]string{"bob": s.course.Tokens["bob"], "eve": other.Tokens["eve"], "nobody": ""} {
				name := who + " " + method + " " + path
				if !owned && (method == "DELETE" || strings.HasSuffix(path, "/choose")) {
					continue // of their own
				}
				status, body := s.ask(token, method, fill(path, string(sub), string(run)), nil)
				require.Less(t, status, 500, name)
				require.NotContains(t, body, mine, name)
				require.NotContains(t, body, string(sub), name)
				if !owned {
					continue
				}
				asked++
				nowhere, same := s.ask(token, method, fill(path, absent, absent), nil)
				require.Equal(t, []any{nowhere, strings.ReplaceAll(same, absent, "")}, []any{status, strings.NewReplacer(string(sub), "", string(run), "").Replace(body)}, name)
				require.GreaterOrEqual(t, status, 400, name)
			}
		}
	}
	require.Greater(t, asked, 25)
	// Ann herself has it, so there was something to be seen.
	status, body = s.ask(s.course.Tokens["ann"], "GET", "/api/v1/courses/net/runs/"+string(run)+"/report", nil)
	require.Equal(t, 200, status)
	require.Contains(t, body, mine)
	// Lists are everybody's own.
	status, body = s.ask(s.course.Tokens["bob"], "GET", uploads, nil)
	require.Equal(t, 200, status)
	require.NotContains(t, body, string(sub))
	status, body = s.ask(s.course.Tokens["bob"], "GET", uploads+"?login=ann", nil)
	require.NotContains(t, body, string(sub), status)
}

// TestS2HiddenUntilDue has a group that is hidden until the due date: no format, event, capture or mark tells of it before.
func TestS2HiddenUntilDue(t *testing.T) {
	t.Parallel()
	s := newSite(t, isolated)
	rules := func(due time.Time) {
		path := "/api/v1/courses/net/assignments/" + tiny.Name
		req, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+path, nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+s.Token)
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		res.Body.Close()
		status, body := s.ask(s.Token, "PUT", path, strings.NewReader(fmt.Sprintf(
			`{"name":"tiny","title":"Tiny","suite":"tiny","due":%q,"visible":{"trap":"after-due"}}`, due.UTC().Format(time.RFC3339))),
			"Content-Type", "application/json", "If-Match", res.Header.Get("ETag"))
		require.Equal(t, 200, status, body)
	}
	rules(time.Now().Add(time.Hour))
	sub := s.upload("ann", map[string]string{"grader.yaml": "assignment: tiny\nrun: echo wrong\n"})
	run, _ := s.graded(sub)
	at := "/api/v1/courses/net/runs/" + string(run)
	paths := []string{
		at + "/report", at + "/record", at + "/captures", at, "/api/v1/courses/net/marks", "/api/v1/courses/net/submissions/" + string(sub) + "/runs",
		"/api/v1/courses/net/submissions/" + string(sub) + "/events", uploads + "?scores=true",
	}
	for _, format := range []string{"text", "json", "junit", "markdown", "html", "gradescope"} {
		paths = append(paths, at+"/report?format="+format)
	}
	for _, path := range paths {
		status, body := s.ask(s.course.Tokens["ann"], "GET", path, nil)
		require.Equal(t, 200, status, path+body)
		for _, hidden := range []string{"trap", "deep", "pitfall", `"max":15`} {
			require.NotContains(t, body, hidden, path)
		}
	}
	_, body := s.ask(s.Token, "GET", at+"/report", nil)
	require.Contains(t, body, "pitfall", "staff see it")
	rules(time.Now().Add(-time.Hour))
	_, body = s.ask(s.course.Tokens["ann"], "GET", at+"/report", nil)
	require.Contains(t, body, "pitfall", "it is past due")
}

// TestS3Credentials: what opens one thing opens no other, and none is shown again or kept in the clear.
func TestS3Credentials(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	var made struct {
		ID     store.ID
		Secret string
	}
	status, body := s.ask(s.course.Tokens["ann"], "POST", "/api/v1/me/tokens", strings.NewReader(`{"name":"push","rights":"push"}`), "Content-Type", "application/json")
	require.Less(t, status, 300, body)
	decode(t, body, &made)
	status, _ = s.ask(made.Secret, "GET", "/api/v1/me", nil)
	require.Equal(t, 403, status, "a token for pushes reads nothing")
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "grader.yaml"), []byte("assignment: tiny\nrun: echo right\n"), 0o644))
	s.course.Tokens["ann"] = made.Secret
	require.NoError(t, rig.Commit(t.Context(), dir, s.Remote(s.course, "ann")))
	out, err := rig.Git(t.Context(), dir, "push", "-o", "no-wait", "grader", "main").CombinedOutput()
	require.NoError(t, err, string(out))
	for _, elsewhere := range []string{"net/tiny/bob.git", "net/tiny/admin.git", "net/other/ann.git"} {
		out, err = rig.Git(t.Context(), dir, "push", strings.Replace(s.Remote(s.course, "ann"), "net/tiny/ann.git", elsewhere, 1), "main").CombinedOutput()
		require.Error(t, err, elsewhere)
		require.Contains(t, string(out), "no such repository, or it is not yours")
	}
	// Neither the log, nor a repository's files, nor a row has it.
	require.NotContains(t, s.log.String(), made.Secret)
	require.NoError(t, filepath.WalkDir(s.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		require.NotContains(t, string(data), made.Secret, path)
		return err
	}))
	var found int
	require.NoError(t, s.pg.Pool().QueryRow(t.Context(), `SELECT count(*) FROM tokens t WHERE t::text LIKE '%' || $1 || '%'`, made.Secret).Scan(&found))
	require.Zero(t, found)
}
