package sandbox

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/netip"
	"sync"
)

// Loopback provides sandboxes without isolation on the machine's own
// loopback: each has free ports of its own, and its processes end with it.
type Loopback struct{}

// Isolation is "loopback".
func (Loopback) Isolation() string { return OnLoopback }

// New makes a sandbox. It cannot fail.
func (Loopback) New(context.Context) (Sandbox, error) {
	adoptOrphans()
	return &loopback{token: "WIREGRADE_SANDBOX=" + rand.Text()}, nil
}

type loopback struct {
	token string // in the environment of every process, to find those that left their group

	mu        sync.Mutex
	processes []Process
	ports     []*reserved
	commands  bool // some process is one of the system's, which may leave orphans
}

var home = netip.AddrFrom4([4]byte{127, 0, 0, 1})

func (l *loopback) Host() netip.Addr { return home }

func (l *loopback) Port(string, uint16) (uint16, error) {
	r, err := reservePort()
	if err != nil {
		return 0, err
	}
	l.mu.Lock()
	l.ports = append(l.ports, r)
	l.mu.Unlock()
	return r.port, nil
}

func (l *loopback) Start(ctx context.Context, cmd Command) (Process, error) {
	var p Process
	var err error
	if cmd.Program != nil {
		p = startProgram(ctx, cmd, l)
	} else {
		cmd.Env = append(cmd.Env[:len(cmd.Env):len(cmd.Env)], l.token)
		p, err = startCommand(ctx, cmd)
	}
	if err != nil {
		return nil, blame(cmd, err)
	}
	l.mu.Lock()
	l.processes = append(l.processes, p)
	l.commands = l.commands || cmd.Program == nil
	l.mu.Unlock()
	return p, nil
}

func (l *loopback) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	var lc net.ListenConfig
	return lc.Listen(ctx, network, address)
}

func (l *loopback) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	var lc net.ListenConfig
	return lc.ListenPacket(ctx, network, address)
}

func (l *loopback) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}

func (l *loopback) Unread(ours, theirs netip.AddrPort) (int, bool) { return unread(ours, theirs) }

func (l *loopback) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.processes {
		p.Kill()
	}
	var err error
	if l.commands {
		err = killOrphans(l.token)
	}
	for _, r := range l.ports {
		err = errors.Join(err, r.free())
	}
	l.processes, l.ports = nil, nil
	return err
}
