package dns

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"
)

const (
	maxAliases   = 12 // in one answer
	maxReferrals = 24 // on the way to one name
	maxNested    = 6  // names of servers whose own servers must be looked up first
	maxQueries   = 80 // for one question of a client, all told
)

// An outcome is what is known of a name and a type.
type outcome struct {
	rcode  int
	answer []dns.RR
	soa    []dns.RR
	next   string   // the target of the last alias in answer, when that has yet to be looked up
	ns     []dns.RR // ReferralReturned
	silent bool
}

var errExhausted = errors.New("too many questions for one answer")

// A task is the work for one question of a client. It is bounded in time and in questions, however the servers
// point at each other.
type task struct {
	ctx       context.Context
	sent      int
	resolving []string // names of servers that are being looked up
}

// resolve finds the answer to a question, through all aliases.
func (r *Resolver) resolve(t *task, name string, qtype uint16) outcome {
	f := &r.Faults
	var whole outcome
	seen := map[string]bool{}
	most := maxAliases
	if f.CNAMEThree {
		most = 4 // names: the one asked for and three targets
	}
	for cur, hops := name, 0; hops < most; hops++ {
		if seen[key(cur)] {
			break
		}
		seen[key(cur)] = true
		o, ok := r.cached(cur, qtype)
		if !ok {
			o = r.iterate(t, cur, qtype)
		}
		o.answer = append(whole.answer, o.answer...)
		for _, rr := range o.answer {
			seen[key(rr.Header().Name)] = seen[key(rr.Header().Name)] || rr.Header().Rrtype == dns.TypeCNAME
		}
		whole = o
		if whole.next == "" || f.CNAMEReturned || whole.rcode != dns.RcodeSuccess {
			return r.spoilOutcome(whole)
		}
		if cur = whole.next; seen[key(cur)] {
			break
		}
	}
	switch {
	case f.CNAMELoopNoError:
		return whole
	case f.CNAMELoopSilent:
		return outcome{silent: true}
	}
	return r.spoilOutcome(outcome{rcode: dns.RcodeServerFailure})
}

func (r *Resolver) spoilOutcome(o outcome) outcome {
	f := &r.Faults
	if f.CNAMEGoneNoError && o.rcode == dns.RcodeNameError && len(o.answer) > 0 {
		o.rcode = dns.RcodeSuccess
	}
	switch {
	case o.rcode == dns.RcodeServerFailure && f.FailureNX:
		o.rcode = dns.RcodeNameError
	case o.rcode == dns.RcodeServerFailure && f.FailureNoError:
		o.rcode = dns.RcodeSuccess
	case o.rcode == dns.RcodeServerFailure && f.FailureSilent:
		o.silent = true
	case o.rcode == dns.RcodeNameError && f.NegativeServFail:
		o.rcode = dns.RcodeServerFailure
	case o.rcode == dns.RcodeNameError && f.NegativeNoError:
		o.rcode = dns.RcodeSuccess
	case o.rcode == dns.RcodeSuccess && len(o.soa) > 0 && f.NegativeNodataNX:
		o.rcode = dns.RcodeNameError
	}
	return o
}

// iterate asks from the closest zone whose servers are known downward (RFC 1034 §5.3.3).
func (r *Resolver) iterate(t *task, name string, qtype uint16) outcome {
	f := &r.Faults
	failed := outcome{rcode: dns.RcodeServerFailure}
	if f.UpstreamTypeA {
		qtype = dns.TypeA
	}
	from := key(name)
	if qtype == dns.TypeDS {
		from = parent(from) // it stands above the cut
	}
	cut := r.closest(from)
	limit := maxReferrals
	if f.ReferralOne {
		limit = 1
	}
	for range limit + 1 {
		j, ok := r.askZone(t, cut, name, qtype)
		if !ok {
			return failed
		}
		if j.kind != referral {
			if f.CacheTTLZeroFails && len(j.answer) > 0 && j.answer[0].Header().Ttl == 0 {
				return failed
			}
			return j.outcome
		}
		if f.ReferralReturned {
			return outcome{ns: j.cut.rrs}
		}
		cut = j.cut
	}
	return failed
}

