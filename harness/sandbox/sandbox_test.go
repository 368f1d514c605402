package sandbox

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const listen = `python3 -c '
import os, socket, sys, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(os.environ["PORT"]) + int(sys.argv[1]))); s.listen()
c = s.accept()[0]
while c.recv(1) != b"x": pass
time.sleep(60)
' `

func start(t *testing.T, line string, args ...string) (*loopback, Process, uint16) {
	sb, err := Loopback{}.New(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sb.Close()) })
	port, err := sb.Port("tcp", 80)
	require.NoError(t, err)
	p, err := sb.Start(t.Context(), Command{Line: line, Args: args, Env: append(os.Environ(), fmt.Sprintf("PORT=%d", port))})
	require.NoError(t, err)
	return sb.(*loopback), p, port
}

func TestReadySeesTheSocket(t *testing.T) {
	t.Parallel()
	sb, p, port := start(t, listen, "0")
	require.NoError(t, sb.Ready(t.Context(), p, "tcp", port, 20*time.Second))

	c, err := sb.Dial(t.Context(), "tcp", netip.AddrPortFrom(sb.Host(), port).String())
	require.NoError(t, err)
	defer c.Close()
	ours, theirs := c.LocalAddr().(*net.TCPAddr).AddrPort(), c.RemoteAddr().(*net.TCPAddr).AddrPort()
	_, err = c.Write([]byte("abcx-unread"))
	require.NoError(t, err)
	// The program stops reading at the x: what follows stays in its queue.
	require.Eventually(t, func() bool { n, ok := sb.Unread(ours, theirs); return ok && n == len("-unread") }, 10*time.Second, time.Millisecond)
}

func TestReadyNamesTheOtherPort(t *testing.T) {
	t.Parallel()
	sb, err := Loopback{}.New(t.Context())
	require.NoError(t, err)
	defer sb.Close()
	port, err := sb.Port("tcp", 80)
	require.NoError(t, err)
	other, err := sb.Port("tcp", 80)
	require.NoError(t, err)
	p, err := sb.Start(t.Context(), Command{Line: listen, Args: []string{"0"}, Env: append(os.Environ(), fmt.Sprintf("PORT=%d", other))})
	require.NoError(t, err)
	err = sb.Ready(t.Context(), p, "tcp", port, 20*time.Second)
	var not *NotReady
	require.ErrorAs(t, err, &not)
	require.Equal(t, []netip.AddrPort{netip.AddrPortFrom(home, other)}, not.Bound, "%v", err)
	require.Less(t, not.Waited, 15*time.Second, "it should not wait to the end once the program has settled")
}

func TestReadyReportsTheExit(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"exit 3; true":                         "ended (exit status 3)",
		"kill -SEGV $$; true":                  "segmentation fault (signal 11)",
		`sh -c 'kill -SEGV $$'; exit $?; true`: "segmentation fault (signal 11)",
		"true":                                 "stays in the foreground",
		`python3 -c 'import os,time; os.fork() and os._exit(0); os.setsid(); os.fork() and os._exit(0); time.sleep(600)'`: "stays in the foreground",
		"yes": "wrote more output than is allowed",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			sb, p, port := start(t, line)
			err := sb.Ready(t.Context(), p, "tcp", port, 20*time.Second)
			require.ErrorContains(t, err, want)
		})
	}
}

func TestCloseEndsDaemons(t *testing.T) {
	t.Parallel()
	sb, p, _ := start(t, `python3 -c '
import os, time
r, w = os.pipe()
if os.fork(): # leaves once the daemon has left the group
    os.read(r, 1); os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
print(os.getpid(), flush=True)
os.write(w, b"x")
time.sleep(600)'`)
	<-p.Done()
	pid := 0
	_, err := fmt.Sscan(string(p.Stdout()), &pid)
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(pid, 0), "the daemon should be alive before Close")
	require.NoError(t, sb.Close())
	require.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH)
}

func TestCloseEndsTheGroup(t *testing.T) {
	t.Parallel()
	sb, p, _ := start(t, `sleep 600 & echo $!; sleep 600; true`)
	require.Eventually(t, func() bool { return len(p.Stdout()) > 0 }, 10*time.Second, time.Millisecond)
	pid := 0
	_, err := fmt.Sscan(string(p.Stdout()), &pid)
	require.NoError(t, err)
	require.NoError(t, sb.Close())
	require.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH)
	require.True(t, p.Exit().Killed)
}

