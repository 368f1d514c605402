package netlab

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sockets are two recorded UDP sockets with one transcript.
func sockets(t *testing.T) (rec *Recorder, a, b *Socket) {
	rec = NewRecorder()
	p := &Patience{Limit: 5 * time.Second}
	p.Begin()
	open := func() *Socket {
		pc, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		require.NoError(t, err)
		t.Cleanup(func() { pc.Close() })
		return NewSocket(t.Context(), rec, pc, p)
	}
	return rec, open(), open()
}

// arrivals sends n numbered datagrams and reads what comes until nothing does.
func arrivals(t *testing.T, send, receive *Path, n int) string {
	_, a, b := sockets(t)
	for i := range n {
		a.SendOver(send, b.Addr(), fmt.Append(nil, i))
	}
	got := ""
	for {
		d, err := b.ReceiveOver(receive, 200*time.Millisecond)
		if err != nil {
			require.ErrorIs(t, err, ErrSilence)
			return got
		}
		got += string(d.Data)
	}
}

func TestImpairedDatagrams(t *testing.T) {
	t.Parallel()
	clear := func() *Path { return NewPath(1, Impairment{}) }
	for name, tt := range map[string]struct {
		i    Impairment
		want string
	}{
		"as they are": {Impairment{}, "01234"},
		"lost":        {Impairment{Loss: 1}, ""},
		"doubled":     {Impairment{Duplicate: 1}, "0011223344"},
		"overtaken":   {Impairment{Reorder: 1}, "10324"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, arrivals(t, NewPath(1, tt.i), clear(), 5), "on the way there")
			require.Equal(t, tt.want, arrivals(t, clear(), NewPath(1, tt.i), 5), "on the way back")
		})
	}
}

func TestTheSameSeedHasTheSameFate(t *testing.T) {
	t.Parallel()
	i := Impairment{Loss: 0.3, Duplicate: 0.3, Reorder: 0.3, Jitter: time.Second}
	fates := func(seed uint64, i Impairment) (all []fate) {
		p := NewPath(seed, i)
		for range 100 {
			all = append(all, p.next())
		}
		return all
	}
	require.Equal(t, fates(7, i), fates(7, i))
	require.NotEqual(t, fates(7, i), fates(8, i))
	// Another probability of delay leaves what is lost the same.
	without := i
	without.Jitter, without.Reorder = 0, 0
	for n, f := range fates(7, without) {
		require.Equal(t, fates(7, i)[n].copies, f.copies)
	}
}

func TestDelayedDatagrams(t *testing.T) {
	t.Parallel()
	rec, a, b := sockets(t)
	start := time.Now()
	a.SendOver(NewPath(1, Impairment{Delay: 100 * time.Millisecond}), b.Addr(), []byte("x"))
	require.Less(t, time.Since(start), 100*time.Millisecond, "the sender does not wait")
	_, err := b.Receive(0)
	require.NoError(t, err)
	require.GreaterOrEqual(t, time.Since(start), 100*time.Millisecond)
	a.SendOver(NewPath(1, Impairment{Loss: 1}), b.Addr(), []byte("y"))
	require.Equal(t, "lost on the way", rec.Transcript().Events[2].Says)
}

func TestStreamsTogetherAndSlowly(t *testing.T) {
	t.Parallel()
	_, c, theirs := pair(t, &Patience{Limit: 5 * time.Second})
	require.NoError(t, c.WriteTogether([]byte("one\n"), []byte("two\n")))
	buf := make([]byte, 100)
	n, err := theirs.Read(buf)
	require.NoError(t, err)
	require.Equal(t, "one\ntwo\n", string(buf[:n]), "in one segment")

	// The same seed cuts and waits alike.
	text := []byte("abcdefghijklmnopqrstuvwxyz")
	draw := func() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }
	var pauses time.Duration
	for rng, left := draw(), len(text); left > 0; {
		size := min(1+rng.IntN(5), left)
		if pause := time.Duration(rng.Int64N(int64(20*time.Millisecond) + 1)); left > size {
			pauses += pause
		}
		left -= size
	}
	start := time.Now()
	require.NoError(t, c.WriteDelayed(draw(), text, 5, 20*time.Millisecond))
	require.GreaterOrEqual(t, time.Since(start), pauses)
	_, err = io.ReadFull(theirs, buf[:len(text)])
	require.NoError(t, err)
	require.Equal(t, text, buf[:len(text)])
	c.CloseWrite()
	_, err = theirs.Read(buf)
	require.ErrorIs(t, err, io.EOF, "half-closed")
	theirs.Write([]byte("still"))
	_, err = io.ReadFull(c, buf[:5])
	require.NoError(t, err)
	c.Reset()
	require.Eventually(t, func() bool { _, err := theirs.Write([]byte("x")); return err != nil }, 5*time.Second, time.Millisecond)
}
