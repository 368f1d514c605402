package report

import "github.com/wiregrade/wiregrade/grader"

// pageCols is the most that a line of the wire takes on the page, which wraps it.
const pageCols = 150

func pageSteps(t grader.Transcript, vs []grader.Violation, focus []grader.Event, cause int, peer string, verbose bool) []pageStep {
	total := 60
	if verbose {
		total = 0
	}
	var out []pageStep
	for _, s := range steps(t.Events, vs, focus, cause, pageCols, total) {
		p := pageStep{Time: shortTime(s.At), Marked: s.marked, Class: "aside"}
		switch {
		case s.folded > 0:
			p.Time, p.Class = "", "aside fold"
		case s.onWire() && s.Dir == grader.Sent:
			p.Class, p.Who = "sent", "grader to "+peer
		case s.onWire():
			p.Class, p.Who = "got", peer+" to grader"
		}
		p.Before, p.After, p.Decoded = s.lead, s.after, s.decoded
		if s.message {
			p.Class += " message"
		} else if s.solid() {
			p.Before, p.After = "", join(s.lead, s.after)
		} else if s.onWire() {
			p.Class += " bare"
		}
		if s.Conn > 0 && len(t.Endpoints) > 1 {
			p.Conn = "#" + number(float64(s.Conn))
		}
		whole := s.marked && !s.hasMark()
		if s.marked {
			p.Class += " bad"
		}
		for _, ln := range s.lines {
			var spans []pageSpan
			for _, sp := range ln {
				class := ""
				switch {
				case sp.tone == bad, whole && sp.tone == plain:
					class = "bad"
				case sp.tone == gap:
					class = "gap"
				}
				spans = append(spans, pageSpan{sp.text, class})
			}
			p.Lines = append(p.Lines, spans)
		}
		out = append(out, p)
	}
	return out
}
