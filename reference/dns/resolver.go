package dns

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

const (
	defaultTry   = 800 * time.Millisecond // how long a server is waited for; the second time twice that
	defaultLimit = 8 * time.Second        // for one question of a client: SERVFAIL comes within 10 s
	failedLimit  = 1000                   // servers that are remembered so
	failedFor    = 30 * time.Second       // how long a server that was silent is asked last; asked it is
)

// A Resolver answers any question by asking the authoritative servers from the root downward, and keeps what it
// learns as long as the TTLs allow. It reaches servers over IPv4. Its fields must not change while it serves.
type Resolver struct {
	Hints   string           // the root's servers, as a master file
	Network Network          // nil is SystemNetwork
	Port    uint16           // of all servers; 0 is 53
	Faults  ResolverFaults   // what it does wrong
	Now     func() time.Time // the clock of the cache; nil is time.Now
	Try     time.Duration    // how long a server is waited for; 0 is 800 ms
	Limit   time.Duration    // how long a question may take; 0 is 8 s
	MixCase bool             // questions go out in mixed case, and replies must repeat it
	Idle    time.Duration    // how long a TCP connection may be silent; 0 is 30 s

	once   sync.Once
	broken error // why the hints cannot be used
	root   *cutpoint
	ends   *endpoint
	ctx    context.Context
	cancel context.CancelFunc
	cache  cache
	ids    atomic.Uint32
	ports  atomic.Uint32 // UpstreamPortCounts

	mu      sync.Mutex
	failed  map[netip.Addr]time.Time
	flights map[place]*flight
	lost    map[place]bool // FailureForever
	last    []dns.RR       // ClientsWrongAnswers

	fixing sync.Mutex
	fixed  net.PacketConn // UpstreamPortFixed
	single sync.Mutex     // ClientsOneByOne
}

// A flight is a question that is being answered, for everybody who asks it meanwhile.
type flight struct {
	done chan struct{}
	id   uint16
	outcome
}

func (r *Resolver) start() {
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.failed, r.flights, r.lost = map[netip.Addr]time.Time{}, map[place]*flight{}, map[place]bool{}
	r.ends = newEndpoint(&r.Faults.MessageFaults, r.Idle, r.network(), func(q Query) ([]byte, bool) { return r.handle(q.Raw, q.TCP) })
	r.root = &cutpoint{zone: ".", glue: map[string][]netip.Addr{}}
	zp := dns.NewZoneParser(strings.NewReader(r.Hints), ".", "")
	zp.SetDefaultTTL(3600)
	for rr, ok := zp.Next(); ok; rr, ok = zp.Next() {
		switch rr := rr.(type) {
		case *dns.NS:
			r.root.servers = append(r.root.servers, key(rr.Ns))
		case *dns.A:
			r.root.glue[key(rr.Hdr.Name)] = append(r.root.glue[key(rr.Hdr.Name)], addressesOf([]dns.RR{rr})...)
		}
	}
	if err := zp.Err(); err != nil {
		r.broken = fmt.Errorf("read root hints: %w", err)
	} else if len(r.root.servers) == 0 {
		r.broken = fmt.Errorf("read root hints: no NS")
	}
}

// ServePacket answers the datagrams that come to pc until Close: then it gives nil. An error is pc's, or says that the
// hints cannot be read, or that a fault has ended the resolver.
func (r *Resolver) ServePacket(pc net.PacketConn) error {
	if r.once.Do(r.start); r.broken != nil {
		pc.Close()
		return r.broken
	}
	return r.ends.servePacket(pc)
}

// Serve answers the connections that ln takes until Close: then it gives nil. Errors are as with ServePacket.
func (r *Resolver) Serve(ln net.Listener) error {
	if r.once.Do(r.start); r.broken != nil {
		ln.Close()
		return r.broken
	}
	return r.ends.serve(ln)
}

// Run serves on both transports until ctx ends: then it gives nil. Errors are as with ServePacket. A resolver runs once.
func (r *Resolver) Run(ctx context.Context, pc net.PacketConn, ln net.Listener) error {
	return run(ctx, r, pc, ln)
}

// Close ends everything that the resolver does and waits until it is done. A closed resolver cannot serve again.
func (r *Resolver) Close() error {
	r.once.Do(r.start)
	r.cancel()
	r.ends.close()
	r.fixing.Lock()
	defer r.fixing.Unlock()
	if r.fixed != nil {
		r.fixed.Close()
	}
	return nil
}

// Answer gives the reply to a message, nil for silence. It may take as long as Limit.
func (r *Resolver) Answer(query []byte, tcp bool) []byte {
	r.once.Do(r.start)
	b, _ := r.handle(query, tcp)
	return b
}

