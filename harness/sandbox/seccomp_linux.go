//go:build amd64 || arm64

package sandbox

import (
	"fmt"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Offsets in struct seccomp_data, on little-endian machines.
const (
	dataCall = 0
	dataArch = 4
	dataArg0 = 16
	dataArg1 = 24
	dataArg2 = 32
)

const (
	newNamespaces = unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC |
		unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET
	foreignCalls = 0x40000000 // the bit of x32 call numbers on amd64
)

var families = map[string]uint32{"unix": unix.AF_UNIX, "inet": unix.AF_INET, "inet6": unix.AF_INET6, "netlink": unix.AF_NETLINK}

var errnos = map[string]syscall.Errno{"EPERM": unix.EPERM, "ENOSYS": unix.ENOSYS, "EOPNOTSUPP": unix.EOPNOTSUPP, "0": 0}

// filter assembles the seccomp program of a policy: what it denies fails, a
// call by a foreign ABI ends the process, the rest is allowed.
func (p *policy) filter() ([]unix.SockFilter, error) {
	var f assembler
	f.load(dataArch)
	f.unless(unix.BPF_JEQ, auditArch, unix.SECCOMP_RET_KILL_PROCESS)
	f.load(dataCall)
	f.when(unix.BPF_JGE, foreignCalls, unix.SECCOMP_RET_KILL_PROCESS)
	for _, d := range p.denied {
		errno, ok := errnos[d.errno]
		if !ok {
			return nil, fmt.Errorf("policy: errno %s", d.errno)
		}
		nr, ok := callNumbers[d.call]
		if !ok {
			if absentCalls[d.call] {
				continue
			}
			return nil, fmt.Errorf("policy: no such system call: %s", d.call)
		}
		f.when(unix.BPF_JEQ, nr, failWith(errno))
	}
	eperm := failWith(unix.EPERM)
	f.only(unix.SYS_CLONE, func(f *assembler) {
		f.load(dataArg0)
		f.when(unix.BPF_JSET, newNamespaces, eperm)
	})
	f.only(unix.SYS_IOCTL, func(f *assembler) {
		f.load(dataArg1)
		f.when(unix.BPF_JEQ, unix.TIOCSTI, eperm)
		f.when(unix.BPF_JEQ, unix.TIOCLINUX, eperm)
	})
	f.only(unix.SYS_PRLIMIT64, func(f *assembler) {
		f.load(dataArg0)
		f.unless(unix.BPF_JEQ, 0, eperm)
	})
	// What cannot be looked into cannot be weighed.
	f.only(unix.SYS_PRCTL, func(f *assembler) {
		f.load(dataArg0)
		f.only(unix.PR_SET_DUMPABLE, func(f *assembler) {
			f.load(dataArg1)
			f.unless(unix.BPF_JEQ, 1, eperm)
		})
	})
	for _, nr := range []uint32{unix.SYS_SOCKET, unix.SYS_SOCKETPAIR} {
		var err error
		f.only(nr, func(f *assembler) { err = f.sockets(p.families) })
		if err != nil {
			return nil, err
		}
	}
	f.ret(unix.SECCOMP_RET_ALLOW)
	return f.code, nil
}

// sockets lets the listed families pass: "netlink:route" is one protocol of a family.
func (f *assembler) sockets(names []string) error {
	refused := failWith(unix.EAFNOSUPPORT)
	for _, name := range names {
		name, protocol, one := strings.Cut(name, ":")
		family, ok := families[name]
		if !ok || one && protocol != "route" {
			return fmt.Errorf("policy: no such socket family: %s", name)
		}
		f.load(dataArg0)
		if !one {
			f.when(unix.BPF_JEQ, family, unix.SECCOMP_RET_ALLOW)
			continue
		}
		f.only(family, func(f *assembler) {
			f.load(dataArg2)
			f.unless(unix.BPF_JEQ, unix.NETLINK_ROUTE, refused)
		})
	}
	f.ret(refused)
	return nil
}

func failWith(e syscall.Errno) uint32 { return unix.SECCOMP_RET_ERRNO | uint32(e) }

// An assembler writes a classic BPF program.
type assembler struct{ code []unix.SockFilter }

func (f *assembler) load(offset uint32) {
	f.code = append(f.code, unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset})
}

func (f *assembler) ret(action uint32) {
	f.code = append(f.code, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: action})
}

// when ends the program with action if the loaded word compares so with k.
func (f *assembler) when(test uint16, k, action uint32) {
	f.code = append(f.code, unix.SockFilter{Code: unix.BPF_JMP | test | unix.BPF_K, Jf: 1, K: k})
	f.ret(action)
}

// unless is when, with the opposite outcome.
func (f *assembler) unless(test uint16, k, action uint32) {
	f.code = append(f.code, unix.SockFilter{Code: unix.BPF_JMP | test | unix.BPF_K, Jt: 1, K: k})
	f.ret(action)
}

// only runs body where the loaded word is k, and allows what body lets pass;
// otherwise the word stays loaded.
func (f *assembler) only(k uint32, body func(*assembler)) {
	var b assembler
	body(&b)
	b.ret(unix.SECCOMP_RET_ALLOW)
	f.code = append(f.code, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: uint8(len(b.code)), K: k})
	f.code = append(f.code, b.code...)
}
