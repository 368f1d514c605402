package udpupperserver

import (
	"fmt"
	"time"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/upper"
)

// ask sends text and takes the datagram that comes back, wherever from: only
// clients/from-its-port is about that.
func ask(s *check.Socket, text string) check.Datagram {
	s.Ask(text)
	return take(s, text)
}

// take takes the answer to text.
func take(s *check.Socket, text string) check.Datagram {
	return s.TakeAny(fmt.Sprintf("the answer to %s", upper.Excerpt([]byte(text))))
}

// judge fails the check unless d is a right answer to text.
func judge(t *check.T, d check.Datagram, text string) {
	if diff, ok := upper.Judge([]byte(text), d.Data); !ok {
		t.Fail(check.At(d, diff.At, diff.Len), diff.Want, diff.Got)
	}
}

// answers is the body of a check that sends one text and judges what comes back.
func answers(text func(t *check.T) string) func(*check.T) {
	return func(t *check.T) {
		s := t.Socket()
		text := text(t)
		t.Judge()
		judge(t, ask(s, text), text)
	}
}

// word is a plain question. All have the same length: what an answer keeps of
// an earlier one is the business of datagrams/short-after-long.
func word(t *check.T) string { return t.Word(10) }

// served sees that the server answers a plain question, so that what goes
// wrong later is not for another reason.
func served(t *check.T, s *check.Socket) {
	text := word(t)
	if d := ask(s, text); !right(d, text) {
		t.Block("want %s in answer to a plain %s, got %s", upper.Excerpt(upper.Raise([]byte(text))), text, upper.Excerpt(d.Data))
	}
}

// soon is how long an end of the server is awaited.
const soon = 60 * time.Millisecond

// stillServed fails the check unless the server answers a plain question as
// before. What else comes is passed over, and a question that is lost asked again.
func stillServed(t *check.T, s *check.Socket) {
	t.Judge()
	if exit := t.Died(soon); exit != "" {
		t.Fail(t.Note("the server has ended"), "a server that goes on", "it ended: "+exit)
	}
	for range 3 {
		text := word(t)
		s.Ask(text)
		for d, ok := s.TryTake(t.Patience() / 5); ok; d, ok = s.TryTake(t.Patience() / 5) {
			if right(d, text) {
				return
			}
		}
	}
	text := word(t)
	judge(t, ask(s, text), text)
}

func right(d check.Datagram, text string) bool {
	_, ok := upper.Judge([]byte(text), d.Data)
	return ok
}
