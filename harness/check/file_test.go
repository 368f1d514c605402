package check

import (
	"context"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/sandbox"
)

// both is a suite whose programs take UDP and TCP, and a file.
func both(t *testing.T, program Program, line string, body func(*T)) Outcome {
	suite := &Suite{
		Assignment: grader.Assignment{Name: "a"}, Network: "udp", Also: "tcp", Port: 53, Files: []string{"ZONE"},
		Groups: []Group{{Name: "g", Checks: []Check{{Name: "c", Clause: Course("X"), Says: "…", Run: body}}}},
	}
	box, err := sandbox.Loopback{}.New(t.Context())
	require.NoError(t, err)
	return Do(t.Context(), suite, suite.Items()[0], Setup{
		Sandbox: box, Command: sandbox.Command{Program: program, Line: line, Dir: t.TempDir(), Env: os.Environ()}, Scratch: t.TempDir(),
		Patience: 5 * time.Second, Total: 20 * time.Second, Startup: 10 * time.Second,
	})
}

// TestFile holds that a program finds the file that its check wrote, under its name, and the transcript has it too.
func TestFile(t *testing.T) {
	t.Parallel()
	teller := func(ctx context.Context, env *Env) int {
		pc, err := env.ListenPacket(ctx, "udp", net.JoinHostPort(env.Vars["HOST"], env.Vars["PORT"]))
		if err != nil {
			return 1
		}
		context.AfterFunc(ctx, func() { pc.Close() })
		text, _ := os.ReadFile(env.Vars["ZONE"])
		b := make([]byte, 10)
		_, from, _ := pc.ReadFrom(b)
		pc.WriteTo(text, from)
		<-ctx.Done()
		return 0
	}
	out := both(t, teller, "", func(t *T) {
		t.File("ZONE", []byte("records"))
		s := t.Socket()
		s.Ask("?")
		d := s.Take("the file")
		t.Want(At(d, 0, 0), string(d.Data), "records")
	})
	require.Equal(t, grader.Pass, out.Verdict, "%+v", out)
	require.Equal(t, "the file ZONE", out.Transcript.Events[0].Says)
	require.Equal(t, "records", string(out.Transcript.Events[0].Data))

	out = both(t, nothing, "", func(t *T) { t.Start() })
	require.Equal(t, grader.Fault, out.Verdict)
	require.Contains(t, out.Reason, "the check has not written the file ZONE")
	out = both(t, nothing, "", func(t *T) { t.File("HINTS", nil) })
	require.Equal(t, grader.Fault, out.Verdict)
}

// TestOneNetworkOfTwo holds that a server which takes datagrams only is not one that does not start, and that no time
// is lost over the port that it will never open.
func TestOneNetworkOfTwo(t *testing.T) {
	t.Parallel()
	const onlyUDP = `exec python3 -c "
import os, socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((os.environ['HOST'], int(os.environ['PORT'])))
while True:
    data, peer = s.recvfrom(512)
    s.sendto(data, peer)
"`
	start := time.Now()
	out := both(t, nil, onlyUDP, func(t *T) {
		t.File("ZONE", nil)
		s := t.Socket()
		s.Ask("ping")
		s.Take("an echo")
		t.Judge()
		t.Together(4, func(int) { t.Dial() })
	})
	require.Equal(t, grader.Fail, out.Verdict, "%+v", out)
	require.NoError(t, out.Start)
	require.Equal(t, "TCP to be open at HOST:PORT", out.Violations[0].Want)
	require.Contains(t, out.Violations[0].Got, "has opened UDP alone")
	require.Less(t, time.Since(start), 8*time.Second, "it waits for rest, not for the whole start-up time")

	out = both(t, nil, onlyUDP, func(t *T) { t.File("ZONE", nil); t.Dial() })
	require.Equal(t, grader.Blocked, out.Verdict)
	require.NoError(t, out.Start, "one check is blocked, not the run")
}

// TestBothNetworks holds that a connection is tried once the second port is open.
func TestBothNetworks(t *testing.T) {
	t.Parallel()
	late := func(ctx context.Context, env *Env) int {
		addr := net.JoinHostPort(env.Vars["HOST"], env.Vars["PORT"])
		pc, err := env.ListenPacket(ctx, "udp", addr)
		if err != nil {
			return 1
		}
		context.AfterFunc(ctx, func() { pc.Close() })
		pc.ReadFrom(make([]byte, 10)) // only now it goes on
		ln, err := env.Listen(ctx, "tcp", addr)
		if err != nil {
			return 1
		}
		context.AfterFunc(ctx, func() { ln.Close() })
		if c, err := ln.Accept(); err == nil {
			io.WriteString(c, "here\n")
			c.Close()
		}
		<-ctx.Done()
		return 0
	}
	out := both(t, late, "", func(t *T) {
		t.File("ZONE", nil)
		t.Socket().Ask("go on")
		line, at, err := t.Dial().Line(10)
		if err != nil {
			t.Missing(at, "a line", err)
		}
		t.Want(at, string(line), "here\n")
	})
	require.Equal(t, grader.Pass, out.Verdict, "%+v", out)
}