// closest is the zone nearest to a name whose servers can be asked at once or looked up. A zone all of whose servers
// have names inside it and no known address leads nowhere: the one above knows.
func (r *Resolver) closest(name string) *cutpoint {
	if r.Faults.UpstreamRootAlways {
		return r.root
	}
	now := r.now()
	for zone := name; zone != "" && zone != "."; zone = parent(zone) {
		e := r.cache.get(place{zone, int(dns.TypeNS)}, rankGlue, now)
		if e == nil || e.soa != nil {
			continue
		}
		cut := &cutpoint{zone: zone, glue: map[string][]netip.Addr{}}
		usable := false
		for _, rr := range e.rrs {
			ns, ok := rr.(*dns.NS)
			if !ok {
				continue
			}
			server := key(ns.Ns)
			cut.servers = append(cut.servers, server)
			cut.glue[server] = r.addresses(server)
			usable = usable || len(cut.glue[server]) > 0 || !dns.IsSubDomain(zone, server)
		}
		if usable {
			return cut
		}
	}
	return r.root
}

// addresses gives the known addresses of a server.
func (r *Resolver) addresses(server string) []netip.Addr {
	e := r.cache.get(place{server, int(dns.TypeA)}, rankGlue, r.now())
	if e == nil {
		return nil
	}
	return addressesOf(e.rrs)
}

func addressesOf(rrs []dns.RR) []netip.Addr {
	var all []netip.Addr
	for _, rr := range rrs {
		if a, ok := rr.(*dns.A); ok {
			if address, ok := netip.AddrFromSlice(a.A.To4()); ok {
				all = append(all, address)
			}
		}
	}
	return all
}

// askZone puts a question to the servers of a zone until one gives something to go on with. Known addresses come
// first, those that failed lately last; then the names without addresses are looked up; then those that were silent
// get a second chance.
func (r *Resolver) askZone(t *task, cut *cutpoint, name string, qtype uint16) (judged, bool) {
	f := &r.Faults
	var known []netip.Addr
	var unknown []string
	for _, server := range cut.servers {
		if a := cut.glue[server]; len(a) > 0 && !(f.UpstreamNSAlways && cut != r.root && !slices.Contains(t.resolving, server)) {
			known = append(known, a...)
		} else {
			unknown = append(unknown, server)
		}
	}
	if f.UpstreamFirstServer {
		known, unknown = known[:min(1, len(known))], unknown[:min(1, len(unknown))]
		if len(known) > 0 {
			unknown = nil
		}
	} else {
		rand.Shuffle(len(known), func(i, j int) { known[i], known[j] = known[j], known[i] })
		slices.SortStableFunc(known, func(a, b netip.Addr) int { return r.failures(a) - r.failures(b) })
	}
	wait := r.try()
	var again []netip.Addr
	ask := func(a netip.Addr) (judged, bool) {
		j, err := r.askOne(t, cut.zone, a, name, qtype, wait)
		r.note(a, err != nil)
		if err != nil {
			again = append(again, a)
		}
		return j, err == nil && j.kind != lame
	}
	for _, a := range known {
		if j, ok := ask(a); ok {
			return j, true
		}
	}
	if f.GluelessFails {
		unknown = nil
	}
	for _, server := range unknown {
		for _, a := range r.findServer(t, server) {
			if j, ok := ask(a); ok {
				return j, true
			}
		}
	}
	if f.UpstreamOnce {
		return judged{}, false
	}
	wait *= 2
	for _, a := range slices.Clone(again) {
		if j, ok := ask(a); ok {
			return j, true
		}
	}
	return judged{}, false
}

// findServer looks up the addresses of a server whose delegation had none.
func (r *Resolver) findServer(t *task, server string) []netip.Addr {
	if slices.Contains(t.resolving, server) || len(t.resolving) >= maxNested {
		return nil // it would have to be known before it can be looked up
	}
	t.resolving = append(t.resolving, server)
	defer func() { t.resolving = t.resolving[:len(t.resolving)-1] }()
	return addressesOf(r.resolve(t, server, dns.TypeA).answer)
}

