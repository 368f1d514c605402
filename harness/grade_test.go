package harness

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/harness/submission"
)

// echo is the smallest suite with every kind of outcome: a server that sends
// each line back.
func echo() *check.Suite {
	return &check.Suite{
		Assignment: grader.Assignment{Name: "echo", Title: "Echo", Role: grader.Server, Rubric: []grader.Item{{Group: "lines", Points: 10}}},
		Statement:  "Echo.",
		Network:    "tcp",
		Port:       7,
		Folders:    []string{"ROOT"},
		Reference:  echoProgram(false),
		Groups: []check.Group{{Name: "lines", Checks: []check.Check{
			{Name: "one", Clause: check.Course("Lines"), Says: "a line comes back", Run: check.Dialog(`
				C: hello\n
				S! hello\n`)},
			{Name: "two", Clause: check.Course("Lines"), Says: "two lines come back", Needs: "one", Run: check.Dialog(`
				C: one\ntwo\n
				S: one\n
				S! two\n`)},
			{Name: "pieces", Clause: check.CourseShould("Lines"), Says: "a line in pieces comes back", Run: func(t *check.T) {
				c := t.Dial()
				word := t.Word(12)
				c.SendPieces(word+"\n", 1)
				t.Judge()
				line, at, err := c.Line(100)
				if err != nil {
					t.Missing(at, "the line", err)
				}
				t.Want(at, string(line), word+"\n")
			}},
		}}},
	}
}

func echoProgram(oneRead bool) check.Program {
	return func(ctx context.Context, env *check.Env) int {
		ln, err := env.Listen(ctx, "tcp", env.Vars["HOST"]+":"+env.Vars["PORT"])
		if err != nil {
			return 1
		}
		context.AfterFunc(ctx, func() { ln.Close() })
		for {
			c, err := ln.Accept()
			if err != nil {
				return 0
			}
			go func() {
				defer c.Close()
				context.AfterFunc(ctx, func() { c.Close() })
				if oneRead {
					buf := make([]byte, 1000)
					n, _ := c.Read(buf)
					c.Write(buf[:n])
					return
				}
				r := bufio.NewReader(c)
				for {
					line, err := r.ReadString('\n')
					if err != nil {
						return
					}
					io.WriteString(c, line)
				}
			}()
		}
	}
}

func verdicts(results []grader.Result) map[string]grader.Verdict {
	m := map[string]grader.Verdict{}
	for _, r := range results {
		m[r.Name] = r.Verdict
	}
	return m
}

func TestMain(m *testing.M) {
	sandbox.Init()
	os.Exit(m.Run())
}

func TestTryTellsRightFromWrong(t *testing.T) {
	t.Parallel()
	results, err := Try(t.Context(), echo(), echoProgram(false), Options{Seed: 1})
	require.NoError(t, err)
	require.Equal(t, map[string]grader.Verdict{"lines/one": grader.Pass, "lines/two": grader.Pass, "lines/pieces": grader.Pass}, verdicts(results))

	results, err = Try(t.Context(), echo(), echoProgram(true), Options{Seed: 1})
	require.NoError(t, err)
	require.Equal(t, map[string]grader.Verdict{"lines/one": grader.Pass, "lines/two": grader.Pass, "lines/pieces": grader.Weak}, verdicts(results))
	require.Equal(t, 1, results[2].Violations[0].Len, "the one byte that came is marked")
}

func grade(t *testing.T, program string, m submission.Manifest) *grader.Run {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "server.py"), []byte(program), 0o644))
	if m.Run == "" {
		m.Run = "python3 server.py"
	}
	run, err := Grade(t.Context(), echo(), dir, m, Options{Seed: 7, Patience: time.Second})
	require.NoError(t, err)
	return run
}

const python = `
import os, socket, sys, threading
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((os.environ["HOST"], int(os.environ["PORT"]))); s.listen(50)
def serve(c):
    for line in c.makefile("rb"): c.sendall(ANSWER)
    c.close()
while True: threading.Thread(target=serve, args=(s.accept()[0],)).start()
`

