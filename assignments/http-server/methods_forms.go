package httpserver

import (
	"strings"

	"github.com/wiregrade/wiregrade/harness/check"
)

// formType is the field that a POST of a form has.
const formType = "Content-Type: application/x-www-form-urlencoded"

// forms are the rules on /form.
func forms() []check.Check {
	return []check.Check{
		{
			Name:   "form-get",
			Clause: check.Course("The form"),
			Says:   "answer GET /form with 200 and one line `name=value` for each field of the query, in their order",
			Hand:   "curl -si 'http://$HOST:$PORT/form?z=1&a=2&m=3'",
			Run: func(t *check.T) {
				source, lines := plainFields(t)
				viaGet(t, source, lines...)
			},
		},
		{
			Name:   "form-post",
			Clause: check.Course("The form"),
			Says:   "answer POST /form as GET, with the fields of the body",
			Hand:   "curl -si -d 'z=1&a=2&m=3' http://$HOST:$PORT/form",
			Run: func(t *check.T) {
				source, lines := plainFields(t)
				viaPost(t, "/form", source, lines...)
			},
		},
		{
			Name:   "form-type",
			Clause: check.Course("The form"),
			Says:   "send the answer of /form as text/plain",
			Hand:   "curl -si 'http://$HOST:$PORT/form?a=1'",
			Run: func(t *check.T) {
				c := dial(t)
				t.Judge()
				a := c.ask(request(t, "GET", "/form?"+t.Word(3)+"="+t.Word(3)))
				a.needStatus(200)
				t.Require(a.Header.Has("Content-Type"), a.head(), "text/plain", "no Content-Type")
				t.Want(a.line("Content-Type"), a.mediaType(), "text/plain")
			},
		},
		{
			Name:   "form-plus",
			Clause: check.Course("The form"),
			Says:   "decode + in a field as a space",
			Needs:  "form-get",
			Hand:   "curl -si 'http://$HOST:$PORT/form?name=Ada+L'",
			Run: func(t *check.T) {
				a, b, n := t.Word(3), t.Word(4), t.Word(3)
				viaGet(t, n+"="+a+"+"+b+"++", n+"="+a+" "+b+"  ")
			},
		},
		{
			Name:   "form-escapes",
			Clause: check.Course("The form"),
			Says:   "split at & and =, then decode %XX in names and values, once: %26 is no separator and %2541 is %41",
			Needs:  "form-get",
			Hand:   "curl -si 'http://$HOST:$PORT/form?a%20b=x%26y%3Dz%2B%2541'",
			Run: func(t *check.T) {
				n, v := t.Word(3), t.Word(4)
				viaGet(t, n+"%20%4D="+v+"%26%6b%3dz%2B%2541", n+" M="+v+"&k=z+%41")
			},
		},
		{
			Name:   "form-utf8",
			Clause: check.Course("The form"),
			Says:   "write the bytes that escapes stand for as they are: %C3%BC is the two bytes of an ü",
			Needs:  "form-escapes",
			Hand:   "curl -si 'http://$HOST:$PORT/form?w=gr%C3%BCn'",
			Run: func(t *check.T) {
				v := t.Word(4)
				viaGet(t, "w="+v+"%C3%BC%E2%82%AC%f0%9f%98%80", "w="+v+"ü€😀")
			},
		},
		{
			Name:   "form-empty",
			Clause: check.Course("What is left open"),
			Says:   "write a field with an empty value, or without =, as `name=`; skip what is empty between two &",
			Needs:  "form-get",
			Hand:   "curl -si 'http://$HOST:$PORT/form?a=&b&&c=1&'",
			Run: func(t *check.T) {
				a, b, c := t.Word(3), t.Word(4), t.Word(5)
				viaGet(t, a+"=&"+b+"&&"+c+"=1&", a+"=", b+"=", c+"=1")
			},
		},
		{
			Name:   "form-repeats",
			Clause: check.Course("The form"),
			Says:   "keep every field, also when a name comes again; the first = ends the name and further ones are a part of the value",
			Needs:  "form-get",
			Hand:   "curl -si 'http://$HOST:$PORT/form?a=1&b=2&a=3=4'",
			Run: func(t *check.T) {
				n, v := t.Word(3), t.Word(4)
				viaGet(t, n+"="+v+"&b=2&"+n+"=3="+v+"=", n+"="+v, "b=2", n+"=3="+v+"=")
			},
		},
		{
			Name:   "form-broken-escape",
			Clause: check.Course("What is left open"),
			Says:   "answer a field with a broken escape, such as %4 or %zz, with 400",
			Needs:  "form-escapes",
			Hand:   "curl -si 'http://$HOST:$PORT/form?a=%zz'",
			Run: func(t *check.T) {
				c := dial(t)
				t.Judge()
				c.ask(request(t, "GET", "/form?"+t.Word(3)+"=%"+t.Word(1)+"z")).wantStatus(400)
			},
		},
		{
			Name:   "form-post-query",
			Clause: check.Course("What is left open"),
			Says:   "take the fields of a POST from its body alone, whatever the query says",
			Needs:  "form-post",
			Hand:   "curl -si -d a=1 'http://$HOST:$PORT/form?b=2'",
			Run: func(t *check.T) {
				n, v := t.Word(3), t.Word(4)
				viaPost(t, "/form?"+t.Word(3)+"="+t.Word(3), n+"="+v, n+"="+v)
			},
		},
		{
			Name:   "form-head",
			Clause: check.Must("RFC 9110", "9.3.2"),
			Says:   "send no content in answer to HEAD /form",
			Hand:   "curl -sI 'http://$HOST:$PORT/form?a=1'",
			Run: func(t *check.T) {
				target := "/form?" + t.Word(3) + "=" + t.Word(3)
				ask(t, request(t, "GET", target)).needStatus(200)
				t.Judge()
				headOnly(t, target)
			},
		},
	}
}

