package httpserver

import (
	"slices"
	"time"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/http1"
)

// clockSkew is how far a Date may be from the grader's clock: they are on one machine.
const clockSkew = 2 * time.Minute

// fields are the rules on what the fields of a response say.
func fields() []check.Check {
	return []check.Check{
		{
			Name:   "type-of-text",
			Clause: check.Should("RFC 9110", "8.3"),
			Says:   "name the media type of a file by its extension: .html text/html, .txt text/plain, .css text/css, .js text/javascript",
			Hand:   "echo 'p {}' > $ROOT/a.css; curl -sI http://$HOST:$PORT/a.css",
			Run: typed(map[string][]string{
				".html": {"text/html"}, ".txt": {"text/plain"}, ".css": {"text/css"},
				".js": {"text/javascript", "application/javascript"},
			}),
		},
		{
			Name:   "type-of-data",
			Clause: check.Should("RFC 9110", "8.3"),
			Says:   "name the media type of data too: .json application/json, .pdf application/pdf, .png image/png, .jpg image/jpeg, .gif image/gif, .svg image/svg+xml",
			Hand:   "echo 1 > $ROOT/a.json; curl -sI http://$HOST:$PORT/a.json",
			Run: typed(map[string][]string{
				".json": {"application/json"}, ".png": {"image/png"}, ".jpg": {"image/jpeg"}, ".gif": {"image/gif"},
				".svg": {"image/svg+xml"}, ".pdf": {"application/pdf"},
			}),
		},
		{
			Name:   "type-unknown",
			Clause: check.CourseShould("Content types"),
			Says:   "send a file whose extension means nothing as application/octet-stream, or without Content-Type",
			Hand:   "echo 1 > $ROOT/a.qqq; curl -sI http://$HOST:$PORT/a.qqq",
			Run: func(t *check.T) {
				f := plant(t, ".q"+t.Word(5))
				c := dial(t)
				a := c.ask(request(t, "GET", f.target))
				a.needStatus(200)
				if a.Header.Has("Content-Type") {
					t.Want(a.line("Content-Type"), a.mediaType(), "application/octet-stream")
				}
			},
		},
		{
			Name:   "date",
			Clause: check.Must("RFC 9110", "6.6.1"),
			Says:   "send Date with every 2xx, 3xx and 4xx response",
			Hand:   "curl -si http://$HOST:$PORT/missing",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				for _, target := range []string{f.target, "/" + t.Word(9)} {
					a := ask(t, request(t, "GET", target))
					t.Require(a.Header.Has("Date") || a.Status >= 500, a.head(), "a Date", "none")
				}
			},
		},
		{
			Name:   "date-form",
			Clause: check.Must("RFC 9110", "5.6.7"),
			Says:   "write dates in the one form of `Sun, 06 Nov 1994 08:49:37 GMT`: English names, two digits for the day, always GMT",
			Hand:   "curl -sI http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				c := dial(t)
				a := c.ask(request(t, "GET", f.target))
				if !a.Header.Has("Date") && !a.Header.Has("Last-Modified") {
					t.Block("there is neither Date nor Last-Modified")
				}
				for _, name := range []string{"Date", "Last-Modified"} {
					value := a.Header.Get(name)
					_, form, err := http1.ParseDate(value, time.Now())
					if a.Header.Has(name) && (err != nil || form != http1.DateIMF) {
						t.Fail(a.line(name), "a date like "+http1.FormatDate(f.modified), quote([]byte(value)))
					}
				}
			},
		},
		{
			Name:   "date-now",
			Clause: check.Should("RFC 9110", "6.6.1"),
			Says:   "let Date be the present time, in UTC whatever zone the machine is in",
			Hand:   "date -u; curl -sI http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				c := dial(t)
				a := c.ask(request(t, "GET", f.target))
				now := time.Now()
				date, _, err := http1.ParseDate(a.Header.Get("Date"), now)
				if err != nil {
					t.Block("there is no Date that can be read")
				}
				if off := now.Sub(date).Abs(); off > clockSkew {
					t.Fail(a.line("Date"), "the present time", "a time "+off.Round(time.Minute).String()+" off")
				}
			},
		},
		{
			Name:   "last-modified",
			Clause: check.Should("RFC 9110", "8.8.2.1"),
			Says:   "send the time at which the file was last changed as Last-Modified, in UTC",
			Hand:   "touch -d '2020-02-29 12:00 UTC' $ROOT/a.txt; curl -sI http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				c := dial(t)
				a := c.ask(request(t, "GET", f.target))
				a.needStatus(200)
				t.Require(a.Header.Has("Last-Modified"), a.head(), "Last-Modified", "no such field")
				got, _, err := http1.ParseDate(a.Header.Get("Last-Modified"), time.Now())
				if err != nil {
					t.Block("Last-Modified cannot be read (see messages/date-form)")
				}
				t.Require(got.Equal(f.modified), a.line("Last-Modified"), f.date(), http1.FormatDate(got))
			},
		},
		{
			Name:   "etag",
			Clause: check.Should("RFC 9110", "8.8.3.1"),
			Says:   "send an ETag with every file: what changes when the file does, such as its time and length, or a hash",
			Hand:   "curl -sI http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				c := dial(t)
				a := c.ask(request(t, "GET", f.target))
				a.needStatus(200)
				t.Require(a.Header.Has("ETag"), a.head(), "an ETag", "no such field")
			},
		},
		{
			Name:   "etag-form",
			Clause: check.Must("RFC 9110", "2.2"),
			Says:   "put the entity tag in double quotes, with a capital W/ before them where it is weak",
			Needs:  "etag",
			Hand:   "curl -sI http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				c := dial(t)
				a := c.ask(request(t, "GET", f.target))
				a.needStatus(200)
				if !a.Header.Has("ETag") {
					t.Block("there is no ETag")
				}
				value := a.Header.Get("ETag")
				_, err := http1.ParseETag(value)
				t.Require(err == nil, a.line("ETag"), `"…" or W/"…"`, value)
			},
		},
	}
}

// typed judges the media type of a file of each extension.
func typed(types map[string][]string) func(*check.T) {
	return func(t *check.T) {
		extensions := make([]string, 0, len(types))
		for e := range types {
			extensions = append(extensions, e)
		}
		slices.Sort(extensions)
		for _, e := range extensions {
			f := plant(t, e)
			a := ask(t, request(t, "GET", f.target))
			a.needStatus(200)
			t.Require(a.Header.Has("Content-Type"), a.head(), types[e][0]+" for "+e, "no Content-Type")
			if kind := a.mediaType(); !slices.Contains(types[e], kind) {
				t.Fail(a.line("Content-Type"), types[e][0]+" for "+e, kind)
			}
		}
	}
}
