package netlab

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/wiregrade/wiregrade/grader"
)

// maxDatagram is the largest UDP payload over IPv4.
const maxDatagram = 65507

// maxReceived is how many datagrams a socket takes from a submission that does not stop sending. No check asks for as many.
const maxReceived = 16 << 10

// A Socket is a recorded UDP socket of the harness. Each peer that it talks
// to is an Endpoint of its own in the transcript.
type Socket struct {
	ctx      context.Context
	rec      *Recorder
	pc       *net.UDPConn
	patience *Patience

	mu    sync.Mutex
	peers map[netip.AddrPort]int
	held  *heldDatagram // sent, and to be overtaken
	queue []Datagram    // arrived over a path, not yet received
	count int           // datagrams received
}

// A Datagram is what came, from where, and the event that recorded it.
type Datagram struct {
	Data  []byte
	From  netip.AddrPort
	Event int
}

// NewSocket records what passes through pc.
func NewSocket(ctx context.Context, rec *Recorder, pc *net.UDPConn, p *Patience) *Socket {
	return &Socket{ctx: ctx, rec: rec, pc: pc, patience: p, peers: map[netip.AddrPort]int{}}
}

// Addr is the socket's own address.
func (s *Socket) Addr() netip.AddrPort { return addrPort(s.pc.LocalAddr()) }

func (s *Socket) conn(peer netip.AddrPort, dialed bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, known := s.peers[peer]
	if !known {
		id = s.rec.endpoint("udp", s.Addr(), peer, dialed)
		s.peers[peer] = id
	}
	return id
}

// Send sends one datagram and returns the number of its event.
func (s *Socket) Send(to netip.AddrPort, data []byte) (event int, err error) {
	event = s.rec.add(grader.Event{Conn: s.conn(to, true), Kind: grader.Data, Dir: grader.Sent, Data: data})
	return event, s.write(to, data)
}

func (s *Socket) write(to netip.AddrPort, data []byte) error {
	for {
		_, err := s.pc.WriteToUDPAddrPort(data, to)
		// A refused datagram of before is reported by the next call; this one was not sent yet.
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return err
		}
	}
}

// Receive waits for a datagram from anywhere. Its errors are ErrSilence, ErrOverlong and ErrTooMuch.
func (s *Socket) Receive(limit time.Duration) (Datagram, error) {
	if !s.mayReceive() {
		return Datagram{Event: s.rec.add(grader.Event{Conn: s.lone(), Kind: grader.Silent, Dir: grader.Got, Says: ErrTooMuch.Error()})}, ErrTooMuch
	}
	buf := make([]byte, maxDatagram)
	var n int
	var from netip.AddrPort
	var err error
	wait := s.patience.Wait(s.ctx, limit, func(d time.Time) { s.pc.SetReadDeadline(d) }, func() bool {
		for {
			n, from, err = s.pc.ReadFromUDPAddrPort(buf)
			if !errors.Is(err, syscall.ECONNREFUSED) {
				return !isTimeout(err)
			}
		}
	})
	if wait != nil {
		err = wait
	}
	if err != nil {
		return Datagram{Event: s.rec.add(grader.Event{Conn: s.lone(), Kind: grader.Silent, Dir: grader.Got, Says: err.Error()})}, err
	}
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	event := s.rec.add(grader.Event{Conn: s.conn(from, false), Kind: grader.Data, Dir: grader.Got, Data: buf[:n]})
	return Datagram{buf[:n], from, event}, nil
}

// mayReceive counts a datagram, and says no when there were too many.
func (s *Socket) mayReceive() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	return s.count <= maxReceived
}

// lone is the endpoint of the only peer, 0 when there are several or none.
func (s *Socket) lone() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.peers) != 1 {
		return 0
	}
	for _, id := range s.peers {
		return id
	}
	return 0
}

// Quit closes the socket.
func (s *Socket) Quit() { s.pc.Close() }
