package door

import (
	"container/list"
	"sync"
)

// A Crowd bounds how many are inside without turning anybody away: who comes to a full one has the one
// that is there longest put out. It is for what is over in a moment, unless somebody holds it up on purpose.
type Crowd struct {
	most   int
	mu     sync.Mutex
	inside list.List // of func(): what puts them out, the longest there first
}

// NewCrowd makes a crowd of so many.
func NewCrowd(most int) *Crowd { return &Crowd{most: most} }

// Enter lets one in and gives what lets them out. out puts them out: it is called once
// at most, not after they left, and must not wait.
func (c *Crowd) Enter(out func()) (leave func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inside.Len() >= c.most {
		longest := c.inside.Front()
		c.inside.Remove(longest).(func())()
	}
	self := c.inside.PushBack(out)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.inside.Remove(self) // does nothing for who was put out
	}
}
