package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/api"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/service"
	"github.com/wiregrade/wiregrade/internal/tiny"
)

// A course is a running service with a worker and a course of two students and
// a teaching assistant. Its one check waits while gate is not nil and open.
type course struct {
	*testing.T
	url    string
	tokens map[string]string
	home   string // of the one who types
	held   chan struct{}
	gate   chan struct{}

	released sync.Once
}

func newCourse(t *testing.T) *course {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755)) // for PostgreSQL, which is not run as root
	c := &course{T: t, home: filepath.Join(dir, "home"), held: make(chan struct{}, 100), gate: make(chan struct{})}
	require.NoError(t, os.Mkdir(c.home, 0o700))
	suite := tiny.With(func(x *check.T) {
		end := x.Run(check.Input{}).Wait(0)
		if end.Stdout == "hold\n" {
			c.held <- struct{}{}
			<-c.gate
		}
		x.Judge()
		x.Want(end.Output, end.Stdout, "right\n")
	})
	ctx, cancel := context.WithCancel(context.Background())
	done, ready := make(chan error, 1), make(chan string, 1)
	var out bytes.Buffer
	go func() {
		done <- service.Serve(ctx, service.Options{
			Listen: "127.0.0.1:0", Dir: filepath.Join(dir, "data"), Suites: []*check.Suite{suite}, Sandboxes: sandbox.Loopback{},
			Worker: postgres.Worker{Name: "here", Slots: 1, Version: "v1", Isolation: "loopback"}, Grace: time.Minute,
			Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Out: &out, Ready: func(addr string) { ready <- addr },
		})
	}()
	select {
	case addr := <-ready:
		c.url = "http://" + addr
	case err := <-done:
		t.Fatal(err)
	}
	t.Cleanup(func() { c.release(); cancel(); require.NoError(t, <-done) })
	_, token, _ := strings.Cut(strings.TrimSpace(out.String()), "once: ")
	c.tokens = map[string]string{"admin": token}
	c.ask("POST", "/courses", `{"name":"net","title":"Net"}`)
	c.ask("POST", "/courses/net/assignments", `{"name":"word","title":"Word","suite":"tiny","pass_at":50}`)
	var enrolled struct{ Items []api.Enrolled }
	require.NoError(t, json.Unmarshal(c.ask("POST", "/courses/net/members?tokens=true", "login,name,role\nann,Ann \x1b[31mRed,student\nbob,Bob,student\ntia,Tia,ta\n"), &enrolled))
	for _, e := range enrolled.Items {
		c.tokens[e.Login] = e.Token
	}
	return c
}

// release lets the checks that wait go on, and those to come.
func (c *course) release() { c.released.Do(func() { close(c.gate) }) }