// plainFields draws three fields whose names are in no order, and the lines that they give.
func plainFields(t *check.T) (source string, lines []string) {
	for _, first := range []string{"x", "b", "k"} {
		lines = append(lines, first+t.Word(2+t.Rand().IntN(4))+"="+t.Word(1+t.Rand().IntN(6)))
	}
	return strings.Join(lines, "&"), lines
}

// viaGet judges the answer to GET /form with that query.
func viaGet(t *check.T, source string, lines ...string) {
	c := dial(t)
	t.Judge()
	c.ask(request(t, "GET", "/form?"+source)).wantLines(lines...)
}

// viaPost judges the answer to a POST of that body.
func viaPost(t *check.T, target, source string, lines ...string) {
	c := dial(t)
	t.Judge()
	c.ask(withBody(t, "POST", target, source, formType)).wantLines(lines...)
}

// wantLines judges the lines of a text. LF and CR LF are equally right, and so is none at the very end.
func (a *answer) wantLines(lines ...string) {
	a.wantStatus(200)
	rest := string(a.Body)
	for i, want := range lines {
		at := len(a.Body) - len(rest)
		got, after, found := strings.Cut(rest, "\n")
		if got = strings.TrimSuffix(got, "\r"); got != want || !found && i < len(lines)-1 {
			if !found && got != "" && strings.HasPrefix(want, got) && len(a.c.in.Buffered()) > 0 {
				a.c.t.Block("the response goes on behind its Content-Length (see messages/length-in-bytes)")
			}
			if rest == "" {
				got = "the end of the text"
			}
			a.c.t.Fail(a.text(at, len(got)), "the line "+quote([]byte(want)), quote([]byte(got)))
		}
		rest = after
	}
	if rest != "" {
		a.c.t.Fail(a.text(len(a.Body)-len(rest), len(rest)), "no more lines", quote([]byte(rest)))
	}
}

// text marks n bytes of the content from byte at on, where content and message are the same bytes.
func (a *answer) text(at, n int) check.Mark {
	if len(a.Chunks) > 0 || at >= len(a.Body) {
		return a.head()
	}
	return a.place(a.BodyAt+at, min(n, len(a.Body)-at))
}
