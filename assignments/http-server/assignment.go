// Package httpserver grades the assignment "An HTTP/1.1 server from sockets up": RFC 9110 and RFC 9112, and
// RFC 1945 for HTTP/1.0.
package httpserver

import (
	"context"
	_ "embed"
	"fmt"
	"net"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/http1"
)

//go:embed README.md
var statement string

// Suite is the assignment and the checks that grade it.
func Suite() *check.Suite {
	s := &check.Suite{
		Assignment: grader.Assignment{Name: "http-server", Title: "An HTTP/1.1 server from sockets up", Role: grader.Server},
		Statement:  statement,
		Network:    "tcp",
		Port:       8080,
		Folders:    []string{root},
		Reference:  program(http1.Faults{}),
		Faults:     http1.FaultNames(),
		Wrong:      check.Wrong((*http1.Faults).Set, program),
		Groups: []check.Group{
			{Name: "messages", Checks: join(heads(), lengths(), fields(), requests())},
			{Name: "methods", Checks: join(methods(), folders(), forms(), puts())},
			{Name: "conditional", Checks: join(validators(), since())},
			{Name: "connections", Checks: join(connections(), bodies(), expectations())},
			{Name: "robustness", Checks: join(pieces(), malformed(), limits())},
			{Name: "security", Checks: security()},
		},
	}
	// A point for each check that is charged.
	for _, g := range s.Groups {
		item := grader.Item{Group: g.Name}
		for _, c := range g.Checks {
			if !c.Advisory && c.Clause.Level != grader.May {
				item.Points++
			}
		}
		s.Rubric = append(s.Rubric, item)
	}
	return s
}

func join(parts ...[]check.Check) []check.Check {
	var all []check.Check
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

// program is the reference server in the submission's place.
func program(faults http1.Faults) check.Program {
	return func(ctx context.Context, env *check.Env) int {
		ln, err := env.Listen(ctx, "tcp", net.JoinHostPort(env.Vars["HOST"], env.Vars["PORT"]))
		if err != nil {
			fmt.Fprintln(env.Stderr, err)
			return 1
		}
		s := &http1.Server{Root: env.Vars[root], Faults: faults}
		stop := context.AfterFunc(ctx, func() { s.Close() })
		defer stop()
		if err := s.Serve(ln); err != nil {
			fmt.Fprintln(env.Stderr, err)
			return 1
		}
		return 0
	}
}
