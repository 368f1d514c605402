package httpserver

import (
	"fmt"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
)

// expectations are the rules on Expect: 100-continue.
func expectations() []check.Check {
	return []check.Check{
		{
			Name:   "expect",
			Clause: check.Must("RFC 9110", "10.1.1"),
			Says:   "answer `Expect: 100-continue` at once, before the body: with `HTTP/1.1 100 Continue` and an empty line, or with the final response",
			Hand:   "curl -sv -H 'Expect: 100-continue' -d a=1 http://$HOST:$PORT/form",
			Run:    expecting("100-continue"),
		},
		{
			Name:   "expect-case",
			Clause: check.Course("Expectations"),
			Says:   "know 100-continue in any case of its letters",
			Needs:  "expect",
			Hand:   "curl -sv -H 'Expect: 100-Continue' -d a=1 http://$HOST:$PORT/form",
			Run:    expecting("100-Continue"),
		},
		{
			Name:   "expect-served",
			Clause: check.May(grader.Course, "Expectations"),
			Says:   "take the body of a client that expects 100 rather than refuse with 417",
			Needs:  "expect",
			Hand:   "curl -sv -H 'Expect: 100-continue' -d a=1 http://$HOST:$PORT/form",
			Run: func(t *check.T) {
				body := "a=" + t.Word(9)
				needForm(t)
				c := dial(t)
				t.Judge()
				c.Send(request(t, "POST", "/form", formType, "Expect: 100-continue", fmt.Sprintf("Content-Length: %d", len(body))))
				a := c.first("POST")
				a.wantStatus(100)
			},
		},
		{
			Name:   "expect-http10",
			Clause: check.Must("RFC 9110", "10.1.1"),
			Says:   "ignore Expect in a request of HTTP/1.0: no 100",
			Hand:   "printf 'POST /form HTTP/1.0\\r\\nExpect: 100-continue\\r\\nContent-Length: 3\\r\\n\\r\\na=1' | nc $HOST $PORT",
			Run: func(t *check.T) {
				head := message("POST /form HTTP/1.0", formType, "Expect: 100-continue", "Content-Length: 3")
				needForm(t)
				c := dial(t)
				t.Judge()
				c.SendPieces(head+"a=1", len(head), 3)
				a := c.first("POST")
				t.Require(a.Status/100 != 1, a.code(), "a final status", fmt.Sprint(a.Status))
			},
		},
	}
}

// first gives the next response, be it interim or not.
func (c *client) first(method string) *answer {
	a, err := c.read(method)
	return c.readable(a, err)
}

// expecting judges what comes before the body of a request with that Expect, and after it.
func expecting(value string) func(*check.T) {
	return func(t *check.T) {
		body := "a=" + t.Word(9)
		needForm(t)
		c := dial(t)
		t.Judge()
		c.Send(request(t, "POST", "/form", formType, "Expect: "+value, fmt.Sprintf("Content-Length: %d", len(body))))
		a := c.first("POST")
		if a.Status != 100 {
			t.Require(a.Status/100 != 2, a.code(), "100, or a refusal", fmt.Sprint(a.Status))
			return
		}
		c.Send(body)
		c.next("POST").wantLines(body)
	}
}
