package http1

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A proof shows that a fault is one: what a client sends, something that the correct server's answer has, and
// something that the faulty one's has and the correct one's has not.
type proof struct {
	do           func(l *lab) string
	right, wrong string
}

func get(path string) string { return "GET " + path + " HTTP/1.1|Host: x||" }

func asks(right, wrong string, parts ...string) proof {
	return proof{func(l *lab) string { return l.ask(parts...) }, right, wrong}
}

// gets asks for a path with a further field, or with none.
func gets(path, field, right, wrong string) proof {
	if field != "" {
		field += "|"
	}
	return asks(right, wrong, "GET "+path+" HTTP/1.1|Host: x|"+field+"|")
}

func heads(path, field, right, wrong string) proof {
	p := gets(path, field, right, wrong)
	return proof{func(l *lab) string { return l.ask("HEAD " + path + " HTTP/1.1|Host: x|" + field + "|") }, p.right, p.wrong}
}

// puts stores a body and then looks at the file.
func puts(path, body, file, right, wrong string) proof {
	return proof{func(l *lab) string {
		return l.ask(fmt.Sprintf("PUT %s HTTP/1.1|Host: x|Content-Length: %d||", path, len(body))+body) + l.file(file)
	}, right, wrong}
}

// posts sends a body to /form; the fields are those of the head.
func posts(fields, body, right, wrong string) proof {
	return asks(right, wrong, "POST /form HTTP/1.1|Host: x|"+fields+"||"+body)
}

// chunks posts a chunked body.
func chunks(body, right, wrong string) proof {
	return posts("Transfer-Encoding: chunked", body, right, wrong)
}

// survives does something and then asks for a file on another connection.
func survives(do func(l *lab)) proof {
	return proof{func(l *lab) string { do(l); return l.ask(get("/a.txt")) }, "200 OK", "[refused]"}
}

func says(parts ...string) func(l *lab) { return func(l *lab) { l.ask(parts...) } }

// tags asks for a file, changes it, asks again and says whether the tags are equal.
func tags(right, wrong, second string) proof {
	return proof{func(l *lab) string {
		tag := func() string {
			r, err := NewReader(strings.NewReader(l.ask(get("/a.txt"))), Limits{}).Response("GET")
			require.NoError(l.t, err)
			return r.Header.Get("ETag")
		}
		before := tag()
		if second != "" {
			require.NoError(l.t, os.WriteFile(filepath.Join(l.root, "a.txt"), []byte(second), 0o644))
		}
		return fmt.Sprint(before == tag())
	}, right, wrong}
}

func long(n int) string { return strings.Repeat("x", n) }

func TestEveryFaultShows(t *testing.T) {
	proofs := map[string]proof{}
	for _, part := range []map[string]proof{replyProofs, fileProofs, requestProofs, bodyProofs, connectionProofs, formProofs} {
		for name, p := range part {
			require.NotContains(t, proofs, name)
			proofs[name] = p
		}
	}
	for _, name := range FaultNames() {
		t.Run(name, func(t *testing.T) {
			p, ok := proofs[name]
			require.True(t, ok, "no proof for this fault: is it dead?")
			require.NotEmpty(t, p.wrong)
			var faults Faults
			require.NoError(t, faults.Set(name))
			inLab(t, Faults{}, func(l *lab) {
				t := l.t
				got := p.do(l)
				require.Contains(t, got, crlf(p.right), "the correct server")
				require.NotContains(t, got, crlf(p.wrong), "the correct server")
			})
			inLab(t, faults, func(l *lab) { require.Contains(l.t, p.do(l), crlf(p.wrong), "the faulty server") })
		})
		delete(proofs, name)
	}
	require.Empty(t, proofs, "proofs of no fault")
}

func TestFaultNames(t *testing.T) {
	for _, name := range []string{"head-missing-200", "status-line-lf", "type-html-wrong", "content-cut-64k", "nul-cut"} {
		require.Contains(t, FaultNames(), name)
	}
	seen := map[string]bool{}
	for _, name := range FaultNames() {
		require.False(t, seen[name], name)
		seen[name] = true
	}
	var f Faults
	require.ErrorContains(t, f.Set("head-bodi"), `"head-body"`)
	require.False(t, f.Any())
	require.NoError(t, f.Set("head-body"))
	require.Equal(t, Faults{HeadBody: true}, f)
}

