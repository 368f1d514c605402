package dns

import (
	"slices"

	"github.com/miekg/dns"
)

// update carries out an UPDATE (RFC 2136 §3): all of it or nothing, and one at a time.
func (s *Server) update(q *request) {
	f, m := &s.Faults.UpdateFaults, q.Message
	defer func() {
		if f.UpdateReplyOpcode {
			q.reply.Opcode = dns.OpcodeQuery
		}
	}()
	if len(m.Questions) != 1 && (!f.UpdateZoneCount || len(m.Questions) == 0) ||
		m.Questions[0].Type != dns.TypeSOA && !f.UpdateZoneType {
		q.reply.Rcode = dns.RcodeFormatError
		return
	}
	asked := m.Questions[0]
	at := slices.IndexFunc(s.Zones, func(z *Zone) bool { return z.origin == key(asked.Name.Text) })
	if at < 0 || asked.Class != dns.ClassINET {
		switch q.reply.Rcode = dns.RcodeNotAuth; {
		case f.UpdateNotAuthRefused:
			q.reply.Rcode = dns.RcodeRefused
		case f.UpdateNotAuthOK:
			q.reply.Rcode = dns.RcodeSuccess
		}
		return
	}
	z := s.Zones[at]
	z.updating.Lock()
	defer z.updating.Unlock()
	u := &updating{f: f, m: m, origin: z.origin, old: z.now.Load()}
	u.records = slices.Clone(u.old.records)
	if q.reply.Rcode = u.require(); q.reply.Rcode != dns.RcodeSuccess {
		return
	}
	if !f.UpdatePrescanNone {
		if q.reply.Rcode = u.prescan(m.In(AuthoritySection)); q.reply.Rcode != dns.RcodeSuccess {
			return
		}
	}
	for _, r := range m.In(AuthoritySection) {
		if f.UpdatePrescanNone {
			if q.reply.Rcode = u.prescan([]Record{r}); q.reply.Rcode != dns.RcodeSuccess {
				break
			}
		}
		if f.UpdateOutsideLate && !u.inside(r) {
			q.reply.Rcode = dns.RcodeNotZone
			break
		}
		u.apply(r)
	}
	if u.missing && f.UpdateDeleteMissing {
		q.reply.Rcode = dns.RcodeNXRrset
		return
	}
	if f.UpdateNothing {
		return
	}
	if u.changed || f.UpdateSerialWithoutNeed {
		z.now.Store(u.finish())
	}
}

// An updating is one UPDATE on its way.
type updating struct {
	f       *UpdateFaults
	m       *Message
	origin  string
	old     *content
	records []dns.RR
	changed bool
	missing bool // a deletion found nothing
}

func (u *updating) inside(r Record) bool { return dns.IsSubDomain(u.origin, key(r.Name.Text)) }

// require looks at the prerequisites (RFC 2136 §3.2).
func (u *updating) require() int {
	f := u.f
	if f.UpdatePrereqNone {
		return dns.RcodeSuccess
	}
	type set struct {
		name  string
		rtype uint16
	}
	wanted := map[set][]dns.RR{}
	var order []set
	for i, r := range u.m.In(AnswerSection) {
		if f.UpdatePrereqFirst && i > 0 {
			break
		}
		name := key(r.Name.Text)
		sets, known := u.old.sets[name]
		known = known && len(sets) > 0 // the name of an empty set has no records: it is not in use
		there := len(sets[r.Type]) > 0
		class := r.Class
		if f.UpdatePrereqNegated && (class == dns.ClassANY || class == dns.ClassNONE) {
			class = dns.ClassANY + dns.ClassNONE - class
		}
		switch {
		case r.TTL != 0 && !f.UpdatePrereqTTL:
			return dns.RcodeFormatError
		case !u.inside(r) && !f.UpdatePrereqOutside:
			return dns.RcodeNotZone
		case class != dns.ClassINET && len(r.Data) > 0 && !f.UpdatePrereqData:
			return dns.RcodeFormatError
		case class == dns.ClassANY && r.Type == dns.TypeANY && !known:
			return pick(f.UpdateNXDomain, dns.RcodeNXRrset, dns.RcodeNameError)
		case class == dns.ClassANY && r.Type != dns.TypeANY && !there:
			return pick(f.UpdateNXSet, dns.RcodeNameError, dns.RcodeNXRrset)
		case class == dns.ClassNONE && r.Type == dns.TypeANY && known:
			return pick(f.UpdateYXDomain, dns.RcodeYXRrset, dns.RcodeYXDomain)
		case class == dns.ClassNONE && r.Type != dns.TypeANY && there:
			return pick(f.UpdateYXSet, dns.RcodeYXDomain, dns.RcodeYXRrset)
		case class == dns.ClassINET && f.UpdatePrereqValue:
			if !there {
				return dns.RcodeNXRrset
			}
		case class == dns.ClassINET:
			rr := u.m.rr(r)
			if rr == nil {
				return dns.RcodeFormatError
			}
			k := set{name, r.Type}
			if wanted[k] == nil {
				order = append(order, k)
			}
			if !contains(wanted[k], rr) {
				wanted[k] = append(wanted[k], rr)
			}
		case class != dns.ClassANY && class != dns.ClassNONE:
			return dns.RcodeFormatError
		}
	}
	for _, k := range order {
		have := u.old.sets[k.name][k.rtype]
		for _, rr := range wanted[k] {
			if !contains(have, rr) {
				return dns.RcodeNXRrset
			}
		}
		if len(have) != len(wanted[k]) && !f.UpdatePrereqSubset {
			return dns.RcodeNXRrset
		}
	}
	return dns.RcodeSuccess
}

