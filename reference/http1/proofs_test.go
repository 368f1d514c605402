package http1

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing/synctest"
)

var requestProofs = map[string]proof{
	"host-missing-accepted":  asks("400", "200", "GET /a.txt HTTP/1.1||"),
	"host-twice-accepted":    asks("400", "200", "GET /a.txt HTTP/1.1|Host: x|Host: x||"),
	"host-invalid-accepted":  asks("400", "200", "GET /a.txt HTTP/1.1|Host: a b||"),
	"space-colon-accepted":   asks("400", "200", "GET /a.txt HTTP/1.1|Host : x||"),
	"colon-missing-accepted": asks("400", "200", "GET /a.txt HTTP/1.1|Host: x|nonsense||"),
	"line-malformed-served":  asks("400", "200", "GET /a.txt|Host: x||"),
	"line-malformed-dropped": {func(l *lab) string { return ">" + l.ask("GET|Host: x||") }, "400", ">[end]"},
	"line-malformed-crash":   survives(says("\x00\x01\x02|||")),
	"name-case-sensitive":    asks("200", "400", "GET /a.txt HTTP/1.1|hOsT: x||"),
	"value-needs-space":      asks("200", "400", "GET /a.txt HTTP/1.1|Host:x||"),
	"value-not-trimmed":      asks("200", "400", "GET /a.txt HTTP/1.1|Host: x  ||"),
	"value-empty-refused":    gets("/a.txt", "Accept:", "200", "400"),
	"value-obs-text-crash":   survives(says("GET /a.txt HTTP/1.1|Host: x|X: \xff\xfe||")),
	"field-unknown-refused":  gets("/a.txt", "X-Unknown: y", "200", "400"),
	"field-nul-accepted":     gets("/a.txt", "X: a\x00b", "400", "200"),
	"leading-line-refused":   asks("200", "400", "|"+get("/a.txt")),
	"absolute-form-refused":  gets("http://x/a.txt", "", "200", "400"),
	"absolute-form-as-path":  gets("http://x/a.txt", "", "200", "404"),
	"version-3-accepted":     asks("505", "200", "GET /a.txt HTTP/3.7|Host: x||"),
	"version-3-is-400":       asks("505", "400", "GET /a.txt HTTP/3.7|Host: x||"),
	"version-12-refused":     asks("200", "400", "GET /a.txt HTTP/1.2|Host: x||"),
	"version-any-accepted":   asks("400", "200", "GET /a.txt HTTP/x.y|Host: x||"),
	"target-8000-refused":    gets("/a.txt?"+long(8000), "", "200", "414"),
	"head-8000-refused":      gets("/a.txt", "X: "+long(8000), "200", "431"),
	"target-cut":             gets("/form?a="+long(2000), "", "Length: 2003", "Length: 1019"),
	"target-long-crash":      survives(says("GET /" + long(20000) + " HTTP/1.1|Host: x||")),
	"head-long-crash":        survives(says("GET / HTTP/1.1|Host: x|X: " + long(20000) + "||")),
	"fields-many-refused":    gets("/a.txt", strings.Repeat("X: y|", 60)+"X: z", "200", "431"),

	"query-in-name":        gets("/a.txt?q", "", "200", "404"),
	"escapes-kept":         gets("/a%20b.txt", "", "space", "twice"),
	"escapes-twice":        gets("/a%2520b.txt", "", "twice", "space"),
	"escapes-latin-1":      gets("/%c3%bc.txt", "", "200", "404"),
	"escape-broken-served": gets("/%zz", "", "400", "404"),
	"escape-broken-crash":  survives(says(get("/%zz"))),
	"plus-is-space":        gets("/a+b.txt", "", "plus", "space"),
	"nul-cut":              gets("/a.txt%00.png", "", "400", "hello"),
	"nul-crash":            survives(says(get("/%00"))),

	"traversal-plain":     gets("/../secret.txt", "", "400", "SECRET"),
	"traversal-encoded":   gets("/%2e%2e/secret.txt", "", "400", "SECRET"),
	"traversal-slash":     gets("/..%2fsecret.txt", "", "404", "SECRET"),
	"traversal-backslash": gets(`/..\secret.txt`, "", "400", "SECRET"),
	"traversal-twice":     gets("/%252e%252e/secret.txt", "", "404", "SECRET"),
	"traversal-stripped":  gets("/....//secret.txt", "", "404", "SECRET"),
	"traversal-prefix":    gets("/../root-secret/x.txt", "", "400", "SECRET"),
	"traversal-absolute":  {func(l *lab) string { return l.ask(get("/" + filepath.Join(l.root, "../secret.txt"))) }, "404", "SECRET"},
	"traversal-put":       puts("/../n.txt", "new", "../n.txt", "[none]", "[new]"),
	"traversal-delete": {func(l *lab) string {
		return l.ask("DELETE /../secret.txt HTTP/1.1|Host: x||") + l.file("../secret.txt")
	}, "[SECRET\n]", "[none]"},
}

