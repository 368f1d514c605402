package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/assignments"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/sandbox"
)

func TestMain(m *testing.M) {
	sandbox.Init()
	testscript.Main(m, map[string]func(){"grader": main})
}

// TestSubmissions grades every whole submission under assignments/*/testdata
// and compares the report with the one written in the same file. UPDATE=1 writes the reports anew.
func TestSubmissions(t *testing.T) {
	files, err := filepath.Glob("../../assignments/*/testdata/*.txtar")
	require.NoError(t, err)
	require.Greater(t, len(files), 15)
	// The verdict is the same behind walls and without them.
	t.Run("isolated", func(t *testing.T) {
		testscript.Run(t, params(t, files))
	})
	t.Run("loopback", func(t *testing.T) {
		p := params(t, withoutWalls(files))
		setup := p.Setup
		p.Setup = func(e *testscript.Env) error {
			e.Setenv("WIREGRADE_NO_ISOLATION", "1")
			return setup(e)
		}
		testscript.Run(t, p)
	})
}

// withoutWalls leaves out the submissions to assignments that need a network of their own.
func withoutWalls(files []string) []string {
	return slices.DeleteFunc(slices.Clone(files), func(file string) bool {
		name := filepath.Base(filepath.Dir(filepath.Dir(file)))
		return slices.ContainsFunc(assignments.All(), func(s *check.Suite) bool { return s.Name == name && s.Namespaces })
	})
}

// TestCommands runs the command line itself: its errors, formats and exit statuses.
func TestCommands(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	testscript.Run(t, params(t, files))
}

func params(t *testing.T, files []string) testscript.Params {
	cache := t.TempDir()
	repo, err := filepath.Abs("../..")
	require.NoError(t, err)
	return testscript.Params{
		Files:               files,
		UpdateScripts:       os.Getenv("UPDATE") != "",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			// The system's own python3 starts quicker than a version manager's.
			e.Setenv("PATH", "/usr/bin:/bin:"+e.Getenv("PATH"))
			e.Setenv("WIREGRADE_BUILD_CACHE", filepath.Join(cache, filepath.Base(e.WorkDir)))
			e.Setenv("REPO", repo)
			e.Setenv("NO_COLOR", "1")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"mask":     mask,
			"verdicts": verdicts,
			"exit":     exitStatus,
		},
	}
}

// exitStatus runs a command and requires its exit status: exit 2 grader check nowhere.
func exitStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exit STATUS COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("want exit status %s, got %s", args[0], got)
	}
}

// ladders are the rows of an exchange. How a stream ends, or how a process and
// its last bytes come in turn, is up to the system: what was wanted and got stands below,
// and the ladder itself has goldens in grader/report.
var ladders = regexp.MustCompile(`(?m)^.*([│├].*[│┤]|#\d+ to #\d+: .*| grader +(your|the) \S+( .*)?)\n`)

// masks hide what differs from run to run: ports, times and the paths of the test.
var masks = []struct {
	re *regexp.Regexp
	by string
}{
	{regexp.MustCompile(`(127\.0\.0\.\d+):\d+`), "$1:PORT"},
	{regexp.MustCompile(`((?:TCP|UDP) port) \d+\b`), "$1 PORT"},
	{regexp.MustCompile(`(?m)^  ! (not isolated|memory is measured) .*\n(    .*\n)*`), ""},
	{regexp.MustCompile(` · (loopback|namespaces)`), ""},
	{regexp.MustCompile(`\b\d+(\.\d+)? (ms|s)\b`), "TIME"},
	{regexp.MustCompile(`\b(0x[0-9a-f]{6,})\b`), "ADDRESS"},
	{regexp.MustCompile(`(?m)[A-Za-z0-9:, ]+\d{4} \d\d:\d\d:\d\d GMT`), "DATE"},
}

// mask writes FILE (or stdout, stderr) to OUT with everything hidden that may
// differ.
func mask(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mask FILE OUT")
	}
	text := ladders.ReplaceAllString(ts.ReadFile(args[0]), "")
	for _, m := range masks {
		text = m.re.ReplaceAllString(text, m.by)
	}
	var trimmed bytes.Buffer
	for line := range strings.Lines(text) {
		fmt.Fprintln(&trimmed, strings.TrimRight(line, " \n"))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), trimmed.Bytes(), 0o644))
}

// verdicts writes the points and the verdict of each check of the JSON report FILE to OUT: for
// a program whose way to die is not its own choice.
func verdicts(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: verdicts FILE OUT")
	}
	var report struct {
		Points, Max float64
		Checks      []struct{ Name, Verdict string }
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &report))
	var out bytes.Buffer
	fmt.Fprintf(&out, "%v of %v points\n", report.Points, report.Max)
	for _, c := range report.Checks {
		fmt.Fprintf(&out, "%-7s %s\n", c.Verdict, c.Name)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), out.Bytes(), 0o644))
}

// An empty golden would match a grader that prints nothing.
func TestGoldensAreNotEmpty(t *testing.T) {
	files, err := filepath.Glob("../../assignments/*/testdata/*.txtar")
	require.NoError(t, err)
	for _, f := range files {
		a, err := txtar.ParseFile(f)
		require.NoError(t, err)
		compared := strings.Contains(string(a.Comment), "cmp report want")
		require.True(t, compared, "%s: compares no report", f)
		for _, file := range a.Files {
			if file.Name == "want" {
				require.Greater(t, len(bytes.Fields(file.Data)), 5, "%s: the report is empty", f)
				compared = false
			}
		}
		require.False(t, compared, "%s: has no report to compare with", f)
	}
}
