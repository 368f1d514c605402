//go:build unix

package gittree

import (
	"os/exec"
	"syscall"
)

// group makes the end of the context reach what git started, too.
func group(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
