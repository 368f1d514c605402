package netlab

import (
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
)

func TestServedSocketsAreRecorded(t *testing.T) {
	rec := NewRecorder()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	served := RecordPackets(rec, pc.(*net.UDPConn))
	defer served.Close()
	client, err := net.Dial("udp", pc.LocalAddr().String())
	require.NoError(t, err)
	defer client.Close()
	_, err = client.Write([]byte("ask"))
	require.NoError(t, err)
	buf := make([]byte, 100)
	n, from, err := served.ReadFrom(buf)
	require.NoError(t, err)
	require.Equal(t, "ask", string(buf[:n]))
	_, err = served.WriteTo([]byte("answer"), from)
	require.NoError(t, err)
	n, err = client.Read(buf)
	require.NoError(t, err)
	require.Equal(t, "answer", string(buf[:n]))

	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served2 := RecordListener(rec, ln)
	defer served2.Close()
	c, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	s, err := served2.Accept()
	require.NoError(t, err)
	_, err = c.Write([]byte("hello"))
	require.NoError(t, err)
	_, err = io.ReadFull(s, buf[:5])
	require.NoError(t, err)
	_, err = s.Write([]byte("world"))
	require.NoError(t, err)
	_, err = io.ReadFull(c, buf[:5])
	require.NoError(t, err)
	require.NoError(t, c.Close())
	_, err = io.ReadAll(s)
	require.NoError(t, err)
	require.NoError(t, s.Close())

	tr := rec.Transcript()
	require.Equal(t, []string{"udp", "tcp"}, []string{tr.Endpoints[0].Network, tr.Endpoints[1].Network})
	var seen []string
	for _, e := range tr.Events {
		seen = append(seen, string(e.Kind)+" "+string(e.Dir)+" "+string(e.Data))
	}
	require.Equal(t, []string{"data got ask", "data sent answer", "open got ", "data got hello", "data sent world", "eof got "}, seen)
}

// TestServedSocketIsBounded floods a socket: what is too much is neither recorded nor handed out.
func TestServedSocketIsBounded(t *testing.T) {
	rec := NewRecorder()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	served := RecordPackets(rec, pc.(*net.UDPConn))
	client, err := net.Dial("udp", pc.LocalAddr().String())
	require.NoError(t, err)
	defer client.Close()
	buf := make([]byte, 10)
	for range maxServed {
		_, err = client.Write([]byte("x"))
		require.NoError(t, err)
		_, _, err = served.ReadFrom(buf)
		require.NoError(t, err)
	}
	done := make(chan error)
	go func() {
		_, _, err := served.ReadFrom(buf)
		done <- err
	}()
	for range 10 {
		_, err = client.Write([]byte("x"))
		require.NoError(t, err)
	}
	require.NoError(t, served.Close())
	require.ErrorIs(t, <-done, net.ErrClosed)
	events := rec.Transcript().Events
	require.Len(t, events, maxServed+1)
	require.Equal(t, grader.Note, events[maxServed-1].Kind)
}
