package githost

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/wiregrade/wiregrade/grader/store"
)

// polite is how long a request waits at the door: one push is several requests, and
// the place of the one before is free a moment after its answer has come.
const polite = 2 * time.Second

// A door bounds how many are inside, and how many of one person.
type door struct {
	each   int
	all    chan struct{}
	mu     sync.Mutex
	people map[store.ID]*place
}

// A place is where one person's requests are.
type place struct {
	inside chan struct{}
	users  int // inside or waiting to be
}

func newDoor(each, all int) *door {
	return &door{each: each, all: make(chan struct{}, all), people: map[store.ID]*place{}}
}

// enter lets the person in and gives what lets them out, or says why not.
func (d *door) enter(ctx context.Context, p store.ID) (leave func(), full string) {
	d.mu.Lock()
	own := d.people[p]
	if own == nil {
		own = &place{inside: make(chan struct{}, d.each)}
		d.people[p] = own
	}
	own.users++
	d.mu.Unlock()
	gone := func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if own.users--; own.users == 0 {
			delete(d.people, p)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, polite)
	defer cancel()
	select {
	case own.inside <- struct{}{}:
	case <-ctx.Done():
		gone()
		return nil, fmt.Sprintf("you have %d pushes or fetches under way: wait for one of them, or stop it", d.each)
	}
	select {
	case d.all <- struct{}{}:
	case <-ctx.Done():
		<-own.inside
		gone()
		return nil, "too many are pushing at this moment: try again in a minute"
	}
	return func() { <-d.all; <-own.inside; gone() }, ""
}
