// Package tcpupperserver grades the assignment "An upper-case server over TCP".
package tcpupperserver

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
			Name:  "tcp-upper-server",
			Title: "An upper-case server over TCP",
			Role:  grader.Server,
			Rubric: []grader.Item{
				{Group: "sentences", Points: 9},
				{Group: "streams", Points: 6},
				{Group: "clients", Points: 6},
				{Group: "robustness", Points: 4},
			},
		},
		Statement: statement,
		Network:   "tcp",
		Port:      1030,
		Reference: program(upper.TCPServerFaults{}),
		Faults:    faults.Names[upper.TCPServerFaults](),
		Wrong:     check.Wrong(faults.Set[upper.TCPServerFaults], program),
		Groups:    []check.Group{sentences(), streams(), clients(), robustness()},
	}
}

// program is the reference server with the given faults.
func program(f upper.TCPServerFaults) check.Program {
	return func(ctx context.Context, env *check.Env) int {
		ln, err := env.Listen(ctx, "tcp", net.JoinHostPort(env.Vars["HOST"], env.Vars["PORT"]))
		if err == nil {
			server := upper.TCPServer{Faults: f}
			err = server.Serve(ctx, ln)
		}
		if err != nil {
			fmt.Fprintf(env.Stderr, "server: %v\n", err)
			return 1
		}
		return 0
	}
}
