// Package netlab is a sandbox's network as the harness sees it: sockets that
// record every byte, waits that are fair to a loaded machine, streams cut into
// segments, and captures (pcapng).
package netlab

import (
	"net/netip"
	"sync"
	"time"

	"github.com/wiregrade/wiregrade/grader"
)

// keep is how many bytes of one event are recorded, and keepAll of all events of a check; the rest is counted. A
// submission that sends without end, over many connections or as many datagrams, fills nobody's memory.
const (
	keep    = 1 << 20
	keepAll = 8 << 20
)

// A Recorder writes down what happens during one check. Its methods may be called from any goroutine.
type Recorder struct {
	mu    sync.Mutex
	start time.Time
	t     grader.Transcript
	kept  int // bytes of all events
}

// NewRecorder starts the clock of a transcript.
func NewRecorder() *Recorder { return &Recorder{start: time.Now()} }

// Elapsed is the time since the recorder was made.
func (r *Recorder) Elapsed() time.Duration { return time.Since(r.start) }

// Transcript is a copy of what was recorded so far.
func (r *Recorder) Transcript() grader.Transcript {
	r.mu.Lock()
	defer r.mu.Unlock()
	return grader.Transcript{
		Endpoints: append([]grader.Endpoint(nil), r.t.Endpoints...),
		Events:    append([]grader.Event(nil), r.t.Events...),
	}
}

// Note records something that is not on the wire and returns its number.
func (r *Recorder) Note(kind grader.Kind, says string, data []byte) int {
	return r.add(grader.Event{Kind: kind, Says: says, Data: data})
}

// Say gives event seq its one-line reading.
func (r *Recorder) Say(seq int, says string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if seq >= 1 && seq <= len(r.t.Events) {
		r.t.Events[seq-1].Says = says
	}
}

// endpoint numbers a socket and records how it came to be.
func (r *Recorder) endpoint(network string, ours, theirs netip.AddrPort, dialed bool) int {
	r.mu.Lock()
	id := len(r.t.Endpoints) + 1
	r.t.Endpoints = append(r.t.Endpoints, grader.Endpoint{ID: id, Network: network, Ours: ours, Theirs: theirs, Dialed: dialed})
	r.mu.Unlock()
	return id
}

func (r *Recorder) add(e grader.Event) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.Seq = len(r.t.Events) + 1
	e.At = time.Since(r.start)
	if room := min(keep, keepAll-r.kept); len(e.Data) > room {
		e.Cut += len(e.Data) - room
		e.Data = e.Data[:room]
	}
	e.Data = append([]byte(nil), e.Data...)
	r.kept += len(e.Data)
	r.t.Events = append(r.t.Events, e)
	return e.Seq
}

// stream records bytes of a stream. They extend the last event when that
// holds the bytes just before them, so that a transcript does not depend on how
// the kernel cut the stream. It returns the event's number and where in it the bytes begin.
func (r *Recorder) stream(conn int, dir grader.Dir, data []byte) (seq, at int) {
	r.mu.Lock()
	if n := len(r.t.Events); n > 0 {
		e := &r.t.Events[n-1]
		if e.Conn == conn && e.Kind == grader.Data && e.Dir == dir {
			defer r.mu.Unlock()
			at = len(e.Data) + e.Cut
			room := min(len(data), max(0, keep-len(e.Data)), keepAll-r.kept)
			// The slice may be shared with a Transcript that was handed out: never append in place.
			e.Data = append(e.Data[:len(e.Data):len(e.Data)], data[:room]...)
			e.Cut += len(data) - room
			r.kept += room
			e.Pieces = max(e.Pieces, 1) + 1
			return e.Seq, at
		}
	}
	r.mu.Unlock()
	return r.add(grader.Event{Conn: conn, Kind: grader.Data, Dir: dir, Data: data}), 0
}
