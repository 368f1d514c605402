package sandbox

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// look is how often the socket table is read while a server starts.
const look = time.Millisecond

// settled is how long a process must have been at rest, bound to something
// else, before we stop waiting for the right port.
const settled = time.Second

func (l *loopback) Ready(ctx context.Context, p Process, network string, port uint16, limit time.Duration) error {
	d, err := openDiag()
	if err != nil {
		return err
	}
	defer d.close()
	return await(ctx, d, p, network, netip.AddrPortFrom(l.Host(), port), limit, boundBy)
}

// await is Ready with the socket table of d. own picks the process's sockets.
func await(ctx context.Context, d *diag, p Process, network string, want netip.AddrPort, limit time.Duration, own func(Process, []boundSocket) []netip.AddrPort) error {
	start := time.Now()
	tick := time.NewTicker(look)
	defer tick.Stop()
	rest := restful{}
	for {
		sockets, err := d.bound(network)
		if err != nil {
			return err
		}
		there := slices.ContainsFunc(sockets, func(s boundSocket) bool { return s.serves(want) })
		failed := &NotReady{Network: network, Port: want.Port(), Waited: time.Since(start)}
		select {
		case <-p.Done():
			failed.Exit = p.Exit()
			return failed
		default:
		}
		if there && owns(p, sockets, want) {
			return nil
		}
		if rest.long(p) {
			// What it did before it came to rest counts: on a busy machine the table above may be a second old by now.
			if sockets, err = d.bound(network); err != nil {
				return err
			}
			if slices.ContainsFunc(sockets, func(s boundSocket) bool { return s.serves(want) }) {
				return nil // the command's, or that of a process which left the group, and the command stays with it
			}
			if failed.Bound = own(p, sockets); len(failed.Bound) > 0 {
				return failed
			}
			if failed.Other, err = servesOther(d, network, want); err != nil || failed.Other != "" {
				return cmp.Or[error](err, failed)
			}
		}
		if failed.Waited > limit && failed.Waited-p.Delay() > limit || failed.Waited > 6*limit {
			failed.Bound = own(p, sockets)
			return failed
		}
		select {
		case <-tick.C:
		case <-p.Done():
		case <-ctx.Done():
			return fmt.Errorf("wait for %s port %d: %w", network, want.Port(), ctx.Err())
		}
	}
}

// servesOther names the other network when want is served there.
func servesOther(d *diag, network string, want netip.AddrPort) (string, error) {
	other := map[string]string{"tcp": "udp", "udp": "tcp"}[network]
	sockets, err := d.bound(other)
	if err != nil || !slices.ContainsFunc(sockets, func(s boundSocket) bool { return s.serves(want) }) {
		return "", err
	}
	return other, nil
}

// restful finds out whether a process has come to rest: it uses no processor time.
type restful struct {
	ticks int64
	since time.Time
	asked time.Time
}

func (r *restful) long(p Process) bool {
	c, ok := p.(interface{ processes() []int })
	now := time.Now()
	if !ok || now.Sub(r.asked) < settled/10 {
		return false
	}
	r.asked = now
	ticks, busy := work(c.processes())
	if busy || ticks != r.ticks || r.since.IsZero() {
		r.ticks, r.since = ticks, now
		return false
	}
	return now.Sub(r.since) > settled
}

// owns says whether the socket that serves want is the command's or one of
// its descendants'. A daemon's is not: its command is about to end.
func owns(p Process, sockets []boundSocket, want netip.AddrPort) bool {
	c, ok := p.(interface{ foreground() []int })
	if !ok {
		return true
	}
	if a, ok := p.(interface{ alone() bool }); ok && a.alone() {
		return true
	}
	inodes := socketsOf(c.foreground())
	return slices.ContainsFunc(sockets, func(s boundSocket) bool { return s.serves(want) && inodes[s.inode] })
}

// boundBy picks the sockets that belong to the process or its group.
func boundBy(p Process, sockets []boundSocket) []netip.AddrPort {
	c, ok := p.(*command)
	if !ok {
		return nil
	}
	inodes := socketsOf(groupProcesses(c.cmd.Process.Pid))
	return addresses(sockets, func(s boundSocket) bool { return inodes[s.inode] })
}

// addresses are those of the sockets that are picked, each once: there may be a hundred thousand.
func addresses(sockets []boundSocket, pick func(boundSocket) bool) []netip.AddrPort {
	seen := map[netip.AddrPort]bool{}
	var all []netip.AddrPort
	for _, s := range sockets {
		if pick(s) && !seen[s.addr] {
			seen[s.addr] = true
			all = append(all, s.addr)
		}
	}
	return all
}

// unread asks for the receive queue of the submission's end of a connection.
func unread(ours, theirs netip.AddrPort) (int, bool) {
	d, err := openDiag()
	if err != nil {
		return 0, false
	}
	defer d.close()
	return d.unread(ours, theirs)
}

func (d *diag) unread(ours, theirs netip.AddrPort) (int, bool) {
	n, err := d.queued(theirs, ours)
	if err == syscall.ENOENT { // closed: nobody will read what is left
		return 0, true
	}
	return n, err == nil
}
