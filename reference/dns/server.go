package dns

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

// A Server answers with authority for zones, over UDP and TCP. Its fields must not change while it serves.
type Server struct {
	Zones   []*Zone
	Faults  ServerFaults
	Updates bool          // takes updates (RFC 2136), from anybody
	Rotate  bool          // the records of a set come in another order each time
	Payload int           // the most bytes sent and taken over UDP; 0 is 1232
	Idle    time.Duration // how long a TCP connection may be silent; 0 is 30 s
	Network Network       // where a fault opens a socket of its own; nil is SystemNetwork
	Seen    func(Query)   // told of every message that comes, before it is answered
	// Instead, when it is set, may answer a message in the server's place: with its own bytes, which may be nil
	// for silence, or with ok false to let the server answer.
	Instead func(Query) (reply []byte, ok bool)

	once  sync.Once
	ends  *endpoint
	turns atomic.Uint64
}

// A Query is a message that came to a server.
type Query struct {
	Server, From netip.AddrPort
	TCP          bool
	Raw          []byte
}

func (s *Server) start() {
	s.ends = newEndpoint(&s.Faults.MessageFaults, s.Idle, orSystem(s.Network), func(q Query) ([]byte, bool) {
		if s.Seen != nil {
			s.Seen(q)
		}
		if s.Instead != nil {
			if reply, ok := s.Instead(q); ok {
				return reply, false
			}
		}
		return s.handle(q.Raw, q.TCP)
	})
}

// ServePacket answers the datagrams that come to pc until Close: then it gives nil. An error is pc's, or says that a
// fault has ended the server.
func (s *Server) ServePacket(pc net.PacketConn) error {
	s.once.Do(s.start)
	return s.ends.servePacket(pc)
}

// Serve answers the connections that ln takes, each on its own and any number of requests on each, until Close: then
// it gives nil. An error is ln's, or says that a fault has ended the server.
func (s *Server) Serve(ln net.Listener) error {
	s.once.Do(s.start)
	return s.ends.serve(ln)
}

// Run serves on both transports until ctx ends: then it gives nil. Errors are as with Serve. A server runs once.
func (s *Server) Run(ctx context.Context, pc net.PacketConn, ln net.Listener) error {
	return run(ctx, s, pc, ln)
}

// Close ends everything that the server does and waits until it is done. A closed server cannot serve again.
func (s *Server) Close() error {
	s.once.Do(s.start)
	s.ends.close()
	return nil
}

// Answer gives the reply to a message, nil for silence: for a report that shows it beside another server's.
func (s *Server) Answer(query []byte, tcp bool) []byte {
	b, _ := s.handle(query, tcp)
	return b
}

func (s *Server) handle(raw []byte, tcp bool) (reply []byte, dead bool) {
	f := &s.Faults
	fr := front{f: &f.MessageFaults, payload: cmp.Or(s.Payload, defaultPayload), updates: s.Updates && !f.UpdateNotImp}
	q := fr.open(raw, tcp)
	if q.fate == serve {
		if q.Opcode() == dns.OpcodeUpdate && fr.updates {
			s.update(q)
		} else {
			s.find(q)
		}
	}
	if q.fate != silence {
		q.reply.RecursionAvailable = f.RAAlways || f.RAWithoutAnswer && len(q.reply.Answer) == 0
	}
	if q.fate == crash {
		return nil, true
	}
	b := fr.close(q)
	if f.spoilsData() && b != nil {
		b = f.spoilData(b)
	}
	return b, false
}

// find answers a query.
func (s *Server) find(q *request) {
	f, r := &s.Faults, q.reply
	asked := q.Questions[0]
	switch t := asked.Type; {
	case t == dns.TypeAXFR || t == dns.TypeIXFR:
		r.Rcode = dns.RcodeRefused
		return
	case t == dns.TypeANY && f.AnyRefused, f.UnknownNotImp && unknown(t):
		r.Rcode = dns.RcodeNotImplemented
		return
	case f.UnknownNX && unknown(t):
		r.Rcode = dns.RcodeNameError
		return
	case f.UnknownCrash && unknown(t):
		q.fate = crash
		return
	}
	l := lookup{f: f, qtype: asked.Type}
	for _, z := range s.Zones {
		l.zones = append(l.zones, z.now.Load())
	}
	l.run(asked.Name.Text)
	if l.silent || l.crash {
		if q.fate = silence; l.crash {
			q.fate = crash
		}
		return
	}
	// RFC 1035 §6.2: an answer to class ANY never has authority, for there may be data of other classes.
	r.Authoritative = l.aa && !f.AAMissing && asked.Class == dns.ClassINET
	r.Rcode, r.Answer, r.Ns, q.glue = l.rcode, l.answer, l.authority, l.glue
	r.Extra = append(slices.Clone(l.extra), r.Extra...)
	if s.Rotate && !f.RotationNone {
		rotate(r.Answer, int(s.turns.Add(1)-1))
	}
	s.spoilAnswer(q)
}

func unknown(t uint16) bool {
	_, known := dns.TypeToString[t]
	return !known
}

// rotate turns each set of the answer by n.
func rotate(rrs []dns.RR, n int) {
	for from := 0; from < len(rrs); {
		to := from + 1
		for to < len(rrs) && dns.IsRRset(rrs[from:to+1]) {
			to++
		}
		set := rrs[from:to]
		turned := append(slices.Clone(set[n%len(set):]), set[:n%len(set)]...)
		copy(set, turned)
		from = to
	}
}
