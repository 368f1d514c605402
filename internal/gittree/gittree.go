// Package gittree reads the tree of a commit out of a git repository that is
// not trusted, by plumbing alone: ls-tree and cat-file. Nothing is ever checked
// out, so no hook, filter, attribute or configuration of the repository runs.
package gittree

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/wiregrade/wiregrade/grader/store"
)

// A Repository is where git finds its objects.
type Repository struct {
	Dir string   // bare, or a .git
	Env []string // added to Env(): a quarantine's GIT_OBJECT_DIRECTORY, for one
}

// A Tree is what a commit holds.
type Tree struct {
	Files []store.File
	Hash  string // git's own of the tree
}

// Env is the environment for git where neither the machine's nor an account's
// configuration may have a say. HOME is a folder that does not exist.
func Env() []string {
	env := []string{
		"HOME=/nonexistent", "XDG_CONFIG_HOME=/nonexistent", "LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0",
		// A replaced object, or one that is fetched when it is missing, would be another than the one asked for.
		"GIT_NO_REPLACE_OBJECTS=1", "GIT_NO_LAZY_FETCH=1",
	}
	if path := os.Getenv("PATH"); path != "" {
		env = append(env, "PATH="+path)
	}
	return env
}

// proxies are the machine's way out, where it has one.
func proxies() []string {
	var env []string
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO"} {
		if v := os.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// ValidCommit says whether s is a full object name: 40 or 64 hexadecimal digits.
func ValidCommit(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}

// Read gives the files of a commit within the limits, which are looked at
// before a content is read. Errors are store.ErrInvalid and store.ErrTooLarge with
// words for the student, or trouble of ours. A submodule is refused: what it
// would hold is in another repository.
func Read(ctx context.Context, r Repository, commit string, l store.Limits) (Tree, error) {
	if !ValidCommit(commit) {
		return Tree{}, fmt.Errorf("%w: %s is not the full name of a commit", store.ErrInvalid, store.Quoted(commit))
	}
	hash, err := r.output(ctx, 200, "rev-parse", "--verify", "--end-of-options", commit+"^{tree}")
	if err != nil {
		return Tree{}, fmt.Errorf("read the commit: %w", err)
	}
	t := Tree{Hash: strings.TrimSpace(string(hash))}
	// A line is at most a path and some 70 bytes. Folders are listed, too (-t): some that hold each
	// other ten times over, and no file, would keep git busy for ever without a word.
	listing, err := r.output(ctx, int64(l.Files+1)*int64(l.Path+100), "ls-tree", "-r", "-t", "-z", "-l", "--full-tree", t.Hash)
	if errors.Is(err, errTooMuch) {
		return Tree{}, fmt.Errorf("%w: more than %d files", store.ErrTooLarge, l.Files)
	}
	if err != nil {
		return Tree{}, fmt.Errorf("list the tree: %w", err)
	}
	entries, err := parse(listing, l)
	if err != nil {
		return Tree{}, err
	}
	if t.Files, err = r.contents(ctx, entries); err != nil {
		return Tree{}, fmt.Errorf("read the tree: %w", err)
	}
	if path := pointer(t.Files); path != "" {
		return Tree{}, fmt.Errorf("%w: %s: its content is in Git LFS and not in the repository: commit the file itself", store.ErrInvalid, store.Quoted(path))
	}
	return t, l.Check(t.Files)
}

// pointer is the first file that only points to a content in Git LFS, "" when there is none.
func pointer(files []store.File) string {
	for _, f := range files {
		if f.Mode != store.Link && len(f.Data) < 1024 && bytes.HasPrefix(f.Data, []byte("version https://git-lfs.github.com/spec/")) {
			return f.Path
		}
	}
	return ""
}

// An entry is one file before its content is read.
type entry struct {
	path string
	mode store.Mode
	id   string
	size int64
}

// parse reads what ls-tree -r -t -z -l prints: "mode type id size\tpath" and a NUL for each file and folder.
func parse(listing []byte, l store.Limits) ([]entry, error) {
	var all []entry
	var total int64
	for line := range bytes.SplitSeq(listing, []byte{0}) {
		if len(line) == 0 {
			continue
		}
		head, path, ok := strings.Cut(string(line), "\t")
		f := strings.Fields(head)
		if !ok || len(f) != 4 {
			return nil, fmt.Errorf("list the tree: unexpected line %q", line)
		}
		e := entry{path: path, id: f[2]}
		switch {
		case f[1] == "tree":
			continue
		case f[1] == "commit":
			return nil, fmt.Errorf("%w: %s: a submodule: its files must be in the repository itself", store.ErrInvalid, store.Quoted(path))
		case f[1] != "blob":
			return nil, fmt.Errorf("%w: %s: neither a file nor a symbolic link", store.ErrInvalid, store.Quoted(path))
		case f[0] == string(store.Link):
			e.mode = store.Link
		case f[0] == string(store.Executable):
			e.mode = store.Executable
		default:
			e.mode = store.Regular // old trees have 100664
		}
		var err error
		if e.size, err = strconv.ParseInt(f[3], 10, 64); err != nil {
			return nil, fmt.Errorf("list the tree: unexpected size %q", f[3])
		}
		all = append(all, e)
		if len(all) > l.Files {
			return nil, fmt.Errorf("%w: more than %d files", store.ErrTooLarge, l.Files)
		}
		if total += e.size; e.size > l.File || total > l.Total {
			return nil, fmt.Errorf("%w: %s: at most %d bytes in a file and %d altogether", store.ErrTooLarge, store.Quoted(path), l.File, l.Total)
		}
	}
	return all, nil
}

// contents asks one cat-file for all blobs.
func (r Repository) contents(ctx context.Context, entries []entry) ([]store.File, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := r.command(ctx, "cat-file", "--batch")
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	asked := make(chan error, 1)
	go func() {
		w := bufio.NewWriter(in)
		for _, e := range entries {
			fmt.Fprintln(w, e.id)
		}
		asked <- errors.Join(w.Flush(), in.Close())
	}()
	files, err := answers(bufio.NewReaderSize(out, 1<<16), entries)
	if err != nil {
		cancel() // it may still want to write what nobody reads
	}
	return files, errors.Join(err, <-asked, cmd.Wait())
}

func answers(r *bufio.Reader, entries []entry) ([]store.File, error) {
	files := make([]store.File, len(entries))
	for i, e := range entries {
		head, err := r.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		if want := fmt.Sprintf("%s blob %d\n", e.id, e.size); string(head) != want {
			return nil, fmt.Errorf("want %q, got %q", want, head)
		}
		data := make([]byte, e.size+1)
		if _, err := io.ReadFull(r, data); err != nil {
			return nil, err
		}
		files[i] = store.File{Path: e.path, Mode: e.mode, Data: data[:e.size:e.size]}
	}
	return files, nil
}

var errTooMuch = errors.New("it prints too much")

// output is what a git command prints, up to limit bytes.
func (r Repository) output(ctx context.Context, limit int64, args ...string) ([]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := r.command(ctx, args...)
	var complaint tail
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(out, limit+1))
	if int64(len(data)) > limit {
		cancel()
		cmd.Wait()
		return nil, errTooMuch
	}
	if err := errors.Join(err, cmd.Wait()); err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, complaint.text)
	}
	return data, nil
}

func (r Repository) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = r.Dir
	cmd.Env = append(append(Env(), "GIT_DIR="+r.Dir), r.Env...)
	return cmd
}

// A tail keeps the last of what is written to it.
type tail struct{ text []byte }

// Write is for io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-1000):]
	return len(p), nil
}
