package httpserver

import (
	"errors"
	"slices"
	"strings"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/http1"
)

// heads are the rules on how the head of a response is written.
func heads() []check.Check {
	return []check.Check{
		{
			Name:   "status-line",
			Clause: check.Must("RFC 9112", "4"),
			Says:   "begin each response with the version, one space, a status code of three digits, one space and the reason, which may be empty: `HTTP/1.1 200 OK`",
			Hand:   "curl -sI http://$HOST:$PORT/a.txt | head -1 | od -c",
			Run:    written("9112 4", "9112 2.3"),
		},
		{
			Name:   "line-ends",
			Clause: check.Must("RFC 9110", "2.2"),
			Says:   "end the status line and each field line with CR LF, and the head with one empty line more",
			Hand:   "curl -sI http://$HOST:$PORT/a.txt | od -c",
			Run:    written("9112 2.1", "9112 2.2"),
		},
		{
			Name:   "field-lines",
			Clause: check.Must("RFC 9110", "2.2"),
			Says:   "write each field as a name without spaces, a colon right behind it and a value without control characters",
			Hand:   "curl -sI http://$HOST:$PORT/a.txt | od -c",
			Run:    written("9112 5", "9112 5.1", "9110 5.1", "9110 5.5"),
		},
		{
			Name:   "no-folding",
			Clause: check.Must("RFC 9112", "5.2"),
			Says:   "keep each field of a response on one line",
			Hand:   "curl -sI http://$HOST:$PORT/a.txt",
			Run:    written("9112 5.2"),
		},
		{
			Name:   "fields-once",
			Clause: check.Must("RFC 9110", "5.3"),
			Says:   "send a field that is no list, such as Content-Type or Date, once in a response",
			Hand:   "curl -sI http://$HOST:$PORT/a.txt",
			Run:    written("9110 5.3"),
		},
		{
			Name:   "own-version",
			Clause: check.Must("RFC 9110", "6.2"),
			Says:   "put the version that your server speaks in the status line, not the one that the request claims",
			Hand:   "printf 'GET /a.txt HTTP/1.2\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				c := dial(t)
				t.Judge()
				a := c.ask(message("GET "+f.target+" HTTP/1.2", "Host: "+t.Addr(), "Connection: close"))
				a.judge("9110 6.2")
			},
		},
	}
}

// written judges the head of a file, of an error and of a redirect by the rules that stand in those sections. The
// reader knows which bytes break which.
func written(sections ...string) func(*check.T) {
	return func(t *check.T) {
		f := plant(t, ".html")
		folder := t.Word(7)
		t.Folder(root).Mkdir(folder)
		for _, target := range []string{f.target, "/" + t.Word(9), "/" + folder} {
			c := dial(t)
			c.Send(request(t, "GET", target, "Connection: close"))
			a, err := c.final("GET")
			c.Close()
			if err == nil {
				a.judge(sections...)
				continue
			}
			var broken *http1.ReadError
			if errors.As(err, &broken) && broken.Breach != nil && among(*broken.Breach, sections) {
				at, want, got := c.problem(err)
				t.Fail(at, want, got)
			}
			if target == f.target || !c.closed(err) {
				c.readable(a, err)
			}
		}
	}
}

// judge fails the check for the first rule of those sections that the response breaks.
func (a *answer) judge(sections ...string) {
	for _, b := range a.Breaches {
		if among(b, sections) {
			a.c.t.Fail(a.place(b.At, b.Len), b.Want, b.Got)
		}
	}
}

// among says whether the rule stands in one of the sections, which are given as "9112 5.1".
func among(b http1.Breach, sections []string) bool {
	return slices.Contains(sections, strings.TrimPrefix(b.Document, "RFC ")+" "+b.Section)
}
