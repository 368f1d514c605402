//go:build linux && (amd64 || arm64)

package attack

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/assignments"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/report"
	"github.com/wiregrade/wiregrade/grader/score"
	"github.com/wiregrade/wiregrade/harness"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/submission"
)

func pipe(t *testing.T) (io.Reader, io.Closer) {
	r, w := io.Pipe()
	t.Cleanup(func() { w.Close() })
	return r, w
}

// suite asks for a word that changes with the seed, and looks into the assignment's folder.
func suite() *check.Suite {
	return &check.Suite{
		Assignment: grader.Assignment{Name: "upper", Title: "Upper", Role: grader.Server, Rubric: []grader.Item{{Group: "lines", Points: 10}}},
		Statement:  "Answer each line in upper case.", Network: "tcp", Port: 7, Folders: []string{"ROOT"},
		Reference: func(ctx context.Context, env *check.Env) int {
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
				buf := make([]byte, 100)
				n, _ := c.Read(buf)
				for i := range n {
					if 'a' <= buf[i] && buf[i] <= 'z' {
						buf[i] -= 'a' - 'A'
					}
				}
				c.Write(buf[:n])
				c.Close()
			}
		},
		Groups: []check.Group{{Name: "lines", Checks: []check.Check{
			{Name: "word", Clause: check.Course("Lines"), Says: "a line comes back in upper case", Run: func(t *check.T) {
				c := t.Dial()
				word := t.Word(16)
				c.Send(word + "\n")
				t.Judge()
				line, at, err := c.Line(100)
				if err != nil {
					t.Missing(at, "the line", err)
				}
				want := []byte(word + "\n")
				for i := range len(word) {
					want[i] -= 'a' - 'A'
				}
				t.Want(at, string(line), string(want))
				for _, name := range []string{"link", "fifo", "dir/../../beside", "device"} {
					if _, _, ok := t.Folder("ROOT").Read(name); ok {
						t.Fail(at, "nothing of the machine's", "the file "+name+" was followed")
					}
				}
			}},
		}}},
	}
}

func gradeCheat(t *testing.T, suite *check.Suite, program string, m submission.Manifest) *grader.Run {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "server.py"), []byte(program), 0o644))
	if m.Run == "" {
		m.Run = "python3 server.py"
	}
	before := look(t)
	run, err := harness.Grade(t.Context(), suite, dir, m, harness.Options{Seed: 42, Patience: time.Second, Sandboxes: provider})
	require.NoError(t, err)
	before.same(t)
	return run
}

const listen = `
import os, socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((os.environ["HOST"], int(os.environ["PORT"]))); s.listen()
`

// squat takes every port that the harness could talk from, as well as the program's limits allow, before the server is there.
const squat = `
import os, socket, time
kept, (low, high) = [], map(int, open("/proc/sys/net/ipv4/ip_local_port_range").read().split())
for first in range(low, high + 1, 3500):
    r, w = os.pipe()
    if os.fork() == 0:
        for port in range(first, min(first + 3500, high + 1)):
            k = socket.socket(); kept.append(k)
            try: k.bind(("0.0.0.0", port))
            except OSError: pass
        os.write(w, b"x"); time.sleep(600)
    os.read(r, 1)
`

// forged is a report with all points.
const forged = `{"schema":"grader.report/v1","points":10,"max":10,"checks":[{"name":"lines/word","verdict":"pass"}]}`

var cheats = map[string]string{
	"F1 print the report":       "print('''" + forged + "\n::notice title=points::10/10\n::set-output name=points::10''', flush=True)\n" + listen + "s.accept()[0].sendall(b'" + forged + "\\n'); import time; time.sleep(60)",
	"F2 exit at once":           "raise SystemExit(0)",
	"F3 write a results file":   "" + listen + "for p in ['results.json', '../results.json', os.environ['ROOT'] + '/results.json', '/autograder/results/results.json']:\n    try: open(p, 'w').write('" + forged + "')\n    except OSError: pass\ns.accept()[0].close()",
	"F5 relay to the reference": listen + "c = s.accept()[0]; line = c.recv(100)\nfor host in ['127.0.0.%d' % i for i in range(2, 255)]:\n    r = socket.socket(); r.settimeout(0.2)\n    try: r.connect((host, 7)); r.sendall(line); c.sendall(r.recv(100)); break\n    except OSError: pass\nc.close()",
	"F6 answer by heart":        listen + "while True: c = s.accept()[0]; c.recv(100); c.sendall(b'ABCDEFGHIJKLMNOP\\n')",
	"F7 play both sides":        listen + "import threading\nc = socket.create_connection((os.environ['HOST'], int(os.environ['PORT']))); c.sendall(b'x\\n')\na = s.accept()[0]; a.sendall(b'X\\n'); import time; time.sleep(60)",
	"F7 squat every port":       squat + listen + "while True: c = s.accept()[0]; c.sendall(c.recv(100).upper()); c.close()",
	"B3 never read":             listen + "c = s.accept()[0]; import time; time.sleep(600)",
	"B3 a byte a second":        listen + "import time\nwhile True:\n    c = s.accept()[0]\n    try:\n        while True: c.sendall(b'x'); time.sleep(1)\n    except OSError: pass",
	"B3 half-close":             listen + "import time\nkept = []\nwhile True: c = s.accept()[0]; c.shutdown(socket.SHUT_WR); kept.append(c)",
	"B3 never answer":           listen + "c = s.accept()[0]; c.recv(100); import time; time.sleep(600)",
	"B3 answer for ever":        listen + "c = s.accept()[0]\nwhile True: c.sendall(b'x' * 65536)",
	"B3 reset":                  listen + "import struct; c = s.accept()[0]; c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); c.close()",
}

