//go:build amd64 || arm64

package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// An nsBox is one sandbox of Namespaces, as the harness sees it.
type nsBox struct {
	n *Namespaces

	asking sync.Mutex // one request at a time
	conn   *net.UnixConn

	looking sync.Mutex
	diag    *diag

	closing sync.Mutex // held while it closes

	mu        sync.Mutex
	closed    bool
	processes []Process
	ours      map[uint32]bool // inodes of the harness's own sockets
	volumes   []volume
}

// A volume stands in the place of a folder, for the submission.
type volume struct {
	dir  string
	root *os.File
}

// path is where the harness finds it.
func (v volume) path() string { return fmt.Sprintf("/proc/self/fd/%d/.", v.root.Fd()) }

// Volume puts a file system of its own in the place of a folder, for commands
// that are started later and may write there. It holds no more than is allowed
// to be written, deleted files and all. It returns the path by which the harness gets at
// it, until Close.
func (b *nsBox) Volume(dir string) (string, error) {
	fds, err := b.ask(request{Volume: true}, 1)
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	v := volume{dir, os.NewFile(uintptr(fds[0]), dir)}
	b.volumes = append(b.volumes, v)
	return v.path(), nil
}

// folder is where the harness finds a folder that it has named.
func (b *nsBox) folder(dir string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, v := range b.volumes {
		if v.dir == dir {
			return v.path()
		}
	}
	return dir
}

// Host is 127.0.0.1; all of 127.0.0.0/8 is on the sandbox's loopback.
func (b *nsBox) Host() netip.Addr { return home }

// Alone says that nobody but the check opens sockets in this network.
func (b *nsBox) Alone() bool { return true }

// Port is the standard one: nobody else is in this network.
func (b *nsBox) Port(_ string, standard uint16) (uint16, error) { return standard, nil }

// ask sends a request to the keeper and returns the descriptors that came
// back, which are to be want.
func (b *nsBox) ask(r request, want int, fds ...int) ([]int, error) {
	b.asking.Lock()
	defer b.asking.Unlock()
	if err := send(b.conn, r, fds...); err != nil {
		return nil, fmt.Errorf("ask the keeper: %w", err)
	}
	got, err := b.answer()
	if err == nil && len(got) != want {
		closeAll(got)
		return nil, fmt.Errorf("the keeper sent %d descriptors, not %d", len(got), want)
	}
	return got, err
}

func (b *nsBox) answer() ([]int, error) {
	var r reply
	fds, err := receive(b.conn, &r, nil)
	if errors.Is(err, io.EOF) {
		err = errors.New("the keeper has ended")
	}
	if err == nil {
		err = r.err()
	}
	if err != nil {
		closeAll(fds)
		return nil, err
	}
	return fds, nil
}

// control has the net package use a socket of the sandbox's network in the
// place of the one that it has just made.
func (b *nsBox) control(_, _ string, c syscall.RawConn) error {
	var inner error
	err := c.Control(func(fd uintptr) { inner = b.replace(int(fd)) })
	return errors.Join(err, inner)
}

func (b *nsBox) replace(fd int) error {
	family, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		return err
	}
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return err
	}
	fds, err := b.ask(request{Socket: &socketKind{Family: family, Type: kind}}, 1)
	if err != nil {
		return err
	}
	in := fds[0]
	defer unix.Close(in)
	// What the net package has set on the other socket already.
	options := []int{unix.SO_BROADCAST}
	if kind == unix.SOCK_STREAM {
		options = []int{unix.SO_REUSEADDR}
	}
	for _, o := range options {
		if err := unix.SetsockoptInt(in, unix.SOL_SOCKET, o, 1); err != nil {
			return err
		}
	}
	if family == unix.AF_INET6 {
		v6only, _ := unix.GetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY)
		if err := unix.SetsockoptInt(in, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, v6only); err != nil {
			return err
		}
	}
	var st unix.Stat_t
	if err := unix.Fstat(in, &st); err != nil {
		return err
	}
	b.mu.Lock()
	if b.ours == nil {
		b.ours = map[uint32]bool{}
	}
	b.ours[uint32(st.Ino)] = true
	b.mu.Unlock()
	return unix.Dup3(in, fd, unix.O_CLOEXEC)
}

func (b *nsBox) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	lc := net.ListenConfig{Control: b.control}
	lc.SetMultipathTCP(false)
	return lc.Listen(ctx, network, address)
}

func (b *nsBox) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	lc := net.ListenConfig{Control: b.control}
	return lc.ListenPacket(ctx, network, address)
}

func (b *nsBox) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Control: b.control}
	return d.DialContext(ctx, network, address)
}

func (b *nsBox) Unread(ours, theirs netip.AddrPort) (int, bool) {
	b.looking.Lock()
	defer b.looking.Unlock()
	if b.diag == nil {
		return 0, false
	}
	return b.diag.unread(ours, theirs)
}

func (b *nsBox) Ready(ctx context.Context, p Process, network string, port uint16, limit time.Duration) error {
	b.looking.Lock()
	defer b.looking.Unlock()
	if b.diag == nil {
		return net.ErrClosed
	}
	return await(ctx, b.diag, p, network, netip.AddrPortFrom(home, port), limit, b.bound)
}

// bound are the sockets of the submission: all in this network that are not the harness's.
func (b *nsBox) bound(_ Process, sockets []boundSocket) []netip.AddrPort {
	b.mu.Lock()
	defer b.mu.Unlock()
	return addresses(sockets, func(s boundSocket) bool { return !b.ours[s.inode] })
}

func (b *nsBox) Start(ctx context.Context, cmd Command) (Process, error) {
	var p Process
	var err error
	if cmd.Program != nil {
		p = startProgram(ctx, cmd, b)
	} else {
		p, err = b.start(ctx, cmd)
	}
	if err != nil {
		return nil, blame(cmd, err)
	}
	b.mu.Lock()
	closed := b.closed
	b.processes = append(b.processes, p)
	b.mu.Unlock()
	if closed {
		p.Kill()
		return nil, net.ErrClosed
	}
	return p, nil
}

// Owner is the user, and group, that the latest process is outside; ok is
// false when that is the harness's own.
func (b *nsBox) Owner() (id int, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range slices.Backward(b.processes) {
		if p, isCommand := p.(*nsProcess); isCommand && p.slot > 0 {
			return b.n.shared.first + p.slot, true
		}
	}
	return 0, false
}

func (b *nsBox) Close() error {
	b.closing.Lock()
	defer b.closing.Unlock()
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil
	}
	b.closed = true
	processes := b.processes
	b.mu.Unlock() // a Program that is being ended may still open a socket
	var all sync.WaitGroup
	for _, p := range processes {
		all.Go(p.Kill)
	}
	all.Wait()
	_, err := b.ask(request{Close: true}, 0) // returns when every process has been reaped
	for _, p := range processes {
		if p, ok := p.(*nsProcess); ok {
			err = errors.Join(err, p.group.remove())
		}
	}
	for _, v := range b.volumes {
		err = errors.Join(err, v.root.Close())
	}
	b.looking.Lock()
	b.diag.close()
	b.diag = nil
	b.looking.Unlock()
	return errors.Join(err, b.conn.Close())
}