// askOne asks one server, over TCP when its reply is truncated and without EDNS when it knows none. The error says
// that no reply came, or none that can be read.
func (r *Resolver) askOne(t *task, zone string, server netip.Addr, name string, qtype uint16, wait time.Duration) (judged, error) {
	f := &r.Faults
	payload := defaultPayload
	for {
		if t.sent++; t.sent > maxQueries {
			return judged{}, errExhausted
		}
		m, err := r.exchange(t.ctx, server, name, qtype, payload, wait)
		if err != nil {
			return judged{}, err
		}
		if code := m.Rcode(); payload > 0 && (code == dns.RcodeFormatError || code == dns.RcodeNotImplemented || code == dns.RcodeBadVers) && !f.UpstreamEDNSInsists {
			payload = 0 // RFC 6891 §6.2.2
			continue
		}
		msg, err := m.Msg()
		if err != nil {
			return judged{}, err
		}
		for _, rr := range msg.Answer {
			if h := rr.Header(); fold(h.Name) == fold(name) {
				h.Name = name // the case on the wire was for the reply to repeat, and for nobody else
			}
		}
		j := r.judge(zone, name, qtype, msg)
		r.learn(j, qtype, msg)
		return j, nil
	}
}

// exchange sends one question, and again over TCP when the reply is truncated.
func (r *Resolver) exchange(ctx context.Context, server netip.Addr, name string, qtype uint16, payload int, wait time.Duration) (*Message, error) {
	f := &r.Faults
	shown := name
	if r.MixCase {
		shown = mixCase(name)
	}
	o, err := newOutgoing(netip.AddrPortFrom(server, r.port()), shown, qtype, f.UpstreamRD, payload)
	if err != nil {
		return nil, err
	}
	o.exact = r.MixCase
	if f.UpstreamIDConstant || f.UpstreamIDCounts || f.UpstreamIDClock {
		id := uint16(1)
		switch {
		case f.UpstreamIDCounts:
			id = uint16(r.ids.Add(1))
		case f.UpstreamIDClock:
			id = uint16(time.Now().UnixMilli())
		}
		o.raw[0], o.raw[1], o.m.ID = byte(id>>8), byte(id), id
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	pc, done, err := r.socket(ctx, server)
	if err != nil {
		return nil, err
	}
	defer done()
	until := time.Now().Add(wait) // from when it is sent: where many ask at once, a socket takes its time
	if end, ok := ctx.Deadline(); ok && end.Before(until) {
		until = end
	}
	stop := context.AfterFunc(ctx, func() { pc.SetReadDeadline(time.Now()) })
	defer stop()
	tr := trust{
		id: f.TakesAnyID, address: f.TakesAnyAddress, port: f.TakesAnyPort,
		question: f.TakesAnyQuestion, rtype: f.TakesAnyType, qr: f.TakesQuery,
	}
	if f.UpstreamTwice {
		pc.WriteTo(o.raw, net.UDPAddrFromAddrPort(o.server))
	}
	m, err := o.overUDP(pc, until, tr)
	if err != nil || !m.Has(FlagTC) || f.TruncatedTaken {
		return m, err
	}
	if f.TruncatedFails {
		return nil, errNoReply
	}
	return o.overTCP(ctx, r.tcpNetwork(), time.Now().Add(wait), tr)
}

// socket opens a socket of its own for one question: its port is another one each time (RFC 5452 §9.2).
func (r *Resolver) socket(ctx context.Context, server netip.Addr) (net.PacketConn, func(), error) {
	if r.Faults.UpstreamPortCounts {
		return r.nextPort(ctx)
	}
	if !r.Faults.UpstreamPortFixed {
		pc, err := r.network().ListenPacket(ctx, "udp", anyPort(server))
		if err != nil {
			return nil, nil, err
		}
		return pc, func() { pc.Close() }, nil
	}
	r.fixing.Lock()
	if r.fixed == nil {
		pc, err := r.network().ListenPacket(ctx, "udp", anyPort(server))
		if err != nil {
			r.fixing.Unlock()
			return nil, nil, err
		}
		r.fixed = pc
	}
	return r.fixed, r.fixing.Unlock, nil
}