func TestCheatsEarnNothing(t *testing.T) {
	for name, program := range cheats {
		if name == "B3 a byte a second" {
			continue // takes all the time that a check has; the assignment below is quicker to see it
		}
		t.Run(name, func(t *testing.T) {
			run := gradeCheat(t, suite(), program, submission.Manifest{})
			for _, r := range run.Results {
				require.Contains(t, []grader.Verdict{grader.Fail, grader.Blocked}, r.Verdict, "%+v", r)
			}
		})
	}
}

// The same against an assignment that is handed out: no points at all.
func TestCheatsEarnNoPointsOfAnAssignment(t *testing.T) {
	i := slices.IndexFunc(assignments.All(), func(s *check.Suite) bool { return s.Name == "tcp-upper-server" })
	require.GreaterOrEqual(t, i, 0)
	suite := assignments.All()[i]
	for name, program := range cheats {
		t.Run(name, func(t *testing.T) {
			run := gradeCheat(t, suite, program, submission.Manifest{})
			require.False(t, run.Faulted(), "%+v", run.Results)
			require.Zero(t, score.Of(suite.Rubric, run.Results).Got)
		})
	}
}

// What a program leaves anywhere is not there for its next check.
func TestF7NothingIsLeftForTheNextCheck(t *testing.T) {
	suite := suite()
	again := suite.Groups[0].Checks[0]
	for _, name := range []string{"again", "once-more"} {
		again.Name = name
		suite.Groups[0].Checks = append(suite.Groups[0].Checks, again)
	}
	run := gradeCheat(t, suite, listen+`
places = [d + "/sign" for d in ("/tmp", "/dev/shm", "/run", "/var/tmp", ".", "..", os.environ["HOME"], os.environ["ROOT"])]
found = [p for p in places if os.path.exists(p)] + [p for p in os.listdir("/proc") if p.isdigit() and int(p) not in (1, os.getpid(), os.getppid())]
for p in places:
    try: open(p, "w").write("sign")
    except OSError: pass
if os.fork() == 0: os.setsid(); import time; time.sleep(600)
while True: c = s.accept()[0]; c.sendall(c.recv(100).upper() if not found else repr(found).encode() + b"\n"); c.close()
`, submission.Manifest{Run: "exec python3 server.py"})
	require.Len(t, run.Results, 3)
	for _, r := range run.Results {
		require.Equal(t, grader.Pass, r.Verdict, "%+v", r)
	}
}

// What is left in the assignment's folder leads the harness nowhere.
func TestE4LinksAndFIFOs(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("token"), 0o644))
	run := gradeCheat(t, suite(), listen+`
root = os.environ["ROOT"]
os.symlink("`+secret+`", root + "/link"); os.mkfifo(root + "/fifo"); os.symlink("/", root + "/dir"); os.symlink("/dev/zero", root + "/device")
c = s.accept()[0]; c.sendall(c.recv(100).upper()); c.close()
`, submission.Manifest{})
	require.Equal(t, grader.Pass, run.Results[0].Verdict, "%+v", run.Results[0])
}

// Commands reach a shell only inside of the sandbox, at build and at run time.
func TestE5E1CommandsOfTheManifest(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	run := gradeCheat(t, suite(), "", submission.Manifest{
		Build: "touch " + mark + "; cat /etc/shadow " + mark + "; echo $(id -u); (sleep 600 &) ; cp -r / . 2>/dev/null & exit 0",
		Run:   "touch " + mark + "; exec true",
	})
	require.NoFileExists(t, mark)
	require.Contains(t, run.Build.Output, "1000")
	require.Contains(t, run.Build.Output, "shadow: No such file")
	for _, r := range run.Results {
		require.Equal(t, grader.Blocked, r.Verdict)
	}
}

// Output is kept as bytes, and bounded; no report of any format lets it act.
func TestF8Output(t *testing.T) {
	run := gradeCheat(t, suite(), "import sys; sys.stderr.write('\\x1b]0;owned\\x07<script>alert(1)</script>\\n::error::x\\n' + 'x' * 7000); sys.exit(1)", submission.Manifest{})
	require.LessOrEqual(t, len(run.Detail), 8<<10)
	require.Contains(t, run.Detail, "\x1b]0;owned", "it is there as it came")
	require.Equal(t, grader.Blocked, run.Results[0].Verdict)
	for _, format := range report.Formats() {
		var out strings.Builder
		require.NoError(t, report.Write(&out, report.Format(format), run, report.Options{}))
		require.Contains(t, out.String(), "owned", format)
		require.False(t, strings.Contains(out.String(), "\x1b]"), format)
		require.False(t, format == "html" && strings.Contains(out.String(), "<script>alert"), format)
		if format == "text" { // what a CI log shows
			require.NotRegexp(t, `(?m)^::error`, out.String(), format)
		}
	}
}
