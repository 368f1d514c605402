package dns

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/miekg/dns"
)

// A Zone is a zone as a master file declares it (RFC 1035 §5) and as updates have changed it since.
type Zone struct {
	origin   string
	now      atomic.Pointer[content]
	updating sync.Mutex // held from the prerequisites of an update to its end (RFC 2136 §3.7)
}

// ParseZone reads a master file: $ORIGIN, $TTL, parentheses, names relative to the origin, @. The zone's name is the
// owner of its SOA. The error says in which line the text cannot be read, or what the zone lacks.
func ParseZone(text string) (*Zone, error) { return parseZone(text, "") }

// parseZone reads a master file whose origin may be known beforehand.
func parseZone(text, origin string) (*Zone, error) {
	zp := dns.NewZoneParser(strings.NewReader(text), origin, "")
	var records []dns.RR
	for rr, ok := zp.Next(); ok; rr, ok = zp.Next() {
		records = append(records, rr)
	}
	if err := zp.Err(); err != nil {
		return nil, fmt.Errorf("parse zone: %w", err)
	}
	return newZone(records)
}

func newZone(records []dns.RR) (*Zone, error) {
	z := new(Zone)
	for _, rr := range records {
		if rr.Header().Rrtype == dns.TypeSOA {
			z.origin = key(rr.Header().Name)
			break
		}
	}
	if z.origin == "" {
		return nil, errors.New("parse zone: no SOA")
	}
	for _, rr := range records {
		switch name := rr.Header().Name; {
		case !dns.IsSubDomain(z.origin, name):
			return nil, fmt.Errorf("parse zone: %s lies outside of %s", name, z.origin)
		case rr.Header().Class != dns.ClassINET:
			return nil, fmt.Errorf("parse zone: %s is of class %s", name, dns.Class(rr.Header().Class))
		}
	}
	c := newContent(z.origin, records)
	if n := len(c.sets[z.origin][dns.TypeSOA]); n != 1 {
		return nil, fmt.Errorf("parse zone: %d SOA", n)
	}
	for name, sets := range c.sets {
		if len(sets[dns.TypeCNAME]) > 0 && len(sets) > 1 {
			return nil, fmt.Errorf("parse zone: %s has CNAME and other data", name)
		}
	}
	z.now.Store(c)
	return z, nil
}

// Origin is the zone's name, in small letters and with a final dot.
func (z *Zone) Origin() string { return z.origin }

// String gives the zone as it is now, one record a line.
func (z *Zone) String() string {
	var b strings.Builder
	for _, rr := range z.now.Load().records {
		b.WriteString(rr.String() + "\n")
	}
	return b.String()
}

// A content is the records of a zone at one time. It never changes: an update makes another one, so that no
// question sees half of an update.
type content struct {
	origin  string
	records []dns.RR
	sets    map[string]map[uint16][]dns.RR // by key of the owner; empty for a name that exists only above others
	soa     *dns.SOA
}

func newContent(origin string, records []dns.RR) *content {
	c := &content{origin: origin, sets: map[string]map[uint16][]dns.RR{}}
	for _, rr := range records {
		h := rr.Header()
		name := key(h.Name)
		if c.sets[name] == nil {
			c.sets[name] = map[uint16][]dns.RR{}
			for above := parent(name); above != "" && dns.IsSubDomain(origin, above) && c.sets[above] == nil; above = parent(above) {
				c.sets[above] = map[uint16][]dns.RR{} // RFC 4592 §2.2.2: it exists, and owns nothing
			}
		}
		set := c.sets[name][h.Rrtype]
		if slices.ContainsFunc(set, func(o dns.RR) bool { return dns.IsDuplicate(o, rr) }) {
			continue
		}
		if len(set) > 0 && set[0].Header().Ttl != h.Ttl {
			rr = dns.Copy(rr)
			rr.Header().Ttl = set[0].Header().Ttl // RFC 2181 §5.2
		}
		c.sets[name][h.Rrtype] = append(set, rr)
		c.records = append(c.records, rr)
		if soa, ok := rr.(*dns.SOA); ok && name == origin {
			c.soa = soa
		}
	}
	return c
}

// cut is the highest delegation at or above a name, "" when there is none. A question for DS at the cut belongs to
// the side above it.
func (c *content) cut(name string, qtype uint16) string {
	found := ""
	for at := name; at != c.origin && at != ""; at = parent(at) {
		if len(c.sets[at][dns.TypeNS]) > 0 && !(qtype == dns.TypeDS && at == name) {
			found = at
		}
	}
	return found
}

// encloser is the longest name that exists at or above a name (RFC 4592 §3.3.1).
func (c *content) encloser(name string) string {
	for at := name; at != ""; at = parent(at) {
		if _, ok := c.sets[at]; ok {
			return at
		}
	}
	return c.origin
}

// key is a name as maps have it: in small letters, with a final dot, escaped in one way only.
func key(name string) string {
	name = dns.Fqdn(name)
	if strings.ContainsRune(name, '\\') {
		b := make([]byte, maxName+1)
		if n, err := dns.PackDomainName(name, b, 0, nil, false); err == nil {
			if again, _, err := dns.UnpackDomainName(b[:n], 0); err == nil {
				name = again
			}
		}
	}
	return fold(name)
}

// parent is the name one label up; that of the root is "".
func parent(name string) string {
	if name == "." {
		return ""
	}
	next, end := dns.NextLabel(name, 0)
	if end {
		return "."
	}
	return name[next:]
}

// nearest is the zone that lies closest above a name, nil when none does.
func nearest(zones []*content, name string) *content {
	var best *content
	for _, z := range zones {
		if dns.IsSubDomain(z.origin, name) && (best == nil || cmp.Compare(dns.CountLabel(z.origin), dns.CountLabel(best.origin)) > 0) {
			best = z
		}
	}
	return best
}
