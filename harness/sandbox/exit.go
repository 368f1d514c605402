package sandbox

import (
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/wiregrade/wiregrade/grader"
)

// An Exit says how a process ended.
type Exit struct {
	Ended   bool
	Code    int            // exit status; -1 when a signal ended it
	Signal  syscall.Signal // 0 when it exited by itself
	Shell   bool           // a shell's exit status says so: it may as well be the program's own
	Flooded bool           // we ended it because it wrote more than MaxOutput
	Killed  bool           // we ended it for any other reason
	Filled  bool           // we ended it because it wrote more into its folders than is allowed
	Usage   grader.Usage
}

// String reads like "exit status 1" or "segmentation fault (signal 11)"; "" while it runs.
func (e Exit) String() string {
	switch {
	case !e.Ended:
		return ""
	case e.Flooded:
		return "stopped: it wrote more output than is allowed"
	case e.Filled:
		return "stopped: it wrote more into its folders than is allowed"
	case e.Usage.OOM && e.Signal == syscall.SIGKILL:
		return fmt.Sprintf("killed: it used more memory than is allowed (%d MiB)", e.Usage.Memory>>20)
	case e.Killed:
		return "stopped by the grader"
	case e.Signal == syscall.SIGXCPU:
		return fmt.Sprintf("killed: it used more processor time than is allowed (%v)", e.Usage.CPU.Round(time.Second))
	case e.Signal == syscall.SIGXFSZ:
		return "killed: it wrote a larger file than is allowed"
	case e.Signal == syscall.SIGSYS:
		return "killed: it made a system call that is not allowed (signal 31)"
	case e.Signal != 0 && e.Shell:
		return fmt.Sprintf("exit status %d, as after %v (signal %d)", 128+int(e.Signal), e.Signal, int(e.Signal))
	case e.Signal != 0:
		return fmt.Sprintf("%v (signal %d)", e.Signal, int(e.Signal))
	default:
		return fmt.Sprintf("exit status %d", e.Code)
	}
}

// exitOf reads what wait4 gives for a shell that ran a command.
func exitOf(status syscall.WaitStatus) Exit {
	if status.Signaled() {
		return Exit{Ended: true, Code: -1, Signal: status.Signal()}
	}
	return exited(status.ExitStatus())
}

// exited reads a shell's status: above 128 it hands on the signal that ended its command.
func exited(code int) Exit {
	if code > 128 && code < 128+65 {
		return Exit{Ended: true, Code: -1, Signal: syscall.Signal(code - 128), Shell: true}
	}
	return Exit{Ended: true, Code: code}
}

// NotReady says why a server never opened its port.
type NotReady struct {
	Exit    Exit // how the process ended, when it did
	Network string
	Port    uint16           // the port that was asked for
	Bound   []netip.AddrPort // what the submission bound instead
	Other   string           // the network on which somebody has that port instead
	Waited  time.Duration
}

// namedSockets is how many of what a submission bound are named: every check of a report repeats them.
const namedSockets = 5

// Error names the cause in words for the student.
func (n *NotReady) Error() string {
	want := fmt.Sprintf("%s port %d", strings.ToUpper(n.Network), n.Port)
	var bound []string
	for _, b := range n.Bound[:min(len(n.Bound), namedSockets)] {
		bound = append(bound, b.String())
	}
	if more := len(n.Bound) - namedSockets; more > 0 {
		bound = append(bound, fmt.Sprintf("and %d more", more))
	}
	switch {
	case n.Exit.Flooded:
		return fmt.Sprintf("the program was %v before it listened on %s", n.Exit, want)
	case n.Exit.Ended && n.Exit.Code == 0:
		// A daemon may or may not have got as far as listening: it is told the same either way.
		return fmt.Sprintf("the command ended (%v); a server stays in the foreground until it is stopped, and what it leaves in the background is stopped with it", n.Exit)
	case n.Exit.Ended:
		return fmt.Sprintf("the program ended (%v) before it listened on %s", n.Exit, want)
	case len(bound) > 0:
		return fmt.Sprintf("the program listens on %s, not on %s; take the address and port from HOST and PORT", strings.Join(bound, ", "), want)
	case n.Other != "":
		return fmt.Sprintf("the program has opened %s port %d and waits, but never listened on %s", strings.ToUpper(n.Other), n.Port, want)
	default:
		return fmt.Sprintf("the program was still running after %v but never listened on %s", n.Waited.Round(time.Second), want)
	}
}
