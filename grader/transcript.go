package grader

import (
	"net/netip"
	"time"
)

// A Kind says what sort of thing an event is.
type Kind string

// The kinds of event.
const (
	Open   Kind = "open"   // a connection was made
	Data   Kind = "data"   // bytes of a stream, or one datagram
	EOF    Kind = "eof"    // no more bytes in this direction (FIN)
	Reset  Kind = "reset"  // the connection was reset (RST), or a port refused
	Silent Kind = "silent" // nothing came for as long as the harness was willing to wait
	Output Kind = "output" // the submission's standard output, whole
	Exit   Kind = "exit"   // the submission's process ended
	Note   Kind = "note"   // something the harness did or read, such as a file
)

// A Dir says which way an event went, as seen by the harness.
type Dir string

// The directions.
const (
	Sent  Dir = "sent" // from the harness to the submission
	Got   Dir = "got"  // from the submission to the harness
	Aside Dir = ""     // not on the wire
)

// An Event is one thing that happened during a check.
type Event struct {
	Seq    int           // 1, 2, … in the order seen
	At     time.Duration // since the check began
	Conn   int           // ID of its Endpoint; 0 when it belongs to none
	Kind   Kind
	Dir    Dir
	Data   []byte // the exact bytes; what exceeds the recording limit is counted in Cut
	Cut    int    // bytes of this event that were not kept
	Pieces int    // how many writes or reads made up Data, when more than one
	Says   string // a one-line reading, "" when the bytes speak for themselves
	// Answers is the Seq of the event that this one answers, where the suite's reader can tell; else 0.
	Answers int `json:",omitempty"`
	// Decoded is what the bytes of a binary protocol mean, in as many lines as it takes; "" where they are text.
	Decoded string `json:",omitempty"`
}

// An Endpoint is one socket of the harness and what it talks to: a TCP
// connection, or a UDP socket with one peer.
type Endpoint struct {
	ID      int    // 1, 2, … in the order opened
	Network string // "tcp" or "udp"
	Ours    netip.AddrPort
	Theirs  netip.AddrPort
	Dialed  bool // the harness opened it; otherwise it was accepted
}

// A Transcript is everything that happened during one check, in order.
type Transcript struct {
	Endpoints []Endpoint
	Events    []Event
}

// Event returns the event with number seq, and false when there is none.
func (t *Transcript) Event(seq int) (Event, bool) {
	if seq < 1 || seq > len(t.Events) {
		return Event{}, false
	}
	return t.Events[seq-1], true
}