var bodyProofs = map[string]proof{
	"length-negative-accepted": posts("Content-Length: -1", "", "400", "200"),
	"length-junk-accepted":     posts("Content-Length: 3x", "a=b", "400", "200"),
	"length-empty-accepted":    posts("Content-Length:", "", "400", "200"),
	"length-plus-accepted":     posts("Content-Length: +3", "a=b", "400", "200"),
	"length-wraps":             posts("Content-Length: 18446744073709551619", "a=b", "413", "200"),
	"lengths-first-wins":       posts("Content-Length: 3|Content-Length: 4", "a=bc", "400", "200"),
	"length-bad-stays-open":    posts("Content-Length: 3x", "GET /a.txt HTTP/1.0||", "400", "hello"),
	"length-over-coding":       posts("Content-Length: 3|Transfer-Encoding: chunked", "a=b", "400", "200"),
	"coding-both-stays-open":   posts("Content-Length: 3|Transfer-Encoding: chunked", "3|a=b|0||", "[end]", "a=b\n[open]"),
	"coding-unknown-ignored":   posts("Transfer-Encoding: foo", "", "501", "200"),
	"coding-case-sensitive":    posts("Transfer-Encoding: Chunked", "3|a=b|0||", "200", "501"),
	"chunks-ignored":           chunks("3|a=b|0||", "a=b\n[open]", "400"),
	"chunks-decimal":           chunks("12|a="+long(16)+"|0||", "200", "400"),
	"chunks-lower-case":        chunks("A|a="+long(8)+"|0||", "200", "400"),
	"chunks-zero-padded":       chunks("003|a=b|0||", "a=b\n[open]", "400"),
	"chunks-extension":         chunks("3;x=y|a=b|0||", "200", "400"),
	"chunks-trailer":           chunks("3|a=b|0|X: y||", "a=b\n[open]", "400"),
	"chunks-line-end":          chunks("3|a=b|0||", "a=b\n", "a=b|\n"),
	"chunks-bad-size":          chunks("zz|a=b|0||", "400", "200"),
	"chunks-bad-end":           chunks("2|a=b|0||", "400", "200"),
	"chunks-size-wraps":        chunks("10000000000000003|a=b|0||", "413", "200"),
	"chunks-per-read":          asks("200", "400", "POST /form HTTP/1.1|Host: x|Transfer-Encoding: chunked||3|a", "=b|0||"),
	"continue-never":           {func(l *lab) string { return ">" + l.ask(expecting("100-continue")) }, "100 Continue", ">[open]"},
	"continue-case":            {func(l *lab) string { return ">" + l.ask(expecting("100-Continue")) }, "100 Continue", ">[open]"},
	"continue-to-10":           asks("200", "100 Continue", "POST /form HTTP/1.0|Content-Length: 3|Expect: 100-continue||", "a=b"),
	"continue-alone":           asks("200", "Continue||[end]", "POST /form HTTP/1.1|Host: x|Content-Length: 3|Expect: 100-continue||", "a=b"),
	"continue-refused":         posts("Content-Length: 3|Expect: 100-continue", "", "100", "417"),
	"body-left-on-error":       asks("501 Not Implemented", "a=b", smuggled("FOO /")),
	"body-left-on-get":         asks("hello", "a=b", smuggled("GET /a.txt")),
}

func expecting(what string) string {
	return "POST /form HTTP/1.1|Host: x|Content-Length: 3|Expect: " + what + "||"
}

// smuggled is a request whose body is a request.
func smuggled(start string) string {
	body := crlf("GET /form?a=b HTTP/1.0||")
	return fmt.Sprintf("%s HTTP/1.1|Host: x|Content-Length: %d||%s", start, len(body), body)
}

// blocked leaves a connection as the parts leave it and asks on another.
func blocked(parts ...string) proof {
	return proof{func(l *lab) string { l.dial().send(parts...); return ">" + l.ask(get("/a.txt")) }, "200", ">[open]"}
}

