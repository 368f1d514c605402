package dns

import (
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// A lookup finds the answer to one question in the zones (RFC 1034 §4.3.2, with RFC 4592 and RFC 2308).
type lookup struct {
	f     *ServerFaults
	zones []*content
	qtype uint16

	rcode     int
	aa        bool
	answer    []dns.RR
	authority []dns.RR
	extra     []dns.RR
	glue      int // how many of extra a referral needs
	silent    bool
	crash     bool
	skipped   int // aliases, by CNAMESkipped
}

// run looks up a name as it was asked.
func (l *lookup) run(qname string) {
	name, shown := key(qname), qname
	seen := map[string]bool{}
	for {
		z := nearest(l.zones, name)
		if z == nil && l.f.SuffixWithoutLabel {
			for _, o := range l.zones {
				if strings.HasSuffix(name, o.origin) {
					z = o
				}
			}
		}
		if z == nil {
			l.outside(len(seen) == 0)
			break
		}
		if len(seen) == 0 {
			l.aa = true
		}
		seen[name] = true
		target := l.within(z, name, shown)
		if target == "" {
			break
		}
		if name, shown = key(target), target; seen[name] {
			l.crash = l.f.CNAMELoopCrash
			break
		}
		if l.f.CNAMEAlone || l.f.CNAMEOnce && len(seen) == 2 {
			break
		}
	}
	l.more()
}

// outside answers for a name in none of the zones; an alias may lead there, and then the records so far are the answer.
func (l *lookup) outside(asked bool) {
	f := l.f
	switch {
	case !asked:
		if f.CNAMEOutsideNX {
			l.rcode = dns.RcodeNameError
		}
	case f.OutsideNX:
		l.rcode = dns.RcodeNameError
	case f.OutsideNoError:
	case f.OutsideServFail:
		l.rcode = dns.RcodeServerFailure
	case f.OutsideSilent:
		l.silent = true
	default:
		l.rcode, l.aa = dns.RcodeRefused, f.AAOnRefused
	}
}

// within looks a name up in its zone. It gives where an alias leads, "" when the search is over.
func (l *lookup) within(z *content, name, shown string) (target string) {
	f := l.f
	if f.ZoneNameNX && name == z.origin && l.qtype != dns.TypeSOA {
		l.negative(z, dns.RcodeNameError)
		return ""
	}
	if cut := z.cut(name, l.qtype); cut != "" && l.refers(z, cut, name) {
		l.refer(z, cut)
		return ""
	}
	sets, exists := z.sets[name]
	if exists && f.CaseSensitive && len(sets) > 0 && !sameCase(sets, shown) {
		exists = false
	}
	if exists && len(sets) == 0 && (f.EmptyNameNX || f.WildcardEmptyName) {
		exists = false
	}
	if wild := l.wildcard(z, name, exists); wild != nil {
		sets, exists = wild, true
	}
	if !exists {
		l.negative(z, dns.RcodeNameError)
		return ""
	}
	if alias := sets[dns.TypeCNAME]; len(alias) > 0 && (l.qtype != dns.TypeCNAME || f.CNAMEChased) && l.qtype != dns.TypeANY && !f.CNAMEIgnored {
		if !f.CNAMESkipped {
			l.add(z, alias, shown)
			return alias[0].(*dns.CNAME).Target
		}
		if l.skipped++; l.skipped > 16 {
			return "" // a circle
		}
		before := len(l.answer)
		l.run(alias[0].(*dns.CNAME).Target)
		for _, rr := range l.answer[before:] {
			rr.Header().Name = shown
		}
		return ""
	}
	found := sets[l.qtype]
	if l.qtype == dns.TypeANY || f.RecordsSpare && len(found) > 0 {
		found = nil
		for _, rr := range z.records { // the order of the file, not of the map
			if set := sets[rr.Header().Rrtype]; len(set) > 0 && set[0] == rr {
				found = append(found, set...)
			}
		}
	}
	if l.qtype == dns.TypeANY && f.AnyNothing {
		found = nil
	}
	if len(found) == 0 {
		l.negative(z, dns.RcodeSuccess)
		return ""
	}
	l.add(z, found, shown)
	if alias, ok := found[0].(*dns.CNAME); ok && f.CNAMEFollowed && l.qtype == dns.TypeCNAME {
		for _, rr := range z.sets[key(alias.Target)] {
			l.add(z, rr, alias.Target)
		}
	}
	return ""
}

// sameCase says whether the owner of some set is spelt like a name.
func sameCase(sets map[uint16][]dns.RR, name string) bool {
	for _, set := range sets {
		if set[0].Header().Name == name {
			return true
		}
	}
	return false
}

// refers says whether a cut ends the search.
func (l *lookup) refers(z *content, cut, name string) bool {
	f := l.f
	_, known := z.sets[name]
	switch {
	case f.DelegationIgnored,
		f.CutAnswered && name == cut,
		f.GlueAnswered && len(z.sets[name][l.qtype]) > 0 && name != cut,
		f.GlueBehindAlias && len(z.sets[name][l.qtype]) > 0 && name != cut && len(l.answer) > 0,
		f.WildcardAtCut && !known && l.anyWildcard(z, name) != nil:
		return false
	}
	return true
}

// refer answers with a delegation (RFC 1034 §4.3.2, step 3b).
func (l *lookup) refer(z *content, cut string) {
	f := l.f
	if len(l.answer) == 0 {
		l.aa = f.AAOnReferral
	}
	if f.DelegationNX {
		l.negative(z, dns.RcodeNameError)
		return
	}
	servers := slices.Clone(z.sets[cut][dns.TypeNS])
	if f.DelegationOneNS {
		servers = servers[:1]
	}
	if f.DelegationAnswer {
		l.answer = append(l.answer, servers...)
	} else {
		l.authority = append(l.authority, servers...)
	}
	if f.DelegationSOA {
		l.authority = append(l.authority, z.soa)
	}
	for _, rr := range servers {
		name := key(rr.(*dns.NS).Ns)
		if f.GlueMissing || !dns.IsSubDomain(z.origin, name) {
			continue
		}
		l.extra = append(append(l.extra, z.sets[name][dns.TypeA]...), z.sets[name][dns.TypeAAAA]...)
	}
	if l.glue = len(l.extra); f.GlueInAnswer {
		l.answer, l.extra = append(l.answer, l.extra...), nil
	}
}

// wildcard gives the sets of the wildcard that answers for a name, nil when none does (RFC 4592 §3.3.1).
func (l *lookup) wildcard(z *content, name string, exists bool) map[uint16][]dns.RR {
	f := l.f
	if f.WildcardNone {
		return nil
	}
	if exists {
		sets := z.sets[name]
		if f.WildcardForItself && len(sets[l.qtype]) == 0 && z.sets["*."+name] != nil {
			return z.sets["*."+name]
		}
		if f.WildcardOverName && len(sets[l.qtype]) == 0 && len(sets) > 0 && name != z.origin {
			return z.sets["*."+parent(name)]
		}
		return nil
	}
	if f.WildcardBelowName || f.WildcardAtCut {
		return l.anyWildcard(z, name)
	}
	encloser := z.encloser(name)
	if _, there := z.sets[name]; there { // EmptyNameNX and its like hide a name from itself alone
		if f.EmptyNameNX {
			return nil
		}
		encloser = z.encloser(parent(name))
	}
	if f.WildcardOneLabel && parent(name) != encloser {
		return nil
	}
	return z.sets["*."+encloser]
}

// anyWildcard gives the sets of the first wildcard on the way up, whatever exists in between.
func (l *lookup) anyWildcard(z *content, name string) map[uint16][]dns.RR {
	for at := parent(name); at != "" && dns.IsSubDomain(z.origin, at); at = parent(at) {
		if sets := z.sets["*."+at]; sets != nil {
			return sets
		}
	}
	return nil
}

// add puts a set into the answer under the name that was asked.
func (l *lookup) add(z *content, set []dns.RR, shown string) {
	for i, rr := range set {
		rr = dns.Copy(rr)
		if h := rr.Header(); !l.f.WildcardOwner || !strings.HasPrefix(h.Name, "*.") {
			h.Name = shown
		}
		if l.f.OwnerOfZone {
			rr.Header().Name = z.origin
		}
		if l.f.TTLMinimum {
			rr.Header().Ttl = z.soa.Minttl
		}
		if l.f.FirstRecordOnly && i > 0 && rr.Header().Rrtype == set[i-1].Header().Rrtype {
			continue
		}
		l.answer = append(l.answer, rr)
	}
}

// negative answers that there is no such name, or no such type at it. The SOA tells how long that holds: the lower of
// its own TTL and its MINIMUM (RFC 2308 §3).
func (l *lookup) negative(z *content, rcode int) {
	f := l.f
	if rcode == dns.RcodeNameError && f.NXServFail {
		l.rcode = dns.RcodeServerFailure
		return
	}
	if l.rcode = rcode; rcode == dns.RcodeNameError {
		l.silent, l.crash = l.silent || f.NXSilent, l.crash || f.NoAnswerCrash
		l.aa = l.aa && !f.NXNotAA
		if f.NXNoError || f.CNAMETargetNoErr && len(l.answer) > 0 {
			l.rcode = dns.RcodeSuccess
		}
	} else if f.NodataNX {
		l.rcode = dns.RcodeNameError
	} else if f.NodataRefused {
		l.rcode = dns.RcodeRefused
	}
	behind := len(l.answer) > 0 // an alias led here
	if rcode == dns.RcodeNameError && (f.NXNoSOA || f.CNAMELostNoSOA && behind) ||
		rcode == dns.RcodeSuccess && (f.NodataNoSOA || f.CNAMENodataNoSOA && behind) {
		return
	}
	soa := dns.Copy(z.soa)
	switch {
	case f.NegativeTTL:
	case f.NegativeMinimum:
		soa.Header().Ttl = z.soa.Minttl
	default:
		soa.Header().Ttl = min(soa.Header().Ttl, z.soa.Minttl)
	}
	if f.SOAInAnswer {
		l.answer = append(l.answer, soa)
	} else {
		l.authority = append(l.authority, soa)
	}
}

// more adds the addresses of what the answer names (RFC 1034 §4.3.2, step 6).
func (l *lookup) more() {
	for _, rr := range l.answer {
		var name string
		switch rr := rr.(type) {
		case *dns.NS:
			name = key(rr.Ns)
		case *dns.MX:
			name = key(rr.Mx)
		case *dns.SRV:
			name = key(rr.Target)
		default:
			continue
		}
		z := nearest(l.zones, name)
		if z == nil || z.cut(name, 0) != "" && rr.Header().Rrtype != dns.TypeNS {
			continue
		}
		for _, more := range append(slices.Clone(z.sets[name][dns.TypeA]), z.sets[name][dns.TypeAAAA]...) {
			if !slices.ContainsFunc(append(slices.Clone(l.extra), l.answer...), func(o dns.RR) bool { return dns.IsDuplicate(o, more) }) {
				l.extra = append(l.extra, more)
			}
		}
	}
}
