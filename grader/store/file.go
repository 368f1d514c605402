package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Mode says what a file is.
type Mode string

// The modes, with git's names. Nothing else is kept.
const (
	Regular    Mode = "100644"
	Executable Mode = "100755"
	Link       Mode = "120000" // symbolic; Data is where it points
)

// A File is one file of a submission.
type File struct {
	Path string // relative, with slashes
	Mode Mode
	Data []byte
}

// Limits bounds what a submission may be.
type Limits struct {
	Files int
	File  int64 // bytes of one
	Total int64 // bytes of all
	Path  int   // bytes of a path
}

// DefaultLimits are far above a homework, and far below what would fill a disk.
func DefaultLimits() Limits {
	return Limits{Files: 5000, File: 16 << 20, Total: 64 << 20, Path: 512}
}

// maxName is how many bytes Linux takes as the name of one file or folder (NAME_MAX).
const maxName = 255

// Check says what is wrong with the files as a submission: ErrTooLarge, or
// ErrInvalid with the path. Files must not name a place outside the tree, nor
// one file below another or twice.
func (l Limits) Check(files []File) error {
	if len(files) == 0 {
		return fmt.Errorf("%w: no files", ErrInvalid)
	}
	if len(files) > l.Files {
		return fmt.Errorf("%w: %d files, at most %d", ErrTooLarge, len(files), l.Files)
	}
	var total int64
	seen := make(map[string]bool, len(files))
	for _, f := range files {
		size := int64(len(f.Data))
		if total += size; size > l.File || total > l.Total {
			return fmt.Errorf("%w: %s: at most %d bytes in a file and %d altogether", ErrTooLarge, Quoted(f.Path), l.File, l.Total)
		}
		if problem := l.path(f); problem != "" {
			return fmt.Errorf("%w: %s: %s", ErrInvalid, Quoted(f.Path), problem)
		}
		if seen[f.Path] {
			return fmt.Errorf("%w: %s: twice in the tree", ErrInvalid, Quoted(f.Path))
		}
		seen[f.Path] = true
	}
	for _, f := range files {
		for i := strings.IndexByte(f.Path, '/'); i >= 0; {
			if seen[f.Path[:i]] {
				return fmt.Errorf("%w: %s: below another file", ErrInvalid, Quoted(f.Path))
			}
			next := strings.IndexByte(f.Path[i+1:], '/')
			if next < 0 {
				break
			}
			i += next + 1
		}
	}
	return nil
}

func (l Limits) path(f File) string {
	switch {
	case len(f.Path) > l.Path:
		return fmt.Sprintf("a path of more than %d bytes", l.Path)
	case f.Path == "." || !fs.ValidPath(f.Path) || !utf8.ValidString(f.Path):
		return "not a path inside the tree"
	case strings.ContainsFunc(f.Path, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "a control character in the path"
	case f.Mode != Regular && f.Mode != Executable && f.Mode != Link:
		return "neither a file nor a symbolic link"
	case f.Mode == Link && (len(f.Data) == 0 || len(f.Data) > l.Path || strings.ContainsRune(string(f.Data), 0)):
		return "a symbolic link to nowhere"
	}
	for _, part := range strings.Split(f.Path, "/") {
		// A .git that is handed in would be run by whatever asks git about the folder.
		if strings.EqualFold(part, ".git") {
			return "a .git inside the tree"
		}
		// No file system that a worker writes it to could take it: that would be a fault of ours.
		if len(part) > maxName {
			return fmt.Sprintf("a name of more than %d bytes", maxName)
		}
	}
	return ""
}

// Quoted shows a path that somebody else chose, shortened.
func Quoted(path string) string {
	if len(path) > 120 {
		path = path[:120] + "…"
	}
	return fmt.Sprintf("%q", path)
}

// TreeHash is the SHA-256 over all paths, modes and contents, whatever their
// order: equal trees have equal hashes.
func TreeHash(files []File) string {
	sorted := slices.Clone(files)
	slices.SortFunc(sorted, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	h := sha256.New()
	for _, f := range sorted {
		fmt.Fprintf(h, "%s %d %s\n%x\n", f.Mode, len(f.Path), f.Path, sha256.Sum256(f.Data))
	}
	return hex.EncodeToString(h.Sum(nil))
}