func TestGradeRunsAProcess(t *testing.T) {
	t.Parallel()
	run := grade(t, "ANSWER=b'no\\n'\n"+python, submission.Manifest{})
	require.Empty(t, run.Problem)
	require.Equal(t, map[string]grader.Verdict{"lines/one": grader.Fail, "lines/two": grader.Blocked, "lines/pieces": grader.Weak}, verdicts(run.Results))
	one := run.Results[0]
	require.Equal(t, `"no\n"`, one.Violations[0].Got)
	event, ok := one.Transcript.Event(one.Violations[0].Event)
	require.True(t, ok)
	require.Equal(t, "no\n", string(event.Data))
	require.NotEmpty(t, one.Reference.Events, "the reference answered the same")
}

func TestGradeSaysWhyNothingCouldBeGraded(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		program         string
		manifest        submission.Manifest
		problem, detail string
	}{
		"build":     {"", submission.Manifest{Build: "echo broken line 7; false"}, "the build failed: echo broken line 7; false", "broken line 7"},
		"crash":     {"raise ValueError('no luck')", submission.Manifest{}, "the program ended (exit status 1) before it listened", `File "server.py", line 1`},
		"not found": {"", submission.Manifest{Run: "./nothing"}, "exit status 127", "nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := grade(t, tt.program, tt.manifest)
			require.Contains(t, run.Problem, tt.problem)
			require.Contains(t, run.Detail, tt.detail)
			for _, r := range run.Results {
				require.Equal(t, grader.Blocked, r.Verdict)
			}
		})
	}
}

func TestACrashInMidExchangeIsTold(t *testing.T) {
	t.Parallel()
	run := grade(t, `
import os, socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((os.environ["HOST"], int(os.environ["PORT"]))); s.listen(50)
c = s.accept()[0]; c.recv(100); os.kill(os.getpid(), 11)
`, submission.Manifest{})
	one := run.Results[0]
	require.Equal(t, grader.Fail, one.Verdict)
	require.Contains(t, one.Violations[0].Got, "segmentation fault (signal 11)")
	require.Contains(t, one.Exit, "signal 11")
	require.Positive(t, one.Usage.CPU, "what it used is in the result")
}

func TestAPanicInACheckIsOurFault(t *testing.T) {
	t.Parallel()
	suite := echo()
	var tries atomic.Int32
	suite.Groups[0].Checks[0].Run = func(*check.T) { tries.Add(1); panic("a bug") }
	results, err := Try(t.Context(), suite, echoProgram(false), Options{})
	require.NoError(t, err)
	require.Equal(t, grader.Fault, results[0].Verdict)
	require.EqualValues(t, 2, tries.Load(), "a fault is tried once more")
}

func TestACheckThatTheReferenceFailsIsNotCharged(t *testing.T) {
	t.Parallel()
	suite := echo()
	suite.Groups[0].Checks[0].Run = check.Dialog(`
		C: hello\n
		S! something else\n`)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "server.py"), []byte("ANSWER=b'hello\\n'\n"+python), 0o644))
	run, err := Grade(t.Context(), suite, dir, submission.Manifest{Run: "python3 server.py"}, Options{Patience: time.Second})
	require.NoError(t, err)
	require.Equal(t, grader.Fault, run.Results[0].Verdict)
	require.True(t, run.Faulted())
}

func TestSameSeedSameStimulus(t *testing.T) {
	t.Parallel()
	sent := func(seed uint64) string {
		results, err := Try(t.Context(), echo(), echoProgram(false), Options{Seed: seed, Match: func(n string) bool { return n == "lines/pieces" }})
		require.NoError(t, err)
		for _, e := range results[0].Transcript.Events {
			if e.Dir == grader.Sent && e.Kind == grader.Data {
				return string(e.Data)
			}
		}
		return ""
	}
	require.NotEmpty(t, sent(3))
	require.Equal(t, sent(3), sent(3))
	require.NotEqual(t, sent(3), sent(4))
}

func TestAnInterruptedRunIsNoResult(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Try(ctx, echo(), echoProgram(false), Options{})
	require.ErrorIs(t, err, ErrInterrupted)
}

// TestUnisolated holds that nothing is graded in sandboxes that have not what the suite needs.
func TestUnisolated(t *testing.T) {
	t.Parallel()
	suite := echo()
	suite.Namespaces = true
	var unisolated *Unisolated
	_, err := Grade(t.Context(), suite, t.TempDir(), submission.Manifest{Run: "true"}, Options{})
	require.ErrorAs(t, err, &unisolated)
	require.Equal(t, suite.Name, unisolated.Suite)
	_, err = Try(t.Context(), suite, suite.Reference, Options{})
	require.ErrorAs(t, err, &unisolated)
}
