package localpg

import "syscall"

// dieWithUs has the kernel stop PostgreSQL, in its fast way, when this program is killed.
func dieWithUs(attr *syscall.SysProcAttr) *syscall.SysProcAttr {
	attr.Pdeathsig = syscall.SIGINT
	return attr
}