func TestArgumentsNeverReachTheShell(t *testing.T) {
	t.Parallel()
	_, p, _ := start(t, "printf '%s|'", "a b", "$(id)", "; echo c")
	<-p.Done()
	require.Equal(t, "a b|$(id)|; echo c|", string(p.Stdout()))
}

func TestStdinAndOutput(t *testing.T) {
	t.Parallel()
	sb, err := Loopback{}.New(t.Context())
	require.NoError(t, err)
	defer sb.Close()
	p, err := sb.Start(t.Context(), Command{Line: "cat; echo tail >&2; exit 4; true", Stdin: strings.NewReader("line\n"), Env: os.Environ()})
	require.NoError(t, err)
	<-p.Done()
	require.Equal(t, "line\n", string(p.Stdout()))
	require.Equal(t, "tail\n", string(p.Stderr()))
	require.Equal(t, "exit status 4", p.Exit().String())
}

func TestProgramPlaysAProcess(t *testing.T) {
	t.Parallel()
	sb, err := Loopback{}.New(t.Context())
	require.NoError(t, err)
	defer sb.Close()
	port, err := sb.Port("tcp", 80)
	require.NoError(t, err)
	p, err := sb.Start(t.Context(), Command{Program: func(ctx context.Context, env *Env) int {
		ln, err := env.Listen(ctx, "tcp", "127.0.0.1:"+env.Vars["PORT"])
		if err != nil {
			return 1
		}
		<-ctx.Done()
		ln.Close()
		return 0
	}, Env: []string{fmt.Sprintf("PORT=%d", port)}})
	require.NoError(t, err)
	require.NoError(t, sb.Ready(t.Context(), p, "tcp", port, 20*time.Second))
	p.Kill()
	require.True(t, p.Exit().Ended)
}

func TestPortsAreNeverHandedOutTwice(t *testing.T) {
	t.Parallel()
	sb, err := Loopback{}.New(t.Context())
	require.NoError(t, err)
	defer sb.Close()
	seen := map[uint16]bool{}
	for range 200 {
		port, err := sb.Port("tcp", 80)
		require.NoError(t, err)
		require.False(t, seen[port])
		seen[port] = true
	}
}

func TestDelayGrowsUnderLoad(t *testing.T) {
	t.Parallel()
	_, p, _ := start(t, "for i in 1 2 3 4 5 6; do (while :; do :; done) & done; wait")
	require.Eventually(t, func() bool { return p.Delay() > 50*time.Millisecond }, 20*time.Second, 10*time.Millisecond)
}

// While many processes are started, a port that was just looked at must not be
// seen as open because a child that has yet to exec holds a copy of our socket.
func TestReadyIsNotFooledByForks(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 25 {
				sb, err := Loopback{}.New(t.Context())
				if !assert.NoError(t, err) {
					return
				}
				port, err := sb.Port("tcp", 80)
				assert.NoError(t, err)
				p, err := sb.Start(t.Context(), Command{Line: "read line", Stdin: blocked{t.Context()}, Env: os.Environ()})
				assert.NoError(t, err)
				var not *NotReady
				assert.ErrorAs(t, sb.Ready(t.Context(), p, "tcp", port, 5*time.Millisecond), &not)
				assert.NoError(t, sb.Close())
			}
		})
	}
	all.Wait()
}

// blocked is an input on which nothing comes.
type blocked struct{ ctx context.Context }

func (b blocked) Read([]byte) (int, error) { <-b.ctx.Done(); return 0, io.EOF }

func TestStirs(t *testing.T) {
	t.Parallel()
	sb, err := Loopback{}.New(t.Context())
	require.NoError(t, err)
	defer sb.Close()
	moves := func(line string, want bool) {
		p, err := sb.Start(t.Context(), Command{Line: line, Env: []string{"PATH=/usr/bin:/bin"}})
		require.NoError(t, err)
		defer p.Kill()
		stirs := Stirs(p)
		require.Eventually(t, func() bool { return stirs() == want }, 20*time.Second, 100*time.Millisecond, line)
	}
	moves("while :; do :; done", true)
	moves("while :; do /bin/true; done", true) // each of its children is gone when one looks
	moves("exec sleep 600", false)
}