func pick(first bool, a, b int) int {
	if first {
		return a
	}
	return b
}

// contains says whether a set has a record with that data.
func contains(set []dns.RR, rr dns.RR) bool {
	return slices.ContainsFunc(set, func(o dns.RR) bool { return sameData(o, rr) })
}

func sameData(a, b dns.RR) bool {
	if a.Header().Class != b.Header().Class {
		b = dns.Copy(b)
		b.Header().Class = a.Header().Class // a deletion has class NONE
	}
	return dns.IsDuplicate(a, b)
}

// prescan looks for records that may not stand in an UPDATE, before any is applied (RFC 2136 §3.4.1).
func (u *updating) prescan(records []Record) int {
	f := u.f
	for _, r := range records {
		meta := r.Type == dns.TypeOPT || r.Type >= 128 && r.Type <= 255
		if !u.inside(r) && !f.UpdateOutside && !f.UpdateOutsideLate {
			return pick(f.UpdateOutsideRefused, dns.RcodeRefused, dns.RcodeNotZone)
		}
		var bad bool
		switch r.Class {
		case dns.ClassINET:
			bad = meta && !f.UpdateTypeMeta
		case dns.ClassANY:
			bad = r.TTL != 0 && !f.UpdateDeleteTTL || len(r.Data) > 0 && !f.UpdateDeleteData || meta && r.Type != dns.TypeANY
		case dns.ClassNONE:
			bad = r.TTL != 0 && !f.UpdateDeleteTTL || meta
		default:
			bad = !f.UpdateClassOther
		}
		if bad {
			return dns.RcodeFormatError
		}
	}
	return dns.RcodeSuccess
}

// apply carries out one record (RFC 2136 §3.4.2).
func (u *updating) apply(r Record) {
	rr := u.m.rr(r)
	if rr == nil || !u.inside(r) {
		return
	}
	f, name := u.f, key(r.Name.Text)
	at := func(o dns.RR) bool { return key(o.Header().Name) == name }
	if f.UpdateDeleteCase {
		at = func(o dns.RR) bool { return o.Header().Name == r.Name.Text }
	}
	apex := name == u.origin
	class := r.Class
	if f.UpdateDeleteSwapped && class == dns.ClassANY && r.Type != dns.TypeANY {
		return // it looks for a record with the empty data that was sent
	}
	if f.UpdateDeleteSwapped && class == dns.ClassNONE {
		class = dns.ClassANY
	}
	switch class {
	case dns.ClassANY:
		u.remove(func(o dns.RR) bool {
			t := o.Header().Rrtype
			kept := apex && (t == dns.TypeSOA && !f.UpdateDeletesSOA || t == dns.TypeNS && !f.UpdateDeletesNS)
			return at(o) && (r.Type == dns.TypeANY || t == r.Type || f.UpdateDeleteNameForSet) && !kept
		})
	case dns.ClassNONE:
		if r.Type == dns.TypeSOA && !f.UpdateDeletesSOA {
			return
		}
		servers := 0
		for _, o := range u.records {
			if at(o) && o.Header().Rrtype == dns.TypeNS {
				servers++
			}
		}
		if apex && r.Type == dns.TypeNS && servers == 1 && !f.UpdateDeletesLastNS {
			return
		}
		u.remove(func(o dns.RR) bool {
			return at(o) && o.Header().Rrtype == r.Type && (f.UpdateDeleteSetForOne || sameData(o, rr))
		})
	case dns.ClassINET:
		u.insert(rr, name)
	}
}

