//go:build linux && (amd64 || arm64)

package sandbox

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	Init()
	os.Exit(m.Run())
}

// The guard comes first: nothing below may run where it fails.
func TestTheKeeperRefusesWithoutNamespaces(t *testing.T) {
	t.Parallel()
	conn, theirs, err := socketPair()
	require.NoError(t, err)
	defer conn.Close()
	file := os.NewFile(uintptr(theirs), "keeper")
	require.NoError(t, unix.SetNonblock(theirs, false))
	own := ownNamespaces()
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{keeperName, fmt.Sprint(own.mnt), fmt.Sprint(own.user)}
	cmd.ExtraFiles = []*os.File{file}
	require.Error(t, cmd.Run())
	file.Close()
	var r reply
	_, err = receive(conn, &r, nil)
	require.NoError(t, err)
	require.Equal(t, refusals[refusedPID], r.Step)
}

func TestTheGuardRefusesWithoutNamespaces(t *testing.T) {
	t.Parallel()
	own := ownNamespaces()
	require.NotZero(t, own.mnt)
	require.NotZero(t, own.user)
	require.EqualValues(t, refusedPID, (&script{from: own}).guard())
	for _, tt := range []struct {
		args []string
		want int32
	}{
		{[]string{fmt.Sprint(own.mnt), fmt.Sprint(own.user)}, refusedPID},
		{[]string{"1", "1"}, refusedPID},
	} {
		require.Equal(t, refusals[tt.want], keeperGuard(tt.args))
	}
}

// A child that is forked without new namespaces must stop before its first step.
func TestTheChildRefusesWithoutNamespaces(t *testing.T) {
	var errs, sync, reached [2]int
	for _, p := range []*[2]int{&errs, &sync, &reached} {
		require.NoError(t, unix.Pipe2(p[:], unix.O_CLOEXEC))
	}
	defer closeAll(append(sync[:], reached[:]...))
	steps := &steps{}
	steps.add("harmless", unix.SYS_WRITE, reached[1], []byte("x"), 1)
	s := &script{
		flags: uintptr(unix.SIGCHLD), from: ownNamespaces(), setup: steps.calls,
		sync: sync[0], errs: errs[1], report: reached[1], signals: [3]uint64{^uint64(0), 0, 0}, alive: steps.alive,
	}
	_, err := unix.Write(sync[1], []byte{1})
	require.NoError(t, err)
	pid, errno := s.fork()
	require.Zero(t, errno)
	var status unix.WaitStatus
	_, err = unix.Wait4(pid, &status, 0, nil)
	require.NoError(t, err)
	require.Equal(t, 125, status.ExitStatus())
	unix.Close(errs[1])
	said := os.NewFile(uintptr(errs[0]), "errors")
	require.ErrorContains(t, readFailure(said), "refused: not PID 1")
	said.Close()
	require.NoError(t, unix.SetNonblock(reached[0], true))
	_, err = unix.Read(reached[0], make([]byte, 1))
	require.ErrorIs(t, err, unix.EAGAIN, "the step was made")
}

// namespaces is a provider, or the test is skipped where the machine has none.
func namespaces(t *testing.T) *Namespaces {
	n, err := NewNamespaces(context.Background())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, n.Close()) })
	return n
}

func box(t *testing.T, n *Namespaces) *nsBox {
	sb, err := n.New(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sb.Close()) })
	return sb.(*nsBox)
}

func runIn(t *testing.T, sb Sandbox, c Command) (Process, string) {
	if c.Env == nil {
		c.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp/home", "TMPDIR=/tmp"}
	}
	p, err := sb.Start(t.Context(), c)
	require.NoError(t, err)
	select {
	case <-p.Done():
	case <-time.After(30 * time.Second):
		t.Fatal("it did not end")
	}
	return p, string(p.Stdout())
}

// Whatever a submission has bound, a report stays one that can be read.
func TestManySocketsAreNotAllNamed(t *testing.T) {
	t.Parallel()
	var sockets []boundSocket
	for i := range 150_000 {
		addr := netip.AddrFrom4([4]byte{127, 0, byte(i >> 24), byte(i >> 16)})
		sockets = append(sockets, boundSocket{addr: netip.AddrPortFrom(addr, uint16(i)), inode: uint32(i + 1)})
	}
	b := &nsBox{ours: map[uint32]bool{1: true}}
	start := time.Now()
	not := &NotReady{Network: "udp", Port: 7, Bound: b.bound(nil, append(sockets, sockets[1]))}
	require.Less(t, time.Since(start), 10*time.Second, "each is looked at once")
	require.Len(t, not.Bound, 149_999)
	require.Equal(t, "the program listens on 127.0.0.0:1, 127.0.0.0:2, 127.0.0.0:3, 127.0.0.0:4, 127.0.0.0:5, and 149994 more, not on UDP port 7; take the address and port from HOST and PORT", not.Error())
	not.Bound = not.Bound[:5]
	require.NotContains(t, not.Error(), "more")
}

