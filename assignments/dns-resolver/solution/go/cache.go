package main

import (
	"encoding/binary"
	"sync"
	"time"
)

const (
	longest         = 86400 // seconds that anything is kept
	longestNegative = 3600  // and that something does not exist
	room            = 50000 // entries
	allTypes        = 0     // no record has this type
)

// found is what a zone says about a name and a type: a set of records, an alias, or that there is nothing.
type found struct {
	rcode   int
	records []record
	soa     *record // of a negative answer, where there was one
}

// ttl is how long it holds, and 0 when it must not be kept.
func (f *found) ttl() uint32 {
	switch {
	case len(f.records) > 0:
		return min(longest, f.records[0].ttl) // a set has one TTL
	case f.soa != nil:
		return min(longestNegative, f.soa.ttl)
	}
	return 0
}

// aged gives the same, so many seconds later.
func (f *found) aged(seconds uint32) *found {
	older := func(r record) record {
		r.ttl -= min(r.ttl, seconds)
		return r
	}
	out := &found{rcode: f.rcode}
	for _, r := range f.records {
		out.records = append(out.records, older(r))
	}
	if f.soa != nil {
		soa := older(*f.soa)
		out.soa = &soa
	}
	return out
}

// negativeSOA is an SOA as negative answers have it: its TTL is how long they hold (RFC 2308 section 5).
func negativeSOA(soa record) *record {
	soa.ttl = min(soa.ttl, binary.BigEndian.Uint32([]byte(soa.data[2].bytes[16:])))
	return &soa
}

// A zone and its servers, with the addresses that came with the delegation. They lead on, and are no answer to anybody
// (RFC 2181 section 5.4.1).
type zone struct {
	name    name
	servers []server
}

type server struct {
	name name
	glue []string
}

type key struct {
	name  name
	rtype uint16
}

type entry[V any] struct {
	since time.Time
	ttl   uint32
	value V
}

// A cache holds what is known, and for how long.
type cache struct {
	mu      sync.Mutex
	root    *zone
	entries map[key]entry[*found]
	zones   map[name]entry[*zone]
}

func newCache(root *zone) *cache {
	return &cache{root: root, entries: map[key]entry[*found]{}, zones: map[name]entry[*zone]{}}
}

func (c *cache) put(n name, rtype uint16, f *found) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(f.records) > 0 {
		rtype = f.records[0].rtype
	} else if f.rcode == nxDomain {
		rtype = allTypes
	}
	keep(c.entries, key{n, rtype}, f.ttl(), f)
}

func (c *cache) putZone(z *zone, ttl uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	keep(c.zones, z.name, min(ttl, longest), z)
}

// get gives what is known of a folded name and a type, nil when nothing is.
func (c *cache) get(n name, rtype uint16) *found {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f, age, ok := alive(c.entries, key{n, rtype}); ok {
		return f.aged(age)
	}
	// An alias holds for all types; that there is none does not.
	if f, age, ok := alive(c.entries, key{n, typeCNAME}); ok && len(f.records) > 0 {
		return f.aged(age)
	}
	for ; ; n = n.parent() {
		// Below a name that does not exist there is none (RFC 8020).
		if f, age, ok := alive(c.entries, key{n, allTypes}); ok {
			return f.aged(age)
		}
		if n == "" {
			return nil
		}
	}
}

// closest gives the lowest zone above a folded name whose servers are known.
func (c *cache) closest(n name, rtype uint16) *zone {
	c.mu.Lock()
	defer c.mu.Unlock()
	if rtype == typeDS && n != "" {
		n = n.parent() // the one type that the side above a cut answers for
	}
	for ; n != ""; n = n.parent() {
		if z, _, ok := alive(c.zones, n); ok {
			return z
		}
	}
	return c.root
}

func keep[K comparable, V any](table map[K]entry[V], k K, ttl uint32, v V) {
	if ttl == 0 {
		return
	}
	if len(table) >= room {
		for other := range table { // any of them
			delete(table, other)
			break
		}
	}
	table[k] = entry[V]{time.Now(), ttl, v}
}

// alive gives what is kept under a key and its age in whole seconds, until its time has passed.
func alive[K comparable, V any](table map[K]entry[V], k K) (v V, age uint32, ok bool) {
	e, ok := table[k]
	if !ok {
		return v, 0, false
	}
	since := time.Since(e.since)
	if since >= time.Duration(e.ttl)*time.Second {
		delete(table, k)
		return v, 0, false
	}
	return e.value, uint32(since / time.Second), true
}
