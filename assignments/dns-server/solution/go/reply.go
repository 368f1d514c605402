package main

import "encoding/binary"

// A reply is the answer to a request.
type reply struct {
	to         *request
	rcode      int
	aa         bool
	answer     []record
	authority  []record
	glue       []record // additional records that a referral is worth nothing without
	additional []record
}

// pack gives the bytes. What does not fit is left out: additional records without a word, anything else with TC.
func (r *reply) pack(limit int) []byte {
	full := r.write(0, r.answer, r.authority, append(append([]record(nil), r.glue...), r.additional...))
	if len(full) > limit && len(r.additional) > 0 {
		full = r.write(0, r.answer, r.authority, r.glue)
	}
	if len(full) > limit {
		// The client asks again over TCP, and takes nothing from this one.
		full = r.write(flagTC, nil, nil, nil)
	}
	return full
}

func (r *reply) write(flags uint16, answer, authority, additional []record) []byte {
	if opt := r.to.opt; opt != nil {
		// The upper bits of a code stand in the OPT's TTL. Version 0; DO is repeated.
		ttl := uint32(r.rcode>>4)<<24 | opt.ttl&0x8000
		additional = append(append([]record(nil), additional...), record{rtype: typeOPT, class: payload, ttl: ttl})
	}
	flags |= flagQR | r.to.flags&(15<<11|flagRD) | uint16(r.rcode&15)
	if r.aa {
		flags |= flagAA
	}
	w := writer{offsets: map[name]int{}}
	for _, v := range []int{int(r.to.id), int(flags), len(r.to.questions), len(answer), len(authority), len(additional)} {
		w.uint16(uint16(v))
	}
	for _, q := range r.to.questions {
		w.name(q.name, true)
		w.uint16(q.rtype)
		w.uint16(q.qclass)
	}
	for _, section := range [][]record{answer, authority, additional} {
		for _, rec := range section {
			w.record(rec)
		}
	}
	return w.out
}

// A writer puts a message together, with every name compressed that may be.
type writer struct {
	out     []byte
	offsets map[name]int // of the names written so far, and of their ends
}

func (w *writer) uint16(v uint16) { w.out = binary.BigEndian.AppendUint16(w.out, v) }

func (w *writer) name(n name, compress bool) {
	for n != "" {
		if at, ok := w.offsets[n]; ok && compress {
			w.uint16(0xc000 | uint16(at))
			return
		} else if !ok && len(w.out) < 0x4000 { // a pointer has 14 bits
			w.offsets[n] = len(w.out)
		}
		w.out = append(w.out, n[:1+n[0]]...)
		n = n.parent()
	}
	w.out = append(w.out, 0)
}

func (w *writer) record(r record) {
	w.name(r.owner, true)
	w.uint16(r.rtype)
	w.uint16(r.class)
	w.out = binary.BigEndian.AppendUint32(w.out, r.ttl)
	w.uint16(0)
	start := len(w.out)
	for _, p := range r.data {
		if p.isName {
			w.name(p.name, compressed[r.rtype])
		} else {
			w.out = append(w.out, p.bytes...)
		}
	}
	binary.BigEndian.PutUint16(w.out[start-2:], uint16(len(w.out)-start))
}
