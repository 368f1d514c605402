// Package sandbox runs the processes of one check and gives the harness its
// sockets on the network that they see. It knows no protocol.
//
// Loopback is the implementation that works everywhere and isolates nothing
// but ports, output and process groups.
package sandbox

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// ErrTooDeep says that a submission has nested folders deeper than any honest one.
var ErrTooDeep = errors.New("folders stand too deep in one another")

// ErrLongLine says that a command's own line is longer than can be started.
var ErrLongLine = errors.New("the command line is too long to be started")

// longLine is above what a submission's manifest may say, and below what
// makes a start fail by itself, however it is written down on its way.
const longLine = 8 << 10

// blame says whose doing it is that a start failed: the command's where its line alone is too long for it.
func blame(c Command, err error) error {
	if errors.Is(err, syscall.E2BIG) && len(c.Line) > longLine {
		return ErrLongLine
	}
	return err
}

// maxDepth bounds how deep a tree is followed; no honest one comes near.
const maxDepth = 128

// A Provider makes sandboxes, one for each check.
type Provider interface {
	// New makes a sandbox. It fails only for reasons of the machine.
	New(ctx context.Context) (Sandbox, error)
	// Isolation names what the sandboxes isolate: OnLoopback or InNamespaces.
	Isolation() string
}

// The names of what sandboxes isolate.
const (
	OnLoopback   = "loopback"
	InNamespaces = "namespaces"
)

// A Sandbox is where the processes of one check run, and the network that
// they share with the harness. Its methods may be called from any goroutine.
type Sandbox interface {
	// Host is the address on which a server is to listen, or that a client is to talk to.
	Host() netip.Addr
	// Port gives the port to use for network ("tcp" or "udp"): the standard
	// one where the sandbox has a network of its own, else a free one that is
	// kept for this sandbox until Close.
	Port(network string, standard uint16) (uint16, error)
	// Start runs a command. The process ends at the latest with Close.
	Start(ctx context.Context, cmd Command) (Process, error)
	// Ready waits until a socket of network is bound to port, seen in the
	// kernel's socket table, never by connecting. It fails with a *NotReady
	// when p ends first, has settled without the port, or limit has passed.
	Ready(ctx context.Context, p Process, network string, port uint16, limit time.Duration) error
	// Unread says how many bytes the submission's end of a TCP connection has
	// received but not yet read. ours and theirs are as the harness's socket has
	// them. ok is false where the system does not tell.
	Unread(ours, theirs netip.AddrPort) (n int, ok bool)
	Network
	// Close ends every process and socket, and frees the ports.
	Close() error
}

// A Network opens sockets on the sandbox's network. Addresses are IP literals with a port.
type Network interface {
	Listen(ctx context.Context, network, address string) (net.Listener, error)
	ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error)
	Dial(ctx context.Context, network, address string) (net.Conn, error)
}

// A Command is a program to run: a Line for the shell, or a Program of our own in its place.
type Command struct {
	Line    string   // run by sh -c; Args are appended to it
	Program Program  // when set, runs in this process instead of Line
	Args    []string // words, never seen by a shell
	Dir     string   // working directory of Line
	Env     []string // the whole environment, NAME=value
	Stdin   io.Reader
	// Readable and Writable are folders that the process needs beside Dir. Where
	// a sandbox has a file system of its own it sees no others of the
	// machine's data, and writes in none but Writable.
	Readable, Writable []string
	// Build says that the process builds a submission: more of everything is allowed.
	Build bool
	// MaxOutput ends the process when it writes more bytes to standard output
	// and standard error together; 0 means 16 MiB.
	MaxOutput int64
}

// A Process is a running Command.
type Process interface {
	// Done is closed once the process has ended and its output is complete.
	Done() <-chan struct{}
	// Exit says how it ended; its zero value while it runs.
	Exit() Exit
	// Stdout is the beginning of standard output, up to 1 MiB.
	Stdout() []byte
	// Stderr is the tail of standard error, up to 8 KiB.
	Stderr() []byte
	// Delay is the time that the process and its children were able to run but
	// had to wait for a processor, since they started.
	Delay() time.Duration
	// Kill ends the process and its group at once and waits for the end.
	Kill()
}

// A Program plays a submission's part inside the harness's own process: the
// reference, correct or faulty. It returns the exit status.
type Program func(ctx context.Context, env *Env) int

// An Env is what a Program has in place of an operating system.
type Env struct {
	Network
	Vars   map[string]string // HOST, PORT, ROOT, …
	Args   []string
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
}
