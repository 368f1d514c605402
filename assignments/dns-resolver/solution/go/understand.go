package main

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
)

// understand gives what a reply says, nothing when it is no help. Nothing counts that the zone has no say in: names outside
// of it are dropped, in whatever section they come (RFC 5452 section 6).
func (r *resolver) understand(m *message, z *zone, q question) (*found, *zone) {
	n, rcode := q.name.fold(), m.rcode()
	if rcode != noError && rcode != nxDomain {
		return nil, nil
	}
	for _, rtype := range []uint16{q.rtype, typeCNAME} {
		if set := pick(m.sections[0], n, rtype); len(set) > 0 {
			return &found{rcode: noError, records: set}, nil
		}
	}
	for _, rec := range m.sections[1] {
		if owner := rec.owner.fold(); rec.rtype == typeSOA && n.below(owner) && owner.below(z.name) {
			return &found{rcode: rcode, soa: negativeSOA(rec)}, nil
		}
	}
	if rcode == nxDomain {
		return &found{rcode: rcode}, nil
	}
	return nil, r.referral(m, z, n)
}

// pick gives the set of a name and a type, with one TTL.
func pick(section []record, n name, rtype uint16) (set []record) {
	for _, rec := range section {
		same := func(o record) bool { return slices.Equal(o.data, rec.data) }
		if rec.owner.fold() == n && rec.rtype == rtype && rec.class == classIN && !slices.ContainsFunc(set, same) {
			set = append(set, rec)
		}
	}
	for i := range set {
		set[0].ttl = min(set[0].ttl, set[i].ttl)
	}
	for i := range set {
		set[i].ttl = set[0].ttl
	}
	return set
}

// referral gives the zone that a reply refers to: closer to the name than this one, or it would lead round in circles.
func (r *resolver) referral(m *message, z *zone, n name) *zone {
	var below *zone
	var ttl uint32
	for _, rec := range m.sections[1] {
		owner := rec.owner.fold()
		closer := len(owner) > len(z.name) && owner.below(z.name) && n.below(owner)
		if rec.rtype != typeNS || !closer || below != nil && below.name != owner {
			continue
		}
		if below == nil {
			below, ttl = &zone{name: owner}, rec.ttl
		}
		ttl = min(ttl, rec.ttl)
		below.servers = append(below.servers, server{name: rec.data[0].name.fold()})
	}
	if below == nil {
		return nil
	}
	for _, rec := range m.sections[2] {
		address, ok := addressOf(rec)
		owner := rec.owner.fold()
		if !ok || !owner.below(z.name) {
			continue
		}
		for i := range below.servers {
			if s := &below.servers[i]; s.name == owner {
				s.glue = append(s.glue, address)
				ttl = min(ttl, rec.ttl)
			}
		}
	}
	r.cache.putZone(below, ttl)
	return below
}

// addressOf gives the address that an A record holds.
func addressOf(rec record) (string, bool) {
	if rec.rtype != typeA || len(rec.data[0].bytes) != 4 {
		return "", false
	}
	return netip.AddrFrom4([4]byte([]byte(rec.data[0].bytes))).String(), true
}

func addressesOf(f *found) (all []string) {
	for _, rec := range f.records {
		if a, ok := addressOf(rec); ok {
			all = append(all, a)
		}
	}
	return all
}

// rootFrom gives the root and its servers, from the text of a file with hints.
func rootFrom(hints string) (*zone, error) {
	root := &zone{}
	glue := map[name][]string{}
	for line := range strings.Lines(hints) {
		line, _, _ = strings.Cut(line, ";")
		words := strings.Fields(line)
		if len(words) < 3 {
			continue
		}
		owner, data := words[0], words[len(words)-1]
		switch strings.ToUpper(words[len(words)-2]) {
		case "NS":
			if n, ok := parseName(data); ok {
				root.servers = append(root.servers, server{name: n.fold()})
			}
		case "A":
			a, err := netip.ParseAddr(data)
			if n, ok := parseName(owner); ok && err == nil && a.Is4() {
				glue[n.fold()] = append(glue[n.fold()], a.String())
			}
		}
	}
	some := false
	for i := range root.servers {
		root.servers[i].glue = glue[root.servers[i].name]
		some = some || len(root.servers[i].glue) > 0
	}
	if !some {
		return nil, errors.New("no server with an address")
	}
	return root, nil
}
