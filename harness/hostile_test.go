//go:build linux

package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/harness/submission"
)

// replacing is a suite of one check, which puts a file into ROOT, talks to the
// server and puts another in its place.
func replacing() *check.Suite {
	suite := echo()
	suite.Groups[0].Checks = []check.Check{{Name: "replace", Clause: check.Course("Lines"), Says: "a line comes back", Run: func(t *check.T) {
		root := t.Folder("ROOT")
		root.Write("sub/file", []byte("one\n"))
		say := func(word string) {
			c := t.Dial()
			c.Send(word + "\n")
			line, at, err := c.Line(100)
			if err != nil {
				t.Missing(at, "the line", err)
			}
			t.Want(at, string(line), word+"\n")
		}
		say("first")
		t.Judge()
		root.Write("sub/file", []byte("two\n"))
		root.Date("sub/file", time.Unix(1e9, 0))
		data, at, ok := root.Read("sub/file")
		t.Require(ok && string(data) == "two\n", at, "two", string(data))
		say("second")
	}}}
	return suite
}

// meddling is a server that does something to the file after the first line.
const meddling = `
import os, socket
f = os.environ["ROOT"] + "/sub/file"
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((os.environ["HOST"], int(os.environ["PORT"]))); s.listen(50)
done = False
while True:
    c = s.accept()[0]; line = c.recv(100)
    if not done: MEDDLE
    done = True
    c.sendall(line); c.close()
`

// Whatever a program makes of its folder, the harness goes on, and the program
// is charged: never the machine.
func TestAFolderThatTheProgramChanged(t *testing.T) {
	t.Parallel()
	n := isolated(t)
	for name, tt := range map[string]struct {
		meddle string
		want   grader.Verdict
	}{
		"nothing":                  {"pass", grader.Pass},
		"a FIFO in its place":      {"os.remove(f); os.mkfifo(f)", grader.Pass},
		"a socket in its place":    {"os.remove(f); socket.socket(socket.AF_UNIX).bind(f)", grader.Pass},
		"a link out of the folder": {"os.remove(f); os.symlink('/etc/passwd', f)", grader.Pass},
		"a folder in its place":    {"os.remove(f); os.mkdir(f)", grader.Fail},
		"no folder any more":       {"os.remove(f); os.rmdir(os.path.dirname(f)); open(os.path.dirname(f), 'w')", grader.Fail},
		"a link to elsewhere":      {"os.remove(f); os.rmdir(os.path.dirname(f)); os.symlink('/tmp', os.path.dirname(f))", grader.Fail},
	} {
		for isolation, boxes := range map[string]sandbox.Provider{"namespaces": n, "loopback": sandbox.Loopback{}} {
			t.Run(name+"/"+isolation, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				require.NoError(t, os.WriteFile(filepath.Join(dir, "server.py"), []byte(strings.ReplaceAll(meddling, "MEDDLE", tt.meddle)), 0o644))
				run, err := Grade(t.Context(), replacing(), dir, submission.Manifest{Run: "exec python3 server.py"}, Options{Seed: 7, Sandboxes: boxes, deadline: time.Minute})
				require.NoError(t, err)
				require.Equal(t, tt.want, run.Results[0].Verdict, "%+v %s", run.Results[0], run.Detail)
				if tt.want == grader.Fail {
					require.Contains(t, run.Results[0].Violations[0].Got, "something that the program changed")
				}
			})
		}
	}
}

// A check that hangs on something without a bound is given up, as a fault.
func TestACheckThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	suite := echo()
	suite.Groups[0].Checks = suite.Groups[0].Checks[:1]
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	suite.Groups[0].Checks[0].Run = func(*check.T) { <-over }
	results, err := Try(t.Context(), suite, echoProgram(false), Options{deadline: time.Millisecond})
	require.NoError(t, err)
	require.Equal(t, grader.Fault, results[0].Verdict)
	require.Contains(t, results[0].Reason, "did not end within 1ms")
}

// A tree that cannot be graded is the submission's own doing.
func TestTreesThatCannotBeGraded(t *testing.T) {
	t.Parallel()
	n := isolated(t)
	server := "ANSWER=None\n" + echoPython
	deep := func(levels int) string { return "d" + strings.Repeat("/d", levels-1) }
	for name, tt := range map[string]struct {
		build   string
		prepare func(t *testing.T, dir string)
		problem string
	}{
		"rights taken away": {build: "chmod 000 ."},
		"rights taken away inside": {
			build: "mkdir -p a/b && chmod 000 a",
		},
		"too deep by the build": {build: "mkdir -p " + deep(140), problem: "the build failed"},
		"too deep as handed in": {
			prepare: func(t *testing.T, dir string) {
				require.NoError(t, os.MkdirAll(filepath.Join(dir, deep(140)), 0o755))
			},
			problem: "the submission cannot be taken: more than 100 folders stand in one another",
		},
		"a file larger than a disk": {
			prepare: func(t *testing.T, dir string) {
				require.NoError(t, os.WriteFile(filepath.Join(dir, "large"), nil, 0o644))
				require.NoError(t, os.Truncate(filepath.Join(dir, "large"), 1<<40))
			},
			problem: "the submission cannot be taken: the folder holds more than 1024 MiB",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "server.py"), []byte(server), 0o644))
			if tt.prepare != nil {
				tt.prepare(t, dir)
			}
			run, err := Grade(t.Context(), echo(), dir, submission.Manifest{Build: tt.build, Run: "exec python3 server.py"}, Options{Seed: 7, Sandboxes: n})
			require.NoError(t, err)
			require.Contains(t, run.Problem, tt.problem)
			require.False(t, run.Faulted(), "%s %+v", run.Problem, run.Results[0])
			require.Equal(t, tt.problem == "", run.Results[0].Verdict == grader.Pass, "%+v", run.Results[0])
		})
	}
}

// What a submission leaves is removed, however long its paths and whatever its rights.
func TestAnyTreeIsRemoved(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "tree")
	require.NoError(t, os.Mkdir(dir, 0o755))
	at, err := os.Open(dir)
	require.NoError(t, err)
	name := strings.Repeat("d", 200)
	for i := range 200 {
		require.NoError(t, syscall.Mkdirat(int(at.Fd()), name, 0o755))
		fd, err := syscall.Openat(int(at.Fd()), name, syscall.O_DIRECTORY, 0)
		require.NoError(t, err)
		file, err := syscall.Openat(fd, "file", syscall.O_CREAT|syscall.O_WRONLY, 0)
		require.NoError(t, err)
		syscall.Close(file)
		if i%7 == 6 {
			require.NoError(t, at.Chmod(os.FileMode(i%3)<<7)) // nothing, write or read
		}
		at.Close()
		at = os.NewFile(uintptr(fd), fmt.Sprint(i))
	}
	require.NoError(t, at.Chmod(0))
	at.Close()
	require.NoError(t, sandbox.RemoveAll(dir))
	require.NoDirExists(t, dir)
}