// A line of characters that JSON could write longer is a line as any other; one that is too long is the submission's doing.
func TestALongLine(t *testing.T) {
	t.Parallel()
	sb := box(t, namespaces(t))
	p, out := runIn(t, sb, Command{Line: "echo begun\nexit 0\n" + strings.Repeat("<>&", 18_000)})
	require.Equal(t, "begun\n", out)
	require.Zero(t, p.Exit().Code)
	_, err := sb.Start(t.Context(), Command{Line: strings.Repeat("<", 80_000)})
	require.ErrorIs(t, err, ErrLongLine)
	_, err = sb.Start(t.Context(), Command{Line: "exit", Env: []string{"X=" + strings.Repeat("x", 80_000)}})
	require.ErrorIs(t, err, syscall.E2BIG)
	require.NotErrorIs(t, err, ErrLongLine, "the environment is ours")
	_, err = (&loopback{}).Start(t.Context(), Command{Line: strings.Repeat("<", 200_000)})
	require.ErrorIs(t, err, ErrLongLine)
}

func TestASandboxRunsACommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), []byte("content\n"), 0o644))
	sb := box(t, namespaces(t))
	p, out := runIn(t, sb, Command{Line: "cat; cat file; id -u; pwd; echo tail >&2; exit 4; true", Dir: dir, Args: []string{"a b"}, Stdin: strings.NewReader("line\n")})
	require.Equal(t, "line\ncontent\n1000\n"+dir+"\n", out)
	require.Equal(t, "tail\n", string(p.Stderr()))
	require.Equal(t, "exit status 4", p.Exit().String())
	require.Positive(t, p.Exit().Usage.CPU)
	require.Positive(t, p.Exit().Usage.Memory)
	require.EqualValues(t, len(out)+len("tail\n"), p.Exit().Usage.Output)
}

func TestASandboxHasANetworkOfItsOwn(t *testing.T) {
	t.Parallel()
	n := namespaces(t)
	for range 2 { // both on the same port
		sb := box(t, n)
		port, err := sb.Port("tcp", 80)
		require.NoError(t, err)
		require.EqualValues(t, 80, port)
		oracle, err := sb.ListenPacket(t.Context(), "udp", "127.0.0.2:53")
		require.NoError(t, err)
		defer oracle.Close()
		p, err := sb.Start(t.Context(), Command{Line: listen, Args: []string{"0"}, Env: []string{"PATH=/usr/bin:/bin", "PORT=80"}})
		require.NoError(t, err)
		require.NoError(t, sb.Ready(t.Context(), p, "tcp", port, 20*time.Second))
		c, err := sb.Dial(t.Context(), "tcp", "127.0.0.1:80")
		require.NoError(t, err)
		defer c.Close()
		ours, theirs := c.LocalAddr().(*net.TCPAddr).AddrPort(), c.RemoteAddr().(*net.TCPAddr).AddrPort()
		_, err = c.Write([]byte("abcx-unread"))
		require.NoError(t, err)
		require.Eventually(t, func() bool { n, ok := sb.Unread(ours, theirs); return ok && n == len("-unread") }, 10*time.Second, time.Millisecond)
		p.Kill()
		require.Equal(t, "stopped by the grader", p.Exit().String())
		require.Positive(t, p.Exit().Usage.CPU, "what was killed is accounted for as well")
		_, err = sb.Dial(t.Context(), "tcp", "127.0.0.1:80")
		require.ErrorIs(t, err, unix.ECONNREFUSED)
	}
}