// ask asks the API as the admin.
func (c *course) ask(method, path, body string, headers ...string) []byte {
	c.Helper()
	req, err := http.NewRequestWithContext(c.Context(), method, c.url+api.Prefix+path, strings.NewReader(body))
	require.NoError(c, err)
	req.Header.Set("Authorization", "Bearer "+c.tokens["admin"])
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(c, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(c, err)
	require.Less(c, res.StatusCode, 300, string(data))
	return data
}

// typed is a command line as somebody types it, with what it reads.
func (c *course) typed(stdin string, args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	cmd = exec.CommandContext(c.Context(), "grader", args...)
	cmd.Env = append(os.Environ(), "HOME="+c.home, "XDG_CONFIG_HOME="+c.home, "NO_COLOR=1")
	cmd.Stdin = strings.NewReader(stdin)
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

// run types a command line and requires its exit status; it gives both outputs.
func (c *course) run(status int, args ...string) string {
	c.Helper()
	return c.pipe("", status, args...)
}

func (c *course) pipe(stdin string, status int, args ...string) string {
	c.Helper()
	cmd, stdout, stderr := c.typed(stdin, args...)
	got := exitCode(cmd.Run())
	require.Equal(c, status, got, "%v\n%s%s", args, stdout, stderr)
	require.NotContains(c, stdout.String()+stderr.String(), "\x1b[31m", "nothing that a person is called colours the terminal")
	return stdout.String() + stderr.String()
}

func exitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	if err != nil {
		return -1
	}
	return 0
}

func (c *course) as(login string) {
	c.Helper()
	require.Contains(c, c.pipe(c.tokens[login]+"\n", 0, "login", c.url), "you are "+login+" at "+c.url)
}

// hands is a folder with a submission that prints the word.
func (c *course) hands(word, manifest string) string {
	c.Helper()
	dir := c.TempDir()
	require.NoError(c, os.WriteFile(filepath.Join(dir, "grader.yaml"), []byte(manifest+"run: echo "+word+"\n"), 0o644))
	return dir
}

var submissionID = regexp.MustCompile(`submission ([0-9a-f]{8})`)

func TestLogin(t *testing.T) {
	t.Parallel()
	c := newCourse(t)
	require.Contains(t, c.run(exitUsage, "status"), "not logged in")
	require.Contains(t, c.run(exitUsage, "login"), "takes the address")
	require.Contains(t, c.pipe("x\n", exitUsage, "login", "http://grader.example.org"), "--allow-http")
	require.Contains(t, c.pipe("x\n", exitUsage, "login", "grader.example.org"), "it begins with https://")
	require.Contains(t, c.pipe("", exitUsage, "login", c.url), "no token")
	require.Contains(t, c.pipe("two words\n", exitUsage, "login", c.url), "this is no token")
	require.Contains(t, c.pipe("wgt_wrong\n", exitUsage, "login", c.url), "does not take this token")
	require.Contains(t, c.pipe("wgt_x\n", exitFault, "login", "http://127.0.0.1:1"), "cannot reach http://127.0.0.1:1: connect: connection refused")
	require.Contains(t, c.run(exitUsage, "login", c.url, c.tokens["ann"]), "never an argument")
	file := filepath.Join(c.home, "wiregrade", "login.json")
	require.NoFileExists(t, file)

	out := c.pipe(c.tokens["ann"]+"\n", 0, "login", c.url+"/")
	require.Contains(t, out, `Hello Ann \x1b[31mRed: you are ann at `+c.url)
	require.NotContains(t, out, c.tokens["ann"])
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	token := filepath.Join(c.home, "token")
	require.NoError(t, os.WriteFile(token, []byte(c.tokens["bob"]), 0o600))
	require.Contains(t, c.run(0, "login", "--token-file", token), "you are bob", "the address of the last login")

	require.NoError(t, os.Chmod(file, 0o644))
	require.Contains(t, c.run(exitUsage, "status"), "chmod 600")
	require.Contains(t, c.run(0, "logout"), "gone from this machine")
	require.NoFileExists(t, file)
	require.Contains(t, c.run(0, "logout"), "not logged in")

	cmd, stdout, stderr := c.typed("", "status")
	cmd.Env = append(cmd.Env, urlEnv+"="+c.url, tokenEnv+"="+c.tokens["ann"])
	require.NoError(t, cmd.Run(), stderr)
	require.Contains(t, stdout.String(), "ann at "+c.url)
	cmd, _, stderr = c.typed("", "status")
	cmd.Env = append(cmd.Env, urlEnv+"="+c.url)
	require.Equal(t, exitUsage, exitCode(cmd.Run()))
	require.Contains(t, stderr.String(), "one is set alone")
}

func TestSubmit(t *testing.T) {
	t.Parallel()
	c := newCourse(t)
	right, wrong := c.hands("right", "assignment: word\n"), c.hands("wrong", "")
	require.Contains(t, c.run(exitUsage, "submit", right), "not logged in")
	c.as("ann")
	out := c.run(0, "status")
	require.Contains(t, out, "word · nothing handed in")
	require.Contains(t, out, "You handed nothing in yet")

	out = c.run(0, "submit", right)
	require.Contains(t, out, "handing in "+right+" (1 file, ")
	require.Contains(t, out, "10 of 10 points · 100 %")
	out = c.run(exitShort, "submit", wrong) // the only assignment there is
	require.Contains(t, out, "fail  word/right")
	require.Contains(t, out, "grader replay word/right "+wrong)

	file := filepath.Join(c.home, "report.json")
	out = c.run(0, "submit", "--format", "json", "--output", file, "--capture", filepath.Join(c.home, "caps"), right)
	require.Contains(t, out, "tiny: 10 of 10 points: wrote "+file)
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(data), `"schema": "grader.report/v1"`)

	out = c.run(0, "submit", "--no-wait", right)
	id := submissionID.FindStringSubmatch(out)[1]
	require.Contains(t, out, "grader status "+id)
	require.Contains(t, c.run(0, "status", id), "10 of 10 points · 100 %", "it is waited for")
	require.Contains(t, c.run(0, "status", id, "--format", "markdown"), "## tiny: 10 of 10 points")
	out = c.run(0, "status", "-n", "3")
	require.Contains(t, out, "word · 10 of 10 points · passed")
	require.Regexp(t, `(?m)^    `+id+` +today \d\d:\d\d +graded, 10 of 10, counts$`, out)
	require.Len(t, regexp.MustCompile(`(?m)^    [0-9a-f]{8} `).FindAllString(out, -1), 3)

	for _, tt := range []struct {
		says string
		args []string
	}{
		{`no assignment "wrod" in net`, []string{"submit", "-a", "wrod", right}},
		{"did you mean word? there are word", []string{"submit", "-a", "wrod", right}},
		{`you are in no course "nett"`, []string{"submit", "--course", "nett", right}},
		{`grader.yaml:1:13: no assignment "wrod" in net`, []string{"submit", c.hands("x", "assignment: wrod\n")}},
		{`grader.yaml:1:9: you are in no course "nett"`, []string{"submit", c.hands("x", "course: nett\n")}},
		{"no such folder", []string{"submit", "nowhere"}},
		{"no report to write", []string{"submit", "--no-wait", "--output", "x", right}},
		{"no grader.yaml", []string{"submit", t.TempDir()}},
		{"no submission that begins with ffffffff", []string{"status", "ffffffff"}},
		{"is no id of a submission", []string{"status", "word"}},
		{"did you mean word?", []string{"status", "-a", "wrod"}},
		{"unknown format", []string{"submit", "--format", "jsn", right}},
	} {
		require.Contains(t, c.run(exitUsage, tt.args...), tt.says, "%v", tt.args)
	}

	// Another's is not there, and what is closed says so.
	c.as("bob")
	require.Contains(t, c.run(exitUsage, "status", id), "no submission that begins")
	c.ask("POST", "/courses/net/assignments", `{"name":"closed","title":"","suite":"tiny","due":"2020-01-01T00:00:00Z"}`)
	out = c.run(exitUsage, "submit", "-a", "closed", right)
	require.Contains(t, out, "closed closed at 2020-01-01")
	require.Contains(t, out, "your teacher can move the date")
	require.Contains(t, c.run(exitUsage, "submit", wrong), "several assignments could be meant", "it says none, and there are two now")
	require.Contains(t, c.run(0, "status"), "closed · nothing handed in · was due 1 Jan 2020")
}

