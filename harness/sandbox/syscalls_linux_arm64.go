package sandbox

import "golang.org/x/sys/unix"

const auditArch = unix.AUDIT_ARCH_AARCH64

var moreCalls = map[string]uint32{}

// absentCalls are those that other architectures have.
var absentCalls = map[string]bool{
	"_sysctl": true, "ioperm": true, "iopl": true, "modify_ldt": true, "sysfs": true, "uselib": true, "ustat": true,
}
