package main

// answer answers a query (RFC 1034 section 4.3.2).
func (z *zone) answer(req *request) *reply {
	r := &reply{to: req}
	if len(req.questions) != 1 {
		r.rcode, req.questions = formErr, nil
		return r
	}
	q := req.questions[0]
	if q.qclass != classIN && q.qclass != classAny || q.rtype == typeAXFR || q.rtype == typeIXFR || !q.name.fold().below(z.apex) {
		r.rcode = refused
		return r
	}
	r.aa = true
	z.follow(q, r)
	if q.qclass == classAny {
		r.aa = false // there may be data of other classes elsewhere (RFC 1035 section 6.2)
	}
	z.addAddresses(r)
	return r
}

// follow looks the name up, and where it is an alias the name it stands for, until there is an answer.
func (z *zone) follow(q question, r *reply) {
	shown, seen := q.name, map[name]bool{}
	for {
		n := shown.fold()
		if seen[n] || !n.below(z.apex) {
			return // a circle, or somebody else's name: the aliases so far are the answer
		}
		seen[n] = true
		if cut, ok := z.cut(n, q.rtype); ok {
			z.refer(cut, r)
			return
		}
		sets := z.find(n)
		if sets == nil {
			r.rcode = nxDomain
			r.authority = append(r.authority, z.negativeSOA())
			return
		}
		if alias := sets[typeCNAME]; len(alias) > 0 && q.rtype != typeCNAME && q.rtype != typeANY {
			r.add(alias, shown)
			shown = alias[0].data[0].name
			continue
		}
		found := sets[q.rtype]
		if q.rtype == typeANY {
			for _, set := range sets {
				found = append(found, set...)
			}
		}
		if r.add(found, shown); len(found) == 0 {
			r.authority = append(r.authority, z.negativeSOA())
		}
		return
	}
}

// add puts a set into the answer. Its owner is the name as it was asked: that of a wildcard too.
func (r *reply) add(set []record, shown name) {
	for _, rec := range set {
		rec.owner = shown
		r.answer = append(r.answer, rec)
	}
}

// refer names the servers of the zone below a cut, and the addresses of those that stand in this zone's file.
func (z *zone) refer(cut name, r *reply) {
	if len(r.answer) == 0 {
		r.aa = false // the aliases of an answer are ours, a referral alone is not
	}
	r.authority = append(r.authority, z.sets[cut][typeNS]...)
	for _, ns := range r.authority {
		r.glue = append(r.glue, z.addresses(ns.data[0].name)...)
	}
}

// addAddresses adds what the client would ask for next.
func (z *zone) addAddresses(r *reply) {
	type mark struct {
		owner name
		rtype uint16
		value string
	}
	there := map[mark]bool{}
	for _, rec := range append(append([]record(nil), r.answer...), r.glue...) {
		there[mark{rec.owner.fold(), rec.rtype, rec.value()}] = true
	}
	for _, rec := range r.answer {
		if rec.rtype != typeNS && rec.rtype != typeMX && rec.rtype != typeSRV {
			continue
		}
		target := rec.data[len(rec.data)-1].name.fold()
		if !target.below(z.apex) {
			continue
		}
		if _, cut := z.cut(target, typeA); cut && rec.rtype != typeNS {
			continue
		}
		for _, more := range z.addresses(target) {
			m := mark{more.owner.fold(), more.rtype, more.value()}
			if !there[m] {
				there[m] = true
				r.additional = append(r.additional, more)
			}
		}
	}
}
