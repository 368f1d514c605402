package main

import "encoding/binary"

// update changes a zone (RFC 2136): all of a message or nothing of it. It gives the code of the reply and the zone from now
// on.
func (z *zone) update(req *request) (rcode int, next *zone) {
	if len(req.questions) != 1 || req.questions[0].rtype != typeSOA {
		return formErr, z
	}
	if q := req.questions[0]; q.name.fold() != z.apex || q.qclass != classIN {
		return notAuth, z
	}
	if rcode := z.require(req.sections[0]); rcode != noError {
		return rcode, z
	}
	for _, r := range req.sections[1] { // section 3.4.1: looks at all changes before the first is made
		if rcode := z.prescan(r); rcode != noError {
			return rcode, z
		}
	}
	c := change{apex: z.apex, records: append([]record(nil), z.records...)}
	for _, r := range req.sections[1] {
		c.apply(r)
	}
	if !c.changed {
		return noError, z
	}
	c.raiseSerial(z.soa.soaNumber(0))
	return noError, newZone(z.apex, c.records)
}

// lacksData says that a record has no data and its type must have some.
func (r record) lacksData() bool {
	_, known := layouts[r.rtype]
	return known && r.data == nil
}

// require is section 3.2: what the client says about the zone must be true.
func (z *zone) require(prerequisites []record) int {
	type key struct {
		owner name
		rtype uint16
	}
	wanted := map[key][]record{} // sets that must be there with exactly these values
	for _, r := range prerequisites {
		n := r.owner.fold()
		sets := z.sets[n]
		if r.ttl != 0 {
			return formErr
		}
		if !n.below(z.apex) {
			return notZone
		}
		if r.class == classIN {
			if r.lacksData() {
				return formErr
			}
			k := key{n, r.rtype}
			if !holds(wanted[k], r) {
				wanted[k] = append(wanted[k], r)
			}
			continue
		}
		if r.data != nil || r.class != classAny && r.class != classNone {
			return formErr
		}
		there, yes, no := len(sets[r.rtype]) > 0, yxRRset, nxRRset
		if r.rtype == typeANY {
			there, yes, no = len(sets) > 0, yxDomain, nxDomain
		}
		if there && r.class == classNone {
			return yes
		}
		if !there && r.class == classAny {
			return no
		}
	}
	for k, values := range wanted {
		have := z.sets[k.owner][k.rtype]
		if len(have) != len(values) {
			return nxRRset
		}
		for _, r := range values {
			if !holds(have, r) {
				return nxRRset
			}
		}
	}
	return noError
}

func (z *zone) prescan(r record) int {
	if !r.owner.fold().below(z.apex) {
		return notZone
	}
	questionOnly := r.rtype == typeOPT || 128 <= r.rtype && r.rtype <= 255 // types that no record can have
	good := false
	switch r.class {
	case classIN:
		good = !questionOnly && !r.lacksData()
	case classAny:
		good = r.ttl == 0 && r.data == nil && (r.rtype == typeANY || !questionOnly)
	case classNone:
		good = r.ttl == 0 && !questionOnly && !r.lacksData()
	}
	if !good {
		return formErr
	}
	return noError
}

// A change is the records of a zone while an update is made (section 3.4.2).
type change struct {
	apex    name
	records []record
	changed bool
}

func (r record) sameSet(o record) bool { return r.rtype == o.rtype && r.owner.fold() == o.owner.fold() }

func (c *change) apply(r record) {
	switch r.class {
	case classIN:
		if r.ttl>>31 == 1 {
			r.ttl = 0 // RFC 2181 section 8
		}
		c.add(r)
	case classAny:
		c.deleteSet(r)
	case classNone:
		c.deleteOne(r)
	}
}

func (c *change) delete(which func(o record) bool) {
	var kept []record
	for _, o := range c.records {
		if !which(o) {
			kept = append(kept, o)
		}
	}
	c.changed = c.changed || len(kept) < len(c.records)
	c.records = kept
}

func (c *change) deleteSet(r record) {
	n := r.owner.fold()
	c.delete(func(o record) bool {
		if n == c.apex && (o.rtype == typeSOA || o.rtype == typeNS) {
			return false // a zone keeps its SOA and its servers, whatever is deleted
		}
		return o.owner.fold() == n && (r.rtype == typeANY || r.rtype == o.rtype)
	})
}

func (c *change) deleteOne(r record) {
	servers := 0
	for _, o := range c.records {
		if o.rtype == typeNS && o.owner.fold() == c.apex {
			servers++
		}
	}
	if r.rtype == typeSOA || r.rtype == typeNS && r.owner.fold() == c.apex && servers == 1 {
		return // a zone has an SOA and a server
	}
	c.delete(func(o record) bool { return o.sameSet(r) && o.value() == r.value() })
}

func (c *change) add(r record) {
	n := r.owner.fold()
	var alias, other bool
	for _, o := range c.records {
		if o.owner.fold() == n {
			alias = alias || o.rtype == typeCNAME
			other = other || o.rtype != typeCNAME
		}
	}
	if r.rtype == typeCNAME && other || r.rtype != typeCNAME && alias {
		return // an alias has no other data
	}
	if r.rtype == typeSOA {
		// Serials go round: 1 is newer than 4294967295 (RFC 1982).
		if n != c.apex || int32(r.soaNumber(0)-c.records[c.soa()].soaNumber(0)) <= 0 {
			return
		}
	}
	replaces, done := r.rtype == typeSOA || r.rtype == typeCNAME, false
	for i, o := range c.records {
		if !o.sameSet(r) {
			continue
		}
		equal := o.value() == r.value()
		if c.changed = c.changed || o.ttl != r.ttl || replaces && !equal; replaces {
			c.records[i] = r
		}
		c.records[i].ttl = r.ttl // one set, one TTL
		done = done || replaces || equal
	}
	if !done {
		c.records, c.changed = append(c.records, r), true
	}
}

func (c *change) soa() int {
	for i, r := range c.records {
		if r.rtype == typeSOA {
			return i
		}
	}
	panic("a zone without an SOA")
}

// raiseSerial is section 3.6: whoever copies the zone sees by a higher serial that it has changed.
func (c *change) raiseSerial(old uint32) {
	soa := &c.records[c.soa()]
	if soa.soaNumber(0) != old {
		return // the update brought one
	}
	numbers := []byte(soa.data[2].bytes)
	if old++; old == 0 {
		old = 1
	}
	binary.BigEndian.PutUint32(numbers, old)
	soa.data = []part{soa.data[0], soa.data[1], {bytes: string(numbers)}}
}
