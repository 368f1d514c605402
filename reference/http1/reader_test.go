package http1

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
)

// seen gives the breaches of a message as "section@byte".
func seen(breaches []Breach) string {
	var s []string
	for _, b := range breaches {
		s = append(s, fmt.Sprintf("%s@%d", b.Section, b.At))
	}
	return strings.Join(s, " ")
}

// The reader says at which byte which clause is broken, and reads on.
func TestResponseBreaches(t *testing.T) {
	for _, c := range []struct{ name, in, breaches, body string }{
		{"right", "HTTP/1.1 200 OK|Content-Length: 2||ab", "", "ab"},
		{"no reason", "HTTP/1.1 200 |Content-Length: 2||ab", "", "ab"},
		{"no space", "HTTP/1.1 200|Content-Length: 2||ab", "4@12", "ab"},
		{"two spaces", "HTTP/1.1  200 OK|Content-Length: 2||ab", "4@0", "ab"},
		{"no version", "HTTP 200 OK|Content-Length: 2||ab", "2.3@0", "ab"},
		{"small letters", "http/1.1 200 OK|Content-Length: 2||ab", "2.3@0", "ab"},
		{"a version that is none", "HTTP/1.9 200 OK|Content-Length: 2||ab", "6.2@0", "ab"},
		{"control in the reason", "HTTP/1.1 200 O\x01K|Content-Length: 2||ab", "4@13", "ab"},
		{"LF", "HTTP/1.1 200 OK\nContent-Length: 2||ab", "2.1@15", "ab"},
		{"LF everywhere", "HTTP/1.1 200 OK\nContent-Length: 2\n\nab", "2.1@15 2.1@33 2.1@34", "ab"},
		{"CR", "HTTP/1.1 200 OK|X: a\rb|Content-Length: 2||ab", "2.2@21", "ab"},
		{"empty line before", "|HTTP/1.1 200 OK|Content-Length: 2||ab", "2.1@0", "ab"},
		{"space before the first field", "HTTP/1.1 200 OK| X: y|Content-Length: 2||ab", "2.2@17", "ab"},
		{"fold", "HTTP/1.1 200 OK|Content-Length: 2|X: a|  b||ab", "5.2@42", "ab"},
		{"no colon", "HTTP/1.1 200 OK|hello|Content-Length: 2||ab", "5@17", "ab"},
		{"space before the colon", "HTTP/1.1 200 OK|Content-Length : 2||ab", "5.1@31", "ab"},
		{"no token", "HTTP/1.1 200 OK|Last Modified: x|Content-Length: 2||ab", "5.1@17", "ab"},
		{"empty name", "HTTP/1.1 200 OK|: x|Content-Length: 2||ab", "5.1@17", "ab"},
		{"NUL", "HTTP/1.1 200 OK|X: \x00|Content-Length: 2||ab", "5.5@17", "ab"},
		{"two dates", "HTTP/1.1 200 OK|Date: x|Date: x|Content-Length: 2||ab", "5.3@26", "ab"},
		{"length is no number", "HTTP/1.1 200 OK|Content-Length: 2 bytes||ab", "8.6@17", ""},
		{"length is negative", "HTTP/1.1 200 OK|Content-Length: -2||ab", "8.6@17", ""},
		{"lengths differ", "HTTP/1.1 200 OK|Content-Length: 2|Content-Length: 3||ab", "6.3@36", ""},
		{"lengths are equal", "HTTP/1.1 200 OK|Content-Length: 2, 02||ab", "8.6@17", "ab"},
		{"length and coding", "HTTP/1.1 200 OK|Content-Length: 2|Transfer-Encoding: chunked||2|ab|0||", "6.2@17", "ab"},
		{"length in 204", "HTTP/1.1 204 No Content|Content-Length: 0||", "8.6@25", ""},
		{"coding in 204", "HTTP/1.1 204 No Content|Transfer-Encoding: chunked||", "6.1@25", ""},
		{"coding in 1.0", "HTTP/1.0 200 OK|Transfer-Encoding: chunked||2|ab|0||", "6.1@17", "ab"},
		{"no coding", "HTTP/1.1 200 OK|Transfer-Encoding:||ab", "6.1@17", "ab"},
		{"chunked twice", "HTTP/1.1 200 OK|Transfer-Encoding: chunked, chunked||2|ab|0||", "6.1@17", "ab"},
		{"chunked with parameter", "HTTP/1.1 200 OK|Transfer-Encoding: chunked;a=b||2|ab|0||", "7.1@17", "ab"},
		{"chunked right", "HTTP/1.1 200 OK|Transfer-Encoding: chunked||1;a;b=c;d=\"e\\\"\"|a|01|b|0|X: y||", "", "ab"},
		{"chunk with space", "HTTP/1.1 200 OK|Transfer-Encoding: chunked||2 |ab|0||", "5.6.3@48", "ab"},
		{"chunk with odd extension", "HTTP/1.1 200 OK|Transfer-Encoding: chunked||2;=|ab|0||", "7.1.1@47", "ab"},
		{"chunk with LF", "HTTP/1.1 200 OK|Transfer-Encoding: chunked||2|ab\n0||", "2.1@52", "ab"},
		{"length in the trailer", "HTTP/1.1 200 OK|Transfer-Encoding: chunked||2|ab|0|Content-Length: 2||", "6.5.1@57", "ab"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := crlf(c.in)
			r := NewReader(iotest.OneByteReader(strings.NewReader(in)), Limits{})
			m, err := r.Response("GET")
			require.NoError(t, err)
			require.Equal(t, c.breaches, seen(m.Breaches))
			require.Equal(t, c.body, string(m.Body))
			require.True(t, strings.HasPrefix(in, string(m.Raw)))
			require.EqualValues(t, len(m.Raw), r.Offset())
			for _, b := range m.Breaches {
				require.NotEmpty(t, b.Want)
				require.NotEmpty(t, b.Got)
				require.LessOrEqual(t, b.At+b.Len, len(m.Raw))
			}
		})
	}
}