// TestLateSubmit hands in late to a course with grace days.
func TestLateSubmit(t *testing.T) {
	t.Parallel()
	c := newCourse(t)
	due := func(ago time.Duration) string { return time.Now().Add(-ago).UTC().Format(time.RFC3339) }
	c.ask("POST", "/courses", `{"name":"slow","title":"","grace_days":2}`)
	c.ask("POST", "/courses/slow/members", "login\nann\n")
	c.ask("POST", "/courses/slow/assignments", `{"name":"one","title":"","suite":"tiny","due":"`+due(2*time.Hour)+`"}`)
	c.ask("POST", "/courses/slow/assignments", `{"name":"two","title":"","suite":"tiny","due":"`+due(time.Hour)+`","late":{"days":1,"per_day":0.5}}`)
	c.as("ann")
	const uses = "late: uses 1 of your 2 grace days; 1 is left after it"
	right := c.hands("right", "course: slow\n")
	out := c.run(0, "submit", "-a", "one", right)
	require.Contains(t, out, "grader: "+uses+"\n")
	require.Regexp(t, `! late: uses 1 of your 2\s+grace days; 1 is left after it\. It is so if this one counts`, out, "and in the report")
	// One that is held keeps those that come after it waiting.
	id := submissionID.FindStringSubmatch(c.run(0, "submit", "--no-wait", "-a", "two", c.hands("hold", "course: slow\n")))[1]
	<-c.held
	require.Regexp(t, id+` +today \d\d:\d\d +running, late: uses your last grace day\n`, c.run(0, "status"))
	c.release()
	require.Contains(t, c.run(exitShort, "status", id), "late: uses your last grace day.")
	out = c.run(0, "status", "--course", "slow")
	require.Regexp(t, `one · 10 of 10 points · passed · 1 grace day spent`, out)
	require.Regexp(t, id+` +today \d\d:\d\d +graded, 0 of 10, late, counts\n`, out)
}

