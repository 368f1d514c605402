package main

// A zone is the records of a zone at one time. It never changes: an update makes another one, so that no question sees
// half of an update.
type zone struct {
	apex    name
	records []record
	sets    map[name]map[uint16][]record // by folded owner and type; a name that only stands above others has no types
	soa     record
}

func newZone(apex name, records []record) *zone {
	z := &zone{apex: apex, sets: map[name]map[uint16][]record{}}
	for _, r := range records {
		owner := r.owner.fold()
		for above := owner; z.sets[above] == nil; above = above.parent() {
			z.sets[above] = map[uint16][]record{}
			if above == apex {
				break
			}
		}
		set := z.sets[owner][r.rtype]
		if holds(set, r) {
			continue
		}
		if len(set) > 0 {
			r.ttl = set[0].ttl // one set, one TTL (RFC 2181 section 5.2)
		}
		z.sets[owner][r.rtype] = append(set, r)
		z.records = append(z.records, r)
	}
	z.soa = z.sets[apex][typeSOA][0]
	return z
}

// holds says whether a set has a record with that data.
func holds(set []record, r record) bool {
	for _, o := range set {
		if o.value() == r.value() {
			return true
		}
	}
	return false
}

// negativeSOA is the SOA as negative answers have it: its TTL says how long they hold (RFC 2308 section 3).
func (z *zone) negativeSOA() record {
	soa := z.soa
	soa.ttl = min(soa.ttl, soa.soaNumber(4))
	return soa
}

// cut gives the highest delegation at or above a name.
func (z *zone) cut(n name, rtype uint16) (cut name, ok bool) {
	for at := n; at != z.apex; at = at.parent() {
		// DS is the one type that the side above a cut answers for.
		if len(z.sets[at][typeNS]) > 0 && !(at == n && rtype == typeDS) {
			cut, ok = at, true
		}
	}
	return cut, ok
}

// find gives the sets of a name, from a wildcard where the name does not exist (RFC 4592 section 3.3.1); nil when there is
// none.
func (z *zone) find(n name) map[uint16][]record {
	if sets := z.sets[n]; sets != nil {
		return sets
	}
	for z.sets[n] == nil {
		n = n.parent() // ends at the closest encloser; the apex is always there
	}
	return z.sets["\x01*"+n]
}

// addresses gives what a client needs to reach a name.
func (z *zone) addresses(n name) []record {
	sets := z.sets[n.fold()]
	return append(append([]record(nil), sets[typeA]...), sets[typeAAAA]...)
}
