//go:build !linux

package localpg

import "syscall"

// dieWithUs does nothing here: only Linux stops a child with its parent. The
// next start finds the postmaster that was left.
func dieWithUs(attr *syscall.SysProcAttr) *syscall.SysProcAttr { return attr }
