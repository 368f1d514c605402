package submission

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// Limits of a submission's folder, far above any real one.
const (
	maxBytes = 1 << 30
	maxFiles = 100_000
	maxDepth = 100 // folders in one another; a build may add some
)

// A Refused says why a folder cannot be taken as a submission. It is the
// submission's doing, in words for the student.
type Refused struct{ Why string }

func (r *Refused) Error() string { return r.Why }

func refuse(format string, args ...any) error { return &Refused{fmt.Sprintf(format, args...)} }

// Copy copies the tree src to the new folder dst, so that a build leaves the
// student's folder as it was. .git is left out; symbolic links stay links, and
// what is neither file, folder nor link is left out. Its error is a *Refused
// where the folder itself is to blame.
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
		switch {
		case errors.Is(err, fs.ErrPermission):
			return refuse("%s cannot be read: permission denied", path)
		case err != nil || path == ".":
			return err
		case strings.Count(path, "/") >= maxDepth:
			return refuse("more than %d folders stand in one another", maxDepth)
		}
		if files++; files > maxFiles {
			return refuse("the folder holds more than %d files", maxFiles)
		}
		switch {
		case d.IsDir() && d.Name() == ".git":
			return fs.SkipDir
		case d.IsDir():
			return to.Mkdir(path, 0o755)
		case d.Type()&fs.ModeSymlink != 0:
			target, err := from.Readlink(path)
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
	in, err := from.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // should a FIFO have taken its place
	if errors.Is(err, fs.ErrPermission) {
		return 0, refuse("%s cannot be read: permission denied", path)
	}
	if err != nil {
		return 0, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return 0, err
	}
	if info.Size() > room {
		return 0, refuse("the folder holds more than %d MiB", maxBytes>>20)
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
