package githost

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The hook that git runs before a branch moves is this program again. It finds
// the service by a socket and its push by a key, hands over what git told it, and
// ends as the service says.
const (
	hookName  = "pre-receive"
	socketEnv = "WIREGRADE_GIT_SOCKET"
	keyEnv    = "WIREGRADE_GIT_PUSH"
)

// hookTime bounds a hook's whole call: reading a tree and storing it.
const hookTime = 2 * time.Minute

// asked is what the hook hands over.
type asked struct {
	Key        string
	Lines      []string // OLD NEW REF
	Options    []string
	Objects    string // GIT_OBJECT_DIRECTORY: where git keeps the push apart
	Alternates string // GIT_ALTERNATE_OBJECT_DIRECTORIES: the repository's own

	commands []command
}

// env is what git needs to see the push.
func (a asked) env() []string {
	var env []string
	for name, v := range map[string]string{"GIT_OBJECT_DIRECTORY": a.Objects, "GIT_ALTERNATE_OBJECT_DIRECTORIES": a.Alternates} {
		if v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// answered is what the service says to it.
type answered struct {
	Taken bool
	Line  string // why not
}

// maxLines bounds what a hook hands over; a push of more is refused anyway.
const maxLines = 100

// Hook is what the program does when git runs it as its hook, and the status it
// ends with; ok is false when it is not run so. It comes first in main: git waits for it.
func Hook(args []string) (status int, ok bool) {
	socket := os.Getenv(socketEnv)
	if socket == "" || len(args) == 0 || filepath.Base(args[0]) != hookName {
		return 0, false
	}
	r, err := call(socket, os.Stdin)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "refused: the service went away before it took the push: push again in a minute")
		return 1, true
	case !r.Taken:
		fmt.Fprintln(os.Stderr, "refused: "+r.Line)
		return 1, true
	}
	return 0, true
}

func call(socket string, stdin io.Reader) (answered, error) {
	a := asked{Key: os.Getenv(keyEnv), Objects: os.Getenv("GIT_OBJECT_DIRECTORY"), Alternates: os.Getenv("GIT_ALTERNATE_OBJECT_DIRECTORIES")}
	data, err := io.ReadAll(io.LimitReader(stdin, 1<<20))
	if err != nil {
		return answered{}, err
	}
	io.Copy(io.Discard, stdin) // or else git is told of a broken pipe
	for line := range strings.Lines(string(data)) {
		if a.Lines = append(a.Lines, strings.TrimSuffix(line, "\n")); len(a.Lines) > maxLines {
			break
		}
	}
	n, _ := strconv.Atoi(os.Getenv("GIT_PUSH_OPTION_COUNT"))
	for i := range min(n, maxLines) {
		o := os.Getenv(fmt.Sprintf("GIT_PUSH_OPTION_%d", i))
		a.Options = append(a.Options, o[:min(len(o), 1000)])
	}
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return answered{}, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(hookTime + 10*time.Second))
	if err := json.NewEncoder(conn).Encode(a); err != nil {
		return answered{}, err
	}
	var r answered
	err = json.NewDecoder(io.LimitReader(conn, 1<<16)).Decode(&r)
	return r, err
}

// hooks answers the hooks of pushes that are under way.
type hooks struct {
	path string
	ln   net.Listener
	done sync.WaitGroup

	mu     sync.Mutex
	pushes map[string]*push
}

// listen makes the folder of hooks and the socket that they call.
func (h *Host) listen(program string) (*hooks, error) {
	dir := filepath.Join(h.run, "hooks")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.Symlink(program, filepath.Join(dir, hookName)); err != nil {
		return nil, err
	}
	k := &hooks{path: filepath.Join(h.run, "socket"), pushes: map[string]*push{}}
	var err error
	if k.ln, err = net.Listen("unix", k.path); err != nil {
		return nil, err
	}
	k.done.Go(func() {
		for {
			conn, err := k.ln.Accept()
			if err != nil {
				return
			}
			k.done.Go(func() { k.answer(conn) })
		}
	})
	return k, nil
}

func (k *hooks) close() error {
	err := k.ln.Close()
	k.done.Wait()
	return err
}

// expect lets the push's hook in until the function it gives is called.
func (k *hooks) expect(x *push) func() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pushes[x.key] = x
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.pushes, x.key)
	}
}

func (k *hooks) answer(conn net.Conn) {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(hookTime))
	var a asked
	if json.NewDecoder(io.LimitReader(conn, 4<<20)).Decode(&a) != nil {
		return
	}
	k.mu.Lock()
	x := k.pushes[a.Key]
	k.mu.Unlock()
	if x == nil {
		return
	}
	for _, line := range a.Lines {
		c, ok := parseCommand(line)
		if !ok {
			return
		}
		a.commands = append(a.commands, c)
	}
	ctx, cancel := context.WithTimeout(context.Background(), hookTime-10*time.Second)
	defer cancel()
	line := x.accept(ctx, a)
	x.judged()
	json.NewEncoder(conn).Encode(answered{Taken: line == "", Line: line})
}
