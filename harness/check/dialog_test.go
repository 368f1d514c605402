package check

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseDialog(t *testing.T) {
	steps := parseDialog(`
		C: say "hi"\r\n
		S: 220 *
		S! HELLO\n | HELLO
		C: <end>
		S! <end>`)
	require.Equal(t, []step{
		{send: []byte("say \"hi\"\r\n"), sends: true},
		{patterns: []string{"220 *"}},
		{patterns: []string{"HELLO\n", "HELLO"}, judged: true},
		{end: true, sends: true},
		{end: true, judged: true},
	}, steps)
	require.Panics(t, func() { parseDialog("X: what") })
	require.Panics(t, func() { parseDialog(`C: bad \q escape`) })
}

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		pattern, s string
		want       bool
	}{
		{"220 *", "220 ready", true},
		{"220 *", "221 ready", false},
		{"*ready\r\n", "220 ready\r\n", true},
		{"a*b*c", "a--b--c", true},
		{"a*b*c", "a--c--b", false},
		{"*", "", true},
		{"plain", "plain", true},
		{"plain", "plain!", false},
		{"ab*ba", "aba", false},
	} {
		require.Equal(t, tt.want, match(tt.pattern, tt.s), "%s ~ %s", tt.pattern, tt.s)
	}
}
