package report

import (
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestEscape(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"plain text", "GET /a?b=\"c\" 100%", `GET /a?b="c" 100%`},
		{"line ends", "a\r\n\tb\n", `a\r\n\tb\n`},
		{"backslash", `C:\r\n`, `C:\\r\\n`},
		{"other controls", "\x00\x07\x1b[31m\x7f", `\x00\x07\x1b[31m\x7f`},
		{"printable UTF-8", "Grüße 你好 🎉", "Grüße 你好 🎉"},
		{"not UTF-8", "a\xff\xc3(\xe4\xbd", `a\xff\xc3(\xe4\xbd`},
		{"overlong", "\xc0\xaf", `\xc0\xaf`},
		{"surrogate", "\xed\xa0\x80", `\xed\xa0\x80`},
		{"C1 control", "\u0085\u009b", `\u{85}\u{9b}`},
		{"bidi", "a\u202eb\u2066c\u2069", `a\u{202e}b\u{2066}c\u{2069}`},
		{"zero width", "a\u200bb\u200dc\ufeff\u00ad", `a\u{200b}b\u{200d}c\u{feff}\u{ad}`},
		{"separators", "a\u2028b\u2029c\u00a0", `a\u{2028}b\u{2029}c\u{a0}`},
		{"piling marks", "e\u0301\u0335", `e\u{301}\u{335}`},
		{"fillers", "\u3164\u115f\uffa0\u2800\ufe0f\U000e0041", `\u{3164}\u{115f}\u{ffa0}\u{2800}\u{fe0f}\u{e0041}`},
		{"noncharacter", "\ufffe\uffff\ufffd", "\\u{fffe}\\u{ffff}\ufffd"},
		{"log commands", "x##[error]y ##vso[a]b ##teamcity[c] ## d", `x#\x23[error]y #\x23vso[a]b #\x23teamcity[c] ## d`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, Escape([]byte(tt.in)))
			require.Equal(t, tt.in, unescape(Escape([]byte(tt.in))))
		})
	}
}

func TestCleanKeepsQuotedBytes(t *testing.T) {
	require.Equal(t, `want "a\r\n"\n\x1b`, clean(`want "a\r\n"`+"\n\x1b"))
	require.Equal(t, []string{"a", "", `    b\x1b`, "c"}, cleanLines("\na\r\n\n\tb\x1b  \nc \n\n"))
	require.Nil(t, cleanLines(" \n\n"))
}

func TestColumns(t *testing.T) {
	require.Equal(t, 9, columns("aö你好🎉─"[:len("aö你好🎉─")]))
	require.Equal(t, []string{"one two", "three"}, wrap("one  two three", 10))
	require.Equal(t, []string{"你好你好你", "好"}, wrap("你好你好你好", 11))
	require.Equal(t, "你…", clip("你好你", 4))
}

// unescape is Escape backwards.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			i++
			continue
		}
		switch s[i+1] {
		case 'x':
			n, _ := strconv.ParseUint(s[i+2:i+4], 16, 8)
			b.WriteByte(byte(n))
			i += 4
		case 'u':
			end := i + strings.IndexByte(s[i:], '}')
			n, _ := strconv.ParseInt(s[i+3:end], 16, 32)
			b.WriteRune(rune(n))
			i = end + 1
		default:
			b.WriteByte(map[byte]byte{'r': '\r', 'n': '\n', 't': '\t', '\\': '\\'}[s[i+1]])
			i += 2
		}
	}
	return b.String()
}

func FuzzEscape(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\n\x1b\xff\u202e##[x]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := Escape(b)
		require.True(t, utf8.ValidString(s))
		for _, r := range s {
			require.True(t, unicode.IsPrint(r) && !hidden(r), "%U", r)
		}
		require.NotContains(t, s, "##[")
		require.Equal(t, string(b), unescape(s))
	})
}
