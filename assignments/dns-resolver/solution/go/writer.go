package main

import "encoding/binary"

// A writer puts a message together, with every name compressed that may be.
type writer struct {
	out     []byte
	offsets map[name]int // of the names written so far, and of their ends
}

func write(id, flags uint16, questions []question, sections ...[]record) []byte {
	w := writer{offsets: map[name]int{}}
	counts := [4]int{len(questions)}
	for i, section := range sections {
		counts[1+i] = len(section)
	}
	w.uint16(id)
	w.uint16(flags)
	for _, n := range counts {
		w.uint16(uint16(n))
	}
	for _, q := range questions {
		w.name(q.name, true)
		w.uint16(q.rtype)
		w.uint16(q.qclass)
	}
	for _, section := range sections {
		for _, r := range section {
			w.record(r)
		}
	}
	return w.out
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
