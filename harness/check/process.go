package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/sandbox"
)

// address is where the server listens, or where the client is told that one does.
func (t *T) address() netip.AddrPort {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.port == 0 {
		port, err := t.setup.Sandbox.Port(t.suite.Network, t.suite.Port)
		if err != nil {
			faulty("get a port: %w", err)
		}
		t.port = port
	}
	return netip.AddrPortFrom(t.setup.Sandbox.Host(), t.port)
}

// Addr is HOST:PORT as a URL or a Host header has it.
func (t *T) Addr() string { return t.address().String() }

// launch starts the submission with its environment, and takes the run-queue time from it.
func (t *T) launch(args []string, stdin io.Reader) sandbox.Process {
	addr := t.address()
	vars := map[string]string{"HOST": addr.Addr().String(), "PORT": strconv.Itoa(int(addr.Port()))}
	cmd := t.setup.Command
	for _, name := range t.suite.Folders {
		vars[name] = t.Folder(name).Path
		cmd.Writable = append(cmd.Writable, vars[name])
		// What stands beside the folder may be read: whether it is served is for a check to see.
		cmd.Readable = append(cmd.Readable, filepath.Dir(vars[name]))
	}
	for _, name := range t.suite.Files {
		if vars[name] = t.file(name); !t.written[name] {
			faulty("the check has not written the file %s", name)
		}
		cmd.Readable = append(cmd.Readable, filepath.Dir(vars[name]))
	}
	cmd.Args = append(slices.Clone(cmd.Args), args...)
	cmd.Stdin = stdin
	cmd.Env = slices.Clone(cmd.Env)
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		cmd.Env = append(cmd.Env, name+"="+vars[name])
	}
	p, err := t.setup.Sandbox.Start(t.ctx, cmd)
	if errors.Is(err, sandbox.ErrTooDeep) { // what an earlier process of this check has left
		t.absent(t.Note("could not start the program once more"), "folders as the grader left them", "folders too deep in one another")
	}
	if errors.Is(err, sandbox.ErrLongLine) {
		panic(stop{reason: err.Error(), start: err})
	}
	if err != nil {
		faulty("start the submission: %w", err)
	}
	gone, end := context.WithCancel(context.Background())
	go func() { <-p.Done(); end() }()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.processes = append(t.processes, p)
	t.patience.Gone = gone
	t.patience.Delay = p.Delay
	t.patience.Stirs = func() func() bool { return sandbox.Stirs(p) }
	return p
}

// Start starts the server and waits until it has opened its port. The steps
// that talk to the server call it; a check calls it itself only when it wants
// the server up at a certain moment.
func (t *T) Start() {
	t.starting.Lock() // several goroutines may dial at once
	defer t.starting.Unlock()
	if t.server != nil {
		return
	}
	p := t.launch(nil, nil)
	err := t.setup.Sandbox.Ready(t.ctx, p, t.suite.Network, t.address().Port(), t.setup.Startup)
	var not *sandbox.NotReady
	switch {
	case errors.As(err, &not) && t.ctx.Err() == nil:
		panic(stop{reason: not.Error(), start: not})
	case err != nil:
		faulty("wait for the server: %w", err)
	}
	t.server = p
	t.patience.Begin()
}

// open waits until the server, which runs, has opened its port on the network that the suite has beside its first.
// A server that answers on one of two is not one that does not start: only what needs the other goes wrong.
func (t *T) open(network string) {
	if network != t.suite.Also {
		return
	}
	t.starting.Lock()
	defer t.starting.Unlock()
	if t.also == nil {
		err := t.setup.Sandbox.Ready(t.ctx, t.server, network, t.address().Port(), t.setup.Startup)
		t.also = &err
	}
	var not *sandbox.NotReady
	switch err := *t.also; {
	case errors.As(err, &not) && t.ctx.Err() == nil:
		// Without the number of the port: where every check has another one, equal reasons are still equal.
		got := "nobody listens there"
		switch {
		case not.Exit.Ended:
			got = "the program had ended: " + not.Exit.String()
		case not.Other != "":
			got = fmt.Sprintf("the program has opened %s alone, and waits", strings.ToUpper(not.Other))
		}
		t.absent(t.Note("%s", not.Error()), strings.ToUpper(network)+" to be open at HOST:PORT", got)
	case err != nil:
		faulty("wait for the server: %w", err)
	}
}

