//go:build linux && (amd64 || arm64)

package sandbox

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// server is a small one-line-echo server in one process without threads.
const server = `exec python3 -c '
import os, socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", 8080)); s.listen()
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    c = s.accept()[0]; u.sendto(c.recv(100), ("127.0.0.1", 53)); c.sendall(u.recvfrom(100)[0]); c.close()
' `

// Two hundred at once, all on the same ports: each server asks the oracle
// beside it, and answers what that one said.
func TestTwoHundredSandboxesAtOnce(t *testing.T) {
	const count = 200
	n := namespaces(t)
	boxes := make([]Sandbox, count)
	slots := make(chan struct{}, 8)
	var all sync.WaitGroup
	errs := make([]error, count)
	for i := range count {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = func() error {
				sb, err := n.New(t.Context())
				if err != nil {
					return err
				}
				boxes[i] = sb
				oracle, err := sb.ListenPacket(t.Context(), "udp", "127.0.0.1:53")
				if err != nil {
					return err
				}
				go func() {
					buf := make([]byte, 100)
					for {
						n, from, err := oracle.ReadFrom(buf)
						if err != nil {
							return
						}
						oracle.WriteTo(fmt.Appendf(nil, "%s from oracle %d", buf[:n], i), from)
					}
				}()
				t.Cleanup(func() { oracle.Close() })
				p, err := sb.Start(t.Context(), Command{Line: server, Env: []string{"PATH=/usr/bin:/bin"}})
				if err != nil {
					return err
				}
				return sb.Ready(t.Context(), p, "tcp", 8080, time.Minute)
			}()
		})
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	// All of them are up at this moment.
	for i := range count {
		all.Go(func() {
			errs[i] = func() error {
				c, err := boxes[i].Dial(t.Context(), "tcp", "127.0.0.1:8080")
				if err != nil {
					return err
				}
				defer c.Close()
				fmt.Fprintf(c, "question %d", i)
				answer, err := io.ReadAll(c)
				if want := fmt.Sprintf("question %d from oracle %d", i, i); err == nil && string(answer) != want {
					err = fmt.Errorf("want %q, got %q", want, answer)
				}
				return err
			}()
		})
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	for i := range boxes {
		all.Go(func() { errs[i] = boxes[i].Close() })
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Empty(t, insidePIDs(t, n), "no process is left")
}

// insidePIDs are the processes below a provider's keeper.
func insidePIDs(t *testing.T, n *Namespaces) []int {
	require.NotZero(t, n.keeper)
	return descendants(n.keeper)[1:]
}

// TestHarnessToBeKilled is not a test: TestNothingSurvivesTheHarness runs it in a process of its own.
func TestHarnessToBeKilled(t *testing.T) {
	if os.Getenv("WIREGRADE_TO_BE_KILLED") == "" {
		t.Skip("run by TestNothingSurvivesTheHarness")
	}
	n, err := NewNamespaces(context.Background())
	require.NoError(t, err)
	sb, err := n.New(context.Background())
	require.NoError(t, err)
	ln, err := sb.Listen(context.Background(), "tcp", "127.0.0.1:9")
	require.NoError(t, err)
	defer ln.Close()
	dir := t.TempDir()
	fifo := filepath.Join(dir, "started")
	require.NoError(t, unix.Mkfifo(fifo, 0o600))
	require.NoError(t, os.Chmod(fifo, 0o666))
	p, err := sb.Start(context.Background(), Command{
		Line: "trap '' TERM HUP; (setsid sleep 600 &); sleep 600 & echo started > " + fifo + "; wait; true",
		Env:  []string{"PATH=/usr/bin:/bin"}, Writable: []string{dir},
	})
	require.NoError(t, err)
	said, err := os.ReadFile(fifo)
	require.NoError(t, err)
	require.Equal(t, "started\n", string(said))
	require.Len(t, descendants(p.(*nsProcess).pid), 4) // PID 1, sh and both sleeps
	folder, err := os.MkdirTemp("", RunFolder)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "a", "b"), 0o755))
	require.NoError(t, os.Chmod(filepath.Join(folder, "a"), 0))
	fmt.Println("pids", strings.Trim(fmt.Sprint(append(descendants(n.keeper), n.keeper)), "[]"))
	select {}
}

// It does not run beside others: they would sweep as well.
func TestNothingSurvivesTheHarness(t *testing.T) {
	groups, _ := newCgroups()
	defer groups.close()
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	require.NoError(t, err)
	cmd := exec.Command(os.Args[0], "-test.run", "^TestHarnessToBeKilled$")
	tmp := t.TempDir()
	cmd.Env = append(os.Environ(), "WIREGRADE_TO_BE_KILLED=1", "TMPDIR="+tmp)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var pids []int
	for lines := bufio.NewScanner(out); pids == nil && lines.Scan(); {
		if list, ok := strings.CutPrefix(lines.Text(), "pids "); ok {
			for _, f := range strings.Fields(list) {
				pid, err := strconv.Atoi(f)
				require.NoError(t, err)
				pids = append(pids, pid)
			}
		}
	}
	require.GreaterOrEqual(t, len(pids), 5, "keeper, PID 1, sh, two sleeps")
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	for _, pid := range pids {
		require.Eventually(t, func() bool { return !alive(pid) }, 10*time.Second, time.Millisecond, "process %d survives", pid)
	}
	// Its sweeper removes the cgroups and the folder of the run, without another harness.
	left := func() (all []string) {
		patterns := []string{filepath.Join(tmp, RunFolder+"*")}
		for _, dir := range groups.parents() {
			patterns = append(patterns, filepath.Join(dir, fmt.Sprintf("%s%d-*", cgroupName, cmd.Process.Pid)))
		}
		for _, pattern := range patterns {
			found, err := filepath.Glob(pattern)
			require.NoError(t, err)
			all = append(all, found...)
		}
		return all
	}
	require.Eventually(t, func() bool { return len(left()) == 0 }, 20*time.Second, 10*time.Millisecond, "left: %v", left())
	after, err := os.ReadFile("/proc/self/mountinfo")
	require.NoError(t, err)
	require.Equal(t, string(mounts), string(after))
}

// alive says whether a process exists and is no zombie.
func alive(pid int) bool {
	s, ok := readStat(pid)
	return ok && s.state != 'Z' && s.state != 'X'
}

func TestAKilledKeeperIsReplaced(t *testing.T) {
	t.Parallel()
	n := namespaces(t)
	sb := box(t, n)
	p, err := sb.Start(t.Context(), Command{Line: "sleep 600", Env: []string{"PATH=/usr/bin:/bin"}})
	require.NoError(t, err)
	pid := p.(*nsProcess).pid
	require.NoError(t, unix.Kill(n.keeper, unix.SIGKILL))
	<-p.Done()
	require.Eventually(t, func() bool { return !alive(pid) }, 10*time.Second, time.Millisecond)
	_, err = sb.Start(t.Context(), Command{Line: "true"})
	require.Error(t, err)
	// What ran in it is lost; what comes next has a keeper of its own.
	next, err := box(t, n).Start(t.Context(), Command{Line: "echo hello", Env: []string{"PATH=/usr/bin:/bin"}})
	require.NoError(t, err)
	<-next.Done()
	require.Equal(t, "hello\n", string(next.Stdout()))
	sb.closed = true // Close would report the same
	sb.conn.Close()
	sb.diag.close()
}
