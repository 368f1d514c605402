package netlab

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/wiregrade/wiregrade/grader"
)

// An Impairment is what a network may do to each datagram. The zero value
// leaves everything as it is. Probabilities are between 0 and 1.
type Impairment struct {
	Loss      float64 // it never arrives
	Duplicate float64 // it arrives twice
	Reorder   float64 // the one after it arrives first
	Delay     time.Duration
	Jitter    time.Duration // added to Delay, at most
}

// A Path draws the fate of datagrams in one direction. The same seed gives the
// same fates in the same order. Its methods may be called from any goroutine.
type Path struct {
	Impairment
	mu  sync.Mutex
	rng *rand.Rand
}

// NewPath is a path with a seed of its own.
func NewPath(seed uint64, i Impairment) *Path {
	return &Path{Impairment: i, rng: rand.New(rand.NewPCG(seed, 0x6e65746c6162))}
}

// A fate is what becomes of one datagram.
type fate struct {
	copies int // that arrive
	late   bool
	after  time.Duration
}

func (p *Path) next() fate {
	p.mu.Lock()
	defer p.mu.Unlock()
	// Every draw is made each time, so that one probability does not shift the others' sequence.
	loss, double, late, jitter := p.rng.Float64(), p.rng.Float64(), p.rng.Float64(), p.rng.Float64()
	f := fate{copies: 1, late: late < p.Reorder, after: p.Delay + time.Duration(jitter*float64(p.Jitter))}
	switch {
	case loss < p.Loss:
		f.copies = 0
	case double < p.Duplicate:
		f.copies = 2
	}
	return f
}

func (f fate) says() string {
	switch {
	case f.copies == 0:
		return "lost on the way"
	case f.copies > 1:
		return "arrives twice"
	case f.late:
		return "overtaken on the way"
	default:
		return ""
	}
}

// overtake is how long a datagram that is to be overtaken waits for another.
const overtake = 50 * time.Millisecond

// A heldDatagram is one that the next is to overtake.
type heldDatagram struct {
	send func()
	once sync.Once
}

func (h *heldDatagram) release() {
	if h != nil {
		h.once.Do(h.send)
	}
}

// SendOver sends one datagram over a path and returns the number of its event,
// which tells what became of it.
func (s *Socket) SendOver(p *Path, to netip.AddrPort, data []byte) (event int) {
	f := p.next()
	data = bytes.Clone(data)
	event = s.rec.add(grader.Event{Conn: s.conn(to, true), Kind: grader.Data, Dir: grader.Sent, Data: data, Says: f.says()})
	deliver := func() {
		for range f.copies {
			s.write(to, data)
		}
	}
	if f.after > 0 {
		now := deliver
		deliver = func() { time.AfterFunc(f.after, now) }
	}
	s.mu.Lock()
	before := s.held
	s.held = nil
	hold := f.late && before == nil
	if hold {
		s.held = &heldDatagram{send: deliver}
		time.AfterFunc(overtake, s.held.release) // nobody may come after it
	}
	s.mu.Unlock()
	if !hold {
		deliver()
		before.release()
	}
	return event
}

// ReceiveOver is Receive at the end of a path: what was lost on it is never
// seen, what was doubled is seen twice, and an overtaken datagram comes after the next.
func (s *Socket) ReceiveOver(p *Path, limit time.Duration) (Datagram, error) {
	for {
		s.mu.Lock()
		if len(s.queue) > 0 {
			d := s.queue[0]
			s.queue = s.queue[1:]
			s.mu.Unlock()
			return d, nil
		}
		s.mu.Unlock()
		d, err := s.Receive(limit)
		if err != nil {
			return d, err
		}
		f := p.next()
		s.rec.Say(d.Event, f.says())
		if f.after > 0 {
			wait := time.NewTimer(f.after)
			select {
			case <-wait.C:
			case <-s.ctx.Done():
				wait.Stop()
				return d, s.ctx.Err()
			}
		}
		arrived := make([]Datagram, f.copies)
		for i := range arrived {
			arrived[i] = d
		}
		if f.late && f.copies > 0 {
			if next, err := s.Receive(overtake); err == nil {
				arrived = append([]Datagram{next}, arrived...)
			}
		}
		s.mu.Lock()
		s.queue = append(s.queue, arrived...)
		s.mu.Unlock()
	}
}

// WriteTogether sends several messages in one segment, as a stream that was
// held up on the way arrives.
func (c *Conn) WriteTogether(messages ...[]byte) error {
	_, err := c.Write(bytes.Join(messages, nil))
	return err
}

// WriteDelayed sends p cut into pieces of 1 to most bytes, each at most pause
// after the one before; rng draws both. It ends early when the check does.
func (c *Conn) WriteDelayed(rng *rand.Rand, p []byte, most int, pause time.Duration) error {
	c.c.SetNoDelay(true)
	for len(p) > 0 {
		size := min(1+rng.IntN(most), len(p))
		wait := time.NewTimer(time.Duration(rng.Int64N(int64(pause) + 1)))
		if _, err := c.Write(p[:size]); err != nil {
			wait.Stop()
			return err
		}
		if p = p[size:]; len(p) == 0 {
			wait.Stop()
			break
		}
		select {
		case <-wait.C:
		case <-c.ctx.Done():
			wait.Stop()
			return c.ctx.Err()
		}
	}
	return nil
}
