package httpserver

import (
	"fmt"
	"time"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/http1"
)

// root is the environment name of the document root.
const root = "ROOT"

const (
	pauseTime = 700 * time.Millisecond // how long a client does nothing where a check says so
	moment    = 50 * time.Millisecond  // in which a server may fall over a client that has gone
)

// A file is one below the document root.
type file struct {
	name, target string
	content      []byte
	modified     time.Time
}

// bulk makes n bytes of which no two stretches are alike, and which need no care to be sent as they are.
func bulk(t *check.T, n int) []byte {
	word := t.Word(1000)
	b := make([]byte, 0, n+len(word)+16)
	for len(b) < n {
		b = fmt.Appendf(b, "%016d%s", len(b), word)
	}
	return b[:n]
}

// wantBulk judges that all of a large content came in order, but for a few bytes at the end that a wrong length
// may have cost.
func (a *answer) wantBulk(content []byte) {
	if i := differ(a.Body, content); i < len(content)-someBytes {
		a.c.t.Fail(a.text(i, 1), amount(len(content))+" as they are in the file", describe(a.Body, content))
	}
}

// plant makes a file of seeded name, text and date.
func plant(t *check.T, extension string) file {
	return plantAs(t, t.Word(8)+extension, []byte(t.Text(200+t.Rand().IntN(200))+"\n"))
}

// plantAs makes a file of that name, whose characters need no escapes, and content.
func plantAs(t *check.T, name string, content []byte) file {
	f := file{name: name, target: "/" + name, content: content, modified: past(t)}
	t.Folder(root).Write(name, content)
	t.Folder(root).Date(name, f.modified)
	return f
}

// past draws a moment between 2012 and 2021, in whole seconds.
func past(t *check.T) time.Time {
	start := time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC)
	return start.Add(time.Duration(t.Rand().IntN(10*365*24*3600)) * time.Second)
}

func (f file) date() string { return http1.FormatDate(f.modified) }

// serves judges that the server answers a new client with the file: it is alive and well.
func (f file) serves(t *check.T) { ask(t, request(t, "GET", f.target)).wantFile(f.content) }

// needed is serves on the way: without it the clause stays unjudged.
func (f file) needed(t *check.T) { ask(t, request(t, "GET", f.target)).need(f.content) }

// stored judges what is in the file.
func (f file) stored(t *check.T, content []byte) {
	got, at, ok := t.Folder(root).Read(f.name)
	switch {
	case !ok:
		t.Fail(at, "a file with "+amount(len(content)), "no file "+f.name)
	case string(got) != string(content):
		at.At, at.Len = differ(got, content), 1
		t.Fail(at, amount(len(content))+" as they were sent", describe(got, content))
	}
}
