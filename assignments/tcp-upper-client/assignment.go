// Package tcpupperclient grades the assignment "A client for the upper-case server over TCP".
package tcpupperclient

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
			Name:  "tcp-upper-client",
			Title: "A client for the upper-case server over TCP",
			Role:  grader.Client,
			Rubric: []grader.Item{
				{Group: "request", Points: 12},
				{Group: "reply", Points: 11},
				{Group: "robustness", Points: 6},
			},
		},
		Statement: statement,
		Network:   "tcp",
		Port:      1030,
		Reference: program(upper.TCPClient{}),
		Faults:    faults.Names[upper.TCPClientFaults](),
		Wrong:     check.Wrong(faults.Set[upper.TCPClientFaults], func(f upper.TCPClientFaults) check.Program { return program(upper.TCPClient{Faults: f}) }),
		Groups:    []check.Group{request(), reply(), robustness()},
	}
}

// program is the reference client c: its faults and its time limit.
func program(c upper.TCPClient) check.Program {
	return func(ctx context.Context, env *check.Env) int {
		server, err := netip.ParseAddrPort(net.JoinHostPort(env.Vars["HOST"], env.Vars["PORT"]))
		if err != nil {
			fmt.Fprintf(env.Stderr, "client: %v\n", err)
			return 1
		}
		return c.Run(ctx, env.Dial, server, upper.Terminal{Stdin: env.Stdin, Stdout: env.Stdout, Stderr: env.Stderr})
	}
}