func (r *Resolver) handle(raw []byte, tcp bool) (reply []byte, dead bool) {
	f := &r.Faults
	fr := front{f: &f.MessageFaults, payload: defaultPayload}
	q := fr.open(raw, tcp)
	if q.fate == serve {
		if f.ClientsOneByOne {
			r.single.Lock()
			defer r.single.Unlock()
		}
		r.find(q)
	}
	q.reply.RecursionAvailable = !f.RAMissing
	q.reply.Authoritative = f.AASet
	if q.fate == crash {
		return nil, true
	}
	return fr.close(q), false
}

// find answers one question, whether recursion is desired or not.
func (r *Resolver) find(q *request) {
	f, asked := &r.Faults, q.Questions[0]
	switch t := asked.Type; {
	case t == dns.TypeAXFR, t == dns.TypeIXFR:
		q.reply.Rcode = dns.RcodeRefused
		return
	case t == dns.TypeOPT, asked.Class == dns.ClassANY && !f.ClassServed:
		q.reply.Rcode = dns.RcodeNotImplemented
		return
	}
	o, id := r.share(asked.Name.Text, asked.Type, q.ID)
	if o.silent {
		q.fate = silence
		return
	}
	if f.ClientsMixed {
		q.reply.Id = id
	}
	q.reply.Rcode, q.reply.Ns = o.rcode, o.ns
	for _, rr := range o.answer {
		if f.CNAMETargetOnly && rr.Header().Rrtype == dns.TypeCNAME && asked.Type != dns.TypeCNAME {
			continue
		}
		rr = dns.Copy(rr)
		if h := rr.Header(); fold(h.Name) == fold(asked.Name.Text) && !f.OwnerNative {
			h.Name = asked.Name.Text
		} else if f.OwnerNative {
			h.Name = strings.ToUpper(h.Name)
			q.reply.Question[0].Name = strings.ToUpper(asked.Name.Text)
		}
		if rr.Header().Ttl>>31 == 1 {
			rr.Header().Ttl = 0 // RFC 2181 §8
		}
		q.reply.Answer = append(q.reply.Answer, rr)
	}
	if f.ClientsWrongAnswers && len(q.reply.Answer) > 0 {
		r.mu.Lock()
		q.reply.Answer, r.last = firstOf(r.last, q.reply.Answer), q.reply.Answer
		r.mu.Unlock()
	}
	for _, rr := range o.soa {
		if f.NegativeNoSOA {
			break
		}
		soa := dns.Copy(rr).(*dns.SOA)
		soa.Hdr.Ttl = min(soa.Hdr.Ttl, soa.Minttl) // as long as this resolver would keep it
		if f.OwnerNative {
			soa.Hdr.Name = strings.ToUpper(soa.Hdr.Name)
		}
		q.reply.Ns = append(q.reply.Ns, soa)
	}
}

func firstOf(a, b []dns.RR) []dns.RR {
	if a == nil {
		return b
	}
	return a
}

// share answers a question once for all who ask it at one time.
func (r *Resolver) share(name string, qtype uint16, id uint16) (outcome, uint16) {
	f := &r.Faults
	p := place{r.cacheKey(name), int(qtype)}
	r.mu.Lock()
	if r.lost[p] {
		r.mu.Unlock()
		return outcome{rcode: dns.RcodeServerFailure}, id
	}
	if fl := r.flights[p]; fl != nil && !f.ClientsAllUpstream {
		r.mu.Unlock()
		if f.ClientsSecondLost {
			return outcome{silent: true}, id
		}
		<-fl.done // within Limit, for the one who flies is bounded by it
		return fl.outcome, fl.id
	}
	fl := &flight{done: make(chan struct{}), id: id}
	r.flights[p] = fl
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(r.ctx, cmp.Or(r.Limit, defaultLimit))
	defer cancel()
	fl.outcome = r.resolve(&task{ctx: ctx}, name, qtype)
	r.mu.Lock()
	delete(r.flights, p)
	if f.FailureForever && fl.rcode == dns.RcodeServerFailure {
		r.lost[p] = true
	}
	r.mu.Unlock()
	close(fl.done)
	return fl.outcome, id
}

// note remembers whether a server was silent.
func (r *Resolver) note(server netip.Addr, silent bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if silent {
		if len(r.failed) >= failedLimit {
			clear(r.failed) // it is a preference and no more
		}
		r.failed[server] = time.Now()
	} else {
		delete(r.failed, server)
	}
}

// failures is 1 for a server that was silent of late, else 0.
func (r *Resolver) failures(server netip.Addr) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at, ok := r.failed[server]; ok && time.Since(at) < failedFor {
		return 1
	}
	return 0
}

func (r *Resolver) network() Network   { return orSystem(r.Network) }
func (r *Resolver) port() uint16       { return cmp.Or(r.Port, 53) }
func (r *Resolver) try() time.Duration { return cmp.Or(r.Try, defaultTry) }

func (r *Resolver) now() time.Time {
	if r.Now == nil {
		return time.Now()
	}
	return r.Now()
}