// TestInterrupted stops the waiting, which does not stop the grading; and has a
// newer submission take the place of one that waits.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	c := newCourse(t)
	c.as("ann")
	cmd, stdout, _ := c.typed("", "submit", c.hands("hold", ""))
	cmd.Stderr = nil
	pipe, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	stderr := bufio.NewReader(pipe)
	// The check may be played before the answer is there that the submission was
	// taken in: only once it is said, an interruption can name it.
	var id string
	for id == "" {
		line, err := stderr.ReadString('\n')
		require.NoError(t, err, "it ended without a word")
		if m := submissionID.FindStringSubmatch(line); m != nil {
			id = m[1]
		}
	}
	<-c.held
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	rest, err := io.ReadAll(stderr)
	require.NoError(t, err)
	require.Equal(t, exitFault, exitCode(cmd.Wait()), stdout)
	require.Contains(t, string(rest), "submission "+id+" is graded all the same\n        grader status "+id+" shows it")
	require.Regexp(t, id+` +today \d\d:\d\d +running`, c.run(0, "status"))

	first := submissionID.FindStringSubmatch(c.run(0, "submit", "--no-wait", c.hands("right", "")))[1]
	out := c.run(0, "status")
	require.Regexp(t, first+` +today \d\d:\d\d +waiting for the same student's run that is under way`, out)
	second := submissionID.FindStringSubmatch(c.run(0, "submit", "--no-wait", c.hands("right", "# newer\n")))[1]
	require.Contains(t, c.run(exitFault, "status", first), "a newer one of yours took its place")

	c.release()
	require.Contains(t, c.run(exitShort, "status", id), "fail  word/right")
	require.Contains(t, c.run(0, "status", second), "100 %")
	out = c.run(0, "status", "--watch")
	require.Contains(t, out, "replaced by a newer one", "nothing waits any more, so it ends")
}

func TestRegradeAndGradebook(t *testing.T) {
	t.Parallel()
	c := newCourse(t)
	c.as("bob")
	c.run(exitShort, "submit", c.hands("wrong", ""))
	c.as("ann")
	c.run(0, "submit", c.hands("right", ""))
	require.Contains(t, c.run(exitUsage, "regrade", "--yes"), "this needs staff")
	out := c.run(0, "gradebook")
	require.Contains(t, out, `Ann \x1b[31mRed`)
	require.NotContains(t, out, "bob", "a student sees their own")
	require.Contains(t, c.run(exitUsage, "gradebook", "--format", "csv"), "this needs staff")

	c.as("tia")
	out = c.run(exitUsage, "regrade")
	require.Contains(t, out, "Grade 2 submissions of net again?")
	require.Contains(t, out, "--yes")
	for _, tt := range []struct {
		status int
		says   string
		args   []string
	}{
		{0, "No submission of net is selected", []string{"--since", "2999-01-01"}},
		{0, "No submission of net is selected", []string{"--verdict", "weak"}},
		{0, "No submission of net is selected", []string{"--outdated"}},
		{exitUsage, "Grade 1 submission of net again?", []string{"--check", "word/right", "--verdict", "fail"}},
		{exitUsage, "Grade 1 submission of net again?", []string{"--student", "ann"}},
		{exitUsage, "Grade 2 submissions of net again?", []string{"--since", "1h", "--until", "2999-01-01T12:00", "-a", "word"}},
		{exitUsage, "did you mean fail?", []string{"--verdict", "fial"}},
		{exitUsage, "did you mean word?", []string{"-a", "wrod"}},
		{exitUsage, `--since: "yesterday" is no time`, []string{"--since", "yesterday"}},
		{exitUsage, "--since is not before --until", []string{"--since", "1h", "--until", "2h"}},
		{exitUsage, "not found", []string{"--student", "nobody"}},
	} {
		require.Contains(t, c.run(tt.status, append([]string{"regrade"}, tt.args...)...), tt.says, "%v", tt.args)
	}
	require.Contains(t, c.run(0, "regrade", "--student", "bob", "--yes", "--why", "a test"), "1 submission of net in line")
	require.Contains(t, string(c.ask("GET", "/courses/net/audit?limit=1", "")), `"why":"a test"`)

	out = c.run(0, "gradebook", "--course", "net")
	require.Regexp(t, `(?m)^LOGIN +NAME +word +PASSED +PERCENT +COURSE$`, out)
	require.Regexp(t, `(?m)^bob +Bob +0 +0 of 1 +0 % +passed$`, out)
	require.Contains(t, out, "2 of 2 passed the course")
	require.Contains(t, c.run(0, "gradebook", "--format", "canvas"), "Student,ID,SIS User ID,SIS Login ID,Section,word\n")
	require.Contains(t, c.run(0, "gradebook", "--format", "moodle"), "Username,Email address,word\n")
	require.Contains(t, c.run(exitUsage, "gradebook", "--format", "canvsa"), "did you mean canvas?")
	file := filepath.Join(c.home, "marks.json")
	require.Contains(t, c.run(0, "gradebook", "--format", "json", "-o", file), "wrote "+file)
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	require.True(t, json.Valid(data))
	require.NoFileExists(t, file+".part")
	require.Contains(t, c.run(exitUsage, "gradebook", "-o", filepath.Join(c.home, "no", "file")), "--output")
}
