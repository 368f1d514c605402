package netlab

import (
	"sync/atomic"
	"time"
)

// A Budget is the time that the waits of a whole run may give back to a
// submission, all checks together. What only spins would else have every wait of every check
// stretched. A nil Budget has no end.
type Budget struct{ left atomic.Int64 }

// NewBudget is a budget of d.
func NewBudget(d time.Duration) *Budget {
	b := &Budget{}
	b.left.Store(int64(d))
	return b
}

// take is as much of want as there is left.
func (b *Budget) take(want time.Duration) time.Duration {
	if b == nil || want <= 0 {
		return want
	}
	for {
		left := b.left.Load()
		got := min(int64(want), max(left, 0))
		if b.left.CompareAndSwap(left, left-got) {
			return time.Duration(got)
		}
	}
}

// put gives back what was taken and not needed.
func (b *Budget) put(unused time.Duration) {
	if b != nil && unused > 0 {
		b.left.Add(int64(unused))
	}
}
