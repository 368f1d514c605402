// Package door bounds how many do at once what costs much, and how many of one of them.
package door

import (
	"context"
	"errors"
	"sync"
	"time"
)

// The reasons for which nobody is let in.
var (
	ErrBusy = errors.New("as many of this one are inside as may be")
	ErrFull = errors.New("as many are inside as may be")
)

// A Door bounds how many are inside, and how many of each.
type Door struct {
	each int
	all  chan struct{}
	wait time.Duration
	mu   sync.Mutex
	who  map[string]*place
}

// A place is where the requests of one are.
type place struct {
	inside chan struct{}
	users  int // inside or waiting to be
}

// New makes a door; wait is how long anybody stands before it.
func New(each, all int, wait time.Duration) *Door {
	return &Door{each: each, all: make(chan struct{}, all), wait: wait, who: map[string]*place{}}
}

// Enter lets one in and gives what lets them out again: ErrBusy and ErrFull say why not.
func (d *Door) Enter(ctx context.Context, who string) (leave func(), err error) {
	d.mu.Lock()
	own := d.who[who]
	if own == nil {
		own = &place{inside: make(chan struct{}, d.each)}
		d.who[who] = own
	}
	own.users++
	d.mu.Unlock()
	gone := func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if own.users--; own.users == 0 {
			delete(d.who, who)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, d.wait)
	defer cancel()
	select {
	case own.inside <- struct{}{}:
	case <-ctx.Done():
		gone()
		return nil, ErrBusy
	}
	select {
	case d.all <- struct{}{}:
	case <-ctx.Done():
		<-own.inside
		gone()
		return nil, ErrFull
	}
	return func() { <-d.all; <-own.inside; gone() }, nil
}
