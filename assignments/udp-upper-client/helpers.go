package udpupperclient

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/upper"
)

const (
	// giveUp is how long a client may take, with a second for its start.
	giveUp = 11 * time.Second
	// giveUpMargin is the last look at a client whose time is up.
	giveUpMargin = 200 * time.Millisecond
)

// start starts the client with line on its standard input, and the server that it asks.
func start(t *check.T, line string) (*check.Socket, *check.Run) {
	server := t.ListenUDP()
	return server, t.Run(check.Input{Stdin: line + "\n"})
}

// take takes a request.
func take(server *check.Socket) check.Datagram {
	return server.TakeAny("a datagram on HOST:PORT")
}

// sends is the body of a check that starts the client with one line and judges what it sends.
func sends(line func(t *check.T) string) func(*check.T) {
	return func(t *check.T) {
		line := line(t)
		server, _ := start(t, line)
		t.Judge()
		judgeRequest(t, take(server), line)
	}
}

// judgeRequest fails the check unless d is line. A line end or zero byte at its
// end is the business of request/no-line-end.
func judgeRequest(t *check.T, d check.Datagram, line string) {
	data := d.Data
	for _, end := range []string{"\n", "\r\n", "\x00"} {
		if string(data) == line+end {
			data = []byte(line)
		}
	}
	if diff, ok := upper.Compare([]byte(line), data); !ok {
		t.Fail(check.At(d, diff.At, diff.Len), diff.Want, diff.Got)
	}
}

// prints is the body of a check that answers the client and judges what it prints.
func prints(reply func(t *check.T) string) func(*check.T) {
	return func(t *check.T) {
		server, client := start(t, word(t))
		request, reply := take(server), reply(t)
		t.Judge()
		server.Reply(request.From, reply)
		judgeOutput(t, client.Wait(0), reply)
	}
}

// judgeOutput fails the check unless some line that the client printed ends with reply.
// What comes after that line is the business of reply/last-line.
func judgeOutput(t *check.T, e check.Ended, reply string) {
	if !printed(e, reply) {
		t.Fail(e.Output, "a line that ends with "+upper.Excerpt([]byte(reply)), got(e))
	}
}

func printed(e check.Ended, reply string) bool {
	for line := range strings.Lines(e.Stdout) {
		if strings.HasSuffix(strings.TrimRight(line, "\r\n"), reply) {
			return true
		}
	}
	return false
}

// got reads what a client left behind.
func got(e check.Ended) string {
	s := upper.Excerpt(bytes.TrimRight([]byte(e.Stdout), "\r\n"))
	if e.Code != 0 {
		s += fmt.Sprintf("; %v", e.Exit)
	}
	return s
}

// judgeGivenUp waits until the client has ended, at most until end, and fails
// the check when it runs on or says that it succeeded.
func judgeGivenUp(t *check.T, client *check.Run, end time.Time) {
	judgeFailed(t, awaitEnd(t, client, end))
}

// awaitEnd fails the check unless the client ends in time.
func awaitEnd(t *check.T, client *check.Run, end time.Time) check.Ended {
	if !client.Ends(max(giveUpMargin, time.Until(end))) {
		t.Fail(t.Note("the client still runs"), "the end of the client within 10 seconds", fmt.Sprintf("it still runs after %v", giveUp))
	}
	return client.Wait(0)
}

// judgeFailed fails the check when the client says that it succeeded.
func judgeFailed(t *check.T, e check.Ended) {
	t.Require(e.Code != 0, e.Status, "an exit status other than 0, since no reply came", e.Exit.String())
}

// word is a plain line.
func word(t *check.T) string { return t.Word(12) }

// answer is a plain reply. It has nothing to do with the line: what a client prints comes from the server.
func answer(t *check.T) string { return capitals(t.Word(12)) }

func capitals(s string) string { return string(upper.Raise([]byte(s))) }