var connectionProofs = map[string]proof{
	"conn-closes-after-one":  gets("/a.txt", "", "[open]", "[end]"),
	"conn-close-ignored":     gets("/a.txt", "Connection: close", "[end]", "[open]"),
	"conn-close-only":        gets("/a.txt", "Connection: x, close", "[end]", "[open]"),
	"conn-close-case":        gets("/a.txt", "Connection: Close", "[end]", "[open]"),
	"conn-close-unannounced": gets("/a.txt", "Connection: close", "Connection: close|", "6||hello\n[end]"),
	"conn-pipeline-dropped":  asks("other", "hello\n[open]", get("/a.txt")+get("/b.txt")),
	"conn-pipeline-turned":   asks("hello\nHTTP", "other\nHTTP", get("/a.txt")+get("/b.txt")),
	"conn-open-after-10":     asks("[end]", "[open]", "GET /a.txt HTTP/1.0||"),
	"conn-host-10":           asks("200", "400", "GET /a.txt HTTP/1.0||"),
	"conn-refuses-10":        asks("200", "505", "GET /a.txt HTTP/1.0||"),
	"conn-one-read":          asks("200", "400", "GET /a.txt HTTP/1.1|Ho", "st: x||"),
	"conn-one-at-a-time":     blocked(),
	"conn-half-line-blocks":  blocked("GET /a"),
	"conn-eight": {func(l *lab) string {
		for range 8 {
			l.dial()
		}
		return ">" + l.ask(get("/a.txt"))
	}, "200", ">[end]"},
	"conn-sixteen": survives(func(l *lab) {
		for range 17 {
			l.ask(get("/a.txt"))
		}
	}),
	"conn-half-close-gone": {func(l *lab) string {
		p := l.dial()
		p.conn.Write([]byte(crlf(get("/a.txt"))))
		p.conn.CloseWrite()
		return ">" + p.read()
	}, "200", ">[end]"},
	"conn-reset-crash": survives(func(l *lab) {
		p := l.dial().send("GET /a")
		p.conn.reset()
		synctest.Wait()
	}),
	"conn-empty-crash": survives(func(l *lab) {
		p := l.dial()
		p.conn.Close()
		synctest.Wait()
	}),
	"conn-partial-crash": survives(func(l *lab) {
		p := l.dial().send("GET /a")
		p.conn.Close()
		synctest.Wait()
	}),
	"conn-impatient": {func(l *lab) string {
		p := l.dial().send("GET /a.txt HT")
		p.read() // five seconds of the bubble's clock
		return ">" + p.send("TP/1.1|Host: x||").read()
	}, "200", ">[end]"},
}

var formProofs = map[string]proof{
	"form-plus":             gets("/form?a=b+c", "", "a=b c\n", "a=b+c"),
	"form-escapes":          gets("/form?a=b%20c", "", "a=b c\n", "a=b%20c"),
	"form-escapes-twice":    gets("/form?a=b%2520c", "", "a=b%20c", "a=b c"),
	"form-decodes-first":    gets("/form?a=b%26c=d", "", "a=b&c=d\n", "a=b\nc=d\n"),
	"form-utf-8":            gets("/form?a=%c3%bc", "", "a=ü\n", "a=Ã¼"),
	"form-sorted":           gets("/form?b=1&a=2", "", "b=1\na=2\n", "a=2\nb=1"),
	"form-empty-value":      gets("/form?a=&b=1", "", "a=\nb=1\n", "||b=1\n"),
	"form-bare-name":        gets("/form?a&b=1", "", "a=\nb=1\n", "||b=1\n"),
	"form-empty-segment":    gets("/form?a=1&&b=2", "", "a=1\nb=2\n", "a=1\n=\nb=2"),
	"form-duplicate":        gets("/form?a=1&a=2", "", "a=1\na=2\n", "||a=2\n"),
	"form-equals-cut":       gets("/form?a=b=c", "", "a=b=c\n", "a=b\n"),
	"form-semicolon":        gets("/form?a=b;c=d", "", "a=b;c=d\n", "a=b\nc=d\n"),
	"form-last-line":        gets("/form?a=1&b=2", "", "a=1\nb=2\n", "||a=1\n[open]"),
	"form-one-line":         gets("/form?a=1&b=2", "", "a=1\nb=2\n", "a=1b=2"),
	"form-name-not-decoded": gets("/form?a%20b=1", "", "a b=1\n", "a%20b=1"),
	"form-first-segment":    asks("a=1\nb=2\n", "a=1\n[open]", "POST /form HTTP/1.1|Host: x|Content-Length: 7||a=1", "&b=2"),
	"form-chunked-empty":    chunks("3|a=b|0||", "a=b\n", "Length: 0"),
	"form-post-query":       asks("||b=2\n", "a=1\nb=2\n", "POST /form?a=1 HTTP/1.1|Host: x|Content-Length: 3||b=2"),
	"form-get-body":         asks("||a=1\n", "a=1\nb=2\n", "GET /form?a=1 HTTP/1.1|Host: x|Content-Length: 3||b=2"),
	"form-broken-200":       gets("/form?a=%zz", "", "400", "a=%zz"),
	"form-type-html":        gets("/form?a=1", "", "text/plain", "text/html"),
	"form-post-refused":     posts("Content-Length: 3", "a=b", "200", "405"),
	"form-get-refused":      gets("/form?a=1", "", "200", "405"),
}
