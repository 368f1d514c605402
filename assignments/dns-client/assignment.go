// Package dnsclient grades the assignment "A DNS client from sockets up": RFC 1034, RFC 1035, RFC 2181, RFC 3597,
// RFC 5452 and RFC 7766.
package dnsclient

import (
	"context"
	_ "embed"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
	"github.com/wiregrade/wiregrade/reference/faults"
)

//go:embed README.md
var statement string

// The reference asks again soon and gives up soon, within what the statement allows, so that no report waits for it.
const (
	firstTry = 700 * time.Millisecond
	giveUp   = 3 * time.Second
)

// Suite is the assignment and the checks that grade it.
func Suite() *check.Suite {
	s := &check.Suite{
		Assignment: grader.Assignment{Name: "dns-client", Title: "A DNS client from sockets up", Role: grader.Client},
		Statement:  statement,
		Network:    "udp",
		Port:       53,
		Reference:  program(dns.ClientFaults{}),
		Faults:     faults.Names[dns.ClientFaults](),
		Wrong:      check.Wrong(faults.Set[dns.ClientFaults], program),
		Read:       dnssteps.Read,
		Groups: []check.Group{
			{Name: "query", Checks: queries()},
			{Name: "waiting", Checks: waiting()},
			{Name: "forged", Checks: forged()},
			{Name: "truncation", Checks: truncation()},
			{Name: "answers", Checks: append(lines(), data()...)},
			{Name: "codes", Checks: codes()},
		},
	}
	// A point for each check that is charged.
	for _, g := range s.Groups {
		item := grader.Item{Group: g.Name}
		for _, c := range g.Checks {
			if c.Clause.Level != grader.May {
				item.Points++
			}
		}
		s.Rubric = append(s.Rubric, item)
	}
	return s
}

// program is the reference client in the submission's place.
func program(f dns.ClientFaults) check.Program {
	return func(ctx context.Context, env *check.Env) int {
		server, err := netip.ParseAddrPort(net.JoinHostPort(env.Vars["HOST"], env.Vars["PORT"]))
		if err != nil {
			fmt.Fprintf(env.Stderr, "HOST and PORT: %v\n", err)
			return dns.ExitUsage
		}
		c := dns.Client{Server: server, Network: env, Faults: f, Try: firstTry, Limit: giveUp}
		return c.Run(ctx, env.Args, env.Stdout, env.Stderr)
	}
}