// Died waits at most limit for the server to end, and says how it did; "" while
// it runs. What a server does not survive ends it soon after, rarely at once.
func (t *T) Died(limit time.Duration) string {
	t.starting.Lock()
	p := t.server
	t.starting.Unlock()
	if p == nil || t.patience.WaitDone(t.ctx, limit, p.Done()) != nil {
		return ""
	}
	return p.Exit().String()
}

// Input is what a client is started with.
type Input struct {
	Args  []string
	Stdin string
	Hold  bool // standard input stays open after Stdin, as at a keyboard
}

// A Run is a client that was started.
type Run struct {
	t *T
	p sandbox.Process
}

// Run starts the client. The check's listeners must be open before.
func (t *T) Run(in Input) *Run {
	var stdin io.Reader = strings.NewReader(in.Stdin)
	if in.Hold {
		r, w := io.Pipe()
		t.mu.Lock()
		t.quits = append(t.quits, func() { w.Close() })
		t.mu.Unlock()
		stdin = io.MultiReader(stdin, r)
	}
	if len(in.Args) > 0 {
		t.Note("arguments: %s", strings.Join(in.Args, " "))
	}
	if len(in.Args) == 0 || in.Stdin != "" {
		t.rec.Note(grader.Note, "standard input", []byte(in.Stdin))
	}
	return &Run{t, t.launch(in.Args, stdin)}
}

// An Ended is a client that has ended.
type Ended struct {
	sandbox.Exit
	Stdout string
	Output Mark // where the transcript shows standard output
	Status Mark // where it shows the exit
}

// Wait waits until the client has ended, at most limit (0 means the check's patience).
func (r *Run) Wait(limit time.Duration) Ended {
	err := r.t.patience.WaitDone(r.t.ctx, limit, r.p.Done())
	if err != nil {
		if limit == 0 {
			limit = r.t.setup.Patience
		}
		got := r.t.describe(err)
		if errors.Is(err, ErrSilence) {
			got = fmt.Sprintf("it still runs after %v", limit.Round(100*time.Millisecond))
		}
		r.t.absent(r.t.Note("the client does not end"), "the client to end", got)
	}
	out := r.p.Stdout()
	e := Ended{Exit: r.p.Exit(), Stdout: string(out)}
	e.Output.Event = r.t.rec.Note(grader.Output, "", out)
	e.Status.Event = r.t.recordExit(r.p)
	// What ended as it should says nothing about a later step.
	return e
}

// Ends waits at most limit for the client to end, and says whether it has.
func (r *Run) Ends(limit time.Duration) bool {
	return r.t.patience.WaitDone(r.t.ctx, limit, r.p.Done()) == nil
}

// Ended says whether the client has ended already.
func (r *Run) Ended() bool {
	select {
	case <-r.p.Done():
		return true
	default:
		return false
	}
}

// recordExit notes how p ended, once; its event's number is returned every time.
func (t *T) recordExit(p sandbox.Process) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if event, noted := t.exits[p]; noted {
		return event
	}
	if t.exits == nil {
		t.exits = map[sandbox.Process]int{}
	}
	t.exits[p] = t.rec.Note(grader.Exit, p.Exit().String(), nil)
	return t.exits[p]
}

// Folder is the writable folder that the submission finds under the
// environment name, such as ROOT. It is made at the first call.
func (t *T) Folder(name string) *Folder {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f, ok := t.folders[name]; ok {
		return f
	}
	if !slices.Contains(t.suite.Folders, name) {
		faulty("folder %s is not one of the suite's", name)
	}
	path := filepath.Join(t.setup.Scratch, name, strings.ToLower(name))
	if err := os.MkdirAll(path, 0o755); err != nil {
		faulty("make folder %s: %w", name, err)
	}
	at := path
	if b, ok := t.setup.Sandbox.(interface {
		Volume(dir string) (string, error)
	}); ok && t.setup.Command.Program == nil {
		var err error
		if at, err = b.Volume(path); err != nil {
			faulty("make folder %s: %w", name, err)
		}
	}
	root, err := os.OpenRoot(at)
	if err != nil {
		faulty("open folder %s: %w", name, err)
	}
	if t.folders == nil {
		t.folders = map[string]*Folder{}
	}
	t.folders[name] = &Folder{t, path, root}
	return t.folders[name]
}
