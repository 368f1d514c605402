package client

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/wiregrade/wiregrade/grader/store"
)

// A TooLargeError says that a folder is more than a service takes, and which part of it is the most.
type TooLargeError struct {
	What string // "70000000 bytes"
	Most string // the entry of the folder that holds the most, "" when there is none
}

// Error says both.
func (e *TooLargeError) Error() string { return "the folder is too large: " + e.What }

// Folder reads a folder as the files of a submission. Version control is left
// out, as is what is neither file, folder nor link: skipped names the latter.
// Links stay links, whatever they point to.
func Folder(dir string, l store.Limits) (files []store.File, skipped []string, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	var total int64
	sizes := map[string]int64{}
	counts := map[string]int{}
	err = fs.WalkDir(root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == "." {
			return err
		}
		if strings.EqualFold(d.Name(), ".git") || d.Name() == ".DS_Store" {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			return nil
		}
		f := store.File{Path: p, Mode: store.Regular}
		switch {
		case d.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(filepath.Join(dir, filepath.FromSlash(p)))
			if err != nil {
				return err
			}
			f.Mode, f.Data = store.Link, []byte(filepath.ToSlash(target))
		case d.Type().IsRegular():
			if f.Data, f.Mode, err = readFile(root, p, l.File); err != nil {
				return err
			}
		default:
			skipped = append(skipped, p)
			return nil
		}
		top, _, _ := strings.Cut(p, "/")
		sizes[top] += int64(len(f.Data))
		counts[top]++
		total += int64(len(f.Data))
		files = append(files, f)
		// It is read on a little, so that the part that holds the most is found.
		if total > 4*l.Total || len(files) > 4*l.Files {
			return fs.SkipAll
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, nil, err
	case total > l.Total:
		return nil, nil, &TooLargeError{fmt.Sprintf("more than %d MiB", l.Total>>20), most(sizes)}
	case len(files) > l.Files:
		return nil, nil, &TooLargeError{fmt.Sprintf("more than %d files", l.Files), most(counts)}
	}
	return files, skipped, l.Check(files)
}

func readFile(root *os.Root, p string, limit int64) ([]byte, store.Mode, error) {
	f, err := root.Open(p)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, "", err
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, "", err
	}
	if int64(len(data)) > limit {
		return nil, "", &TooLargeError{fmt.Sprintf("%s has more than %d MiB", store.Quoted(p), limit>>20), path.Base(p)}
	}
	if info.Mode()&0o111 != 0 {
		return data, store.Executable, nil
	}
	return data, store.Regular, nil
}

// most is the entry with the largest figure.
func most[N int | int64](by map[string]N) string {
	best := ""
	for name, n := range by {
		if best == "" || n > by[best] || n == by[best] && name < best {
			best = name
		}
	}
	return best
}
