package httpserver

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/http1"
)

// An answer is a response and the connection that it came on.
type answer struct {
	*http1.Response
	c *client
}

// says reads like "200 OK, 12 bytes of text/html".
func (a *answer) says() string {
	s := strings.TrimSpace(strconv.Itoa(a.Status) + " " + a.Reason)
	if len(a.Body) == 0 {
		return s
	}
	s += fmt.Sprintf(", %s", amount(len(a.Body)))
	if kind := a.mediaType(); kind != "" {
		s += " of " + kind
	}
	return s
}

// mediaType is the type that Content-Type names, in lower case and without parameters.
func (a *answer) mediaType() string {
	kind, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(kind))
}

// place marks n bytes of the response from byte at on.
func (a *answer) place(at, n int) check.Mark { return a.c.Mark(a.Start+int64(at), n) }

// head marks the response as a whole, where something is missing in it.
func (a *answer) head() check.Mark { return check.Mark{Event: a.place(0, 1).Event} }

// line marks a field line, or the whole when there is none of that name.
func (a *answer) line(name string) check.Mark {
	if found := a.Header.Fields(name); len(found) > 0 {
		return a.place(found[0].At, found[0].Len)
	}
	return a.head()
}

// code marks the status code.
func (a *answer) code() check.Mark {
	digits := strconv.Itoa(a.Status)
	first, _, _ := bytes.Cut(a.Raw, []byte("\n"))
	if i := bytes.Index(first, []byte(" "+digits)); i >= 0 {
		return a.place(i+1, len(digits))
	}
	return a.head()
}

// wantStatus judges the status.
func (a *answer) wantStatus(right ...int) {
	if !slices.Contains(right, a.Status) {
		a.c.t.Fail(a.code(), statuses(right), strconv.Itoa(a.Status))
	}
}

// wantRefusal judges that the status is 4xx; what says what was asked for.
func (a *answer) wantRefusal() {
	if a.Status/100 != 4 {
		a.c.t.Fail(a.code(), "4xx", strconv.Itoa(a.Status))
	}
}

// needStatus leaves the clause unjudged when the status is another.
func (a *answer) needStatus(right ...int) {
	if !slices.Contains(right, a.Status) {
		a.c.t.Block("want %s on the way, got %d", statuses(right), a.Status)
	}
}

// need leaves the clause unjudged unless the response is the file, with 200.
func (a *answer) need(content []byte) {
	a.needStatus(200)
	if !bytes.HasPrefix(a.Body, content[:min(len(content), identity)]) {
		a.c.t.Block("want the content of the file on the way, got %s", describe(a.Body, content))
	}
}

// wantBody judges the content.
func (a *answer) wantBody(content []byte) {
	if bytes.Equal(a.Body, content) {
		return
	}
	want := amount(len(content)) + " as they are in the file"
	if len(content) <= shown {
		want = quote(content)
	}
	at := a.head()
	if i := differ(a.Body, content); a.Framing != http1.FramingChunked && i < len(a.Body) {
		at = a.place(a.BodyAt+i, min(len(a.Body)-i, shown))
	}
	a.c.t.Fail(at, want, describe(a.Body, content))
}

// wantFile judges that the response is that file and no other. Whether it has come to its last byte is what the
// group messages is about.
func (a *answer) wantFile(content []byte) {
	a.wantStatus(200)
	if n := min(len(content), identity); !bytes.HasPrefix(a.Body, content[:n]) {
		a.wantBody(content)
	}
}

// identity is how many bytes of seeded text tell one file from another.
const identity = 12

// tag gives the entity tag; without one that can be read the clause stays unjudged.
func (a *answer) tag() http1.ETag {
	a.needStatus(200)
	tag, err := http1.ParseETag(a.Header.Get("ETag"))
	if err != nil {
		a.c.t.Block("want an ETag on the way, got %s", quote([]byte(a.Header.Get("ETag"))))
	}
	return tag
}

func statuses(list []int) string {
	words := make([]string, len(list))
	for i, s := range list {
		words[i] = strconv.Itoa(s)
	}
	return strings.Join(words, " or ")
}

// shown is how many bytes a reading quotes.
const shown = 60

func quote(b []byte) string {
	if len(b) > shown {
		return strconv.QuoteToASCII(string(b[:shown])) + fmt.Sprintf("… (%s)", amount(len(b)))
	}
	return strconv.QuoteToASCII(string(b))
}

func amount(n int) string {
	if n == 1 {
		return "1 byte"
	}
	return strconv.Itoa(n) + " bytes"
}

// differ is the offset of the first byte by which a and b differ.
func differ(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// describe says how got differs from the content that was due.
func describe(got, due []byte) string {
	at := differ(got, due)
	switch {
	case len(got) == 0:
		return "nothing"
	case len(due) <= shown && len(got) <= shown:
		return quote(got)
	case at == len(got):
		return "the first " + amount(at) + " of them only"
	case at == len(due):
		return amount(len(got)-at) + " more: " + quote(got[at:])
	default:
		return fmt.Sprintf("%s, of which byte %d is 0x%02x and not 0x%02x", amount(len(got)), at+1, got[at], due[at])
	}
}
