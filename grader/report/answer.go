package report

import (
	"slices"

	"github.com/wiregrade/wiregrade/grader"
)

// leadsTo is the event that led to a result's first violation, and 0 when there is none.
func leadsTo(role grader.Role, r *grader.Result) int {
	if shown(r) == 0 {
		return 0
	}
	return r.Transcript.Cause(role, shown(r))
}

// shown is the event that the first violation that has one points at, 0 when none does.
func shown(r *grader.Result) int {
	for _, v := range r.Violations {
		if v.Event > 0 {
			return v.Event
		}
	}
	return 0
}

// answer gives the part of the reference's exchange that stands against what a check of the submission came to. A server
// that asks others itself has connections of both kinds, and which of them come first is its own affair: there it is what
// the reference did on the same connection, and nil where that cannot be told.
func answer(role grader.Role, r *grader.Result) []grader.Event {
	e, _ := r.Transcript.Event(shown(r))
	if role == grader.Server && (e.Answers > 0 || asksOthers(r.Transcript) || asksOthers(r.Reference)) {
		return answerOf(r)
	}
	return answerAfter(r)
}

// asksOthers says whether a connection was opened by the submission.
func asksOthers(t grader.Transcript) bool {
	return slices.ContainsFunc(t.Endpoints, func(p grader.Endpoint) bool { return !p.Dialed })
}

// answerAfter gives all that came after as many sends as had gone out before the violation, up to the next one. Without
// such a part it is all of the reference's exchange.
func answerAfter(r *grader.Result) []grader.Event {
	seq := shown(r)
	if seq == 0 {
		seq = len(r.Transcript.Events)
	}
	sends := 0
	for _, e := range r.Transcript.Events[:min(seq, len(r.Transcript.Events))] {
		if isSend(e) {
			sends++
		}
	}
	var part []grader.Event
	for _, e := range r.Reference.Events {
		if isSend(e) {
			sends--
			continue
		}
		if sends == 0 && e.Kind != grader.Open {
			part = append(part, e)
		}
	}
	if len(part) == 0 {
		return r.Reference.Events
	}
	return part
}

// answerOf gives what the reference said to the message that led to the violation: what answers it, else what came on
// the same connection before the next message. That it said nothing is shown as silence.
func answerOf(r *grader.Result) []grader.Event {
	seq := shown(r)
	if seq == 0 {
		seq = len(r.Transcript.Events) + 1 // what it came to is how it ended
	}
	e, _ := r.Transcript.Event(seq)
	led := r.Transcript.Cause(grader.Server, seq)
	from, _ := r.Transcript.Event(led)
	conn := e.Conn
	if conn == 0 {
		conn = from.Conn
	}
	on := twin(r, conn)
	if on == 0 {
		return nil
	}
	// The message to the reference that is the same as from, and its place. A record may come from afar: its numbers
	// are no places.
	sent, place := grader.Event{}, 0
	if from.Conn == conn {
		n := 0
		for _, f := range r.Transcript.Events[:min(max(led, 0), len(r.Transcript.Events))] {
			if isSend(f) && f.Conn == conn {
				n++
			}
		}
		for i, f := range r.Reference.Events {
			if isSend(f) && f.Conn == on {
				if n--; n == 0 {
					sent, place = f, i+1
				}
			}
		}
		if place == 0 {
			return nil
		}
	}
	var answers, next []grader.Event
	before := false // the next message
	for _, f := range r.Reference.Events[place:] {
		switch {
		case f.Conn != on || f.Kind == grader.Open:
		case isSend(f):
			before = true
		case place > 0 && f.Answers == sent.Seq:
			answers = append(answers, f)
		case !before && f.Answers == 0:
			next = append(next, f)
		}
	}
	switch {
	case len(answers) > 0:
		return answers
	case len(next) > 0:
		return next
	case e.Conn == 0 || place == 0:
		return nil
	}
	return []grader.Event{{Seq: len(r.Reference.Events) + 1, At: sent.At, Conn: on, Kind: grader.Silent, Says: "no reply"}}
}

// twin is the reference's connection that stands against the submission's with that number, 0 when there is none: of
// those from the check to the submission, or of those to one address of the check's, the first, the second, ….
func twin(r *grader.Result, conn int) int {
	alike := func(t grader.Transcript, to grader.Endpoint) (ids []int) {
		for _, p := range t.Endpoints {
			if p.Network == to.Network && p.Dialed == to.Dialed && (p.Dialed || p.Ours == to.Ours) {
				ids = append(ids, p.ID)
			}
		}
		return ids
	}
	for _, p := range r.Transcript.Endpoints {
		if p.ID != conn {
			continue
		}
		theirs := alike(r.Reference, p)
		if n := slices.Index(alike(r.Transcript, p), conn); n < len(theirs) {
			return theirs[n]
		}
	}
	return 0
}

func isSend(e grader.Event) bool { return e.Kind == grader.Data && e.Dir == grader.Sent }
