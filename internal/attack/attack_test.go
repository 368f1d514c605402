//go:build linux && (amd64 || arm64)

// Package attack tries what a hostile submission tries, one small program for
// each line of the list, and asserts which wall stopped it: that nothing of
// the machine or the harness has changed, and that a sandbox beside was not
// disturbed. Names of tests begin with the lines that they cover: F forging
// the result, S stealing, E escaping, B breaking.
package attack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/harness/sandbox"
)

var provider *sandbox.Namespaces

func TestMain(m *testing.M) {
	sandbox.Init()
	os.Exit(func() int {
		tmp, err := os.MkdirTemp("", "wiregrade-attack-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(tmp)
		os.Setenv("TMPDIR", tmp) // other graders of this machine use the common one
		if provider, err = sandbox.NewNamespaces(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, "attack: this machine cannot isolate:", err)
			return 1
		}
		defer provider.Close()
		return m.Run()
	}())
}

// An attempt is one program run in a sandbox of its own.
type attempt struct {
	file    string                  // in testdata: Python, or C
	args    []string                // of the program
	build   bool                    // run it as a build would be
	during  func(p sandbox.Process) // called once the program has knocked at the door
	endless bool                    // it ends only with its sandbox
}

// An outcome is what came of it.
type outcome struct {
	out  string
	said map[string]string // lines "name: value"
	exit sandbox.Exit
	root string // the assignment's folder
}

// try runs a program and watches the world meanwhile. No two run at once, so
// that whatever changes is the program's doing.
func try(t *testing.T, a attempt) outcome {
	dir := t.TempDir()
	root := filepath.Join(t.TempDir(), "root")
	require.NoError(t, os.Mkdir(root, 0o755))
	run := compile(t, dir, a.file)
	beside := neighbour(t)
	before := look(t)
	sb, err := provider.New(t.Context())
	require.NoError(t, err)
	c := sandbox.Command{
		Line: run, Args: a.args, Dir: dir, Writable: []string{root}, Build: a.build,
		Env: []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp/home", "TMPDIR=/tmp", "ROOT=" + root, "PYTHONDONTWRITEBYTECODE=1"},
	}
	if a.build {
		c.Writable = append(c.Writable, dir)
	} else { // as a check gives it
		_, err = sb.(interface {
			Volume(dir string) (string, error)
		}).Volume(root)
		require.NoError(t, err)
	}
	said := func(sandbox.Process) string { return "" }
	if a.during != nil {
		said = door(t, sb)
	}
	p, err := sb.Start(t.Context(), c)
	require.NoError(t, err)
	if a.during != nil {
		require.NotEmpty(t, said(p), "%s", p.Stderr())
		a.during(p)
	}
	if !a.endless {
		select {
		case <-p.Done():
		case <-time.After(60 * time.Second):
			p.Kill()
			t.Fatal("it did not end")
		}
	}
	require.NoError(t, sb.Close())
	<-p.Done()
	before.same(t)
	beside()
	o := outcome{out: string(p.Stdout()), said: map[string]string{}, exit: p.Exit(), root: root}
	for line := range strings.Lines(o.out) {
		if name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); ok {
			o.said[name] = value
		}
	}
	t.Logf("%s %v: %v, %+v\n%s%s", a.file, a.args, o.exit, o.exit.Usage, first(o.out, 6000), p.Stderr())
	return o
}

// door opens a port in a sandbox, before its program is started. The function that it returns waits for the program to
// connect and gives all that it says there, "" when it has ended before.
func door(t *testing.T, sb sandbox.Sandbox) (said func(p sandbox.Process) string) {
	ln, err := sb.Listen(t.Context(), "tcp", "127.0.0.1:4242")
	require.NoError(t, err)
	return func(p sandbox.Process) string {
		over := make(chan struct{})
		defer close(over)
		go func() {
			select {
			case <-p.Done():
			case <-over:
			}
			ln.Close()
		}()
		c, err := ln.Accept()
		if err != nil {
			return ""
		}
		defer c.Close()
		require.NoError(t, c.SetDeadline(time.Now().Add(time.Minute)))
		text, err := io.ReadAll(c)
		require.NoError(t, err)
		return string(text)
	}
}

func first(s string, n int) string { return s[:min(len(s), n)] }

// compile puts a program of testdata into dir and says how it is run.
func compile(t *testing.T, dir, file string) string {
	source := filepath.Join("testdata", file)
	if strings.HasSuffix(file, ".py") {
		data, err := os.ReadFile(source)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), data, 0o644))
		return "exec python3 " + file
	}
	out, err := exec.Command("gcc", "-w", "-o", filepath.Join(dir, "attack"), source).CombinedOutput()
	require.NoError(t, err, string(out))
	return "exec ./attack"
}

// A view is what an attack must leave as it was.
type view map[string]string

// ahead is how many networks the keeper has beside those of the sandboxes: two wait, and one more is made. Every sandbox that
// there is while somebody looks has a program, and so a pid namespace.
const ahead = 3

// look waits until nothing moves any more: what has ended is still being
// taken apart, and the keeper makes spares, for which it may wait long for a processor. There is no event for either.
func look(t *testing.T) view {
	var last, now view
	settled := func() bool {
		last, now = now, glance(t)
		var pids, nets int
		for kind := range strings.SplitSeq(now["namespaces"], ", ") {
			fmt.Sscanf(kind, "net %d", &nets)
			fmt.Sscanf(kind, "pid %d", &pids)
		}
		return maps.Equal(last, now) && nets == pids+ahead
	}
	require.Eventually(t, settled, 20*time.Second, 30*time.Millisecond, "it does not come to rest: %v, %v", last, now)
	return now
}

