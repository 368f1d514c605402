//go:build linux

package harness

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/harness/submission"
)

func isolated(t *testing.T) *sandbox.Namespaces {
	n, err := sandbox.NewNamespaces(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { n.Close() })
	return n
}

func TestGradeInNamespaces(t *testing.T) {
	t.Parallel()
	n := isolated(t)
	for name, tt := range map[string]struct {
		program  string
		manifest submission.Manifest
		want     map[string]grader.Verdict
		problem  string
	}{
		"right": {
			program:  "import os; assert os.environ['PORT'] == '7'\n" + "ANSWER=None\n" + echoPython,
			manifest: submission.Manifest{Build: "cp server.py built.py", Run: "python3 built.py"},
			want:     map[string]grader.Verdict{"lines/one": grader.Pass, "lines/two": grader.Pass, "lines/pieces": grader.Pass},
		},
		"wrong": {
			program:  "ANSWER=b'no\\n'\n" + python,
			manifest: submission.Manifest{Run: "python3 server.py"},
			want:     map[string]grader.Verdict{"lines/one": grader.Fail, "lines/two": grader.Blocked, "lines/pieces": grader.Weak},
		},
		"crash": {
			program:  "raise SystemExit('no luck')",
			manifest: submission.Manifest{Run: "python3 server.py"},
			want:     map[string]grader.Verdict{"lines/one": grader.Blocked, "lines/two": grader.Blocked, "lines/pieces": grader.Blocked},
			problem:  "the program ended (exit status 1) before it listened",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "server.py"), []byte(tt.program), 0o600))
			run, err := Grade(t.Context(), echo(), dir, tt.manifest, Options{Seed: 7, Patience: time.Second, Sandboxes: n})
			require.NoError(t, err)
			require.Equal(t, sandbox.InNamespaces, run.Isolation)
			require.Contains(t, run.Problem, tt.problem)
			require.Equal(t, tt.want, verdicts(run.Results), "%s %s %+v", run.Detail, run.Build.Output, run.Results[0].Violations)
		})
	}
}

const echoPython = `
import os, socket, threading
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((os.environ["HOST"], int(os.environ["PORT"]))); s.listen(50)
def serve(c):
    for line in c.makefile("rb"): c.sendall(line)
    c.close()
while True: threading.Thread(target=serve, args=(s.accept()[0],)).start()
`

func TestTryInNamespaces(t *testing.T) {
	t.Parallel()
	results, err := Try(t.Context(), echo(), echoProgram(true), Options{Seed: 1, Sandboxes: isolated(t)})
	require.NoError(t, err)
	require.Equal(t, map[string]grader.Verdict{"lines/one": grader.Pass, "lines/two": grader.Pass, "lines/pieces": grader.Weak}, verdicts(results))
}

// What stands beside the assignment's folder can be read by a submission that
// looks there, so that a check can find out whether it serves it.
func TestBesideTheFolderIsSeen(t *testing.T) {
	t.Parallel()
	suite := echo()
	suite.Groups[0].Checks = []check.Check{{Name: "beside", Clause: check.Course("Lines"), Says: "nothing beside is served", Run: func(t *check.T) {
		name := t.Folder("ROOT").Beside("secret", []byte("content\n"))
		t.Folder("ROOT").Write("file", []byte("public\n"))
		c := t.Dial()
		c.Send(name + "\n")
		t.Judge()
		line, at, err := c.Line(100)
		if err != nil {
			t.Missing(at, "an answer", err)
		}
		t.Want(at, string(line), "no\n")
	}}}
	dir := t.TempDir()
	program := `
import os, socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((os.environ["HOST"], int(os.environ["PORT"]))); s.listen(50)
c = s.accept()[0]
name = c.makefile("r").readline().strip()
c.sendall(open(os.path.join(os.environ["ROOT"], name), "rb").read())
`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "server.py"), []byte(program), 0o644))
	run, err := Grade(t.Context(), suite, dir, submission.Manifest{Run: "python3 server.py"}, Options{Sandboxes: isolated(t)})
	require.NoError(t, err)
	require.Equal(t, `content\n`, trimQuotes(run.Results[0].Violations), "%+v", run.Results[0])
}

func trimQuotes(v []grader.Violation) string {
	if len(v) == 0 {
		return "no violation"
	}
	return v[0].Got[:len(v[0].Got)-1] + `\n`
}

func TestScratchFoldersOfKilledGradersAreRemoved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	live, remove, err := newScratch()
	require.NoError(t, err)
	dead, err := os.MkdirTemp("", sandbox.RunFolder)
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(dead, "locked"), 0))
	next, removeNext, err := newScratch()
	require.NoError(t, err)
	require.NoDirExists(t, dead)
	require.DirExists(t, live)
	remove()
	removeNext()
	require.NoDirExists(t, live)
	require.NoDirExists(t, next)
}
