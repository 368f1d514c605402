package tcpupperclient

import (
	"bytes"
	"errors"
	"time"

	"github.com/wiregrade/wiregrade/assignments/internal/uppersteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/upper"
)

// start starts the client with line on its standard input, and accepts its connection.
func start(t *check.T, line string) (*check.Conn, *check.Run) {
	return connect(t, check.Input{Stdin: line + "\n"})
}

func connect(t *check.T, in check.Input) (*check.Conn, *check.Run) {
	server := t.Listen()
	client := t.Run(in)
	return server.Accept(), client
}

// take reads as many bytes as line has, or to LF; take it for the line then.
// How the line ends is the business of request/line-end.
func take(c *check.Conn, line string) (got []byte, at check.Mark, err error) {
	got, at, err = c.Line(max(1, len(line)))
	got, ended := bytes.CutSuffix(got, []byte("\n"))
	if ended || errors.Is(err, check.ErrTooMuch) {
		err = nil
	}
	if len(got) == len(line)+1 {
		got = bytes.TrimSuffix(got, []byte("\r"))
	}
	return got, at, err
}

// asked takes the request as a step on the way to what the check is about.
func asked(t *check.T, line string) (*check.Conn, *check.Run) {
	c, client := start(t, line)
	if _, at, err := take(c, line); err != nil {
		t.Missing(at, "the line", err)
	}
	return c, client
}

// sends is the body of a check that starts the client with one line and judges what it sends.
func sends(line func(t *check.T) string) func(*check.T) {
	return func(t *check.T) {
		line := line(t)
		t.Judge()
		c, _ := start(t, line)
		judgeRequest(t, c, line)
	}
}

// judgeRequest fails the check unless line comes.
func judgeRequest(t *check.T, c *check.Conn, line string) {
	got, at, err := take(c, line)
	if len(got) == 0 && err != nil {
		t.Missing(c.Here(), "the line and LF", err)
	}
	if d, ok := upper.Compare([]byte(line), got); !ok {
		t.Fail(check.Mark{Event: at.Event, At: at.At + d.At, Len: d.Len}, d.Want, d.Got)
	}
}

// prints is the body of a check that answers the client and judges what it prints.
func prints(reply func(t *check.T) string) func(*check.T) {
	return func(t *check.T) {
		c, client := asked(t, word(t))
		reply := reply(t)
		t.Judge()
		answer(c, reply+"\n")
		uppersteps.JudgeOutput(t, client.Wait(0), reply)
	}
}

// soon is how long a client that takes a piece for all of the reply has to end.
const soon = 150 * time.Millisecond

// answer sends all of a reply and ends the stream.
func answer(c *check.Conn, reply string) {
	c.Send(reply)
	c.CloseWrite()
}

// word is a plain line.
func word(t *check.T) string { return t.Word(12) }

// plain is a reply. It has nothing to do with the line: what a client prints comes from the server.
func plain(t *check.T) string { return uppersteps.Capitals(t.Word(12)) }
