package dns

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/miekg/dns"
	"github.com/wiregrade/wiregrade/reference/faults"
)

// A World is a name space of one's own: servers on addresses of their own, declared as zone text.
//
// Each server begins with a line "== ADDRESS[,ADDRESS...] ZONE [WORD...]", and its zone follows as in a master file.
// The origin is the zone and the TTL 3600 until the text says otherwise; a zone without an SOA is given one, with
// serial 1, MINIMUM 300 and the words' "negative=SECONDS" for its TTL and MINIMUM. One address may serve several zones.
// The servers of the zone "." are the root: Hints names them. Words:
//
//	dead       nothing listens there
//	silent     takes questions and answers none
//	drop=N     does not answer the first N questions
//	lame       REFUSED for all, though delegated to
//	broken     SERVFAIL for all
//	rotate     turns the records of a set
//	updates    takes updates
//	NAME       a fault of the server, as faults.Set takes it
type World struct {
	// Instead, when it is set before Serve, may answer a question in a server's place, as Server.Instead.
	Instead func(Query) (reply []byte, ok bool)
	// Network is where a fault of a server opens a socket of its own; nil is SystemNetwork.
	Network Network

	servers []*worldServer
	mu      sync.Mutex
	queries []Query
	seen    map[netip.Addr]int
	serving sync.WaitGroup
}

// A worldServer is one address.
type worldServer struct {
	address netip.Addr
	server  Server
	dead    bool
	silent  bool
	drop    int
}

// ParseWorld reads a world. The error says which line cannot be read.
func ParseWorld(text string) (*World, error) {
	w := &World{seen: map[netip.Addr]int{}}
	var head string
	var body strings.Builder
	headAt, at := 0, 0
	flush := func() error {
		if head == "" {
			if strings.TrimSpace(body.String()) != "" {
				return errors.New("text before the first server")
			}
			return nil
		}
		return w.declare(head, headAt, body.String())
	}
	for line := range strings.Lines(text) {
		at++
		if h, ok := strings.CutPrefix(line, "== "); ok {
			if err := flush(); err != nil {
				return nil, fmt.Errorf("parse world: %w", err)
			}
			head, headAt = strings.TrimSpace(h), at
			body.Reset()
			continue
		}
		body.WriteString(line)
	}
	if err := flush(); err != nil {
		return nil, fmt.Errorf("parse world: %w", err)
	}
	return w, nil
}

// declare adds one zone and its servers. The head stands in line at.
func (w *World) declare(head string, at int, text string) error {
	fields := strings.Fields(head)
	if len(fields) < 2 {
		return fmt.Errorf("%q: want an address and a zone", head)
	}
	origin := key(fields[1])
	negative := "300"
	words := fields[2:]
	for _, word := range words {
		if n, ok := strings.CutPrefix(word, "negative="); ok {
			negative = n
		}
	}
	var zone *Zone
	tail := strings.TrimPrefix(origin, ".") // of absolute names in the zone
	if !slices.Contains(words, "lame") && !slices.Contains(words, "dead") {
		if !strings.Contains(text, "SOA") {
			// At the end, where it moves no line of the text.
			text += fmt.Sprintf("\n%s %s IN SOA ns.nic.%s hostmaster.nic.%s 1 7200 3600 1209600 %s\n", origin, negative, tail, tail, negative)
		}
		var err error
		// Empty lines before it make the zone's line numbers those of the world.
		if zone, err = parseZone(strings.Repeat("\n", at-1)+"$TTL 3600\n"+text, origin); err != nil {
			return fmt.Errorf("%s: %w", head, err)
		}
		if zone.origin != origin {
			return fmt.Errorf("%s: the SOA is that of %s", head, zone.origin)
		}
	}
	for a := range strings.SplitSeq(fields[0], ",") {
		address, err := netip.ParseAddr(a)
		if err != nil {
			return fmt.Errorf("%s: %w", head, err)
		}
		s := w.at(address)
		if zone != nil {
			s.server.Zones = append(s.server.Zones, zone)
		}
		for _, word := range words {
			if err := s.word(word); err != nil {
				return fmt.Errorf("%s: %w", head, err)
			}
		}
	}
	return nil
}

