package gittree

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader/store"
)

// A repo is made by git's plumbing, which writes what porcelain would refuse.
type repo struct {
	*testing.T
	Repository
}

func newRepo(t *testing.T) *repo {
	dir := filepath.Join(t.TempDir(), "x.git")
	cmd := exec.CommandContext(t.Context(), "git", "init", "-q", "--bare", dir)
	cmd.Env = Env()
	require.NoError(t, cmd.Run())
	return &repo{t, Repository{Dir: dir}}
}

func (r *repo) git(stdin string, args ...string) string {
	r.Helper()
	cmd := r.command(r.Context(), args...)
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = append(cmd.Env, "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@x", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@x")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(r, err, args)
	return strings.TrimSpace(string(out))
}

func (r *repo) blob(data string) string { return r.git(data, "hash-object", "-w", "--stdin") }

// commit makes one of lines as mktree takes them.
func (r *repo) commit(lines ...string) string {
	in := ""
	for _, l := range lines {
		in += l + "\n"
	}
	tree := r.git(in, "mktree", "--missing")
	return r.git("", "commit-tree", "-m", "x", tree)
}

func TestRead(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	sub := r.git("100644 blob "+r.blob("deep")+"\tb\n", "mktree")
	commit := r.commit("100755 blob "+r.blob("#!/bin/sh\n")+"\trun", "120000 blob "+r.blob("../../etc/passwd")+"\tlink",
		"100644 blob "+r.blob("")+"\tempty", "040000 tree "+sub+"\t-a", "100644 blob "+r.blob("x filter=evil\n")+"\t.gitattributes")
	// Configuration of the repository's own, of which nothing may run.
	for _, kv := range [][2]string{{"filter.evil.smudge", "touch " + r.Dir + "/ran"}, {"core.fsmonitor", "touch " + r.Dir + "/ran"}} {
		r.git("", "config", kv[0], kv[1])
	}
	tree, err := Read(t.Context(), r.Repository, commit, store.DefaultLimits())
	require.NoError(t, err)
	require.Equal(t, r.git("", "rev-parse", commit+"^{tree}"), tree.Hash)
	require.Equal(t, []store.File{
		{Path: "-a/b", Mode: store.Regular, Data: []byte("deep")},
		{Path: ".gitattributes", Mode: store.Regular, Data: []byte("x filter=evil\n")},
		{Path: "empty", Mode: store.Regular, Data: []byte{}},
		{Path: "link", Mode: store.Link, Data: []byte("../../etc/passwd")},
		{Path: "run", Mode: store.Executable, Data: []byte("#!/bin/sh\n")},
	}, tree.Files)
	require.NoFileExists(t, filepath.Join(r.Dir, "ran"))
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	x := r.blob("0123456789")
	small := store.Limits{Files: 2, File: 10, Total: 15, Path: 20}
	inner := func(name string) string {
		return "040000 tree " + r.git("100644 blob "+x+"\tconfig\n", "mktree") + "\t" + name
	}
	// Each folder holds the one below it ten times: 10^30 of them, and not one file.
	bomb := r.git("", "mktree")
	for range 30 {
		lines := ""
		for i := range 10 {
			lines += "040000 tree " + bomb + "\t" + string(rune('a'+i)) + "\n"
		}
		bomb = r.git(lines, "mktree")
	}
	for name, tt := range map[string]struct {
		commit string
		limits store.Limits
		want   error
		says   string
	}{
		"a submodule":               {r.commit("160000 commit "+strings.Repeat("1", 40)+"\tsub", "100644 blob "+x+"\ta"), small, store.ErrInvalid, "submodule"},
		"a .git":                    {r.commit(inner(".Git")), small, store.ErrInvalid, ".git inside"},
		"climbing":                  {r.commit(inner("..")), small, store.ErrInvalid, "not a path"},
		"too many":                  {r.commit("100644 blob "+x+"\ta", "100644 blob "+x+"\tb", "100644 blob "+x+"\tc"), store.Limits{Files: 2, File: 10, Total: 100, Path: 20}, store.ErrTooLarge, "more than 2 files"},
		"one too large":             {r.commit("100644 blob " + r.blob("0123456789x") + "\ta"), small, store.ErrTooLarge, `"a"`},
		"large together":            {r.commit("100644 blob "+x+"\ta", "100644 blob "+x+"\tb"), small, store.ErrTooLarge, `"b"`},
		"an endless list":           {r.commit("100644 blob "+x+"\t"+strings.Repeat("n", 2000), "100644 blob "+x+"\tb"), store.Limits{Files: 1, File: 10, Total: 15, Path: 20}, store.ErrTooLarge, "files"},
		"folders without end":       {r.git("", "commit-tree", "-m", "x", bomb), small, store.ErrTooLarge, "files"},
		"a pointer":                 {r.commit("100644 blob " + r.blob("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n") + "\tmodel"), store.DefaultLimits(), store.ErrInvalid, "Git LFS"},
		"nothing in it":             {r.commit(), small, store.ErrInvalid, "no files"},
		"an option":                 {"--help", small, store.ErrInvalid, "commit"},
		"a name":                    {"HEAD", small, store.ErrInvalid, "commit"},
		"a commit not had":          {strings.Repeat("a", 40), small, nil, "read the commit"},
		"a blob":                    {x, small, nil, "read the commit"},
		"a content that is missing": {r.commit("100644 blob " + strings.Repeat("b", 40) + "\ta"), small, nil, "tree"},
	} {
		_, err := Read(t.Context(), r.Repository, tt.commit, tt.limits)
		require.ErrorContains(t, err, tt.says, name)
		if tt.want != nil {
			require.ErrorIs(t, err, tt.want, name)
		} else {
			require.NotErrorIs(t, err, store.ErrInvalid, name)
		}
	}
}