func TestRequestBreaches(t *testing.T) {
	for _, c := range []struct{ name, in, breaches, target string }{
		{"right", "GET /a HTTP/1.1|Host: x||", "", "/a"},
		{"empty line before", "|GET /a HTTP/1.1|Host: x||", "2.2@0", "/a"},
		{"two spaces", "GET  /a HTTP/1.1|Host: x||", "3@0", "/a"},
		{"space in the target", "GET /a b HTTP/1.1|Host: x||", "3.2@4", "/a b"},
		{"method is no token", "G(T /a HTTP/1.1|Host: x||", "3.1@0", "/a"},
		{"version", "GET /a HTTP/1.10|Host: x||", "2.3@7", "/a"},
		{"chunked is not last", "GET /a HTTP/1.1|Transfer-Encoding: chunked, foo||", "6.1@17", "/a"},
		{"two hosts", "GET /a HTTP/1.1|Host: x|host: x||", "5.3@26", "/a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := NewReader(strings.NewReader(crlf(c.in)), Limits{}).Request()
			require.NoError(t, err)
			require.Equal(t, c.breaches, seen(m.Breaches))
			require.Equal(t, c.target, m.Target)
		})
	}
}

// What cannot be read is an error that says where and why, and nothing of it is consumed.
func TestUnreadable(t *testing.T) {
	broken := errors.New("cable cut")
	for _, c := range []struct {
		name, in string
		end      error // of the stream
		section  string
		at       int
		is       error
	}{
		{"nothing", "", io.EOF, "", 0, io.EOF},
		{"not HTTP", "hello|", io.EOF, "4", 0, errGrammar},
		{"ICY", "ICY 200 OK||", io.EOF, "4", 0, errGrammar},
		{"two digits", "HTTP/1.1 20 OK||", io.EOF, "4", 0, errGrammar},
		{"a plus", "HTTP/1.1 +20 OK||", io.EOF, "4", 0, errGrammar},
		{"end in the start line", "HTTP/1.1 2", io.EOF, "2.1", 10, io.ErrUnexpectedEOF},
		{"end in the head", "HTTP/1.1 200 OK|Date: x|", io.EOF, "2.1", 26, io.ErrUnexpectedEOF},
		{"short", "HTTP/1.1 200 OK|Content-Length: 5||abc", io.EOF, "6.3", 41, io.ErrUnexpectedEOF},
		{"size", "HTTP/1.1 200 OK|Transfer-Encoding: chunked||zz|", io.EOF, "7.1", 47, errGrammar},
		{"no last chunk", "HTTP/1.1 200 OK|Transfer-Encoding: chunked||1|a|", io.EOF, "7.1", 53, io.ErrUnexpectedEOF},
		{"short chunk", "HTTP/1.1 200 OK|Transfer-Encoding: chunked||2|a", io.EOF, "7.1", 51, io.ErrUnexpectedEOF},
		{"long chunk", "HTTP/1.1 200 OK|Transfer-Encoding: chunked||1|ab|0||", io.EOF, "7.1", 51, errGrammar},
		{"end in the trailer", "HTTP/1.1 200 OK|Transfer-Encoding: chunked||0|X: y|", io.EOF, "2.1", 56, io.ErrUnexpectedEOF},
		{"cable", "HTTP/1.1 200 OK|Content-Le", broken, "", 0, broken},
		{"cable before", "", broken, "", 0, broken},
		{"time", "HTTP/1.1 200 OK||abc", os.ErrDeadlineExceeded, "", 0, os.ErrDeadlineExceeded},
		{"long start line", "HTTP/1.1 200 " + long(200) + "||", io.EOF, "", 0, ErrStartLine},
		{"long field", "HTTP/1.1 200 OK|X: " + long(200) + "||", io.EOF, "", 0, ErrHead},
		{"many fields", "HTTP/1.1 200 OK|" + strings.Repeat("X:|", 9) + "|", io.EOF, "", 0, ErrHead},
		{"long body", "HTTP/1.1 200 OK|Content-Length: 101||" + long(101), io.EOF, "", 0, ErrBody},
		{"longer than numbers", "HTTP/1.1 200 OK|Content-Length: 18446744073709551617||a", io.EOF, "", 0, ErrBody},
		{"long chunk", "HTTP/1.1 200 OK|Transfer-Encoding: chunked||65|" + long(101), io.EOF, "", 0, ErrBody},
		{"longer than sizes", "HTTP/1.1 200 OK|Transfer-Encoding: chunked||10000000000000001|a|0||", io.EOF, "", 0, ErrBody},
		{"long extensions", "HTTP/1.1 200 OK|Transfer-Encoding: chunked||" + strings.Repeat("1;a="+long(30)+"|a|", 9), io.EOF, "", 0, ErrHead},
		{"long to the end", "HTTP/1.1 200 OK||" + long(101), io.EOF, "", 0, ErrBody},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := crlf(c.in)
			src := io.MultiReader(strings.NewReader(in), iotest.ErrReader(c.end))
			r := NewReader(src, Limits{StartLine: 100, Head: 100, Count: 8, Body: 100})
			_, err := r.Response("GET")
			require.ErrorIs(t, err, c.is)
			require.Zero(t, r.Offset())
			require.True(t, strings.HasPrefix(in, string(r.Buffered())))
			var e *ReadError
			if !errors.As(err, &e) {
				require.Equal(t, "", in, "only a clean end is no ReadError")
				return
			}
			require.NotEqual(t, io.EOF, e.Err)
			require.Equal(t, string(r.Buffered()), string(e.Partial))
			if c.section == "" {
				require.Nil(t, e.Breach)
				return
			}
			require.Equal(t, c.section, e.Breach.Section)
			require.Equal(t, c.at, e.Breach.At)
			require.NotEmpty(t, e.Error())
		})
	}
}