var replyProofs = map[string]proof{
	"status-line-lf":      gets("/a.txt", "", "200 OK|", "200 OK\nDate"),
	"status-no-space":     gets("/a.txt", "", "200 OK", "HTTP/1.1 200|"),
	"status-two-spaces":   gets("/a.txt", "", "1.1 200", "1.1  200"),
	"status-no-version":   gets("/a.txt", "", "", "HTTP 200 OK"),
	"version-lower-case":  gets("/a.txt", "", "", "http/1.1 200"),
	"version-echoed":      asks("HTTP/1.1 200", "HTTP/1.9 200", "GET /a.txt HTTP/1.9|Host: x||"),
	"field-lines-lf":      gets("/a.txt", "", "utf-8|", "utf-8\nLast"),
	"head-not-ended":      gets("/a.txt", "", "6||hello", "6|hello"),
	"field-space-colon":   gets("/a.txt", "", "", "Content-Type : "),
	"field-folded":        gets("/a.txt", "", "", "Content-Type: | text"),
	"field-name-space":    gets("/a.txt", "", "", "Last Modified:"),
	"field-twice":         gets("/a.txt", "", "", "6|Content-Type"),
	"field-without-colon": gets("/a.txt", "", "", "|have a nice day|"),

	"length-one-short":     gets("/a.txt", "", "Length: 6", "Length: 5|"),
	"length-one-more":      gets("/a.txt", "", "Length: 6", "Length: 7|"),
	"length-in-characters": gets("/umlaut.txt", "", "Length: 8|", "Length: 6|"),
	"length-twice":         gets("/a.txt", "", "", "Length: 6|Content-Length: 7"),
	"length-not-number":    gets("/a.txt", "", "", "Length: 6 bytes"),
	"length-missing":       gets("/a.txt", "", "Length: 6", labTag+"||hello\n[open]"),
	"length-empty-missing": gets("/empty.txt", "", "Length: 0||[open]", "\"||[open]"),
	"length-error-missing": gets("/none", "", "Length: 14||404 Not Found\n[open]", "utf-8||404 Not Found\n[open]"),
	"length-and-chunked":   gets("/a.txt", "", "", "Length: 6|Transfer-Encoding: chunked||6|hello\n|0||"),
	"chunked-to-10":        asks("", "Transfer-Encoding: chunked", "GET /a.txt HTTP/1.0||"),
	"chunked-decimal":      gets("/big.bin", "", "", "chunked||131072|0123"),
	"chunked-not-ended":    gets("/a.txt", "", "", "chunked||6|hello\n|[open]"),
	"content-surplus-crlf": gets("/a.txt", "", "hello\n[open]", "hello\n|[open]"),
	"content-cut-64k":      {func(l *lab) string { s := l.ask(get("/big.bin")); return fmt.Sprint(len(s) > 120000) }, "true", "false"},
	"content-crlf":         gets("/a.txt", "", "6||hello\n", "7||hello|"),
	"content-cut-at-nul":   gets("/dot.png", "", "Length: 10", "Length: 8"),
	"content-utf-8":        gets("/dot.jpg", "", "\xff\xd8\xff", "\uFFFD"),
	"content-mixed": {func(l *lab) string {
		a, b := l.dial(), l.dial()
		a.conn.Write([]byte(crlf(get("/a.txt"))))
		b.conn.Write([]byte(crlf(get("/b.txt"))))
		return fmt.Sprint(strings.Contains(a.read(), "hello"), strings.Contains(b.read(), "other"))
	}, "true true", "false"},
	"content-stale": {func(l *lab) string {
		return l.ask(get("/a.txt"), "PUT /a.txt HTTP/1.1|Host: x|Content-Length: 3||new", "GET /a.txt HTTP/1.0||")
	}, "new[end]", "hello\n[end]"},
	"range-off-by-one": gets("/a.txt", "Range: bytes=0-1", "hello", "||h[open]"),
	"range-whole":      gets("/a.txt", "Range: bytes=0-1", "200", "206"),
	"content-slow-dropped": {func(l *lab) string {
		p := l.dial()
		p.conn.Write([]byte(crlf(get("/big.bin"))))
		time.Sleep(time.Second) // of the bubble's clock
		return fmt.Sprint(len(p.read()) > 120000)
	}, "true", "false"},

	"type-always-html":  gets("/style.css", "", "text/css", "text/html"),
	"type-none":         gets("/a.txt", "", "", "GMT|Last-Modified"),
	"type-html-wrong":   gets("/page.html", "", "text/html", "text/plain"),
	"type-css-wrong":    gets("/style.css", "", "text/css", "text/plain"),
	"type-js-wrong":     gets("/code.js", "", "text/javascript", "text/plain"),
	"type-text-wrong":   gets("/a.txt", "", "text/plain", "application/octet-stream"),
	"type-json-wrong":   gets("/data.json", "", "application/json", "text/plain"),
	"type-png-wrong":    gets("/dot.png", "", "image/png", "image/jpeg"),
	"type-jpeg-wrong":   gets("/dot.jpg", "", "image/jpeg", "image/jpg"),
	"type-gif-wrong":    gets("/dot.gif", "", "image/gif", "image/png"),
	"type-svg-wrong":    gets("/dot.svg", "", "image/svg+xml", "text/xml"),
	"type-unknown-html": gets("/thing.xyz", "", "application/octet-stream", "text/html"),

	"date-none":             gets("/a.txt", "", "Date: Mon, 15 Jun 2026 12:00:00 GMT", "200 OK|Content-Type"),
	"date-none-on-error":    gets("/none", "", "Date", "Not Found|Content-Type"),
	"date-none-on-304":      gets("/a.txt", "If-None-Match: *", "Date", "Not Modified|Last"),
	"date-local-zone":       gets("/a.txt", "", "", "14:00:00 CEST"),
	"date-local-as-gmt":     gets("/a.txt", "", "", "14:00:00 GMT"),
	"date-form-asctime":     gets("/a.txt", "", "", "Date: Mon Jun 15 12:00:00 2026"),
	"date-form-rfc-850":     gets("/a.txt", "", "", "Date: Monday, 15-Jun-26 12:00:00 GMT"),
	"last-modified-none":    gets("/a.txt", "", "Last-Modified: "+labDate, "utf-8|ETag"),
	"last-modified-now":     gets("/a.txt", "", "", "Last-Modified: Mon, 15 Jun 2026 12:00"),
	"last-modified-ahead":   gets("/a.txt", "", "", "Last-Modified: Mon, 15 Jun 2026 13:00"),
	"last-modified-asctime": gets("/a.txt", "", "", "Last-Modified: Tue Jan  2 03:04:05 2024"),
	"etag-none":             gets("/a.txt", "", "ETag: "+labTag, "GMT|Content-Length"),
	"etag-each-time":        tags("true", "false", ""),
	"etag-stays":            tags("false", "true", "a longer one\n"),
	"etag-from-length":      tags("false", "true", "jello\n"),
	"etag-unquoted":         gets("/a.txt", "", "", "ETag: 5891"),
	"etag-weak-lower-case":  gets("/a.txt", "", "", "ETag: w/\""),

	"head-body":         heads("/a.txt", "", "Length: 6||[open]", "hello"),
	"head-error-body":   heads("/none", "", "Length: 14||[open]", "||404"),
	"head-form-body":    heads("/form?a=b", "", "Length: 4||[open]", "a=b"),
	"head-length-zero":  heads("/a.txt", "", "Length: 6", "Length: 0"),
	"head-few-fields":   heads("/a.txt", "", "ETag", "GMT|Content-Length"),
	"head-refused":      heads("/a.txt", "", "200", "501"),
	"head-missing-200":  heads("/none", "", "404", "200"),
	"head-closes-after": heads("/a.txt", "", "[open]", "[end]"),
}

