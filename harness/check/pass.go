package check

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/netlab"
)

// Pass lets time go by, for a rule about time such as a TTL; whatever is to be waited for has a step of its own.
// Another check may run meanwhile. It ends early when the submission has ended.
func (t *T) Pass(d time.Duration) {
	t.patience.Pass(t.ctx, d)
	t.Note("%v later", d)
}

// Spare opens a UDP socket at an address of the sandbox's network, at any port that is free there. What it sends is
// recorded.
func (t *T) Spare(host netip.Addr) net.PacketConn {
	pc, err := t.setup.Sandbox.ListenPacket(t.ctx, "udp", netip.AddrPortFrom(host, 0).String())
	if err != nil {
		t.unopened(fmt.Sprintf("open a socket at %v", host), err)
	}
	t.quit(func() { pc.Close() })
	return netlab.RecordPackets(t.rec, pc.(*net.UDPConn))
}

// Came marks n bytes from at on of the first datagram that holds exactly data and came from the submission. A check
// that serves in the background knows messages, and not their events.
func (t *T) Came(data []byte, at, n int) (m Mark, ok bool) {
	for _, e := range t.rec.Transcript().Events {
		if e.Kind == grader.Data && e.Dir == grader.Got && bytes.Equal(e.Data, data) {
			return Mark{e.Seq, at, n}, true
		}
	}
	return Mark{}, false
}
