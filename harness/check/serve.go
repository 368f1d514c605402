package check

import (
	"net"
	"net/netip"

	"github.com/wiregrade/wiregrade/harness/netlab"
)

// Server gives the address of the submission under test, or the one that a client is told to talk to.
func (t *T) Server() netip.AddrPort { return t.address() }

// Serve opens UDP and TCP at the suite's port on an address of the sandbox's network, for a server that the check
// plays in the background. What passes is recorded. The sockets close at the end of the check; whoever serves must
// end then by itself.
func (t *T) Serve(host netip.Addr) (net.PacketConn, net.Listener) {
	at := netip.AddrPortFrom(host, t.address().Port()).String()
	pc, err := t.setup.Sandbox.ListenPacket(t.ctx, "udp", at)
	if err != nil {
		t.unopened("serve at "+at, err)
	}
	t.quit(func() { pc.Close() })
	ln, err := t.setup.Sandbox.Listen(t.ctx, "tcp", at)
	if err != nil {
		t.unopened("serve at "+at, err)
	}
	t.quit(func() { ln.Close() })
	return netlab.RecordPackets(t.rec, pc.(*net.UDPConn)), netlab.RecordListener(t.rec, ln)
}

// AtEnd runs f when the check is over, before its transcript is taken: to end what serves in the background.
func (t *T) AtEnd(f func()) { t.quit(f) }
