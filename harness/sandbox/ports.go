package sandbox

import (
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"syscall"
)

// A reserved port is kept from every other grader on this machine.
type reserved struct {
	port uint16
	lock func() error
}

func (r *reserved) free() error { return r.lock() }

// Ports are taken below the range from which systems hand out ports by
// themselves (32768 on Linux, 49152 elsewhere), so no outgoing connection can
// take one between our look and the submission's bind.
const firstPort, portCount = 16384, 32768 - 16384

// cursor walks the range so that a port rests as long as possible, while
// connections of its last user are in TIME_WAIT.
var cursor atomic.Uint32

// reservePort finds a port that nobody uses for TCP or UDP and locks it.
func reservePort() (*reserved, error) {
	cursor.CompareAndSwap(0, 1+rand.Uint32N(portCount))
	for range portCount {
		port := uint16(firstPort + cursor.Add(1)%portCount)
		unlock, err := lockPort(port)
		if err != nil {
			continue
		}
		if vacant(port) {
			return &reserved{port, unlock}, nil
		}
		unlock()
	}
	return nil, errors.New("no free port between 16384 and 32767")
}

// vacant says whether a program could bind port on any address, even one that
// does not set SO_REUSEADDR.
func vacant(port uint16) bool {
	// No process may be forked meanwhile: until it execs it would hold a copy of
	// our socket, and a server's readiness is seen by a socket on its port.
	syscall.ForkLock.Lock()
	defer syscall.ForkLock.Unlock()
	return binds(syscall.SOCK_STREAM, port) && binds(syscall.SOCK_DGRAM, port)
}

func binds(kind int, port uint16) bool {
	fd, err := syscall.Socket(syscall.AF_INET, kind, 0)
	if err != nil {
		return false
	}
	defer syscall.Close(fd)
	return syscall.Bind(fd, &syscall.SockaddrInet4{Port: int(port)}) == nil
}
