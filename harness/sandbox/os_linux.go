package sandbox

import (
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// processAttributes puts a command in a process group of its own, which dies with the harness.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// Inside says whether this program runs in a sandbox with all walls.
func Inside() bool {
	_, err := os.Lstat("/etc/wiregrade-sandbox")
	return err == nil
}

// lockPort holds an abstract unix socket named after the port: it is seen by
// every process of this network namespace and is gone with its owner.
func lockPort(port uint16) (unlock func() error, err error) {
	ln, err := net.Listen("unix", fmt.Sprintf("@wiregrade-port-%d", port))
	if err != nil {
		return nil, err
	}
	return ln.Close, nil
}

// awaitExit returns when process pid has ended, and leaves it to be waited for.
func awaitExit(pid int) {
	for {
		if err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != unix.EINTR {
			return
		}
	}
}
