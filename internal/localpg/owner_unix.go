package localpg

import (
	"errors"
	"fmt"
	"os"
	osuser "os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// An owner is whom PostgreSQL runs as.
type owner struct{ uid, gid uint32 }

// pickOwner is ourselves, except that PostgreSQL refuses to run as root: then
// an account that has a passwd entry, since initdb asks for its name.
func pickOwner() (*owner, error) {
	if os.Geteuid() != 0 {
		return &owner{uint32(os.Geteuid()), uint32(os.Getegid())}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := osuser.Lookup(name)
		if err != nil {
			continue
		}
		uid, uerr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gerr := strconv.ParseUint(u.Gid, 10, 32)
		if uerr == nil && gerr == nil && uid != 0 {
			return &owner{uint32(uid), uint32(gid)}, nil
		}
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no account postgres or nobody to run it as: start this program as an ordinary user")
}

func (o *owner) own(path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	return os.Chown(path, int(o.uid), int(o.gid))
}

// reach says which folder on the way to path keeps the owner out, if one does.
// PostgreSQL itself would only say "permission denied" and name the file.
func (o *owner) reach(path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		st, _ := info.Sys().(*syscall.Stat_t)
		enter := info.Mode().Perm()&0o001 != 0 || st != nil && (st.Uid == o.uid && info.Mode().Perm()&0o100 != 0 || st.Gid == o.gid && info.Mode().Perm()&0o010 != 0)
		if !enter {
			return fmt.Errorf("PostgreSQL does not run as root, and uid %d, as which it would run, may not enter %s: choose a data folder elsewhere, or start this program as an ordinary user", o.uid, dir)
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// attr runs a program as the owner, in a process group of its own so that a
// Ctrl-C at our terminal is ours to hear first.
func (o *owner) attr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() == 0 {
		attr.Credential = &syscall.Credential{Uid: o.uid, Gid: o.gid}
	}
	return attr
}
