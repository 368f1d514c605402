//go:build unix

package sandbox

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// RunFolder begins the names of the folders of runs, which are locked while
// their harness lives.
const RunFolder = "wiregrade-run-"

// Sweep removes our own folders of runs in tmp that nobody holds a lock on. It
// says whether one could not be removed.
func Sweep(tmp string) (left bool) {
	dirs, _ := filepath.Glob(filepath.Join(tmp, RunFolder+"*"))
	for _, dir := range dirs {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() {
			continue
		}
		if st, ok := info.Sys().(*syscall.Stat_t); !ok || int(st.Uid) != os.Getuid() {
			continue
		}
		f, err := os.OpenFile(dir, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
		if err != nil {
			continue
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			left = RemoveAll(dir) != nil || left
		}
		f.Close()
	}
	return left
}

// A submission may leave folders that nobody may enter, and paths longer than
// the system takes. So trees are walked from folder to folder, never by path.

// enterFolder opens a folder in another without following a link, and gives
// its owner all rights to it first: without them it could not be emptied.
func enterFolder(parent int, name string) (*os.File, error) {
	const flags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC | unix.O_NONBLOCK
	fd, err := unix.Openat(parent, name, flags, 0)
	if err == unix.EACCES {
		if err = unix.Fchmodat(parent, name, 0o700, 0); err == nil {
			fd, err = unix.Openat(parent, name, flags, 0)
		}
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}

// Repair gives the owner back what a build may have taken from him: folders
// of the tree that he may enter, list and write. It fails where they stand
// too deep in one another. Nothing runs in the tree any more.
func Repair(tree string) error { return repairIn(unix.AT_FDCWD, tree, 0) }

func repairIn(parent int, name string, depth int) error {
	if depth > maxDepth {
		return ErrTooDeep
	}
	f, err := enterFolder(parent, name)
	if err != nil {
		return nil // no folder
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Mode().Perm()&0o700 != 0o700 {
		f.Chmod(info.Mode().Perm() | 0o700)
	}
	entries, err := f.ReadDir(-1)
	if err != nil {
		return fmt.Errorf("read a folder of the submission: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := repairIn(int(f.Fd()), e.Name(), depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// RemoveAll removes a tree, whatever a submission has made of it. Nothing runs in it any more.
func RemoveAll(dir string) error {
	if os.RemoveAll(dir) == nil {
		return nil
	}
	top, err := enterFolder(unix.AT_FDCWD, dir)
	if err != nil {
		return err
	}
	defer top.Close()
	r := remover{top: int(top.Fd())}
	for again := true; again; {
		r.moved = false
		r.empty(top, 0)
		top.Seek(0, 0)
		again = r.moved
	}
	if err := unix.Unlinkat(unix.AT_FDCWD, dir, unix.AT_REMOVEDIR); err != nil {
		return fmt.Errorf("remove %s: %w", dir, err)
	}
	return nil
}

// A remover empties a folder. It brings what stands deep in it up to the top,
// so that it never holds many folders open.
type remover struct {
	top   int
	moved bool
	next  int
}

const shallow = 64

func (r *remover) empty(f *os.File, depth int) {
	fd := int(f.Fd())
	unix.Fchmod(fd, 0o700)
	entries, _ := f.ReadDir(-1)
	for _, e := range entries {
		name := e.Name()
		switch {
		case !e.IsDir():
			unix.Unlinkat(fd, name, 0)
		case depth >= shallow:
			// A folder is moved only by who may write it: its ".." changes.
			unix.Fchmodat(fd, name, 0o700, 0)
			for range 1000 {
				r.next++
				if unix.Renameat(fd, name, r.top, "deep-"+strconv.Itoa(r.next)) == nil {
					r.moved = true
					break
				}
			}
		default:
			if below, err := enterFolder(fd, name); err == nil {
				r.empty(below, depth+1)
				below.Close()
			}
			unix.Unlinkat(fd, name, unix.AT_REMOVEDIR)
		}
	}
}
