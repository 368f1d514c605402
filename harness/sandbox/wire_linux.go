//go:build amd64 || arm64

package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// The harness and its keeper talk over unix sockets that keep messages apart:
// one for the keeper, on which each sandbox hands over a socket of its own.

// An opening is the first message to the keeper.
type opening struct {
	Toolchains []string // folders to show beside the policy's
	Hidden     []string // files to cover where they would be shown
}

// A request asks for one of four things on a sandbox's socket.
type request struct {
	Socket *socketKind `json:",omitempty"`
	Launch *launch     `json:",omitempty"`
	Volume bool        `json:",omitempty"` // a file system of its own
	Close  bool        `json:",omitempty"`
}

// A socketKind is what socket(2) is called with.
type socketKind struct{ Family, Type, Protocol int }

// A launch is a process to start. With it come the descriptors of standard
// input, output and error, the end of a pipe for the ending, and Cgroups
// times a cgroup.procs.
type launch struct {
	Argv, Env []string
	Dir       string
	Readable  []string // folders shown read-only
	Writable  []string
	Volumes   map[string]int // those of Writable that are volumes, by their number
	Made      []string       // folders made on the sandbox's own file system
	Build     bool
	Capped    bool // a cgroup limits memory
	Cgroups   int
	Slot      int // the user outside, counted from the first; 0 means the keeper's own
}

// A reply is the outcome of a request or opening. With it comes a socket, or a
// pidfd and the end of a pipe that tells how the child's steps went.
type reply struct {
	Step  string        `json:",omitempty"` // what failed, "" when nothing did
	Errno syscall.Errno `json:",omitempty"`
}

// A stepError is what failed in the keeper or in a child of it.
type stepError struct {
	step  string
	errno error
}

func (e *stepError) Error() string { return e.step + ": " + e.errno.Error() }
func (e *stepError) Unwrap() error { return e.errno }

// failed wraps err, if there is one, with what was tried.
func failed(step string, err error) error {
	if err == nil {
		return nil
	}
	return &stepError{step, err}
}

func (r reply) err() error {
	switch {
	case r.Step == "":
		return nil
	case r.Errno == 0:
		return fmt.Errorf("%s", r.Step)
	default:
		return &stepError{r.Step, r.Errno}
	}
}

func replyOf(err error) reply {
	if err == nil {
		return reply{}
	}
	if s, ok := err.(*stepError); ok {
		if errno, ok := s.errno.(syscall.Errno); ok {
			return reply{s.step, errno}
		}
	}
	return reply{Step: err.Error()}
}

// maxMessage is below what a socket buffer takes at once by default.
const maxMessage = 64 << 10

func send(c *net.UnixConn, v any, fds ...int) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // nobody takes it for HTML, and a command of < and > would be six times as long
	if err := e.Encode(v); err != nil {
		return err
	}
	b := bytes.TrimSuffix(text.Bytes(), []byte("\n"))
	if len(b) > maxMessage {
		return syscall.E2BIG
	}
	var rights []byte
	if len(fds) > 0 {
		rights = unix.UnixRights(fds...)
	}
	_, _, err := c.WriteMsgUnix(b, rights, nil)
	return err
}

// receive reads one message; its descriptors are the caller's to close. b is
// used to read into; nil will do for a short message.
func receive(c *net.UnixConn, v any, b []byte) (fds []int, err error) {
	if b == nil {
		b = make([]byte, 1024)
	}
	oob := make([]byte, unix.CmsgSpace(16*4))
	n, oobn, flags, _, err := c.ReadMsgUnix(b, oob)
	if err != nil {
		return nil, err
	}
	if flags&(unix.MSG_TRUNC|unix.MSG_CTRUNC) != 0 {
		return nil, syscall.EMSGSIZE
	}
	if n == 0 {
		return nil, io.EOF
	}
	messages, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil {
		return nil, err
	}
	for _, m := range messages {
		got, err := unix.ParseUnixRights(&m)
		if err != nil {
			return nil, err
		}
		fds = append(fds, got...)
	}
	return fds, json.Unmarshal(b[:n], v)
}

func closeAll(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}

// socketPair is a connection and the descriptor of its other end.
func socketPair() (*net.UnixConn, int, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, 0, failed("make a socket pair", err)
	}
	c, err := unixConn(fds[0])
	if err != nil {
		unix.Close(fds[1])
		return nil, 0, err
	}
	return c, fds[1], nil
}

// unixConn takes over fd.
func unixConn(fd int) (*net.UnixConn, error) {
	f := os.NewFile(uintptr(fd), "keeper")
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		return nil, failed("use a socket", err)
	}
	return c.(*net.UnixConn), nil
}
