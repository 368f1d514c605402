package httpserver

import (
	"strconv"
	"strings"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
)

// methods are the rules on GET, HEAD and what is neither known nor allowed.
func methods() []check.Check {
	return []check.Check{
		{
			Name:   "get",
			Clause: check.Must("RFC 9110", "9.1"),
			Says:   "answer GET of a file with 200 and the file",
			Hand:   "curl -si http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				folder := t.Word(6) + "/" + t.Word(6)
				f := plantAs(t, folder+"/"+t.Word(6)+".txt", []byte(t.Text(120)))
				c := dial(t)
				t.Judge()
				c.ask(request(t, "GET", f.target)).wantFile(f.content)
			},
		},
		{
			Name:   "missing",
			Clause: check.Course("Files"),
			Says:   "answer GET of a file that is not there with 404",
			Hand:   "curl -si http://$HOST:$PORT/missing",
			Run: func(t *check.T) {
				c := dial(t)
				t.Judge()
				c.ask(request(t, "GET", "/"+t.Word(9)+".txt")).wantStatus(404)
			},
		},
		{
			Name:   "head",
			Clause: check.Must("RFC 9110", "9.1"),
			Says:   "implement HEAD: it has the status that GET has",
			Hand:   "curl -sI http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				f.needed(t)
				c := dial(t)
				t.Judge()
				c.ask(request(t, "HEAD", f.target)).wantStatus(200)
			},
		},
		{
			Name:   "head-no-content",
			Clause: check.Must("RFC 9110", "9.3.2"),
			Says:   "send no content in answer to HEAD, neither a file nor the text of an error",
			Hand:   "printf 'HEAD /a.txt HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				f.needed(t)
				t.Judge()
				for _, target := range []string{f.target, "/" + t.Word(9)} {
					headOnly(t, target)
				}
			},
		},
		{
			Name:   "head-fields",
			Clause: check.Should("RFC 9110", "9.3.2"),
			Says:   "send the same fields in answer to HEAD as to GET",
			Needs:  "head",
			Hand:   "curl -sI http://$HOST:$PORT/a.txt; curl -si http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".html")
				get := ask(t, request(t, "GET", f.target))
				get.needStatus(200)
				c := dial(t)
				t.Judge()
				head := c.ask(request(t, "HEAD", f.target))
				for _, name := range []string{"Content-Type", "Last-Modified", "ETag"} {
					if !get.Header.Has(name) {
						continue
					}
					t.Require(head.Header.Has(name), head.head(), name+" as for GET", "no such field")
				}
				if get.Header.Has("Content-Type") {
					t.Want(head.line("Content-Type"), head.Header.Get("Content-Type"), get.Header.Get("Content-Type"))
				}
			},
		},
		{
			Name:   "head-length",
			Clause: check.Must("RFC 9110", "8.6"),
			Says:   "give HEAD the Content-Length that GET has, or none: it says how long the file is",
			Needs:  "head",
			Hand:   "curl -sI http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				f.needed(t)
				c := dial(t)
				t.Judge()
				a := c.ask(request(t, "HEAD", f.target))
				a.needStatus(200)
				if a.Header.Has("Content-Length") {
					t.Want(a.line("Content-Length"), a.Header.Get("Content-Length"), strconv.Itoa(len(f.content)))
				}
			},
		},
		{
			Name:   "head-of-missing",
			Clause: check.Course("Files"),
			Says:   "answer HEAD of a file that is not there with 404, as GET",
			Needs:  "head",
			Hand:   "curl -sI http://$HOST:$PORT/missing",
			Run: func(t *check.T) {
				target := "/" + t.Word(9) + ".txt"
				ask(t, request(t, "GET", target)).needStatus(404)
				c := dial(t)
				t.Judge()
				c.ask(request(t, "HEAD", target)).wantStatus(404)
			},
		},
		{
			Name:   "lower-case",
			Clause: check.Course("Other methods"),
			Says:   "take a method as it is written: `get` is not GET, so it is unknown",
			Hand:   "curl -si -X get http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				f.needed(t)
				c := dial(t)
				t.Judge()
				c.Send(request(t, "get", f.target))
				if a := c.nextOrClosed("get"); a != nil && a.Status/100 == 2 {
					t.Fail(a.code(), "501, 405 or 400", strconv.Itoa(a.Status))
				}
			},
		},
		{
			Name:   "unknown",
			Clause: check.Should("RFC 9110", "9.1"),
			Says:   "answer a method that you do not know with 501, or with 405 and Allow",
			Hand:   "curl -si -X FROB http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				refused(t, func(f file) string { return request(t, "X"+strings.ToUpper(t.Word(5)), f.target) }, 501, 405)
			},
		},
		{
			Name:   "allow",
			Clause: check.Must("RFC 9110", "15.5.6"),
			Says:   "list in Allow, with every 405, the methods that the target has",
			Hand:   "curl -si -d x=1 http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				f.needed(t)
				for _, req := range []string{
					withBody(t, "POST", f.target, "a=1", formType),
					request(t, "X"+strings.ToUpper(t.Word(5)), f.target),
					request(t, "DELETE", "/form"),
				} {
					c := dial(t)
					c.Send(req)
					if a := c.nextOrClosed(methodOf(req)); a != nil && a.Status == 405 {
						t.Require(a.Header.Has("Allow"), a.head(), "Allow", "no such field")
					}
					c.Close()
				}
			},
		},
		{
			Name:   "post-to-file",
			Clause: check.May(grader.Course, "Other methods"),
			Says:   "answer POST to a file with 405 (or 501): nothing there takes it",
			Hand:   "curl -si -d x=1 http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				refused(t, func(f file) string { return withBody(t, "POST", f.target, "a=1", formType) }, 405, 501)
			},
		},
	}
}

// headOnly judges that nothing follows the head of an answer to HEAD.
func headOnly(t *check.T, target string) {
	c := dial(t)
	defer c.Close()
	c.Send(request(t, "HEAD", target, "Connection: close"))
	c.next("HEAD")
	if surplus, at, _ := c.end(); len(surplus) > 0 {
		t.Fail(at, "nothing behind the head", amount(len(surplus))+": "+quote(surplus))
	}
}
