package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// waits is how long a server is given, the first time and the second.
var waits = []time.Duration{800 * time.Millisecond, 1600 * time.Millisecond}

const (
	timeLimit = 8 * time.Second  // for one question of a client
	questions = 100              // upstream, for one question of a client
	aliases   = 16               // in a row
	cuts      = 30               // on the way down
	penalty   = 10 * time.Second // that a silent server is asked after the others
)

// work is what one question of a client may cost.
type work struct {
	end       time.Time
	questions int
	servers   map[name]bool // whose addresses are looked for: who needs itself is no help
}

func newWork(questions int) *work {
	return &work{end: time.Now().Add(timeLimit), questions: questions, servers: map[name]bool{}}
}

var errTooMuch = errors.New("too much work")

// pay says how long the next question may be waited for.
func (w *work) pay(wait time.Duration) (time.Duration, error) {
	w.questions--
	left := time.Until(w.end)
	if w.questions < 0 || left <= 0 {
		return 0, errTooMuch
	}
	return min(wait, left), nil
}

type resolver struct {
	cache  *cache
	mu     sync.Mutex
	silent map[string]time.Time // addresses, until when they count as silent
}

// resolve gives the answer to a question: the aliases, and what the last of them leads to.
func (r *resolver) resolve(n name, rtype uint16, w *work) (*found, error) {
	var chain []record
	seen := map[name]bool{}
	for {
		k := n.fold()
		if seen[k] || len(seen) > aliases {
			return nil, errors.New("aliases without an end")
		}
		seen[k] = true
		f := r.cache.get(k, rtype)
		if f == nil {
			var err error
			if f, err = r.iterate(n, rtype, w); err != nil {
				return nil, err
			}
		}
		for _, rec := range f.records {
			rec.owner = n // as it was asked, whatever case it was learnt in
			chain = append(chain, rec)
		}
		if rtype == typeCNAME || len(f.records) == 0 || f.records[0].rtype != typeCNAME {
			return &found{f.rcode, chain, f.soa}, nil
		}
		n = f.records[0].data[0].name
	}
}

// iterate goes down from the lowest zone that is known (RFC 1034 section 5.3.3).
func (r *resolver) iterate(n name, rtype uint16, w *work) (*found, error) {
	k := n.fold()
	z := r.cache.closest(k, rtype)
	for range cuts {
		f, below, err := r.askZone(z, question{n, rtype, classIN}, w)
		if err != nil {
			return nil, err
		}
		if f != nil {
			r.cache.put(k, rtype, f)
			return f, nil
		}
		z = below
	}
	return nil, errors.New("too many delegations")
}

// askZone gives what a zone says: something found, or the zone below that knows more.
func (r *resolver) askZone(z *zone, q question, w *work) (f *found, below *zone, err error) {
	useless := map[string]bool{}
	try := func(address string, wait time.Duration) (done bool) {
		if wait, err = w.pay(wait); err != nil {
			return true
		}
		m, none := ask(address, q, wait)
		r.note(address, none != nil)
		if none != nil {
			return false
		}
		f, below = r.understand(m, z, q)
		useless[address] = true // should it be: it has answered, and would say the same again
		return f != nil || below != nil
	}
	known := r.known(z)
	for _, address := range known {
		if try(address, waits[0]) {
			return f, below, err
		}
	}
	for _, i := range rand.Perm(len(z.servers)) {
		for _, address := range r.lookFor(z.servers[i], w) {
			if slices.Contains(known, address) {
				continue
			}
			known = append(known, address)
			if try(address, waits[0]) {
				return f, below, err
			}
		}
	}
	for _, wait := range waits[1:] {
		for _, address := range known {
			if !useless[address] && try(address, wait) {
				return f, below, err
			}
		}
	}
	return nil, nil, fmt.Errorf("no server of %q helps", z.name)
}

// known gives the addresses of a zone's servers that need not be looked for, those first that answer.
func (r *resolver) known(z *zone) []string {
	var all []string
	for _, s := range z.servers {
		addresses := s.glue
		if f := r.cache.get(s.name, typeA); len(addresses) == 0 && f != nil {
			addresses = addressesOf(f)
		}
		for _, a := range addresses {
			if !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	slices.SortStableFunc(all, func(a, b string) int {
		switch x, y := now.Before(r.silent[a]), now.Before(r.silent[b]); {
		case x == y:
			return 0
		case x:
			return 1
		}
		return -1
	})
	return all
}

// note keeps whether a server was silent.
func (r *resolver) note(address string, silent bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if delete(r.silent, address); silent {
		r.silent[address] = time.Now().Add(penalty)
	}
}

// lookFor gives the addresses of a server whose delegation came without.
func (r *resolver) lookFor(s server, w *work) []string {
	if len(s.glue) > 0 || w.servers[s.name] {
		return nil
	}
	w.servers[s.name] = true
	defer delete(w.servers, s.name)
	f, err := r.resolve(s.name, typeA, w)
	if err != nil {
		return nil
	}
	return addressesOf(f)
}
