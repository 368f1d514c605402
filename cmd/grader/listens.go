package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/wiregrade/wiregrade/harness/sandbox"
)

// A saidNetwork says where a program listens once it does, and keeps why it could not.
type saidNetwork struct {
	sandbox.Network
	says    func(network string, addr net.Addr)
	refused error
}

// Listen is for sandbox.Network.
func (n *saidNetwork) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	ln, err := n.Network.Listen(ctx, network, address)
	if err != nil {
		return nil, n.refuse(network, address, err)
	}
	n.says(network, ln.Addr())
	return ln, nil
}

// ListenPacket is for sandbox.Network.
func (n *saidNetwork) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	pc, err := n.Network.ListenPacket(ctx, network, address)
	if err != nil {
		return nil, n.refuse(network, address, err)
	}
	n.says(network, pc.LocalAddr())
	return pc, nil
}

func (n *saidNetwork) refuse(network, address string, err error) error {
	why := err.Error()
	var errno syscall.Errno
	if errors.As(err, &errno) {
		why = errno.Error()
	}
	n.refused = fmt.Errorf("cannot listen on %s %s: %s", network, address, why)
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
	if q.n.refused != nil {
		return len(p), nil
	}
	return q.w.Write(p)
}
