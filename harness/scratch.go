package harness

import (
	"fmt"
	"os"
	"syscall"

	"github.com/wiregrade/wiregrade/harness/sandbox"
)

// newScratch makes the folder of one run and holds a lock on it. The folders of
// graders that were killed hold none any more: they are removed on the way.
func newScratch() (dir string, remove func(), err error) {
	sandbox.Sweep(os.TempDir())
	for {
		if dir, err = os.MkdirTemp("", sandbox.RunFolder+"*"); err != nil {
			return "", nil, fmt.Errorf("make a folder for the run: %w", err)
		}
		f, err := os.Open(dir)
		if err != nil {
			continue // swept away before we could lock it
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
			f.Close()
			return "", nil, fmt.Errorf("lock %s: %w", dir, err)
		}
		mine, err := f.Stat()
		there, terr := os.Lstat(dir)
		if err == nil && terr == nil && os.SameFile(mine, there) {
			return dir, func() { sandbox.RemoveAll(dir); f.Close() }, nil
		}
		f.Close()
	}
}

// lockFolder takes a folder for this run alone, made if it is missing. ok is
// false when another run has it, or dir is "".
func lockFolder(dir string) (unlock func(), ok bool) {
	if dir == "" || os.MkdirAll(dir, 0o755) != nil {
		return nil, false
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, false
	}
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		f.Close()
		return nil, false
	}
	return func() { f.Close() }, true
}