// A body cut short comes with the head that announced it.
// A body in tiny chunks, each of which breaks a rule or two, costs no more than so much.
func TestTinyChunks(t *testing.T) {
	in := crlf("HTTP/1.1 200 OK|Transfer-Encoding: chunked||") + strings.Repeat("1\na\n", maxChunks+1)
	m, err := NewReader(strings.NewReader(in), Limits{}).Response("GET")
	require.ErrorIs(t, err, ErrBody)
	require.Len(t, m.Chunks, maxChunks)
	require.Len(t, m.Breaches, maxBreaches)
}

func TestPartialResponse(t *testing.T) {
	m, err := NewReader(strings.NewReader(crlf("HTTP/1.1 200 OK|Content-Length: 5||abc")), Limits{}).Response("GET")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, 200, m.Status)
	require.Equal(t, "abc", string(m.Body))
}

// After a deadline the same reader goes on where it was.
func TestReadAgain(t *testing.T) {
	src := io.MultiReader(strings.NewReader("HTTP/1.1 200 OK\r\nConte"), iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("nt-Length: 1\r\n\r\nx"))))
	r := NewReader(src, Limits{})
	_, err := r.Response("GET")
	require.ErrorIs(t, err, iotest.ErrTimeout)
	m, err := r.Response("GET")
	require.NoError(t, err)
	require.Equal(t, "x", string(m.Body))
}

