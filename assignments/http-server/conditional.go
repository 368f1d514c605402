package httpserver

import (
	"time"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/http1"
)

// validators are the rules on ETag and If-None-Match.
func validators() []check.Check {
	return []check.Check{
		{
			Name:   "etag-stays",
			Clause: check.Course("Validators"),
			Says:   "give a file the same ETag each time, while it is the same",
			Hand:   "curl -sI http://$HOST:$PORT/a.txt http://$HOST:$PORT/a.txt | grep -i etag",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				first := ask(t, request(t, "GET", f.target)).tag()
				c := dial(t)
				t.Judge()
				a := c.ask(request(t, "GET", f.target))
				t.Want(a.line("ETag"), a.tag().String(), first.String())
			},
		},
		{
			Name:   "etag-changes",
			Clause: check.Course("Validators"),
			Says:   "give a file another ETag when it has changed, also when its length is the same",
			Needs:  "etag-stays",
			Hand:   "curl -sI http://$HOST:$PORT/a.txt; tr a-y b-z < $ROOT/a.txt > b; cp b $ROOT/a.txt; curl -sI http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				first := ask(t, request(t, "GET", f.target)).tag()
				f.content[0] ^= 1
				t.Folder(root).Write(f.name, f.content)
				t.Folder(root).Date(f.name, f.modified.Add(time.Hour))
				c := dial(t)
				t.Judge()
				a := c.ask(request(t, "GET", f.target))
				t.Require(a.tag().Opaque != first.Opaque, a.line("ETag"), "another ETag than before", first.String())
			},
		},
		{
			Name:   "none-match",
			Clause: check.Must("RFC 9110", "13.1.2"),
			Says:   "answer 304 when If-None-Match has the file's entity tag",
			Needs:  "etag-stays",
			Hand:   "curl -si -H 'If-None-Match: \"(its ETag)\"' http://$HOST:$PORT/a.txt",
			Run:    noneMatch("GET", func(t *check.T, own http1.ETag) string { return own.String() }),
		},
		{
			Name:   "none-match-head",
			Clause: check.Must("RFC 9110", "13.1.2"),
			Says:   "look at If-None-Match for HEAD as for GET",
			Needs:  "none-match",
			Hand:   "curl -sI -H 'If-None-Match: *' http://$HOST:$PORT/a.txt",
			Run:    noneMatch("HEAD", func(t *check.T, own http1.ETag) string { return own.String() }),
		},
		{
			Name:   "none-match-list",
			Clause: check.Must("RFC 9110", "13.1.2"),
			Says:   "read If-None-Match as a list of tags: one of them is enough for 304",
			Needs:  "none-match",
			Hand:   "curl -si -H 'If-None-Match: \"a\", \"(its ETag)\", \"b\"' http://$HOST:$PORT/a.txt",
			Run: noneMatch("GET", func(t *check.T, own http1.ETag) string {
				return `"` + t.Word(5) + `", ` + own.String() + `, W/"` + t.Word(5) + `"`
			}),
		},
		{
			Name:   "none-match-lines",
			Clause: check.May("RFC 9110", "5.3"),
			Says:   "take several If-None-Match fields as one list",
			Needs:  "none-match-list",
			Hand:   "curl -si -H 'If-None-Match: \"a\"' -H 'If-None-Match: \"(its ETag)\"' http://$HOST:$PORT/a.txt",
			Run: noneMatch("GET", func(t *check.T, own http1.ETag) string {
				return `"` + t.Word(5) + "\"\r\nIf-None-Match: " + own.String()
			}),
		},
		{
			Name:   "none-match-weak",
			Clause: check.Must("RFC 9110", "13.1.2"),
			Says:   "compare the tags of If-None-Match without regard to W/",
			Needs:  "none-match",
			Hand:   "curl -si -H 'If-None-Match: W/\"(its ETag)\"' http://$HOST:$PORT/a.txt",
			Run: noneMatch("GET", func(t *check.T, own http1.ETag) string {
				return http1.ETag{Weak: !own.Weak, Opaque: own.Opaque}.String()
			}),
		},
		{
			Name:   "none-match-star",
			Clause: check.Must("RFC 9110", "13.1.2"),
			Says:   "answer 304 to `If-None-Match: *` when the file is there",
			Needs:  "none-match",
			Hand:   "curl -si -H 'If-None-Match: *' http://$HOST:$PORT/a.txt",
			Run:    noneMatch("GET", func(*check.T, http1.ETag) string { return "*" }),
		},
		{
			Name:   "none-match-other",
			Clause: check.Must("RFC 9110", "13.1.2"),
			Says:   "answer 200 with the file when none of the tags in If-None-Match is its own, be it similar",
			Needs:  "none-match",
			Hand:   "curl -si -H 'If-None-Match: \"other\"' http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				own := ask(t, request(t, "GET", f.target)).tag()
				c := dial(t)
				t.Judge()
				c.ask(request(t, "GET", f.target, `If-None-Match: "`+t.Word(5)+`", "x`+own.Opaque+`x"`)).wantFile(f.content)
			},
		},
		{
			Name:   "none-match-missing",
			Clause: check.Must("RFC 9110", "13.2.1"),
			Says:   "look at conditions only where the answer without them would be 200: a missing file stays 404",
			Hand:   "curl -si -H 'If-None-Match: *' http://$HOST:$PORT/missing",
			Run: func(t *check.T) {
				target := "/" + t.Word(9) + ".txt"
				ask(t, request(t, "GET", target)).needStatus(404)
				c := dial(t)
				t.Judge()
				c.ask(request(t, "GET", target, "If-None-Match: *")).wantStatus(404)
			},
		},
		{
			Name:   "none-match-first",
			Clause: check.Must("RFC 9110", "13.1.3"),
			Says:   "ignore If-Modified-Since when If-None-Match is there: the tag decides alone",
			Needs:  "none-match",
			Hand:   "curl -si -H 'If-None-Match: \"other\"' -H 'If-Modified-Since: (its Last-Modified)' http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				own := ask(t, request(t, "GET", f.target)).tag()
				earlier := http1.FormatDate(f.modified.Add(-time.Hour))
				t.Judge()
				ask(t, request(t, "GET", f.target, `If-None-Match: "`+t.Word(7)+`"`, "If-Modified-Since: "+f.date())).wantFile(f.content)
				ask(t, request(t, "GET", f.target, "If-None-Match: "+own.String(), "If-Modified-Since: "+earlier)).wantStatus(304)
			},
		},
	}
}

// noneMatch judges that an If-None-Match that write makes of the file's own tag gives 304.
func noneMatch(method string, write func(t *check.T, own http1.ETag) string) func(*check.T) {
	return func(t *check.T) {
		f := plant(t, ".txt")
		value := write(t, ask(t, request(t, "GET", f.target)).tag())
		ask(t, request(t, method, f.target)).needStatus(200)
		c := dial(t)
		t.Judge()
		c.ask(request(t, method, f.target, "If-None-Match: "+value)).wantStatus(304)
	}
}
