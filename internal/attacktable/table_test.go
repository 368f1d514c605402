package attacktable

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	code   = regexp.MustCompile(`^[FSEB]\d$`)
	quoted = regexp.MustCompile("`([^`]+)`")
	named  = regexp.MustCompile(`^(Test|Fuzz)\w+$`)
)

// TestSubmissions holds the table of what is tried from inside of a sandbox, or by what is handed in.
func TestSubmissions(t *testing.T) {
	t.Parallel()
	holds(t, "What a submission may try", 4, "internal/attack",
		"F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "S1", "S4", "E1", "E2", "E3", "E4", "E5", "E6", "E7", "B1", "B2", "B3", "B4", "B5")
}

// TestVisitors holds the table of what is tried on the service.
func TestVisitors(t *testing.T) {
	t.Parallel()
	holds(t, "What a visitor may try", 3, "internal/attackservice", "S1", "S2", "S3", "S4", "B6", "B7", "B8")
}

// holds looks at a table of the page: every line has a row, every row has a test, every test is there, and none of the
// folder's own that has a line in its name is left out. The last column names tests behind their folders.
func holds(t *testing.T, heading string, columns int, folder string, lines ...string) {
	page, err := os.ReadFile("../../docs/security.md")
	require.NoError(t, err)
	_, table, ok := strings.Cut(string(page), "\n## "+heading+"\n")
	require.True(t, ok)
	table, _, _ = strings.Cut(table, "\n## ")
	var got, own []string
	for row := range strings.Lines(table) {
		cells := strings.Split(strings.TrimSuffix(row, "\n"), "|")
		if len(cells) < 2 || !code.MatchString(strings.TrimSpace(cells[1])) {
			continue
		}
		require.Len(t, cells, columns+2, row)
		got = append(got, strings.TrimSpace(cells[1]))
		var at, source string
		names := 0
		for _, q := range quoted.FindAllStringSubmatch(cells[columns], -1) {
			if !named.MatchString(q[1]) {
				at, source = q[1], tests(t, q[1])
				continue
			}
			names++
			require.Regexp(t, `(?m)^func `+q[1]+`\((t|f) \*testing\.[TF]\)`, source, "%s of %s, in the row: %s", q[1], at, row)
			if at == folder {
				own = append(own, q[1])
			}
		}
		require.Positive(t, names, row)
	}
	for _, want := range lines {
		require.Contains(t, got, want)
	}
	for _, line := range got {
		require.Contains(t, lines, line, "a line that nobody knows")
	}
	for _, m := range regexp.MustCompile(`func (Test[FSEB]\d\w+)\(`).FindAllStringSubmatch(tests(t, folder), -1) {
		require.True(t, slices.Contains(own, m[1]), "%s stands in no row of docs/security.md", m[1])
	}
}

// tests is the text of a folder's test files.
func tests(t *testing.T, folder string) string {
	files, err := filepath.Glob(filepath.Join("../..", folder, "*_test.go"))
	require.NoError(t, err)
	require.NotEmpty(t, files, folder)
	var all strings.Builder
	for _, f := range files {
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		all.Write(data)
	}
	return all.String()
}
