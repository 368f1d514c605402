package sandbox

import "golang.org/x/sys/unix"

const auditArch = unix.AUDIT_ARCH_X86_64

var moreCalls = map[string]uint32{
	"_sysctl": unix.SYS__SYSCTL, "ioperm": unix.SYS_IOPERM, "iopl": unix.SYS_IOPL, "modify_ldt": unix.SYS_MODIFY_LDT,
	"sysfs": unix.SYS_SYSFS, "uselib": unix.SYS_USELIB, "ustat": unix.SYS_USTAT,
}

// absentCalls are those that other architectures have.
var absentCalls = map[string]bool{}
