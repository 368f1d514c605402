package report

import "github.com/wiregrade/wiregrade/grader"

// answer gives the part of the reference's exchange that stands against what a
// check of the submission came to: all that came after as many sends as had
// gone out before the violation, up to the next one. Without such a part it is
// all of the reference's exchange.
func answer(r *grader.Result) []grader.Event {
	seq := len(r.Transcript.Events)
	for _, v := range r.Violations {
		if v.Event > 0 {
			seq = v.Event
			break
		}
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

func isSend(e grader.Event) bool { return e.Kind == grader.Data && e.Dir == grader.Sent }
