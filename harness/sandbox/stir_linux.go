package sandbox

import (
	"slices"
	"time"
)

// A stir is what a command has done so far: processor time, time spent waiting
// for a processor, and who did it. What a process did that has ended is lost
// with it, so a change of who is there counts by itself.
type stir struct {
	ticks  int64
	queued time.Duration
	pids   []int
}

// twitch is the time in the run queue that still counts as nothing: of a
// program that only looks whether there is something to do.
const twitch = 10 * time.Millisecond

// Stirs returns a function that says whether a command does something, or has done
// since it was last asked; one that is about to end does. A command that
// only waits, for a client say, does not.
func Stirs(p Process) func() bool {
	c, ok := p.(interface{ foreground() []int })
	var last stir
	first := true
	return func() bool {
		if !ok {
			return false
		}
		pids := c.foreground()
		if len(pids) == 0 {
			return true // it has ended, and is about to be collected
		}
		if s, there := readStat(pids[0]); !there || s.state == 'Z' || s.state == 'X' {
			return true
		}
		ticks, busy := work(pids)
		now := stir{ticks, queued(pids), pids}
		moved := busy || first || now.ticks != last.ticks || now.queued-last.queued > twitch || !slices.Equal(pids, last.pids)
		last, first = now, false
		return moved
	}
}