func (w *World) at(address netip.Addr) *worldServer {
	for _, s := range w.servers {
		if s.address == address {
			return s
		}
	}
	s := &worldServer{address: address}
	s.server.Seen = w.saw
	s.server.Instead = func(q Query) ([]byte, bool) {
		w.mu.Lock()
		lost := s.silent || w.seen[address] <= s.drop
		instead := w.Instead
		w.mu.Unlock()
		if lost || instead == nil {
			return nil, lost
		}
		return instead(q)
	}
	w.servers = append(w.servers, s)
	return s
}

func (s *worldServer) word(word string) error {
	switch k, v, _ := strings.Cut(word, "="); k {
	case "dead":
		s.dead = true
	case "silent":
		s.silent = true
	case "drop":
		if _, err := fmt.Sscan(v, &s.drop); err != nil {
			return fmt.Errorf("%q: want a number", word)
		}
	case "lame":
		s.server.Zones = nil
	case "broken":
		s.server.Faults.OutsideServFail, s.server.Zones = true, nil
	case "rotate":
		s.server.Rotate = true
	case "updates":
		s.server.Updates = true
	case "negative":
	default:
		return faults.Set(&s.server.Faults, word)
	}
	return nil
}

// saw notes a question.
func (w *World) saw(q Query) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queries = append(w.queries, q)
	w.seen[q.Server.Addr()]++
}

// Addresses gives the addresses that something listens on, in the order of the text.
func (w *World) Addresses() []netip.Addr {
	var all []netip.Addr
	for _, s := range w.servers {
		if !s.dead {
			all = append(all, s.address)
		}
	}
	return all
}

// Hints gives the root's servers and their addresses as a master file: what a resolver begins with.
func (w *World) Hints() string {
	var b strings.Builder
	for _, s := range w.servers {
		for _, z := range s.server.Zones {
			if z.origin != "." || b.Len() > 0 {
				continue
			}
			for _, rr := range z.now.Load().sets["."][dns.TypeNS] {
				b.WriteString(rr.String() + "\n")
				name := key(rr.(*dns.NS).Ns)
				for _, address := range z.now.Load().sets[name][dns.TypeA] {
					b.WriteString(address.String() + "\n")
				}
			}
		}
	}
	return b.String()
}

// Serve answers at every address until Close. listen opens both sockets of an address; the error is its.
func (w *World) Serve(listen func(netip.Addr) (net.PacketConn, net.Listener, error)) error {
	type sockets struct {
		pc net.PacketConn
		ln net.Listener
	}
	open := map[*worldServer]sockets{}
	for _, s := range w.servers {
		if s.dead {
			continue
		}
		pc, ln, err := listen(s.address)
		if err != nil {
			for _, o := range open {
				o.pc.Close()
				o.ln.Close()
			}
			return fmt.Errorf("serve world: %w", err)
		}
		open[s] = sockets{pc, ln}
		s.server.Network = w.Network
	}
	for s, o := range open {
		w.serving.Go(func() { s.server.ServePacket(o.pc) })
		w.serving.Go(func() { s.server.Serve(o.ln) })
	}
	return nil
}

// Close ends all servers and waits until they have ended.
func (w *World) Close() error {
	for _, s := range w.servers {
		s.server.Close()
	}
	w.serving.Wait()
	return nil
}

// Server gives the server at an address, so that its zones can be looked at; nil when there is none. It must not be
// changed while the world serves.
func (w *World) Server(address netip.Addr) *Server {
	for _, s := range w.servers {
		if s.address == address {
			return &s.server
		}
	}
	return nil
}

// Queries gives every question that any server got so far, in the order they came.
func (w *World) Queries() []Query {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.queries)
}

// Asked gives the questions so far, one a line: the server's address, the name in small letters, the type.
func (w *World) Asked() []string {
	var all []string
	for _, q := range w.Queries() {
		line := q.Server.Addr().String()
		if m, _, _ := Parse(q.Raw); len(m.Questions) > 0 {
			line += " " + fold(m.Questions[0].Name.Text) + " " + dns.Type(m.Questions[0].Type).String()
		}
		if q.TCP {
			line += " tcp"
		}
		all = append(all, line)
	}
	return all
}
