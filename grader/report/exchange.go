package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/wiregrade/wiregrade/grader"
)

// A step is one event of an exchange as it is drawn.
type step struct {
	grader.Event
	lead  string // what happened, when it is not bytes, in words of ours
	lines []line // the bytes
	after string // what there is to add to the bytes: pieces, bytes not kept

	message bool     // one of a binary protocol: lead is its reading, lines are digits
	decoded []string // what it means
	marked  bool     // a violation points here
	folded  int      // stands for so many events left out
}

// size is how many lines the step takes.
func (s *step) size() int {
	n := len(s.lines)
	for i := range s.lines {
		if s.underline(i) != "" {
			n++
		}
	}
	if s.lead != "" {
		n++
	}
	if s.after != "" {
		n++
	}
	n += len(s.decoded)
	return max(n, 1)
}

// steps gives the events of an exchange within total lines, each line of a wire
// within cols columns. What violations point at and the event cause, 0 for none, stay, and the events in focus
// are shortened last. total 0 leaves out nothing but the middle of very long events.
func steps(events []grader.Event, vs []grader.Violation, focus []grader.Event, cause, cols, total int) []step {
	if total == 0 {
		return makeSteps(events, vs, nil, cause, limits{cols, 40})
	}
	var out []step
	for _, lines := range []int{12, 8, 5, 4, 3, 2, 1} {
		out = makeSteps(events, vs, focus, cause, limits{cols, lines})
		if lines == 12 {
			total += meanings(out)
		}
		if height(out) <= total {
			return out
		}
	}
	return foldSteps(out, cause, total)
}

// meanings is the room that what messages mean takes beside their bytes: it is what a reader looks for.
func meanings(steps []step) int {
	n := 0
	for i := range steps {
		n += len(steps[i].decoded)
	}
	return n
}

func height(steps []step) int {
	n := 0
	for i := range steps {
		n += steps[i].size()
	}
	return n
}

func makeSteps(events []grader.Event, vs []grader.Violation, focus []grader.Event, cause int, lim limits) []step {
	var out []step
	tells := telling(events, vs, focus)
	page := lim.cols >= pageCols // it has room for what led to a violation, too
	tells[cause] = tells[cause] || page
	for _, e := range events {
		marks, marked := marksOf(e, vs)
		s := step{Event: e, marked: marked, lead: lead(e)}
		if len(e.Data) > 0 {
			l := lim
			if marked || page && e.Seq == cause || slices.ContainsFunc(focus, func(f grader.Event) bool { return f.Seq == e.Seq }) {
				l.lines = max(l.lines, 5)
			}
			if e.Decoded != "" {
				all := l.lines > decodedLines
				s.decode(marks, l, tells[e.Seq] || all, marked || all || page)
			} else {
				s.lines = fit(e.Data, marks, l)
			}
		}
		s.after = after(e)
		out = append(out, s)
	}
	return out
}

func marksOf(e grader.Event, vs []grader.Violation) (marks []mark, marked bool) {
	for _, v := range vs {
		if v.Event != e.Seq || v.Event == 0 {
			continue
		}
		marked = true
		if v.Len > 0 && v.At >= 0 {
			marks = append(marks, mark{v.At, v.At + v.Len})
		}
	}
	return marks, marked
}

// foldSteps leaves out events in the middle until the rest fits in total lines:
// the first ones, those a violation points at, what led to them and the last stay.
func foldSteps(in []step, cause, total int) []step {
	keep := make([]bool, len(in))
	left := total
	want := func(i int) {
		if i >= 0 && i < len(in) && !keep[i] && (left >= in[i].size() || in[i].marked || in[i].Seq == cause) {
			keep[i] = true
			left -= in[i].size()
		}
	}
	marked := slices.IndexFunc(in, func(s step) bool { return s.marked })
	want(marked)
	if led := slices.IndexFunc(in, func(s step) bool { return cause > 0 && s.Seq == cause }); led >= 0 {
		want(led)
		if led > 0 && in[led-1].Kind == grader.Note { // it may say what comes next
			want(led - 1)
		}
	}
	want(marked - 1)
	want(0)
	want(len(in) - 1)
	want(1)
	want(marked - 2)
	for i := range in {
		want(i)
	}
	var out []step
	for i := 0; i < len(in); i++ {
		if keep[i] {
			out = append(out, in[i])
			continue
		}
		n := 0
		for ; i < len(in) && !keep[i]; i++ {
			n++
		}
		i--
		out = append(out, step{folded: n, lead: plural(n, "event") + " not shown"})
	}
	return out
}

// lead says what happened when it was not bytes on the wire.
func lead(e grader.Event) string {
	says := clean(e.Says)
	or := func(s string) string {
		if says != "" {
			return says
		}
		return s
	}
	switch e.Kind {
	case grader.Data:
		if len(e.Data) == 0 && e.Cut == 0 {
			return or("an empty datagram")
		}
		return says
	case grader.Open:
		return or("connects")
	case grader.EOF:
		return or("end of stream (FIN)")
	case grader.Reset:
		return or("reset (RST)")
	case grader.Silent:
		return or("nothing came")
	case grader.Output:
		if len(e.Data) == 0 && says == "" {
			return "standard output: nothing"
		}
		return "standard output" + colon(says)
	case grader.Exit:
		return "the process ended" + colon(says)
	}
	return says
}

func colon(s string) string {
	if s == "" {
		return ""
	}
	return ": " + s
}

func after(e grader.Event) string {
	pieces, more := "", ""
	if e.Pieces > 1 {
		pieces = fmt.Sprintf("in %d pieces", e.Pieces)
	}
	if e.Cut > 0 {
		more = "and " + amount(e.Cut) + " more, not kept"
	}
	return join(pieces, more)
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ", " + b
}

// solid says whether a step is bytes on the wire, drawn with a solid arrow.
// What is ours is drawn otherwise, so that bytes cannot pass for it.
func (s *step) solid() bool {
	return s.Kind == grader.Data && len(s.Data) > 0 && s.Dir != grader.Aside
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func shortTime(d time.Duration) string { return duration(millis(d)) }
