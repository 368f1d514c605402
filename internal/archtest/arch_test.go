// Package archtest keeps the import directions of docs/architecture.md true.
package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/wiregrade/wiregrade/"

// may lists what each part of the tree may import besides the standard
// library and itself. What is not listed is forbidden. A longer key wins over a shorter one.
var may = map[string][]string{
	"grader":             {},
	"reference":          {"golang.org/x", "github.com/miekg/dns"},
	"harness":            {"grader", "golang.org/x", "github.com/gopacket/gopacket"},
	"harness/submission": {"grader/nearest", "github.com/goccy/go-yaml"},
	"assignments":        {"grader", "harness/check", "reference", "github.com/miekg/dns"},
	"migrations":         {},
	"api":                {"grader", "github.com/danielgtaylor/huma", "github.com/go-chi/httprate"},
	"api/webhook": {
		"grader", "internal/gittree", "github.com/google/go-github", "github.com/bradleyfalzon/ghinstallation",
		"github.com/standard-webhooks/standard-webhooks",
	},
	"api/githost": {"api", "grader", "internal/gittree"},
	"internal/postgres": {
		"grader", "migrations", "github.com/jackc/pgx", "github.com/pressly/goose",
		"github.com/riverqueue/river/riverdriver/riverpgxv5", "github.com/riverqueue/river/rivermigrate",
	},
	"internal/localpg":      {"github.com/jackc/pgx"},
	"internal/gittree":      {"grader"},
	"internal/fakegithub":   {"github.com/stretchr/testify/require"},
	"internal/queue":        {"grader", "internal/postgres", "github.com/jackc/pgx", "github.com/riverqueue/river"},
	"internal/worker":       {"grader", "harness", "internal/postgres", "internal/queue"},
	"internal/pgtest":       {"internal/localpg", "internal/postgres", "github.com/jackc/pgx", "github.com/stretchr/testify/require"},
	"internal/tiny":         {"grader", "harness/check"},
	"internal/storetest":    {"grader", "github.com/stretchr/testify/require"},
	"internal/service":      {"api", "grader", "harness", "internal", "github.com/prometheus/client_golang"},
	"internal/client":       {"api", "grader"},
	"internal/rig":          {},
	"internal/demo":         {"internal/rig"},
	"internal/benchservice": {"assignments", "grader", "internal", "github.com/jackc/pgx"},
	"internal/chaos":        {"grader", "internal", "github.com/jackc/pgx"},
	"internal/clauses":      {"assignments", "grader", "harness/check"},
	"internal/faulttest":    {"grader", "harness", "github.com/stretchr/testify/require"},
	"internal/bench":        {"assignments", "grader", "harness"},
	"internal/benchsandbox": {"harness/sandbox", "golang.org/x"},
	"cmd": {
		"api", "grader", "reference", "harness", "assignments", "internal",
		"github.com/spf13", "charm.land", "golang.org/x",
	},
}

// testSupport may import testing and testify outside test files.
var testSupport = []string{"internal/fakegithub", "internal/faulttest", "internal/pgtest", "internal/storetest"}

func TestImports(t *testing.T) {
	// Parse the files here, not in a "go list" subprocess: the go command
	// caches test results and sees only the files that the test itself opens.
	root := os.DirFS("../..")
	files := 0
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "starter" || d.Name() == "solution" || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files++
		for _, imp := range imports(t, root, path) {
			if problem := forbidden(path, imp); problem != "" {
				t.Errorf("%s: %s", path, problem)
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, files, 50, "the walk should see the whole tree")
}

// TestForbidden shows that the table can fail.
func TestForbidden(t *testing.T) {
	for _, tt := range []struct {
		path, imp string
		bad       bool
	}{
		{"grader/grader.go", "fmt", false},
		{"grader/report/text.go", module + "grader", false},
		{"grader/grader.go", module + "harness", true},
		{"reference/http1/server.go", module + "grader", true},
		{"assignments/http-server/methods.go", module + "harness/check", false},
		{"assignments/http-server/methods.go", module + "harness/sandbox", true},
		{"harness/grade.go", module + "reference/http1", true},
		{"harness/grade.go", "github.com/goccy/go-yaml", true},
		{"harness/submission/manifest.go", "github.com/goccy/go-yaml", false},
		{"harness/check/t.go", "testing", true},
		{"internal/faulttest/faulttest.go", "testing", false},
		{"cmd/grader/main.go", "github.com/stretchr/testify/require", true},
	} {
		require.Equal(t, tt.bad, forbidden(tt.path, tt.imp) != "", "%s imports %s", tt.path, tt.imp)
	}
}

func imports(t *testing.T, root fs.FS, path string) []string {
	src, err := fs.ReadFile(root, path)
	require.NoError(t, err)
	f, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ImportsOnly)
	require.NoError(t, err)
	var all []string
	for _, spec := range f.Imports {
		imp, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		all = append(all, imp)
	}
	return all
}

// forbidden says why path may not import imp, "" when it may.
func forbidden(path, imp string) string {
	part := room(path)
	if part == "" {
		return "no entry in the import table"
	}
	if imp == "testing" && !within(path, testSupport) {
		return "testing stays out of non-test files"
	}
	host, _, _ := strings.Cut(imp, "/")
	rel := strings.TrimPrefix(imp, module)
	top, _, _ := strings.Cut(part, "/")
	if !strings.Contains(host, ".") || within(rel, append([]string{part}, may[part]...)) || rel != imp && top != "internal" && within(rel, []string{top}) {
		return ""
	}
	return part + " may not import " + rel
}

// room is the longest key of the table that path stands under.
func room(path string) string {
	best := ""
	for part := range may {
		if strings.HasPrefix(path, part+"/") && len(part) > len(best) {
			best = part
		}
	}
	return best
}

func within(path string, prefixes []string) bool {
	for _, p := range prefixes {
		if path == p || strings.HasPrefix(path, p+"/") {
			return true
		}
	}
	return false
}