func (u *updating) remove(which func(dns.RR) bool) {
	if u.f.UpdateDeleteNone {
		return
	}
	before := len(u.records)
	u.records = slices.DeleteFunc(u.records, which)
	u.changed = u.changed || len(u.records) != before
	u.missing = u.missing || len(u.records) == before
}

// insert adds a record to its set (RFC 2136 §3.4.2.2).
func (u *updating) insert(rr dns.RR, name string) {
	f, t := u.f, rr.Header().Rrtype
	if rr.Header().Ttl>>31 == 1 {
		rr.Header().Ttl = 0 // RFC 2181 §8
	}
	var alias, other, same []dns.RR
	for _, o := range u.records {
		if key(o.Header().Name) != name {
			continue
		}
		if o.Header().Rrtype == dns.TypeCNAME {
			alias = append(alias, o)
		} else {
			other = append(other, o)
		}
		if o.Header().Rrtype == t {
			same = append(same, o)
		}
	}
	switch {
	case t == dns.TypeCNAME && len(other) > 0 && !f.UpdateAddCNAME,
		t != dns.TypeCNAME && len(alias) > 0 && !f.UpdateAddBesideCNAME:
		return
	case t == dns.TypeSOA:
		newer := len(same) > 0 && int32(rr.(*dns.SOA).Serial-same[0].(*dns.SOA).Serial) > 0 // RFC 1982
		if name != u.origin || f.UpdateSOAIgnored || !newer && !f.UpdateSOAOlder {
			return
		}
	}
	replaces := t == dns.TypeSOA || t == dns.TypeCNAME && !f.UpdateAddCNAMESecond || f.UpdateAddReplaces
	if !replaces && contains(same, rr) && !f.UpdateAddTwice {
		if same[0].Header().Ttl == rr.Header().Ttl {
			return
		}
	}
	records := u.records[:0:0]
	done := false
	for _, o := range u.records {
		if key(o.Header().Name) == name && o.Header().Rrtype == t {
			if replaces || sameData(o, rr) && !f.UpdateAddTwice {
				if !done {
					records, done = append(records, rr), true
				}
				continue
			}
			o = dns.Copy(o)
			o.Header().Ttl = rr.Header().Ttl // RFC 2181 §5.2: one set, one TTL
		}
		records = append(records, o)
	}
	if !done {
		records = append(records, rr)
	}
	u.records, u.changed = records, true
}

// finish makes the content after the update. The serial goes up unless the update has set it (RFC 2136 §3.6), and
// is never 0 (§4.2).
func (u *updating) finish() *content {
	f := u.f
	for i, rr := range u.records {
		soa, ok := rr.(*dns.SOA)
		if !ok || soa.Serial != u.old.soa.Serial || f.UpdateSerialStays {
			continue
		}
		soa = dns.Copy(soa).(*dns.SOA)
		if soa.Serial++; soa.Serial == 0 {
			soa.Serial = 1
		}
		if f.UpdateSerialDown {
			soa.Serial -= 2
		}
		u.records[i] = soa
	}
	c := newContent(u.origin, u.records)
	if f.UpdateAddTwice {
		c = u.twice()
	}
	if c.soa == nil {
		c.soa = u.old.soa // UpdateDeletesSOA: negative answers still need one
	}
	return c
}

// twice makes a content in which equal records stand side by side, which newContent would not.
func (u *updating) twice() *content {
	c := newContent(u.origin, u.records)
	for _, rr := range u.records {
		name, t := key(rr.Header().Name), rr.Header().Rrtype
		if set := c.sets[name][t]; t != dns.TypeSOA && !slices.Contains(set, rr) && contains(set, rr) {
			c.sets[name][t] = append(set, rr)
		}
	}
	return c
}
