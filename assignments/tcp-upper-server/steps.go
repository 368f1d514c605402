package tcpupperserver

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/upper"
)

// read reads the answer to sentence: to its LF, to the end of the stream, or
// as many bytes as the sentence has. Whether the server then closes is the
// business of sentences/closes alone.
func read(c *check.Conn, sentence string) (answer []byte, at check.Mark, err error) {
	line, at, err := c.Line(max(1, len(sentence)))
	answer, ended := bytes.CutSuffix(line, []byte("\n"))
	if ended || errors.Is(err, check.ErrTooMuch) || len(answer) == 0 && len(sentence) == 0 && errors.Is(err, io.EOF) {
		err = nil
	}
	return answer, at, err
}

// judge reads the answer to sentence and fails the check unless it is right.
func judge(t *check.T, c *check.Conn, sentence string) {
	answer, at, err := read(c, sentence)
	if len(answer) == 0 && err != nil {
		t.Missing(c.Here(), awaited(sentence), err)
	}
	if d, ok := upper.Judge([]byte(sentence), answer); !ok {
		t.Fail(check.Mark{Event: at.Event, At: at.At + d.At, Len: d.Len}, d.Want, d.Got)
	}
}

func awaited(sentence string) string {
	if sentence == "" {
		return "an empty answer: LF, or the end of the stream"
	}
	return fmt.Sprintf("the answer to %s", upper.Excerpt([]byte(sentence)))
}

// answers is the body of a check that sends one sentence and judges what comes back.
func answers(sentence func(t *check.T) string) func(*check.T) {
	return func(t *check.T) {
		c := t.Dial()
		sentence := sentence(t)
		c.Send(sentence + "\n")
		t.Judge()
		judge(t, c, sentence)
	}
}

// ask is a whole visit of a well-behaved client. c is its connection.
func ask(t *check.T, c *check.Conn) {
	sentence := word(t)
	c.Send(sentence + "\n")
	judge(t, c, sentence)
	c.Close()
}

// word is a plain sentence.
func word(t *check.T) string { return t.Word(12) }

// served sees that the server answers a plain sentence, so that what goes
// wrong later is not for another reason.
func served(t *check.T) {
	c, sentence := t.Dial(), word(t)
	c.Send(sentence + "\n")
	servedAs(t, c, sentence)
}

// servedInPieces sees that it does when the sentence comes in two pieces.
func servedInPieces(t *check.T) {
	c, sentence := t.Dial(), word(t)
	c.Send(sentence[:5])
	if early(c) != "" {
		t.Block("it answers before the LF, which streams/in-pieces is about")
	}
	c.Send(sentence[5:] + "\n")
	servedAs(t, c, sentence)
}

func servedAs(t *check.T, c *check.Conn, sentence string) {
	answer, _, err := read(c, sentence)
	if len(answer) == 0 && err != nil {
		t.Missing(c.Here(), "the answer to a plain sentence", err)
	}
	if _, ok := upper.Judge([]byte(sentence), answer); !ok {
		t.Block("want %s in answer to a plain %s, got %s", upper.Raise([]byte(sentence)), sentence, upper.Excerpt(answer))
	}
	c.Close()
}

// soon is how long an answer that should not come yet, or an end of the server, is awaited.
const soon = 60 * time.Millisecond

// early says what the server does before the sentence is whole: it answers or
// closes. It is "" for one that waits for the rest.
func early(c *check.Conn) string {
	c.AwaitRead()
	buf := make([]byte, maxAnswer)
	n, err := c.ReadWithin(soon, buf)
	switch {
	case n > 0:
		return "the answer " + upper.Excerpt(buf[:n])
	case errors.Is(err, check.ErrSilence):
		return ""
	default:
		return "the end of the connection"
	}
}

// stillServed fails the check unless clients are served as before.
func stillServed(t *check.T) {
	goesOn(t)
	for range 3 {
		ask(t, t.Dial())
	}
}

// goesOn fails the check when the server has ended.
func goesOn(t *check.T) {
	t.Judge()
	if exit := t.Died(soon); exit != "" {
		t.Fail(t.Note("the server has ended"), "a server that goes on", "it ended: "+exit)
	}
}
