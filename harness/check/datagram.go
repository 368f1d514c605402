package check

import (
	"net"
	"net/netip"
	"time"

	"github.com/wiregrade/wiregrade/harness/netlab"
)

// A Socket is a recorded UDP socket of the harness.
type Socket struct {
	*netlab.Socket
	t    *T
	path *netlab.Path // nil is a clear one
}

// An Impairment is what the network may do to each datagram: lose, double,
// reorder, delay it. Probabilities are between 0 and 1.
type Impairment = netlab.Impairment

// Impair has every datagram of the socket, in both directions, meet with i from
// here on, as the check's seed has it. The zero Impairment makes the way clear again.
func (s *Socket) Impair(i Impairment) { s.path = netlab.NewPath(s.t.Rand().Uint64(), i) }

// receive is Receive over the socket's path.
func (s *Socket) receive(limit time.Duration) (Datagram, error) {
	if s.path == nil {
		return s.Receive(limit)
	}
	return s.ReceiveOver(s.path, limit)
}

// A Datagram is one that came from the submission, or from anybody.
type Datagram = netlab.Datagram

// Socket opens a UDP socket to talk to the server from, which it starts first
// if it does not run.
func (t *T) Socket() *Socket {
	t.Start()
	t.open("udp")
	return t.socket(netip.AddrPortFrom(t.setup.Sandbox.Host(), 0))
}

// Stranger opens a UDP socket that the submission has no business with: on
// the same host when sameHost (another port only), else on another address
// with the same port as the server's where that is free.
func (t *T) Stranger(sameHost bool) *Socket {
	host := t.setup.Sandbox.Host()
	if sameHost {
		return t.socket(netip.AddrPortFrom(host, 0))
	}
	other := host.As4()
	other[3] ^= 3 // 127.0.0.1 becomes 127.0.0.2
	return t.socket(netip.AddrPortFrom(netip.AddrFrom4(other), t.address().Port()))
}

// ListenUDP opens HOST:PORT for a client under test, before Run starts it.
func (t *T) ListenUDP() *Socket { return t.socket(t.address()) }

func (t *T) socket(at netip.AddrPort) *Socket {
	pc, err := t.setup.Sandbox.ListenPacket(t.ctx, "udp", at.String())
	if err != nil {
		t.unopened("open a UDP socket", err)
	}
	s := &Socket{netlab.NewSocket(t.ctx, t.rec, pc.(*net.UDPConn), t.patience), t, nil}
	t.quit(s.Quit)
	return s
}

// Ask sends a datagram to the server.
func (s *Socket) Ask(data string) Mark { return s.Reply(s.t.address(), data) }

// Reply sends a datagram to any address.
func (s *Socket) Reply(to netip.AddrPort, data string) Mark {
	if s.path != nil {
		return Mark{Event: s.SendOver(s.path, to, []byte(data))}
	}
	event, err := s.Send(to, []byte(data))
	if err != nil {
		faulty("send a datagram to %v: %w", to, err)
	}
	return Mark{Event: event}
}

// Take waits for a datagram from the server; one from elsewhere is
// passed over. want says in the report what did not come.
func (s *Socket) Take(want string) Datagram {
	for range 100 {
		d, err := s.receive(0)
		if err != nil {
			s.t.Missing(Mark{Event: d.Event}, want, err)
		}
		if d.From == s.t.address() {
			return d
		}
	}
	s.t.Block("%s", "too many datagrams from elsewhere")
	panic("unreachable")
}

// TakeAny waits for a datagram from a client.
func (s *Socket) TakeAny(want string) Datagram {
	d, err := s.receive(0)
	if err != nil {
		s.t.Missing(Mark{Event: d.Event}, want, err)
	}
	return d
}

// TryTake waits at most limit for a datagram from anywhere; ok is false when none came.
func (s *Socket) TryTake(limit time.Duration) (d Datagram, ok bool) {
	d, err := s.receive(limit)
	return d, err == nil
}

// At marks n bytes from offset on of datagram d.
func At(d Datagram, offset, n int) Mark { return Mark{d.Event, offset, n} }
