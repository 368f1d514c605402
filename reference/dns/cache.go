package dns

import (
	"sync"
	"time"

	"github.com/miekg/dns"
)

// cacheLimit bounds the sets that are kept, so that nobody can fill the memory with questions.
const cacheLimit = 20000

// A rank says how far data is to be believed (RFC 2181 §5.4.1).
type rank int

const (
	rankGlue   rank = iota + 1 // a delegation and what came with it: it leads on, and answers nobody
	rankAnswer                 // from an authoritative answer
)

// A place is what the cache is looked up by: a name and a type, or noName for that there is no such name at all
// (RFC 2308 §5).
type place struct {
	name  string
	rtype int
}

// noName is no type: 0 is one that somebody may ask for.
const noName = -1

// An entry is a set of records, or that there are none.
type entry struct {
	rrs           []dns.RR
	rank          rank
	rcode         int
	soa           dns.RR // of a negative entry
	stored, until time.Time
}

// A cache keeps sets until they end.
type cache struct {
	mu   sync.Mutex
	sets map[place]*entry
}

// put keeps an entry unless one that is to be believed more is there.
func (c *cache) put(p place, e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.sets[p]; old != nil && old.rank > e.rank && e.stored.Before(old.until) {
		return
	}
	if c.sets == nil {
		c.sets = map[place]*entry{}
	}
	if len(c.sets) >= cacheLimit {
		for q, o := range c.sets {
			if !e.stored.Before(o.until) {
				delete(c.sets, q)
			}
		}
		for q := range c.sets {
			if len(c.sets) < cacheLimit {
				break
			}
			delete(c.sets, q) // any will do: it is asked for again
		}
	}
	c.sets[p] = e
}

// get gives an entry that has not ended and is believed as far as asked.
func (c *cache) get(p place, least rank, now time.Time) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.sets[p]
	if e == nil || e.rank < least || !now.Before(e.until) {
		return nil
	}
	return e
}

// keep stores a set.
func (r *Resolver) keep(rrs []dns.RR, believed rank) {
	f := &r.Faults
	if len(rrs) == 0 || f.CacheNone {
		return
	}
	h := rrs[0].Header()
	ttl := h.Ttl
	for _, rr := range rrs {
		ttl = min(ttl, rr.Header().Ttl) // RFC 2181 §5.2
	}
	if ttl>>31 == 1 {
		ttl = 0 // RFC 2181 §8
	}
	switch {
	case f.CacheTTLFloor, ttl == 0 && f.CacheTTLZero:
		ttl = max(ttl, 60)
	case ttl == 0:
		return // RFC 1035 §3.2.1: for the transaction in progress alone
	}
	if f.CacheFirstRecord {
		rrs = rrs[:1]
	}
	p := place{r.cacheKey(h.Name), int(h.Rrtype)}
	if f.CacheTypeBlind && believed == rankAnswer {
		p.rtype = int(dns.TypeANY)
	}
	now := r.now()
	life := r.life(ttl)
	switch {
	case f.CacheHalf:
		life = life * 55 / 100
	case f.CacheCNAMEForever && h.Rrtype == dns.TypeCNAME, f.CacheNSForever && believed == rankGlue:
		life = r.life(1 << 30)
	}
	r.cache.put(p, &entry{rrs: rrs, rank: believed, stored: now, until: now.Add(life)})
}

// keepNegative stores that there is no such name or type, for as long as the SOA says (RFC 2308 §5). Without an SOA
// nobody knows how long that is, and nothing is kept.
func (r *Resolver) keepNegative(name string, qtype uint16, rcode int, soa *dns.SOA) {
	f := &r.Faults
	if soa == nil || f.NegativeNone || f.CacheNone {
		return
	}
	ttl := min(soa.Hdr.Ttl, soa.Minttl)
	if f.NegativeSOAIgnored {
		ttl = 3600
	}
	p := place{r.cacheKey(name), int(qtype)}
	if rcode == dns.RcodeNameError && !f.NegativeTypeOnly || f.NegativeNodataName {
		p.rtype = noName
	}
	if f.NegativeNodataName {
		rcode = dns.RcodeNameError
	}
	if f.NegativeNXNodata {
		rcode = dns.RcodeSuccess
	}
	now := r.now()
	e := &entry{rank: rankAnswer, rcode: rcode, soa: soa, stored: now, until: now.Add(r.life(ttl))}
	if f.NegativeForever {
		e.until = now.Add(r.life(1 << 30))
	}
	r.cache.put(p, e)
}

func (r *Resolver) life(ttl uint32) time.Duration {
	if r.Faults.CacheForever {
		ttl = 1 << 30
	}
	return time.Duration(ttl) * time.Second
}

func (r *Resolver) cacheKey(name string) string {
	if r.Faults.CacheCaseSensitive {
		return name
	}
	return key(name)
}

// cached answers from the cache, with the TTLs that are left.
func (r *Resolver) cached(shown string, qtype uint16) (outcome, bool) {
	f, now := &r.Faults, r.now()
	name := r.cacheKey(shown)
	// RFC 8020 §2: below a name that does not exist there is none.
	for at := name; at != ""; at = parent(at) {
		if e := r.cache.get(place{at, noName}, rankAnswer, now); e != nil {
			return outcome{rcode: e.rcode, soa: r.aged(e, []dns.RR{e.soa})}, true
		}
		if f.NegativeNotBelow {
			break
		}
	}
	least := rankAnswer
	if f.GlueAnswered && qtype == dns.TypeA || f.NSAnswered && qtype == dns.TypeNS {
		least = rankGlue
	}
	types := []uint16{qtype, dns.TypeCNAME}
	if f.CacheTypeBlind {
		types = []uint16{dns.TypeANY}
	}
	for _, t := range types {
		e := r.cache.get(place{name, int(t)}, least, now)
		switch {
		case e == nil:
			continue
		case e.soa != nil && t == qtype:
			return outcome{rcode: e.rcode, soa: r.aged(e, []dns.RR{e.soa})}, true
		case e.soa != nil:
			continue
		}
		o := outcome{answer: r.aged(e, e.rrs)}
		if alias, ok := e.rrs[0].(*dns.CNAME); ok && qtype != dns.TypeCNAME {
			o.next = alias.Target
		}
		return o, true
	}
	return outcome{}, false
}

// aged gives copies of records with the TTL that is left, in whole seconds: never more than that.
func (r *Resolver) aged(e *entry, rrs []dns.RR) []dns.RR {
	f, now := &r.Faults, r.now()
	all := make([]dns.RR, len(rrs))
	for i, rr := range rrs {
		all[i] = dns.Copy(rr)
		h := all[i].Header()
		age := uint32(now.Sub(e.stored) / time.Second)
		switch {
		case f.CacheTTLStays && e.soa == nil, f.NegativeTTLStays && e.soa != nil:
		case f.CacheTTLUp:
			h.Ttl += age
		case f.CacheForever, f.CacheTTLFloor, f.CacheTTLZero, f.NegativeForever && e.soa != nil:
			h.Ttl -= min(h.Ttl, age)
		default:
			h.Ttl = uint32(max(0, e.until.Sub(now)) / time.Second)
		}
	}
	return all
}
