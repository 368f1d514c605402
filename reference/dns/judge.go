package dns

import (
	"net/netip"

	"github.com/miekg/dns"
)

// A judged is what a reply from a server of a zone means.
type judged struct {
	kind kind
	outcome
	cut *cutpoint // of a referral
	end string    // the name that a negative answer is about: the last alias's target
	neg *dns.SOA
}

type kind int

const (
	lame     kind = iota // no use: ask another server
	answered             // the answer, or a part of it and where it goes on
	negative
	referral
)

// A cutpoint is a zone and who serves it.
type cutpoint struct {
	zone    string
	servers []string
	glue    map[string][]netip.Addr
	rrs     []dns.RR
}

// judge reads a reply to a question that was put to a server of a zone. Nothing is believed that lies outside of
// that zone (RFC 5452 §6).
func (r *Resolver) judge(zone, name string, qtype uint16, m *dns.Msg) judged {
	f := &r.Faults
	switch {
	case m.Rcode == dns.RcodeRefused && f.LameTaken, m.Rcode == dns.RcodeServerFailure && f.ServFailTaken:
		return judged{kind: answered, outcome: outcome{rcode: m.Rcode}}
	case m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError:
		return judged{kind: lame}
	}
	j := judged{end: key(name)}
	seen := map[string]bool{}
	for final := false; !final && !seen[j.end]; {
		seen[j.end] = true
		var set, alias []dns.RR
		for _, rr := range m.Answer {
			h := rr.Header()
			if key(h.Name) != j.end || h.Class != dns.ClassINET {
				continue
			}
			if h.Rrtype == qtype || qtype == dns.TypeANY {
				set = append(set, rr)
			} else if h.Rrtype == dns.TypeCNAME {
				alias = append(alias, rr)
			}
		}
		switch {
		case len(set) > 0:
			j.answer, j.next, final = append(j.answer, set...), "", true
		case len(alias) > 0:
			j.answer = append(j.answer, alias[0])
			target := alias[0].(*dns.CNAME).Target
			j.next, j.end = target, key(target)
			// What a server says of names outside of its zone is not its to say, and is asked for elsewhere.
			final = !dns.IsSubDomain(zone, j.end) && !f.BailiwickAnswer || f.UpstreamCNAMEAgain
		default:
			final = true
		}
	}
	if len(j.answer) > 0 && !m.Authoritative {
		return judged{kind: lame}
	}
	if len(j.answer) > 0 && j.next == "" {
		j.kind = answered
		return j
	}
	inside := dns.IsSubDomain(zone, j.end)
	for _, rr := range m.Ns {
		if soa, ok := rr.(*dns.SOA); ok && dns.IsSubDomain(key(soa.Hdr.Name), j.end) && dns.IsSubDomain(zone, key(soa.Hdr.Name)) {
			j.neg = soa
		}
	}
	if j.neg == nil && !m.Authoritative || len(j.answer) > 0 && j.neg == nil && m.Rcode == dns.RcodeSuccess {
		if len(j.answer) > 0 {
			j.kind = answered
			return j
		}
		if cut := r.referral(zone, j.end, m); cut != nil {
			return judged{kind: referral, cut: cut}
		}
		return judged{kind: lame}
	}
	if len(j.answer) > 0 && !inside {
		j.kind = answered
		return j
	}
	j.kind, j.rcode, j.next = negative, m.Rcode, ""
	if j.neg != nil {
		j.soa = []dns.RR{j.neg}
	}
	return j
}

// referral reads a delegation: NS of a zone below this one and not below the name. Only addresses that the server
// can know are taken: those of names in its zone.
func (r *Resolver) referral(zone, name string, m *dns.Msg) *cutpoint {
	cut := &cutpoint{glue: map[string][]netip.Addr{}}
	for _, rr := range m.Ns {
		ns, ok := rr.(*dns.NS)
		if !ok {
			continue
		}
		owner := key(ns.Hdr.Name)
		down := dns.IsSubDomain(zone, owner) && owner != zone && dns.IsSubDomain(owner, name)
		if !down && !(r.Faults.ReferralUpward && dns.IsSubDomain(owner, name)) || cut.zone != "" && owner != cut.zone {
			continue
		}
		cut.zone = owner
		cut.servers = append(cut.servers, key(ns.Ns))
		cut.rrs = append(cut.rrs, ns)
	}
	if cut.zone == "" {
		return nil
	}
	for _, rr := range m.Extra {
		a, ok := rr.(*dns.A)
		if !ok || !dns.IsSubDomain(zone, key(a.Hdr.Name)) && !r.Faults.BailiwickAdditional {
			continue
		}
		if address, ok := netip.AddrFromSlice(a.A.To4()); ok {
			cut.glue[key(a.Hdr.Name)] = append(cut.glue[key(a.Hdr.Name)], address)
		}
	}
	return cut
}

// learn keeps what a reply taught.
func (r *Resolver) learn(j judged, qtype uint16, m *dns.Msg) {
	f := &r.Faults
	if f.BailiwickAdditional {
		r.keepSets(m.Extra, rankAnswer)
	}
	if f.BailiwickAnswer {
		r.keepSets(m.Answer, rankAnswer)
	}
	if f.BailiwickAuthority {
		for _, set := range sets(m.Ns) {
			if set[0].Header().Rrtype == dns.TypeNS {
				r.keep(set, rankAnswer)
			}
		}
		r.keepSets(m.Extra, rankGlue)
	}
	switch j.kind {
	case answered, negative:
		if m.Authoritative {
			r.keepSets(j.answer, rankAnswer)
		}
		if j.kind == negative {
			r.keepNegative(j.end, qtype, j.rcode, j.neg)
		}
	case referral:
		r.keep(j.cut.rrs, rankGlue)
		for _, set := range sets(m.Extra) {
			if h := set[0].Header(); h.Rrtype == dns.TypeA && len(j.cut.glue[key(h.Name)]) > 0 {
				r.keep(set, rankGlue)
			}
		}
	}
}

func (r *Resolver) keepSets(rrs []dns.RR, believed rank) {
	for _, set := range sets(rrs) {
		if t := set[0].Header().Rrtype; t != dns.TypeOPT {
			r.keep(set, believed)
		}
	}
}

// sets groups records by owner and type.
func sets(rrs []dns.RR) [][]dns.RR {
	var order []place
	groups := map[place][]dns.RR{}
	for _, rr := range rrs {
		p := place{key(rr.Header().Name), int(rr.Header().Rrtype)}
		if groups[p] == nil {
			order = append(order, p)
		}
		groups[p] = append(groups[p], rr)
	}
	var all [][]dns.RR
	for _, p := range order {
		all = append(all, groups[p])
	}
	return all
}