func glance(t *testing.T) view {
	v := view{}
	for _, path := range []string{
		"/proc/self/mountinfo", "/proc/self/net/route", "/etc/passwd", "/etc/group", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf",
		"/proc/sys/kernel/hostname", "/proc/sys/kernel/core_pattern", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv4/ip_unprivileged_port_start",
	} {
		data, err := os.ReadFile(path)
		if !errors.Is(err, fs.ErrNotExist) {
			require.NoError(t, err)
		}
		v[path] = string(data)
	}
	folders, err := filepath.Glob(filepath.Join(os.TempDir(), "wiregrade-*-*"))
	require.NoError(t, err)
	v["folders"] = strings.Join(folders, "\n")
	v["cgroups"] = strings.Join(cgroups(t), "\n")
	processes := descendants(os.Getpid())
	v["processes"] = fmt.Sprint(processes)
	v["namespaces"] = namespacesOf(append(processes, os.Getpid()))
	for _, pid := range processes {
		// The keeper's are those of every sandbox to come.
		if mounts, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", pid)); err == nil {
			v[fmt.Sprintf("mounts of %d", pid)] = string(mounts)
		}
	}
	return v
}

// namespacesOf counts the namespaces in which processes are, or that they hold open.
func namespacesOf(pids []int) string {
	there := map[string]map[string]bool{}
	for _, pid := range pids {
		for _, pattern := range []string{"/proc/%d/ns/*", "/proc/%d/fd/*"} {
			links, _ := filepath.Glob(fmt.Sprintf(pattern, pid))
			for _, link := range links {
				target, _ := os.Readlink(link)
				kind, _, ok := strings.Cut(target, ":[")
				if !ok || !slices.Contains([]string{"net", "pid", "mnt", "ipc", "user", "uts", "cgroup"}, kind) {
					continue
				}
				if there[kind] == nil {
					there[kind] = map[string]bool{}
				}
				there[kind][target] = true
			}
		}
	}
	var s []string
	for kind, found := range there {
		s = append(s, fmt.Sprintf("%s %d", kind, len(found)))
	}
	slices.Sort(s)
	return strings.Join(s, ", ")
}

// cgroups are this harness's folders in every cgroup tree of the machine,
// wherever in it they stand.
func cgroups(t *testing.T) (dirs []string) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	require.NoError(t, err)
	own := fmt.Sprintf("/wiregrade-%d-", os.Getpid())
	for line := range strings.Lines(string(mounts)) {
		before, after, _ := strings.Cut(line, " - ")
		if !strings.HasPrefix(after, "cgroup") {
			continue
		}
		filepath.WalkDir(strings.Fields(before)[4], func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() && strings.Contains(path, own) {
				dirs = append(dirs, path)
			}
			return nil // others come and go meanwhile
		})
	}
	return dirs
}

// same fails the test, in few words, unless everything is as it was.
func (v view) same(t *testing.T) {
	now := look(t)
	for name := range maps.Keys(now) {
		if v[name] != now[name] {
			t.Fatalf("%s: now\n%s\nwas\n%s", name, now[name], v[name])
		}
	}
	require.Len(t, now, len(v))
}

// descendants are all processes below one, without the threads that test programs are compiled by.
func descendants(pid int) []int {
	var all []int
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, task := range tasks {
		list, _ := os.ReadFile(task)
		for _, f := range strings.Fields(string(list)) {
			if child, err := strconv.Atoi(f); err == nil {
				all = append(append(all, child), descendants(child)...)
			}
		}
	}
	slices.Sort(all)
	return all
}

// neighbour keeps a server in another sandbox busy. The function that it
// returns fails the test unless every request was answered, and answers came to the end.
func neighbour(t *testing.T) (check func()) {
	sb, err := provider.New(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sb.Close()) })
	p, err := sb.Start(t.Context(), sandbox.Command{
		Line: `exec python3 -c '
import socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", 80)); s.listen()
while True:
    c = s.accept()[0]; c.sendall(c.recv(100)); c.close()
' `, Env: []string{"PATH=/usr/local/bin:/usr/bin:/bin"},
	})
	require.NoError(t, err)
	require.NoError(t, sb.Ready(t.Context(), p, "tcp", 80, time.Minute))
	ask := func() error {
		c, err := sb.Dial(t.Context(), "tcp", "127.0.0.1:80")
		if err != nil {
			return err
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(5 * time.Second))
		io.WriteString(c, "hello")
		answer, err := io.ReadAll(c)
		if err == nil && string(answer) != "hello" {
			err = fmt.Errorf("got %q", answer)
		}
		return err
	}
	var failure error
	var over atomic.Bool
	var all sync.WaitGroup
	all.Go(func() {
		for !over.Load() && failure == nil {
			failure = ask()
		}
	})
	t.Cleanup(func() { over.Store(true); all.Wait() })
	return func() {
		over.Store(true)
		all.Wait()
		require.NoError(t, failure, "the sandbox beside was disturbed")
		require.NoError(t, ask())
	}
}

// profiles runs an attack as a check would and, since a build runs code of the submission as well, as a build.
func profiles(t *testing.T, f func(t *testing.T, build bool)) {
	for _, build := range []bool{false, true} {
		t.Run(map[bool]string{false: "run", true: "build"}[build], func(t *testing.T) { f(t, build) })
	}
}