func TestReadyNamesTheOtherPortInASandbox(t *testing.T) {
	t.Parallel()
	sb := box(t, namespaces(t))
	oracle, err := sb.Listen(t.Context(), "tcp", "127.0.0.1:53")
	require.NoError(t, err)
	defer oracle.Close()
	p, err := sb.Start(t.Context(), Command{Line: listen, Args: []string{"-1"}, Env: []string{"PATH=/usr/bin:/bin", "PORT=80"}})
	require.NoError(t, err)
	err = sb.Ready(t.Context(), p, "tcp", 80, 20*time.Second)
	var not *NotReady
	require.ErrorAs(t, err, &not)
	require.Equal(t, []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:79")}, not.Bound, "the oracle's port is not the submission's")
}

func TestFoldersOfASandbox(t *testing.T) {
	t.Parallel()
	dir, beside := t.TempDir(), t.TempDir()
	root := filepath.Join(beside, "root")
	require.NoError(t, os.Mkdir(root, 0o755))
	sb := box(t, namespaces(t))
	_, out := runIn(t, sb, Command{
		Line: `touch "$ROOT/made" && echo wrote; touch here 2>/dev/null || echo refused; touch "$ROOT/../beside" 2>/dev/null || echo refused
			touch "$HOME/a" "$TMPDIR/b" /dev/shm/c && echo own; ls / | tr '\n' ' '; ls -A /home /root /var 2>/dev/null`,
		Dir: dir, Readable: []string{beside}, Writable: []string{root},
		Env: []string{"PATH=/usr/bin:/bin", "ROOT=" + root, "HOME=/tmp/home", "TMPDIR=/tmp/t"},
	})
	require.Contains(t, out, "wrote\nrefused\nrefused\nown\n")
	require.NotContains(t, out, "var")
	require.FileExists(t, filepath.Join(root, "made"))

	p, _ := runIn(t, sb, Command{Line: "touch built", Dir: dir, Writable: []string{dir}, Build: true})
	require.Zero(t, p.Exit().Code, string(p.Stderr()))
	require.FileExists(t, filepath.Join(dir, "built"))
}

func TestWhatIsLeftBehindIsCountedAndEnded(t *testing.T) {
	t.Parallel()
	sb := box(t, namespaces(t))
	p, _ := runIn(t, sb, Command{Line: "setsid sleep 600 & sleep 600 & exit 0; true"})
	require.Equal(t, 2, p.Exit().Usage.Left)
	require.Equal(t, "exit status 0", p.Exit().String())
}

func TestADaemonIsNotReadyInASandbox(t *testing.T) {
	t.Parallel()
	sb := box(t, namespaces(t))
	p, err := sb.Start(t.Context(), Command{Line: `python3 -c '
import os, socket, time
r, w = os.pipe()
if os.fork(): os.read(r, 1); time.sleep(0.3); os._exit(0) # the port is open for a while before the command ends
os.setsid()
if os.fork(): os._exit(0)
while os.getppid() != 1: time.sleep(0.001) # a daemon only now
s = socket.socket(); s.bind(("127.0.0.1", 80)); s.listen(); os.write(w, b"x"); time.sleep(600)' `, Env: []string{"PATH=/usr/bin:/bin"}})
	require.NoError(t, err)
	require.ErrorContains(t, sb.Ready(t.Context(), p, "tcp", 80, 20*time.Second), "stays in the foreground")
	require.Equal(t, 1, p.Exit().Usage.Left)
}

func TestAFloodIsStopped(t *testing.T) {
	t.Parallel()
	p, _ := runIn(t, box(t, namespaces(t)), Command{Line: "yes"})
	require.True(t, p.Exit().Flooded)
}

func TestProgramsOfOursUseTheSandboxsNetwork(t *testing.T) {
	t.Parallel()
	sb := box(t, namespaces(t))
	p, err := sb.Start(t.Context(), Command{Program: func(ctx context.Context, env *Env) int {
		ln, err := env.Listen(ctx, "tcp", "127.0.0.1:80")
		if err != nil {
			return 1
		}
		<-ctx.Done()
		ln.Close()
		return 0
	}})
	require.NoError(t, err)
	require.NoError(t, sb.Ready(t.Context(), p, "tcp", 80, 20*time.Second))
	_, out := runIn(t, sb, Command{Line: `python3 -c 'import socket; socket.create_connection(("127.0.0.1", 80)); print("there")'; true`})
	require.Equal(t, "there\n", out)
	p.Kill()
}

// Where there is no sandbox, no limit is told of: plain loopback has none.
func TestProbeWithoutASandbox(t *testing.T) {
	t.Parallel()
	findings := unlimited(map[string]error{"memory": unix.EACCES, "pids": nil, "cpu": nil})
	require.Len(t, findings, 3)
	for _, f := range findings {
		require.False(t, f.OK, "%+v", f)
		require.Contains(t, f.Says, "nothing limits it without a sandbox")
		require.NotContains(t, f.Says, "instead")
	}
	require.Contains(t, findings[0].Says, "EACCES")
	require.Contains(t, findings[0].Advice, "Delegate=yes")
	require.Empty(t, findings[1].Advice)
}

func TestProbe(t *testing.T) {
	t.Parallel()
	findings := Probe(t.Context())
	require.True(t, Isolates(findings), "%+v", findings)
	var out strings.Builder
	require.NoError(t, WriteFindings(&out, findings))
	t.Log("\n" + out.String())
	require.Contains(t, out.String(), "yes  a sandboxed command")

	f := found("user namespaces", "", failed("clone the keeper into new namespaces", unix.EPERM))
	require.False(t, f.OK)
	require.Contains(t, f.Says, "(EPERM)")
	require.NotEmpty(t, f.Advice)
	require.Empty(t, advice(failed("x", unix.EIO)))
	require.Contains(t, missing("pids", failed("make a folder", unix.EACCES)).Says, "(EACCES)")
	require.Contains(t, advice(failed(stepMaps, unix.EPERM)), "CAP_SETFCAP")
	// With everything allowed one by one, what failed together is said as it came.
	require.ErrorContains(t, whichStep(&syscall.SysProcAttr{}, unix.EPERM), "operation not permitted")
	require.Equal(t, "exit status 137, as after killed (signal 9)", exited(137).String())
	require.Equal(t, "killed (signal 9)", exitOf(9).String())
}

// What is on PATH outside runs inside, wherever it was installed, and builds.
func TestToolchainsWorkInside(t *testing.T) {
	t.Parallel()
	n := namespaces(t)
	for tool, line := range map[string]string{
		"python3": `echo 'print("works")' > a.py && python3 a.py`,
		"gcc":     `printf '#include <stdio.h>\nint main(void) { puts("works"); }\n' > a.c && gcc -o a a.c && ./a`,
		"go":      `printf 'module a\ngo 1.26\n' > go.mod && printf 'package main\nfunc main() { print("works\\n") }\n' > a.go && go build -o a . && ./a 2>&1`,
		"javac":   `printf 'public class A { public static void main(String[] a) { System.out.println("works"); } }' > A.java && javac A.java && java -cp . A`,
		"node":    `echo 'console.log("works")' > a.js && node a.js`,
		"rustc":   `printf 'fn main() { println!("works"); }' > a.rs && rustc a.rs && ./a`,
		"make":    `printf 'all:\n\t@echo works\n' > Makefile && make -s`,
		"perl":    `perl -e 'print "works\n"'`,
	} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Logf("%s is not there", tool)
			continue
		}
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			env := []string{
				"PATH=" + os.Getenv("PATH"), "HOME=/tmp/home", "TMPDIR=/tmp", "GOCACHE=/tmp/cache", "GOPATH=/tmp/go",
				"GOTOOLCHAIN=local", "GOPROXY=off", "RUSTUP_HOME=" + filepath.Join(os.Getenv("HOME"), ".rustup"),
			}
			sb := box(t, n)
			p, err := sb.Start(t.Context(), Command{Line: line, Dir: dir, Writable: []string{dir}, Build: true, Env: env})
			require.NoError(t, err)
			<-p.Done()
			require.Equal(t, "works\n", string(p.Stdout()), "%v %s", p.Exit(), p.Stderr())
		})
	}
}

// TestCloseWhileProgramDials holds that a sandbox can be closed while a program of ours opens one socket after the other.
func TestCloseWhileProgramDials(t *testing.T) {
	t.Parallel()
	n, err := NewNamespaces(t.Context())
	require.NoError(t, err)
	defer n.Close()
	for range 20 {
		box, err := n.New(t.Context())
		require.NoError(t, err)
		busy := make(chan struct{})
		_, err = box.Start(t.Context(), Command{Program: func(ctx context.Context, env *Env) int {
			for i := 0; ctx.Err() == nil; i++ {
				if pc, err := env.ListenPacket(ctx, "udp", "127.0.0.1:0"); err == nil {
					pc.Close()
				}
				if i == 2 {
					close(busy)
				}
			}
			return 0
		}})
		require.NoError(t, err)
		<-busy
		closed := make(chan error, 1)
		go func() { closed <- box.Close() }()
		select {
		case err := <-closed:
			require.NoError(t, err)
		case <-time.After(30 * time.Second):
			t.Fatal("Close and the program wait for each other")
		}
	}
}
