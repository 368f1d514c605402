package store

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLimitsCheck(t *testing.T) {
	l := Limits{Files: 3, File: 10, Total: 15, Path: 20}
	file := func(path string) File { return File{Path: path, Mode: Regular, Data: []byte("x")} }
	for _, tt := range []struct {
		name  string
		files []File
		want  error
		says  string
	}{
		{"good", []File{file("a"), file("b/c"), {Path: "l", Mode: Link, Data: []byte("../x")}}, nil, ""},
		{"nothing", nil, ErrInvalid, "no files"},
		{"too many", []File{file("a"), file("b"), file("c"), file("d")}, ErrTooLarge, "4 files"},
		{"one too large", []File{{Path: "a", Mode: Regular, Data: make([]byte, 11)}}, ErrTooLarge, `"a"`},
		{"too large together", []File{{Path: "a", Mode: Regular, Data: make([]byte, 9)}, {Path: "b", Mode: Regular, Data: make([]byte, 9)}}, ErrTooLarge, `"b"`},
		{"climbing", []File{file("../a")}, ErrInvalid, "not a path"},
		{"climbing within", []File{file("a/../b")}, ErrInvalid, "not a path"},
		{"absolute", []File{file("/etc/passwd")}, ErrInvalid, "not a path"},
		{"the tree itself", []File{file(".")}, ErrInvalid, "not a path"},
		{"empty", []File{file("")}, ErrInvalid, "not a path"},
		{"a NUL", []File{file("a\x00b")}, ErrInvalid, "control"},
		{"an escape", []File{file("a\x1b[2J")}, ErrInvalid, "control"},
		{"not UTF-8", []File{file("a\xff")}, ErrInvalid, "not a path"},
		{"long", []File{file("aaaaaaaaaaaaaaaaaaaaaaaaaa")}, ErrInvalid, "more than 20"},
		{"git inside", []File{file("x/.GIT/hooks")}, ErrInvalid, ".git"},
		{"a device", []File{{Path: "a", Mode: "060000"}}, ErrInvalid, "neither"},
		{"a submodule", []File{{Path: "a", Mode: "160000"}}, ErrInvalid, "neither"},
		{"twice", []File{file("a"), file("a")}, ErrInvalid, "twice"},
		{"below a file", []File{file("a"), file("a/b/c")}, ErrInvalid, "below"},
		{"deep below a link", []File{file("a/b/c"), {Path: "a/b", Mode: Link, Data: []byte("/tmp")}}, ErrInvalid, "below"},
		{"a link to nowhere", []File{{Path: "a", Mode: Link}}, ErrInvalid, "nowhere"},
	} {
		err := l.Check(tt.files)
		require.ErrorIs(t, err, tt.want, tt.name)
		if tt.want != nil {
			require.ErrorContains(t, err, tt.says, tt.name)
		}
	}
}

func TestLimitsCheckNames(t *testing.T) {
	l := DefaultLimits()
	tree := func(path string) []File { return []File{{Path: path, Mode: Regular}} }
	require.NoError(t, l.Check(tree("a/"+strings.Repeat("b", 255)+"/c")))
	for _, path := range []string{strings.Repeat("b", 256), "a/" + strings.Repeat("b", 256) + "/c", "a/" + strings.Repeat("é", 128)} {
		err := l.Check(tree(path))
		require.ErrorIs(t, err, ErrInvalid)
		require.ErrorContains(t, err, "a name of more than 255 bytes")
	}
}

func TestTreeHash(t *testing.T) {
	a, b := File{"a", Regular, []byte("1")}, File{"b", Regular, []byte("2")}
	require.Equal(t, TreeHash([]File{a, b}), TreeHash([]File{b, a}))
	require.NotEqual(t, TreeHash([]File{a}), TreeHash([]File{{"a", Executable, []byte("1")}}))
	require.NotEqual(t, TreeHash([]File{a}), TreeHash([]File{{"a", Regular, []byte("2")}}))
	require.NotEqual(t, TreeHash([]File{a, b}), TreeHash([]File{a}))
}
