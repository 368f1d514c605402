//go:build linux && (amd64 || arm64)

package attackservice

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTable: every test that docs/security.md names is there, every line has one, and none of this folder is left out.
func TestTable(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/security.md")
	require.NoError(t, err)
	_, table, ok := strings.Cut(string(page), "\n## What a visitor may try\n")
	require.True(t, ok)
	table, _, _ = strings.Cut(table, "\n## ")
	quoted := regexp.MustCompile("`([^`]+)`")
	var lines, here []string
	for row := range strings.Lines(table) {
		cells := strings.Split(row, "|")
		if len(cells) != 5 || !regexp.MustCompile(`^[SB]\d$`).MatchString(strings.TrimSpace(cells[1])) {
			continue
		}
		lines = append(lines, strings.TrimSpace(cells[1]))
		var source, folder string
		names := 0
		for _, q := range quoted.FindAllStringSubmatch(cells[3], -1) {
			if !strings.HasPrefix(q[1], "Test") {
				folder, source = q[1], tests(t, q[1])
				continue
			}
			names++
			require.Contains(t, source, "func "+q[1]+"(t *testing.T)", "%s of %s, in the row: %s", q[1], folder, row)
			if folder == "internal/attackservice" {
				here = append(here, q[1])
			}
		}
		require.Positive(t, names, row)
	}
	for _, want := range []string{"S1", "S2", "S3", "S4", "B6", "B7", "B8"} {
		require.Contains(t, lines, want)
	}
	for _, m := range regexp.MustCompile(`func (Test[SB]\d\w+)\(`).FindAllStringSubmatch(tests(t, "internal/attackservice"), -1) {
		require.True(t, slices.Contains(here, m[1]), "%s stands in no row of docs/security.md", m[1])
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
