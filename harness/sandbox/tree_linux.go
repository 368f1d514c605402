//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// walkTree calls visit for dir and everything in it, folders before what they
// hold. A hostile program may change the tree meanwhile: no symbolic link is followed and no FIFO waited for.
func walkTree(dir string, visit func(parent int, name string, st *unix.Stat_t) error) error {
	var st unix.Stat_t
	if err := unix.Lstat(dir, &st); err != nil {
		return failed("look at "+dir, err)
	}
	if err := visit(unix.AT_FDCWD, dir, &st); err != nil {
		return err
	}
	return walkIn(unix.AT_FDCWD, dir, visit, 0)
}

func walkIn(parent int, name string, visit func(int, string, *unix.Stat_t) error, depth int) error {
	if depth > maxDepth {
		return ErrTooDeep
	}
	fd, err := openFolder(parent, name)
	if err == unix.EACCES {
		return errHidden
	}
	if err != nil {
		return nil // gone, or no folder any more
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	for {
		names, err := f.Readdirnames(256)
		for _, name := range names {
			var st unix.Stat_t
			if unix.Fstatat(fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) != nil {
				continue
			}
			if err := visit(fd, name, &st); err != nil {
				return err
			}
			if st.Mode&unix.S_IFMT == unix.S_IFDIR {
				if err := walkIn(fd, name, visit, depth+1); err != nil {
					return err
				}
			}
		}
		if err != nil || len(names) == 0 {
			return nil
		}
	}
}

// openFolder opens a folder to list it. Where its owner, as whom we run, has
// taken the right to from himself, he gets it back: what is in it is to be counted.
func openFolder(parent int, name string) (int, error) {
	const flags = unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC | unix.O_NONBLOCK
	fd, err := unix.Openat(parent, name, unix.O_RDONLY|flags, 0)
	if err != unix.EACCES {
		return fd, err
	}
	// By its inode, not its name: a link might have taken that meanwhile.
	path, err := unix.Openat(parent, name, unix.O_PATH|flags, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(path)
	magic := fmt.Sprintf("/proc/self/fd/%d", path)
	if unix.Chmod(magic, 0o700) != nil {
		return -1, unix.EACCES
	}
	return unix.Openat(path, ".", unix.O_RDONLY|flags, 0)
}

var (
	errFull   = errors.New("too much in a folder")
	errHidden = errors.New("a folder cannot be listed")
)

// filled says whether folders, and the deleted files that processes hold,
// are more than is allowed together. One whose size cannot be asked for counts as the largest that may be.
func filled(dirs []string, h held, l limits) bool {
	var bytes, entries int64
	count := func(st *unix.Stat_t) error {
		bytes += st.Blocks * 512
		entries++
		if bytes > l.Written || entries > l.Entries {
			return errFull
		}
		return nil
	}
	for _, dir := range dirs {
		err := walkTree(dir, func(_ int, _ string, st *unix.Stat_t) error { return count(st) })
		if errors.Is(err, errFull) || errors.Is(err, errHidden) || errors.Is(err, ErrTooDeep) {
			return true
		}
	}
	for _, st := range h.files {
		if count(&st) != nil {
			return true
		}
	}
	return bytes+int64(len(h.mapped))*l.File > l.Written
}

// giveAway makes uid and gid the owner of a tree.
func giveAway(dir string, id int) error {
	return walkTree(dir, func(parent int, name string, st *unix.Stat_t) error {
		if int(st.Uid) == id && int(st.Gid) == id {
			return nil
		}
		err := unix.Fchownat(parent, name, id, id, unix.AT_SYMLINK_NOFOLLOW)
		if errors.Is(err, unix.ENOENT) {
			return nil
		}
		return failed("give away "+name, err)
	})
}

// openToAll lets everybody read a tree that nobody is writing.
func openToAll(dir string) error {
	return walkTree(dir, func(parent int, name string, st *unix.Stat_t) error {
		want := uint32(0o044)
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFDIR:
			want = 0o055
		case unix.S_IFREG:
			want |= st.Mode & 0o100 >> 3
			want |= st.Mode & 0o100 >> 6
		default:
			return nil
		}
		if st.Mode&want == want {
			return nil
		}
		return failed("open "+name+" to all", unix.Fchmodat(parent, name, st.Mode&0o7777|want, 0))
	})
}