// Messages on one stream: offsets, and what is left over.
func TestStream(t *testing.T) {
	first := crlf("HTTP/1.1 200 OK|Content-Length: 5||")
	second := crlf("HTTP/1.1 200 OK|Transfer-Encoding: chunked||2;x|ab|0|T: u||")
	r := NewReader(strings.NewReader(first+second+"surplus"), Limits{})
	m, err := r.Response("HEAD")
	require.NoError(t, err)
	require.Equal(t, FramingNone, m.Framing)
	require.Empty(t, m.Body)
	m, err = r.Response("GET")
	require.NoError(t, err)
	require.EqualValues(t, len(first), m.Start)
	require.Equal(t, second, string(m.Raw))
	require.Equal(t, second[m.BodyAt:], crlf("2;x|ab|0|T: u||"))
	require.Equal(t, "chunked", m.Framing.String())
	require.Equal(t, []Chunk{{At: 47, Size: 2, Extension: ";x"}, {At: 56}}, m.Chunks)
	require.Equal(t, "u", m.Trailer.Get("t"))
	require.EqualValues(t, len(first+second), r.Offset())
	require.Equal(t, "surplus", string(r.Buffered()))
	f := m.Header[0]
	require.Equal(t, "Transfer-Encoding: chunked", second[f.At:f.At+f.Len])
}

func TestHeader(t *testing.T) {
	h := Header{{Name: "Connection", Value: "a, ,Close"}, {Name: "connection", Value: "b"}}
	require.Equal(t, []string{"a", "Close", "b"}, h.List("CONNECTION"))
	require.True(t, h.Lists("Connection", "close"))
	require.Equal(t, "", h.Get("Host"))
	require.False(t, h.Has("Host"))
}

// Every clause has a place in the standards and a sentence. RFC=DIR also looks the sections up.
func TestRules(t *testing.T) {
	for _, b := range Rules() {
		require.NotEmpty(t, b.Rule)
		require.Contains(t, []string{"MUST", "SHOULD"}, b.Level)
		if dir := os.Getenv("RFC"); dir != "" {
			text, err := os.ReadFile(dir + "/" + strings.ToLower(strings.ReplaceAll(b.Document, " ", "")) + ".txt")
			require.NoError(t, err)
			require.Contains(t, "\n"+string(text), "\n"+b.Section+". ", "%s §%s", b.Document, b.Section)
		}
	}
}

func TestWriter(t *testing.T) {
	require.Equal(t, crlf("G T /a b HTTP/9|x : y|X:  z||body"), string(RequestSpec{"G T", "/a b", "HTTP/9", Header{{Name: "x ", Value: "y"}, {Name: "X", Value: " z"}}, []byte("body")}.Bytes()))
	require.Equal(t, crlf("HTTP/1.1 007 |||"), string(ResponseSpec{Version: "HTTP/1.1", Status: 7, Body: []byte("\r\n")}.Bytes()))
	require.Equal(t, crlf("1;x|a|2;x|bc|1;x|d|0;x|T: u||"), string(Chunked([]byte("abcd"), []int{1, 2}, ";x", Header{{Name: "T", Value: "u"}})))
	require.Equal(t, crlf("4|abcd|0||"), string(Chunked([]byte("abcd"), nil, "", nil)))
	require.Equal(t, crlf("0||"), string(Chunked(nil, []int{0}, "", nil)))
}

