package sandbox

import "time"

// A stir is what a command has done so far: processor time, and time spent
// waiting for a processor.
type stir struct {
	ticks  int64
	queued time.Duration
}

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
		now := stir{ticks, queued(pids)}
		moved := busy || first || now != last
		last, first = now, false
		return moved
	}
}
