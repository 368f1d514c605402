// Package policy holds a course's rules as pure functions: which attempt
// counts, what lateness costs, how often may be handed in, who sees which
// group, and who passes. A score is a function of stored results and these
// rules, so that a changed rule needs no new run. Nothing here reads a clock.
package policy

import "time"

// Counts says which of a student's attempts counts.
type Counts string

// The ways to choose an attempt. The zero value is the last.
const (
	Last   Counts = "last"
	Best   Counts = "best"
	Chosen Counts = "chosen" // the one that the student marked; the last until one is marked
)

// An Attempt is one graded submission, as far as policy looks at it.
type Attempt struct {
	ID       string
	Received time.Time
	Got, Max float64 // points before lateness
	Factor   float64 // what lateness leaves of the points, 0 to 1
	Chosen   bool    // the student marked it
}

// Points is what the attempt is worth after lateness.
func (a Attempt) Points() float64 { return a.Got * a.Factor }

// Which gives the index of the attempt that counts, -1 when there is none.
// Attempts may come in any order. Of equally good ones the earliest counts:
// it is the one that lateness and grace days cost least. One that lateness leaves nothing
// of never takes the place of another: a student who hands in again too late keeps what was there.
func Which(c Counts, attempts []Attempt) int {
	which := -1
	for i, a := range attempts {
		if which < 0 || better(c, a, attempts[which]) {
			which = i
		}
	}
	return which
}

// better says whether a counts rather than b.
func better(c Counts, a, b Attempt) bool {
	switch {
	case (a.Factor > 0) != (b.Factor > 0):
		return a.Factor > 0
	case c == Chosen && a.Chosen != b.Chosen:
		return a.Chosen
	case c == Best && a.Points() != b.Points():
		return a.Points() > b.Points()
	case c == Best && !a.Received.Equal(b.Received):
		return a.Received.Before(b.Received)
	case !a.Received.Equal(b.Received):
		return a.Received.After(b.Received)
	default:
		return a.ID > b.ID
	}
}
