package submission

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Limits of a submission's folder, far above any real one.
const (
	maxBytes = 1 << 30
	maxFiles = 100_000
)

// Copy copies the tree src to the new folder dst, so that a build leaves the
// student's folder as it was. .git is left out; symbolic links stay links, and
// what is neither file, folder nor link is left out.
func Copy(dst, src string) error {
	from, err := os.OpenRoot(src)
	if err != nil {
		return err
	}
	defer from.Close()
	if err := os.MkdirAll(dst, 0o755); err != nil {
		return err
	}
	to, err := os.OpenRoot(dst)
	if err != nil {
		return err
	}
	defer to.Close()
	var bytes int64
	files := 0
	return fs.WalkDir(from.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == "." {
			return err
		}
		if files++; files > maxFiles {
			return fmt.Errorf("the folder holds more than %d files", maxFiles)
		}
		switch {
		case d.IsDir() && d.Name() == ".git":
			return fs.SkipDir
		case d.IsDir():
			return to.Mkdir(path, 0o755)
		case d.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(filepath.Join(src, path))
			if err != nil {
				return err
			}
			return to.Symlink(target, path)
		case !d.Type().IsRegular():
			return nil
		}
		n, err := copyFile(to, from, path, maxBytes-bytes)
		bytes += n
		return err
	})
}

func copyFile(to, from *os.Root, path string, room int64) (int64, error) {
	in, err := from.Open(path)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return 0, err
	}
	if info.Size() > room {
		return 0, fmt.Errorf("the folder holds more than %d MiB", maxBytes>>20)
	}
	out, err := to.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, info.Mode().Perm()|0o600)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(out, io.LimitReader(in, room))
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	return n, err
}
