// Package udpupperserver grades the assignment "An upper-case server over UDP".
package udpupperserver

import (
	"context"
	_ "embed"
	"fmt"
	"net"

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
			Name:  "udp-upper-server",
			Title: "An upper-case server over UDP",
			Role:  grader.Server,
			Rubric: []grader.Item{
				{Group: "datagrams", Points: 12},
				{Group: "clients", Points: 5},
				{Group: "robustness", Points: 3},
			},
		},
		Statement: statement,
		Network:   "udp",
		Port:      12000,
		Reference: program(upper.UDPServerFaults{}),
		Faults:    faults.Names[upper.UDPServerFaults](),
		Wrong:     check.Wrong(faults.Set[upper.UDPServerFaults], program),
		Groups:    []check.Group{datagrams(), clients(), robustness()},
	}
}

// program is the reference server with the given faults.
func program(f upper.UDPServerFaults) check.Program {
	return func(ctx context.Context, env *check.Env) int {
		host := env.Vars["HOST"]
		pc, err := env.ListenPacket(ctx, "udp", net.JoinHostPort(host, env.Vars["PORT"]))
		if err != nil {
			fmt.Fprintf(env.Stderr, "server: %v\n", err)
			return 1
		}
		server := upper.UDPServer{Faults: f}
		if f.AnswersElsewhere {
			if server.Spare, err = env.ListenPacket(ctx, "udp", net.JoinHostPort(host, "0")); err != nil {
				fmt.Fprintf(env.Stderr, "server: %v\n", err)
				return 1
			}
			defer server.Spare.Close()
		}
		if err := server.Serve(ctx, pc); err != nil {
			fmt.Fprintf(env.Stderr, "server: %v\n", err)
			return 1
		}
		return 0
	}
}
