//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// maxDepth bounds how deep a tree is followed; no honest one comes near.
const maxDepth = 128

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
	fd, err := unix.Openat(parent, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
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

var errFull = errors.New("too much in a folder")

// filled says whether folders hold more than is allowed together.
func filled(dirs []string, l limits) bool {
	var bytes, entries int64
	for _, dir := range dirs {
		err := walkTree(dir, func(_ int, _ string, st *unix.Stat_t) error {
			bytes += st.Blocks * 512
			entries++
			if bytes > l.Written || entries > l.Entries {
				return errFull
			}
			return nil
		})
		if errors.Is(err, errFull) || errors.Is(err, ErrTooDeep) {
			return true
		}
	}
	return false
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
