package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// scratchName begins the name of the folder that a submission's files are written to.
const scratchName = "wiregrade-submission-"

// scratch makes such a folder and holds a lock on it for as long as it is in use.
func scratch() (dir string, remove func(), err error) {
	if dir, err = os.MkdirTemp("", scratchName); err != nil {
		return "", nil, fmt.Errorf("make a folder for the submission: %w", err)
	}
	f, err := os.Open(dir)
	if err == nil {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH)
	}
	if err != nil {
		os.RemoveAll(dir)
		return "", nil, fmt.Errorf("lock the submission's folder: %w", err)
	}
	return dir, func() { os.RemoveAll(dir); f.Close() }, nil
}

// sweepScratch removes the folders of workers that were killed: those nobody
// holds a lock on. A new one is spared, since its owner may be about to lock it.
func sweepScratch(now time.Time) {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), scratchName+"*"))
	for _, dir := range dirs {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || now.Sub(info.ModTime()) < time.Minute {
			continue
		}
		f, err := os.OpenFile(dir, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
		if err != nil {
			continue // another account's
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			os.RemoveAll(dir)
		}
		f.Close()
	}
}
