//go:build unix && !linux

package sandbox

import (
	"context"
	"fmt"
	"os/exec"
	"time"
)

// Ready asks lsof, for want of a socket table that a program can read.
func (l *loopback) Ready(ctx context.Context, p Process, network string, port uint16, limit time.Duration) error {
	args := []string{"-nP", "-i", fmt.Sprintf("%s:%d", network, port)}
	if network == "tcp" {
		args = append(args, "-sTCP:LISTEN")
	}
	start := time.Now()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		there := exec.CommandContext(ctx, "lsof", args...).Run() == nil
		failed := &NotReady{Network: network, Port: port, Waited: time.Since(start)}
		select {
		case <-p.Done():
			failed.Exit = p.Exit()
			return failed
		default:
		}
		if there {
			return nil
		}
		if failed.Waited > limit {
			return failed
		}
		select {
		case <-tick.C:
		case <-p.Done():
		case <-ctx.Done():
			return fmt.Errorf("wait for %s port %d: %w", network, port, ctx.Err())
		}
	}
}

// Stirs returns a function that says whether a command does something; here nothing tells.
func Stirs(Process) func() bool { return func() bool { return false } }
