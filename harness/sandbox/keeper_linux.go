//go:build amd64 || arm64

package sandbox

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// keeperName is argv[0] of the program when it runs as keeper.
const keeperName = "wiregrade-keeper"

// nothingName is argv[0] of the program when it only shows that it could be started.
const nothingName = "wiregrade-nothing"

// Init must be the first call in main, and in TestMain of tests that use
// Namespaces: such a program starts itself again as keeper of its sandboxes.
// In every other case it does nothing.
func Init() {
	switch {
	case len(os.Args) == 3 && os.Args[0] == keeperName:
		os.Exit(keep(os.Args[1:]))
	case len(os.Args) > 1 && os.Args[0] == sweeperName:
		sweepAfter(os.Args[1], os.Args[2:])
		os.Exit(0)
	case len(os.Args) == 1 && os.Args[0] == nothingName:
		os.Exit(0)
	}
}

// A keeper is the process that owns all sandboxes of one harness. It is PID 1
// of its own pid namespace, so that everything ends with it, and root in a
// user namespace of its own, without a network, so that nothing that it does
// can touch the machine's. It runs no code of a submission.
type keeper struct {
	policy *policy
	filter []unix.SockFilter
	from   nsIDs // its own namespaces
	home   shared
	root   *template

	volumes atomic.Int64 // made so far
	spares  chan spare   // network namespaces made in advance
	buffers sync.Pool    // of maxMessage bytes
}

// keep is main of the keeper. args are the mount and user namespaces of the
// harness; the socket to it is descriptor 3.
func keep(args []string) int {
	c, err := unixConn(3)
	if err != nil {
		fmt.Fprintln(os.Stderr, "keeper:", err)
		return 1
	}
	if reason := keeperGuard(args); reason != "" {
		send(c, reply{Step: reason})
		return 1
	}
	k, err := newKeeper(c)
	if sendErr := send(c, replyOf(err)); err != nil || sendErr != nil {
		return 1
	}
	go k.makeSpares()
	for {
		var hello struct{}
		fds, err := receive(c, &hello, nil)
		if err != nil {
			return 0 // the harness has ended
		}
		for _, fd := range fds {
			go k.serve(fd)
		}
	}
}

// keeperGuard refuses to mount anything outside of namespaces of the keeper's own.
func keeperGuard(args []string) string {
	mnt, _ := strconv.ParseUint(args[0], 10, 64)
	user, _ := strconv.ParseUint(args[1], 10, 64)
	own := ownNamespaces()
	switch {
	case os.Getpid() != 1:
		return refusals[refusedPID]
	case mnt == 0 || own.mnt == 0 || own.mnt == mnt:
		return refusals[refusedMount]
	case user == 0 || own.user == 0 || own.user == user || own.user == initialUser:
		return refusals[refusedUser]
	}
	return ""
}

func ownNamespaces() nsIDs {
	return nsIDs{inodeOf("/proc/self/ns/mnt"), inodeOf("/proc/self/ns/user")}
}

func inodeOf(path string) uint64 {
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return 0
	}
	return st.Ino
}

func newKeeper(c *net.UnixConn) (*keeper, error) {
	var o opening
	if _, err := receive(c, &o, make([]byte, maxMessage)); err != nil {
		return nil, failed("read the opening", err)
	}
	// Nobody is to read this process or trace it, nor PID 1 of a sandbox, which has a copy of
	// its memory and of this.
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return nil, failed("become undumpable", err)
	}
	k := &keeper{from: ownNamespaces(), spares: make(chan spare, spareCount)}
	k.buffers.New = func() any { return make([]byte, maxMessage) }
	var err error
	if k.policy, err = parsePolicy(policyText); err != nil {
		return nil, err
	}
	if k.filter, err = k.policy.filter(); err != nil {
		return nil, err
	}
	if k.home.net, err = unix.Open("/proc/self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
		return nil, failed("open the network namespace", err)
	}
	if k.home.ipc, err = unix.Open("/proc/self/ns/ipc", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
		return nil, failed("open the ipc namespace", err)
	}
	if err := failed("make mounts private", unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")); err != nil {
		return nil, err
	}
	if err := failed("mount /proc", unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")); err != nil {
		return nil, err
	}
	k.root, err = newTemplate(k.policy, o.Toolchains, o.Hidden)
	return k, err
}
