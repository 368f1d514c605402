package githost_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader/store"
)

// plant makes a commit of lines as git mktree takes them, past what git add would refuse.
func (s *site) plant(dir string, lines ...string) string {
	s.Helper()
	in := ""
	for _, l := range lines {
		in += l + "\n"
	}
	tree := s.piped(dir, in, "mktree", "--missing")
	return s.must(dir, "commit-tree", "-m", "x", tree)
}

func (s *site) piped(dir, stdin string, args ...string) string {
	s.Helper()
	cmd := s.command(dir, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.Output()
	require.NoError(s, err, args)
	return strings.TrimSpace(string(out))
}

// TestHostile: what a tree may hold to do harm wherever it is checked out, or read (attacks E3).
func TestHostile(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	remote := s.remote("net/tiny/ann.git", s.token(s.Ann, "push"))
	dir := s.clone("echo right", "1")
	blob := func(data string) string { return s.piped(dir, data, "hash-object", "-w", "--stdin") }
	file := "100644 blob " + blob("x") + "\t"
	folder := s.piped(dir, "100755 blob "+blob("#!/bin/sh\ntouch /tmp/ran\n")+"\tpost-checkout\n", "mktree")
	bomb := s.piped(dir, "", "mktree")
	for range 30 {
		lines := ""
		for _, name := range strings.Split("abcdefghij", "") {
			lines += "040000 tree " + bomb + "\t" + name + "\n"
		}
		bomb = s.piped(dir, lines, "mktree")
	}
	big := blob(strings.Repeat("\x00", 40<<20))
	for name, tt := range map[string]struct{ commit, want string }{
		"a submodule":        {s.plant(dir, file+"a", "160000 commit "+strings.Repeat("1", 40)+"\tsub"), `refused: "sub": a submodule`},
		"a .git":             {s.plant(dir, file+"a", "040000 tree "+folder+"\t.git"), "hasDotgit"},
		"a .GIT":             {s.plant(dir, file+"a", "040000 tree "+folder+"\t.GIT"), "hasDotgit"},
		"climbing":           {s.plant(dir, file+"a", "040000 tree "+folder+"\t.."), "hasDotdot"},
		"a .gitmodules link": {s.plant(dir, "120000 blob "+blob("/etc/passwd")+"\t.gitmodules"), "gitmodules"},
		"a pointer into LFS": {s.plant(dir, "100644 blob "+blob("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n")+"\tmodel"), `refused: "model": its content is in Git LFS`},
		"folders for ever":   {s.plant(dir, "040000 tree "+bomb+"\ta"), "refused: more than 5000 files"},
		"40 MB in 40 kB":     {s.plant(dir, "100644 blob "+big+"\tzeros"), `refused: "zeros": at most`},
		"nothing":            {s.plant(dir), "refused: no files"},
		"a control code":     {s.plant(dir, file+"a", file+"\x1b[2J"), "refused: \"\\x1b[2J\""},
	} {
		out := s.refused(dir, "--force", remote, tt.commit+":refs/heads/main")
		require.Contains(t, out, tt.want, name)
		require.Contains(t, out, "remote: refused: ", name)
		require.NotContains(t, out, "\x1b[2J", name)
	}
	require.Empty(t, s.head("net/tiny/ann.git", s.token(s.Ann, "all")))

	// These are no more than files here.
	commit := s.plant(dir, "100644 blob "+blob("x filter=evil\n")+"\t.gitattributes", "120000 blob "+blob("../../../../etc/passwd")+"\tlink",
		file+"--upload-pack=touch x", "040000 tree "+folder+"\thooks")
	s.must(dir, "push", "-o", "no-wait", remote, commit+":refs/heads/main")
	files, err := s.SubmissionFiles(t.Context(), s.Of(s.Ann), s.newest().ID)
	require.NoError(t, err)
	require.Equal(t, []store.File{
		{Path: "--upload-pack=touch x", Mode: store.Regular, Data: []byte("x")},
		{Path: ".gitattributes", Mode: store.Regular, Data: []byte("x filter=evil\n")},
		{Path: "hooks/post-checkout", Mode: store.Executable, Data: []byte("#!/bin/sh\ntouch /tmp/ran\n")},
		{Path: "link", Mode: store.Link, Data: []byte("../../../../etc/passwd")},
	}, files)
	// The repository was made without a hook or a configuration that could be anybody's.
	require.NoError(t, filepath.WalkDir(s.dir, func(path string, d os.DirEntry, err error) error {
		require.NotEqual(t, "hooks", d.Name(), path)
		require.NotEqual(t, "alternates", d.Name(), path)
		return err
	}))
}
