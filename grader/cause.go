package grader

import "slices"

// Cause gives the number of the event that led to event seq: the message that it answers, where that is known, else the
// last one sent on its connection before it. What is on no connection, or on one that a server under test opened, came of
// the last message that the check sent by itself. It is 0 when nothing was sent before.
func (t *Transcript) Cause(role Role, seq int) int {
	e, _ := t.Event(seq)
	if e.Answers > 0 {
		return e.Answers
	}
	last := func(is func(Event) bool) int {
		for i := min(seq-1, len(t.Events)) - 1; i >= 0; i-- {
			if f := t.Events[i]; f.Kind == Data && f.Dir == Sent && is(f) {
				return f.Seq
			}
		}
		return 0
	}
	if e.Conn != 0 {
		if seq := last(func(f Event) bool { return f.Conn == e.Conn }); seq > 0 {
			return seq
		}
	}
	return last(func(f Event) bool {
		return role != Server || slices.ContainsFunc(t.Endpoints, func(p Endpoint) bool { return p.ID == f.Conn && p.Dialed })
	})
}
