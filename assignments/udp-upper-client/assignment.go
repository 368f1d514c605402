// Package udpupperclient grades the assignment "A client for the upper-case server over UDP".
package udpupperclient

import (
	"context"
	_ "embed"
	"fmt"
	"net"
	"net/netip"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/faults"
	"github.com/wiregrade/wiregrade/reference/upper"
)

//go:embed README.md
var statement string

// Suite is the assignment and the checks that grade it.
func Suite() *check.Suite {
	return &check.Suite{
		Assignment: grader.Assignment{
			Name:  "udp-upper-client",
			Title: "A client for the upper-case server over UDP",
			Role:  grader.Client,
			Rubric: []grader.Item{
				{Group: "request", Points: 11},
				{Group: "reply", Points: 9},
				{Group: "loss", Points: 4},
			},
		},
		Statement: statement,
		Network:   "udp",
		Port:      12000,
		Reference: program(upper.UDPClient{}),
		Faults:    faults.Names[upper.UDPClientFaults](),
		Wrong:     check.Wrong(faults.Set[upper.UDPClientFaults], func(f upper.UDPClientFaults) check.Program { return program(upper.UDPClient{Faults: f}) }),
		Groups:    []check.Group{request(), reply(), loss()},
	}
}

// program is the reference client c: its faults and its time limits.
func program(c upper.UDPClient) check.Program {
	return func(ctx context.Context, env *check.Env) int {
		server, err := netip.ParseAddrPort(net.JoinHostPort(env.Vars["HOST"], env.Vars["PORT"]))
		if err == nil {
			var pc net.PacketConn
			if pc, err = env.ListenPacket(ctx, "udp", net.JoinHostPort(env.Vars["HOST"], "0")); err == nil {
				return c.Run(ctx, pc, server, upper.Terminal{Stdin: env.Stdin, Stdout: env.Stdout, Stderr: env.Stderr})
			}
		}
		fmt.Fprintf(env.Stderr, "client: %v\n", err)
		return 1
	}
}
