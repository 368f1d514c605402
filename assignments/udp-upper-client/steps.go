package udpupperclient

import (
	"github.com/wiregrade/wiregrade/assignments/internal/uppersteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/upper"
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
		uppersteps.JudgeOutput(t, client.Wait(0), reply)
	}
}

// word is a plain line.
func word(t *check.T) string { return t.Word(12) }

// answer is a plain reply. It has nothing to do with the line: what a client prints comes from the server.
func answer(t *check.T) string { return uppersteps.Capitals(t.Word(12)) }