var fileProofs = map[string]proof{
	"missing-200":            gets("/none", "", "404", "HTTP/1.1 200"),
	"missing-500":            gets("/none", "", "404", "500"),
	"deep-missing":           gets("/bare/file.txt", "", "200", "404"),
	"allow-missing":          asks("405 Method Not Allowed", "utf-8|Content-Length", "POST /a.txt HTTP/1.1|Host: x|Content-Length: 0||"),
	"method-unknown-get":     asks("501", "200", "FOO /a.txt HTTP/1.1|Host: x||"),
	"method-unknown-dropped": {func(l *lab) string { return ">" + l.ask("FOO /a.txt HTTP/1.1|Host: x||") }, "501", ">[end]"},
	"method-any-case":        asks("501", "200", "get /a.txt HTTP/1.1|Host: x||"),
	"method-post-get":        asks("405", "200", "POST /a.txt HTTP/1.1|Host: x|Content-Length: 0||"),
	"method-options-refused": asks("200", "400", "OPTIONS * HTTP/1.1|Host: x||"),

	"put-always-201":      puts("/a.txt", "new", "a.txt", "204", "201"),
	"put-always-204":      puts("/n.txt", "new", "n.txt", "201", "204"),
	"put-never-stores":    puts("/n.txt", "new", "n.txt", "[new]", "[none]"),
	"put-only-creates":    puts("/a.txt", "new", "a.txt", "[new]", "[hello\n]"),
	"put-appends":         puts("/a.txt", "new", "a.txt", "[new]", "[hello\nnew]"),
	"put-keeps-tail":      puts("/a.txt", "new", "a.txt", "[new]", "[newlo\n]"),
	"put-cut-1k":          puts("/n.txt", long(2000), "n.txt", "["+long(2000)+"]", "["+long(1024)+"]"),
	"put-text-mode":       puts("/n.txt", "a\n", "n.txt", "[a\n]", "[a|]"),
	"put-cut-at-nul":      puts("/n.txt", "a\x00b", "n.txt", "[a\x00b]", "[a]"),
	"put-empty-refused":   puts("/n.txt", "", "n.txt", "201", "400"),
	"put-new-folder-500":  puts("/new/n.txt", "new", "new/n.txt", "201", "500"),
	"put-folder-accepted": puts("/dir", "new", "a.txt", "409", "204"),
	"put-not-decoded":     puts("/n%20n.txt", "new", "n%20n.txt", "[none]", "[new]"),
	"put-first-segment": {func(l *lab) string {
		return l.ask("PUT /n.txt HTTP/1.1|Host: x|Content-Length: 6||abc", "def") + l.file("n.txt")
	}, "[abcdef]", "[abc]"},
	"put-stores-chunks": {func(l *lab) string {
		return l.ask("PUT /n.txt HTTP/1.1|Host: x|Transfer-Encoding: chunked||3|new|0||") + l.file("n.txt")
	}, "[new]", "[3|new|0||]"},
	"put-stores-partial": {func(l *lab) string {
		p := l.dial().send("PUT /a.txt HTTP/1.1|Host: x|Content-Length: 6||abc")
		p.conn.CloseWrite()
		return p.read() + l.file("a.txt")
	}, "[hello\n]", "[abc]"},
	"put-in-place": {func(l *lab) string {
		l.dial().send("PUT /a.txt HTTP/1.1|Host: x|Content-Length: 6||abc")
		return l.ask(get("/a.txt"))
	}, "hello", "Length: 0"},
	"delete-keeps":           {func(l *lab) string { return l.ask("DELETE /a.txt HTTP/1.1|Host: x||") + l.file("a.txt") }, "[none]", "[hello\n]"},
	"delete-missing-204":     asks("404", "204", "DELETE /none HTTP/1.1|Host: x||"),
	"delete-missing-500":     asks("404", "500", "DELETE /none HTTP/1.1|Host: x||"),
	"delete-folder":          {func(l *lab) string { return l.ask("DELETE /dir HTTP/1.1|Host: x||") + l.file("dir/index.html") }, "409", "[none]"},
	"delete-refused":         asks("204", "501", "DELETE /a.txt HTTP/1.1|Host: x||"),
	"no-content-length":      asks("204", "Content-Length", "DELETE /a.txt HTTP/1.1|Host: x||"),
	"no-content-body":        asks("204", "||done", "DELETE /a.txt HTTP/1.1|Host: x||"),
	"no-content-chunked":     asks("204", "Transfer-Encoding", "DELETE /a.txt HTTP/1.1|Host: x||"),
	"created-body-uncounted": puts("/n.txt", "new", "n.txt", "Length: 0||[open]", "||created"),

	"none-match-ignored":     gets("/a.txt", "If-None-Match: "+labTag, "304", "200"),
	"none-match-strong":      gets("/a.txt", "If-None-Match: W/"+labTag, "304", "200"),
	"none-match-no-list":     gets("/a.txt", `If-None-Match: "x", `+labTag, "304", "200"),
	"none-match-first-line":  gets("/a.txt", `If-None-Match: "x"|If-None-Match: `+labTag, "304", "200"),
	"none-match-no-star":     gets("/a.txt", "If-None-Match: *", "304", "200"),
	"none-match-always":      gets("/a.txt", `If-None-Match: "x"`, "200", "304"),
	"none-match-substring":   gets("/a.txt", `If-None-Match: "x5891b5b522d5df08"`, "200", "304"),
	"none-match-not-on-head": heads("/a.txt", "If-None-Match: *|", "304", "200"),
	"none-match-missing-304": gets("/none", "If-None-Match: *", "404", "304"),
	"none-match-412":         gets("/a.txt", "If-None-Match: *", "304", "412"),
	"since-ignored":          gets("/a.txt", "If-Modified-Since: "+labDate, "304", "200"),
	"since-over-none-match":  gets("/a.txt", `If-None-Match: "x"|If-Modified-Since: `+labDate, "200", "304"),
	"since-strictly-later":   gets("/a.txt", "If-Modified-Since: "+labDate, "304", "200"),
	"since-by-string":        gets("/a.txt", "If-Modified-Since: Wed, 01 Jan 1992 00:00:00 GMT", "200", "304"),
	"since-always":           gets("/a.txt", "If-Modified-Since: Wed, 01 Jan 1992 00:00:00 GMT", "200", "304"),
	"since-only-fixdate":     gets("/a.txt", "If-Modified-Since: Tuesday, 02-Jan-24 03:04:05 GMT", "304", "200"),
	"since-bad-400":          gets("/a.txt", "If-Modified-Since: yesterday", "200", "400"),
	"since-bad-304":          gets("/a.txt", "If-Modified-Since: yesterday", "200", "304"),
	"not-modified-body":      gets("/a.txt", "If-None-Match: *", "||[open]", "hello"),
	"not-modified-no-etag":   gets("/a.txt", "If-None-Match: *", "ETag", "GMT||[open]"),
	"not-modified-length":    gets("/a.txt", "If-None-Match: *", "304", "Content-Length: 0"),
	"not-modified-chunked":   gets("/a.txt", "If-None-Match: *", "304", "||0||"),

	"folder-direct":      gets("/dir", "", "301", "200"),
	"folder-missing-404": gets("/dir", "", "301", "404"),
	"folder-no-location": gets("/dir", "", "Location: /dir/|", "utf-8|Content-Length"),
	"folder-location":    gets("/dir", "", "", "Location: /dir|"),
	"folder-parent":      gets("/dir/sub", "", "Location: /dir/sub/|", "Location: /sub/|"),
	"folder-302":         gets("/dir", "", "301", "302"),
	"folder-308":         gets("/dir", "", "301", "308"),
	"folder-split":       gets("/dir?a%0d%0aSet-Cookie:b", "", "Location: /dir/?a%0d%0aSet", "|Set-Cookie:b"),
	"folder-index":       gets("/dir/", "", "index", "404"),
	"folder-lists":       gets("/bare/", "", "404", "file.txt"),
	"folder-empty-200":   gets("/bare/", "", "404", "200"),
	"folder-crash":       {func(l *lab) string { return ">" + l.ask(get("/dir")) }, "301", ">[end]"},
}
