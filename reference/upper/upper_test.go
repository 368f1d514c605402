package upper

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, answer string }{
		{"hello, World 1", "HELLO, WORLD 1"},
		{"", ""},
		{"straße", "STRAßE"},
		{"straße", "STRASSE"},
		{"été", "éTé"},
		{"été", "ÉTÉ"},
		{"a\xffb\x00c", "A\xffB\x00C"},
	} {
		_, ok := Judge([]byte(tt.text), []byte(tt.answer))
		require.True(t, ok, "%q for %q", tt.answer, tt.text)
	}
	long := strings.Repeat("a", 2000)
	for _, tt := range []struct {
		text, answer string
		want         Difference
	}{
		{"hello", "HElLO", Difference{2, 1, `"HELLO"`, `"HElLO"`}},
		{"hello", "HEL", Difference{3, 1, `"HELLO"`, `"HEL"`}},
		{"hello", "HELLO!!", Difference{5, 2, `"HELLO"`, `"HELLO!!"`}},
		{"hello", "", Difference{0, 1, `"HELLO"`, "nothing"}},
		{"\xe4", "\xc4", Difference{0, 1, `"\xe4"`, `"\xc4"`}},
		{long, strings.ToUpper(long[:1024]), Difference{1024, 1, `…"` + strings.Repeat("A", 40) + `"… (2000 bytes)`, `…"AAAAAAAAAA" (1024 bytes)`}},
	} {
		d, ok := Judge([]byte(tt.text), []byte(tt.answer))
		require.False(t, ok)
		require.Equal(t, tt.want, d, "%q for %q", tt.answer, tt.text)
	}
}

func FuzzJudge(f *testing.F) {
	f.Add([]byte("straße"), []byte("STRASSE"))
	f.Add([]byte("a\xff"), []byte("A"))
	f.Fuzz(func(t *testing.T, text, answer []byte) {
		_, ok := Judge(text, Raise(text))
		require.True(t, ok)
		d, ok := Judge(text, answer)
		if !ok {
			require.LessOrEqual(t, d.At, len(answer))
			require.Positive(t, d.Len)
			require.True(t, utf8.ValidString(d.Want+d.Got))
		}
	})
}

// TestTalk has the clients ask the servers.
func TestTalk(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 2)
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { served <- (&UDPServer{}).Serve(ctx, pc) }()
	go func() { served <- (&TCPServer{}).Serve(ctx, ln) }()

	line := strings.Repeat("straße \xff ", 150)
	want := "From Server: " + string(Raise([]byte(line))) + "\n"
	var out, errs strings.Builder
	mine, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	udp := UDPClient{}
	require.Zero(t, udp.Run(ctx, mine, netip.MustParseAddrPort(pc.LocalAddr().String()), Terminal{strings.NewReader(line + "\nx\n"), &out, &errs}))
	require.Equal(t, want, out.String())

	out.Reset()
	tcp, dial := TCPClient{}, (&net.Dialer{}).DialContext
	require.Zero(t, tcp.Run(ctx, dial, netip.MustParseAddrPort(ln.Addr().String()), Terminal{strings.NewReader(line), &out, &errs}))
	require.Equal(t, want, out.String())
	require.Empty(t, errs.String())

	cancel()
	require.NoError(t, <-served)
	require.NoError(t, <-served)
	impatient := TCPClient{GiveUp: time.Second}
	require.Equal(t, 1, impatient.Run(t.Context(), dial, netip.MustParseAddrPort(ln.Addr().String()), Terminal{strings.NewReader(line), &out, &errs}))
	require.NotEmpty(t, errs.String())
}