func TestDates(t *testing.T) {
	now := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	want := time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)
	for value, form := range map[string]DateForm{
		"Sun, 06 Nov 1994 08:49:37 GMT":  DateIMF,
		"Sunday, 06-Nov-94 08:49:37 GMT": DateRFC850,
		"Sun Nov  6 08:49:37 1994":       DateAsctime,
	} {
		got, f, err := ParseDate(value, now)
		require.NoError(t, err, value)
		require.Equal(t, form, f)
		require.Equal(t, want, got)
	}
	for _, value := range []string{
		"", "Sun, 6 Nov 1994 08:49:37 GMT", "Mon, 06 Nov 1994 08:49:37 GMT", "sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 gmt",
		"Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994 08:49:37 +0000", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sun, 06 Nov 1994 08:49 GMT", "Sun Nov 6 08:49:37 1994", "1994-11-06T08:49:37Z", "Sun, 31 Feb 1994 08:49:37 GMT",
	} {
		_, _, err := ParseDate(value, now)
		require.Error(t, err, value)
	}
	far, _, err := ParseDate("Friday, 01-Jan-75 00:00:00 GMT", now) // 2075 would be a Tuesday
	require.Error(t, err)
	far, _, err = ParseDate("Tuesday, 01-Jan-75 00:00:00 GMT", now)
	require.NoError(t, err)
	require.Equal(t, 2075, far.Year())
	far, _, err = ParseDate("Saturday, 01-Jan-77 00:00:00 GMT", now)
	require.NoError(t, err)
	require.Equal(t, 1977, far.Year())
	leap, _, err := ParseDate("Sat, 31 Dec 2016 23:59:60 GMT", now)
	require.NoError(t, err)
	require.Equal(t, time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC), leap)
	require.Equal(t, "Sun, 06 Nov 1994 08:49:37 GMT", FormatDate(want.In(time.FixedZone("", 3600))))
}

func TestETags(t *testing.T) {
	for value, want := range map[string]ETag{`"a"`: {Opaque: "a"}, `W/"a,b"`: {true, "a,b"}, `""`: {}} {
		got, err := ParseETag(value)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, value, got.String())
	}
	for _, value := range []string{"", "a", `"a`, `a"`, `w/"a"`, `"a" `, `"a b"`, `'a'`, `"a"b`, "\"\x00\""} {
		_, err := ParseETag(value)
		require.Error(t, err, value)
	}
	tags, star, err := ParseETags(`"a,b" , ,W/"c"`)
	require.NoError(t, err)
	require.False(t, star)
	require.Equal(t, []ETag{{false, "a,b"}, {true, "c"}}, tags)
	_, star, err = ParseETags(" * ")
	require.NoError(t, err)
	require.True(t, star)
	for _, value := range []string{`"a" "b"`, `*, "a"`, `a`} {
		_, _, err = ParseETags(value)
		require.Error(t, err, value)
	}
	weak, strong := ETag{true, "a"}, ETag{false, "a"}
	require.True(t, WeakMatch(weak, strong))
	require.False(t, StrongMatch(weak, weak))
	require.True(t, StrongMatch(strong, strong))
}

// What the faults do to the head of a response, the reader sees, and under the right clause.
func TestReaderSeesFaults(t *testing.T) {
	for name, section := range map[string]string{
		"status-line-lf": "2.1", "status-no-space": "4", "status-two-spaces": "4", "status-no-version": "2.3", "version-lower-case": "2.3",
		"field-lines-lf": "2.1", "field-space-colon": "5.1", "field-folded": "5.2", "field-name-space": "5.1", "field-twice": "5.3",
		"field-without-colon": "5", "length-twice": "6.3", "length-not-number": "8.6", "length-and-chunked": "6.2",
	} {
		var faults Faults
		require.NoError(t, faults.Set(name))
		inLab(t, faults, func(l *lab) {
			t := l.t
			p := l.dial().send(get("/a.txt"))
			defer p.conn.Close()
			m, err := NewReader(p.conn, Limits{}).Response("GET")
			require.NoError(t, err, name)
			require.NotEmpty(t, m.Breaches, name)
			require.Equal(t, section, m.Breaches[0].Section, name)
		})
	}
}

func TestRawIsKept(t *testing.T) {
	in := []byte(crlf("GET / HTTP/1.1|Host: x|Content-Length: 3||abcGET"))
	r := NewReader(bytes.NewReader(in), Limits{})
	m, err := r.Request()
	require.NoError(t, err)
	in[0] = 'X'
	require.Equal(t, crlf("GET / HTTP/1.1|Host: x|Content-Length: 3||abc"), string(m.Raw))
	require.Equal(t, "GET", string(r.Buffered()))
}
