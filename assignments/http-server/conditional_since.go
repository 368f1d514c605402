package httpserver

import (
	"strconv"
	"time"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/http1"
)

// since are the rules on If-Modified-Since, and on what a 304 looks like.
func since() []check.Check {
	return []check.Check{
		{
			Name:   "since",
			Clause: check.Should("RFC 9110", "13.1.3"),
			Says:   "answer 304 when If-Modified-Since is the file's Last-Modified",
			Hand:   "curl -si -H 'If-Modified-Since: (its Last-Modified)' http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				f.needed(t)
				c := dial(t)
				t.Judge()
				c.ask(request(t, "GET", f.target, "If-Modified-Since: "+f.date())).wantStatus(304)
			},
		},
		{
			Name:   "since-earlier",
			Clause: check.Course("If-Modified-Since"),
			Says:   "answer 200 with the file when it has changed after the date in If-Modified-Since: compare times, not texts",
			Hand:   "curl -si -H 'If-Modified-Since: Wed, 01 Jan 2003 00:00:00 GMT' http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				// As texts the two compare the other way round: Friday comes before Wednesday.
				f.modified = onDay(f.modified, time.Friday)
				t.Folder(root).Date(f.name, f.modified)
				earlier := onDay(f.modified.AddDate(-2, 0, 0), time.Wednesday)
				c := dial(t)
				t.Judge()
				c.ask(request(t, "GET", f.target, "If-Modified-Since: "+http1.FormatDate(earlier))).wantFile(f.content)
			},
		},
		{
			Name:   "since-unreadable",
			Clause: check.Must("RFC 9110", "13.1.3"),
			Says:   "ignore an If-Modified-Since that is no date",
			Hand:   "curl -si -H 'If-Modified-Since: yesterday' http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				t.Start()
				t.Judge()
				for _, value := range []string{t.Text(12), "Xxx, 99 " + t.Word(3) + " 2099 25:61:61 GMT"} {
					ask(t, request(t, "GET", f.target, "If-Modified-Since: "+value)).wantFile(f.content)
				}
			},
		},
		{
			Name:   "since-old-forms",
			Clause: check.Must("RFC 9110", "5.6.7"),
			Says:   "understand the two old forms of a date too: `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`",
			Needs:  "since",
			Hand:   "touch -d '1994-11-06 08:49:37 UTC' $ROOT/a.txt; curl -si -H 'If-Modified-Since: Sun Nov  6 08:49:37 1994' http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				f.needed(t)
				t.Judge()
				for _, layout := range []string{"Monday, 02-Jan-06 15:04:05 GMT", time.ANSIC} {
					ask(t, request(t, "GET", f.target, "If-Modified-Since: "+f.modified.Format(layout))).wantStatus(304)
				}
			},
		},
		{
			Name:   "not-modified-fields",
			Clause: check.Must("RFC 9110", "15.4.5"),
			Says:   "send Date and ETag with 304 as with 200",
			Hand:   "curl -si -H 'If-None-Match: *' http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				full := ask(t, request(t, "GET", f.target))
				full.need(f.content)
				a := unmodified(t, f, full)
				for _, name := range []string{"Date", "ETag"} {
					t.Require(a.Header.Has(name) || !full.Header.Has(name), a.head(), name+" as with 200", "no such field")
				}
			},
		},
		{
			Name:   "not-modified-length",
			Clause: check.Must("RFC 9110", "8.6"),
			Says:   "leave Content-Length out of 304, or give the length that the file has",
			Hand:   "curl -si -H 'If-None-Match: *' http://$HOST:$PORT/a.txt",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				full := ask(t, request(t, "GET", f.target))
				full.need(f.content)
				if a := unmodified(t, f, full); a.Header.Has("Content-Length") {
					t.Want(a.line("Content-Length"), a.Header.Get("Content-Length"), strconv.Itoa(len(f.content)))
				}
			},
		},
		{
			Name:   "not-modified-content",
			Clause: check.Course("If-None-Match"),
			Says:   "end 304 with its head: the client has the content already (RFC 9112 §6.3)",
			Hand:   "printf 'GET /a.txt HTTP/1.1\\r\\nHost: x\\r\\nIf-None-Match: *\\r\\nConnection: close\\r\\n\\r\\n' | nc $HOST $PORT",
			Run: func(t *check.T) {
				f := plant(t, ".txt")
				full := ask(t, request(t, "GET", f.target))
				full.need(f.content)
				a := unmodified(t, f, full)
				if surplus, at, _ := a.c.end(); len(surplus) > 0 {
					t.Fail(at, "nothing behind the head", amount(len(surplus))+": "+quote(surplus))
				}
			},
		},
	}
}

// unmodified gets a 304 for a file, by whichever condition the server knows.
func unmodified(t *check.T, f file, full *answer) *answer {
	condition := "If-Modified-Since: " + f.date()
	if tag := full.Header.Get("ETag"); tag != "" {
		condition = "If-None-Match: " + tag
	}
	a := dial(t).ask(request(t, "GET", f.target, condition, "Connection: close"))
	a.needStatus(304)
	return a
}

// onDay moves a time forward to a day of the week.
func onDay(at time.Time, day time.Weekday) time.Time {
	return at.AddDate(0, 0, (int(day)-int(at.Weekday())+7)%7)
}
