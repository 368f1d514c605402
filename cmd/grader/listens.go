package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"

	"github.com/wiregrade/wiregrade/harness/sandbox"
)

// A saidNetwork says where a program listens once it does, and keeps why it
// could not. Sockets on other ports, such as a resolver asks from, are its own business.
type saidNetwork struct {
	sandbox.Network
	port string // that it is to serve at; "" for a client
	says func(network string, addr net.Addr)

	mu      sync.Mutex
	refused error
}

func (n *saidNetwork) served(address string) bool {
	_, port, err := net.SplitHostPort(address)
	return err == nil && n.port != "" && port == n.port
}

// Listen is for sandbox.Network.
func (n *saidNetwork) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	ln, err := n.Network.Listen(ctx, network, address)
	switch {
	case !n.served(address):
	case err != nil:
		return nil, n.refuse(network, address, err)
	default:
		n.says(network, ln.Addr())
	}
	return ln, err
}

// ListenPacket is for sandbox.Network.
func (n *saidNetwork) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	pc, err := n.Network.ListenPacket(ctx, network, address)
	switch {
	case !n.served(address):
	case err != nil:
		return nil, n.refuse(network, address, err)
	default:
		n.says(network, pc.LocalAddr())
	}
	return pc, err
}

func (n *saidNetwork) refuse(network, address string, err error) error {
	why := err.Error()
	var errno syscall.Errno
	if errors.As(err, &errno) {
		why = errno.Error()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refused = fmt.Errorf("cannot listen on %s %s: %s", network, address, why)
	return n.refused
}

// why is why it does not listen, nil while it does.
func (n *saidNetwork) why() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.refused
}

// unless is w for a program that says itself why it ends: not once the user is told by us.
func (n *saidNetwork) unless(w io.Writer) io.Writer { return quiet{n, w} }

type quiet struct {
	n *saidNetwork
	w io.Writer
}

// Write is for io.Writer.
func (q quiet) Write(p []byte) (int, error) {
	if q.n.why() != nil {
		return len(p), nil
	}
	return q.w.Write(p)
}
