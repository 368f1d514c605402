package check

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
)

// TestPass holds that time goes by as long as was asked, and no longer than the submission lives.
func TestPass(t *testing.T) {
	t.Parallel()
	out := do(t, Must("RFC 1", "1"), nothing, func(t *T) {
		start := time.Now()
		t.Pass(30 * time.Millisecond)
		t.Require(time.Since(start) >= 30*time.Millisecond, Mark{}, "30 ms", time.Since(start).String())
	})
	require.Equal(t, grader.Pass, out.Verdict, "%+v", out)
	require.Equal(t, "30ms later", out.Transcript.Events[0].Says)

	start := time.Now()
	ends := func(_ context.Context, env *Env) int {
		c, err := env.Listen(context.Background(), "tcp", net.JoinHostPort(env.Vars["HOST"], env.Vars["PORT"]))
		if err != nil {
			return 1
		}
		defer c.Close()
		c.Accept()
		return 0
	}
	do(t, Must("RFC 1", "1"), ends, func(t *T) {
		t.Dial()
		t.Pass(time.Minute)
	})
	require.Less(t, time.Since(start), 30*time.Second)
}

// TestSpareAndCame holds that a socket beside the others is recorded, and that the event of a message is found by its
// bytes.
func TestSpareAndCame(t *testing.T) {
	t.Parallel()
	// asks sends a datagram to the address that it is told over its own socket.
	asks := func(ctx context.Context, env *Env) int {
		pc, err := env.ListenPacket(ctx, "udp", net.JoinHostPort(env.Vars["HOST"], env.Vars["PORT"]))
		if err != nil {
			return 1
		}
		context.AfterFunc(ctx, func() { pc.Close() })
		b := make([]byte, 100)
		n, _, err := pc.ReadFrom(b)
		if err != nil {
			return 1
		}
		to := net.UDPAddrFromAddrPort(netip.MustParseAddrPort(string(b[:n])))
		pc.WriteTo([]byte("question"), to)
		<-ctx.Done()
		return 0
	}
	out := both(t, asks, "", func(t *T) {
		t.File("ZONE", nil)
		spare := t.Spare(netip.MustParseAddr("127.0.0.1"))
		_, there := t.Came([]byte("question"), 0, 1)
		t.Require(!there, Mark{}, "nothing yet", "something")
		t.Socket().Ask(spare.LocalAddr().String())
		b := make([]byte, 100)
		spare.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, _, err := spare.ReadFrom(b)
		if err != nil {
			t.Block("%v", err)
		}
		m, there := t.Came(b[:n], 2, 3)
		t.Require(there, Mark{}, "the event", "none")
		t.Fail(m, "a mark", "here")
	})
	require.Equal(t, grader.Fail, out.Verdict, "%+v", out)
	v := out.Violations[0]
	require.Equal(t, []int{2, 3}, []int{v.At, v.Len})
	e := out.Transcript.Events[v.Event-1]
	require.Equal(t, "question", string(e.Data))
	require.Equal(t, grader.Got, e.Dir)
}
