package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// drawn gives lines as text, what is marked between brackets.
func drawn(lines []line) string {
	var s strings.Builder
	for _, l := range lines {
		for _, sp := range l {
			if sp.tone == bad {
				s.WriteString("[" + sp.text + "]")
				continue
			}
			s.WriteString(sp.text)
		}
		s.WriteByte('\n')
	}
	return s.String()
}

func TestFit(t *testing.T) {
	head := "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\nbody"
	long := strings.Repeat("a", 500)
	for _, tt := range []struct {
		name  string
		data  string
		marks []mark
		lim   limits
		want  string
	}{
		{"all fits", "a\r\nb", nil, limits{50, 5}, "a\\r\\n\nb\n"},
		{"a mark", "a\r\nbad", []mark{{3, 5}}, limits{50, 5}, "a\\r\\n\n[ba]d\n"},
		{"a mark over two lines", "ab\ncd", []mark{{1, 4}}, limits{50, 5}, "a[b\\n]\n[c]d\n"},
		{"a mark at the end", "ab", []mark{{2, 3}}, limits{50, 5}, "ab[⟨end⟩]\n"},
		{"a mark in what was not kept", "ab", []mark{{200, 300}}, limits{50, 5}, "ab[⟨end⟩]\n"},
		{"a mark inside a character", "é", []mark{{1, 2}}, limits{50, 5}, "[é]\n"},
		{"lines left out", head, nil, limits{50, 3}, "HTTP/1.1 200 OK\\r\\n\nA: 1\\r\\n\n⋯ 4 lines, 20 bytes ⋯\nbody\n"},
		{"the marked line stays", head, []mark{{29, 31}}, limits{50, 3}, "HTTP/1.1 200 OK\\r\\n\n⋯ 2 lines, 12 bytes ⋯\n[C:] 3\\r\\n\n⋯ 2 lines, 8 bytes ⋯\nbody\n"},
		{"one line stands for all", head, nil, limits{60, 1}, "HTTP/1.1 200 OK\\r\\n ⋯ 6 lines, 30 bytes ⋯\n"},
		{"a long line", long, nil, limits{50, 5}, strings.Repeat("a", 21) + " ⋯469 bytes⋯ " + strings.Repeat("a", 10) + "\n"},
		{"a mark in a long line", long + "!" + long, []mark{{500, 501}}, limits{60, 5}, "aaaaa ⋯488 bytes⋯ aaaaaaa[!]aaaaaaa ⋯489 bytes⋯ aaaa\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, drawn(fit([]byte(tt.data), tt.marks, tt.lim)))
		})
	}
}

// FuzzFit proves that whatever the bytes, what offends is seen and lines stay within their columns.
func FuzzFit(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\n\r\nhello"), uint16(3), uint16(2), uint8(20), uint8(3))
	f.Add(bytes.Repeat([]byte("a\xff\xe4\xbd\xa0\n\n"), 99), uint16(300), uint16(400), uint8(0), uint8(1))
	f.Add(bytes.Repeat([]byte("\u202e\U0010ffff"), 99), uint16(300), uint16(1), uint8(0), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, at, n uint16, cols, lines uint8) {
		lim := limits{44 + int(cols), 1 + int(lines)%40}
		var marks []mark
		if n > 0 {
			marks = []mark{{int(at), int(at) + int(n)}}
		}
		out := fit(data, marks, lim)
		require.NotEmpty(t, out)
		require.Equal(t, n > 0, strings.Contains(drawn(out), "["+firstBad(out)) && firstBad(out) != "")
		for _, l := range out {
			require.LessOrEqual(t, l.columns(), lim.cols+len("⟨end⟩"))
		}
	})
}

func firstBad(lines []line) string {
	for _, l := range lines {
		for _, sp := range l {
			if sp.tone == bad && !strings.Contains(sp.text, "⋯") {
				return sp.text
			}
		}
	}
	return ""
}
