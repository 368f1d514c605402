package http1

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// labClock and labModified are the clock of the server and the age of its files, so that answers are always the same.
var (
	labClock    = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	labModified = time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
)

const (
	labDate = "Tue, 02 Jan 2024 03:04:05 GMT"
	labTag  = `"5891b5b522d5df08"` // of "hello\n"
)

// labFiles is the document root.
var labFiles = map[string]string{
	"a.txt": "hello\n", "b.txt": "other\n", "empty.txt": "", "umlaut.txt": "Grüße\n", "a b.txt": "space\n", "a+b.txt": "plus\n",
	"ü.txt": "name\n", "a%20b.txt": "twice\n", "a&b.txt": "amp\n", "page.html": "<p>page\n", "style.css": "p{}\n", "code.js": "1\n",
	"data.json": "{}\n", "dot.png": "\x89PNG\r\n\x1a\n\x00\x00", "dot.jpg": "\xff\xd8\xff\x00", "dot.gif": "GIF89a\x00", "dot.svg": "<svg/>\n",
	"thing.xyz": "xyz\n", "dir/index.html": "<p>index\n", "dir/sub/index.html": "<p>sub\n", "bare/file.txt": "file\n",
	"big.bin": strings.Repeat("0123456789abcdef", 8<<10),
}

// A lab is a server inside a synctest bubble, with a root of its own and a secret beside it.
type lab struct {
	t    *testing.T
	root string
	srv  *Server
	ln   *memListener
	done chan error
}

// inLab runs f with a server that has the faults.
func inLab(t *testing.T, faults Faults, f func(l *lab)) {
	t.Helper()
	dir := t.TempDir()
	root := filepath.Join(dir, "root")
	plant := func(name, content string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(content), 0o644))
		require.NoError(t, os.Chtimes(name, labModified, labModified))
	}
	for name, content := range labFiles {
		plant(filepath.Join(root, name), content)
	}
	plant(filepath.Join(dir, "secret.txt"), "SECRET\n")
	plant(filepath.Join(dir, "root-secret", "x.txt"), "SECRET\n")
	synctest.Test(t, func(t *testing.T) {
		l := &lab{t: t, root: root, ln: newMemListener(), done: make(chan error, 1)}
		l.srv = &Server{Root: root, Faults: faults, Now: func() time.Time { return labClock }}
		go func() { l.done <- l.srv.Serve(l.ln) }()
		defer func() { // also when f fails: a bubble must be empty when it ends
			require.NoError(t, l.srv.Close())
			<-l.done
		}()
		f(l)
	})
}

// A peer is a client's end of one connection to the lab's server; nil when the server takes none.
type peer struct {
	l    *lab
	conn *memConn
}

func (l *lab) dial() *peer {
	c, err := l.ln.dial()
	if err != nil {
		return nil
	}
	synctest.Wait()
	return &peer{l, c}
}

// ask sends the parts, each a segment of its own, on a new connection and reads what comes.
func (l *lab) ask(parts ...string) string {
	p := l.dial()
	if p == nil {
		return "[refused]"
	}
	defer p.conn.Close()
	return p.send(parts...).read()
}

// crlf makes a line end of each bar.
func crlf(s string) string { return strings.ReplaceAll(s, "|", "\r\n") }

// send writes the parts, and lets the server come to rest after each.
func (p *peer) send(parts ...string) *peer {
	for _, part := range parts {
		p.conn.Write([]byte(crlf(part))) // a server that has closed is seen when its answer is read
		synctest.Wait()
	}
	return p
}

// read gives what comes until nothing has come for five seconds, or the server ends the connection, and says which.
func (p *peer) read() string {
	if p == nil {
		return "[refused]"
	}
	var all []byte
	b := make([]byte, 64<<10)
	for {
		p.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, err := p.conn.Read(b)
		all = append(all, b[:n]...)
		switch {
		case err == io.EOF:
			return string(all) + "[end]"
		case errors.Is(err, os.ErrDeadlineExceeded):
			return string(all) + "[open]"
		case err != nil:
			return string(all) + "[reset]"
		}
	}
}

// file gives a file below the root, or beside it with "..".
func (l *lab) file(name string) string {
	b, err := os.ReadFile(filepath.Join(l.root, name))
	if err != nil {
		return "[none]"
	}
	return "[" + string(b) + "]"
}
