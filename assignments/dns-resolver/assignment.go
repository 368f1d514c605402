// Package dnsresolver grades the assignment "A DNS resolver that begins at the root": RFC 1034, RFC 1035, RFC 2181,
// RFC 2308, RFC 5452, RFC 6891 and RFC 7766.
package dnsresolver

import (
	"context"
	_ "embed"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
	"github.com/wiregrade/wiregrade/reference/faults"
)

//go:embed README.md
var statement string

// hints is the environment name of the file with the root's servers.
const hints = "ROOT_HINTS"

// Suite is the assignment and the checks that grade it.
func Suite() *check.Suite {
	s := &check.Suite{
		Assignment: grader.Assignment{Name: "dns-resolver", Title: "A DNS resolver that begins at the root", Role: grader.Server},
		Statement:  statement,
		Network:    "udp",
		Also:       "tcp",
		Port:       53,
		Files:      []string{hints},
		Namespaces: true,
		Reference:  program(dns.ResolverFaults{}),
		Faults:     faults.Names[dns.ResolverFaults](),
		Wrong:      check.Wrong(faults.Set[dns.ResolverFaults], program),
		Read:       dnssteps.Read,
		Hand:       byHand,
		Groups: []check.Group{
			{Name: "replies", Checks: join(headers(), records(), malformed())},
			{Name: "iteration", Checks: join(ways(), aliases(), helpless())},
			{Name: "cache", Checks: join(keeping(), counting(), believing())},
			{Name: "negative", Checks: negative()},
			{Name: "forgeries", Checks: join(matching(), bailiwick())},
			{Name: "clients", Checks: join(crowds(), datagrams(), streams())},
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

// elsewhere stands behind a command for hands: outside of the check nobody serves its names.
const elsewhere = "   # this name is in the check's sandbox alone: by hand ask for a real one, as the statement shows"

// byHand is the Hand of the suite. What dig cannot send needs no name space: it is the message that counts.
func byHand(t *grader.Transcript, seq int) string {
	command := dnssteps.Hand(t, seq)
	if strings.HasPrefix(command, "dig ") {
		command += elsewhere
	}
	return command
}

func join(parts ...[]check.Check) []check.Check {
	var all []check.Check
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

// program is the reference resolver in the submission's place.
func program(f dns.ResolverFaults) check.Program { return resolver(f, 0, 0) }

// resolver is the reference that waits so long for a server, and takes so long for a question; 0 as the reference does.
func resolver(f dns.ResolverFaults, try, limit time.Duration) check.Program {
	return func(ctx context.Context, env *check.Env) int {
		failed := func(err error) int {
			fmt.Fprintln(env.Stderr, err)
			return 1
		}
		root, err := os.ReadFile(env.Vars[hints])
		if err != nil {
			return failed(err)
		}
		address := net.JoinHostPort(env.Vars["HOST"], env.Vars["PORT"])
		// TCP first: who waits for a resolver waits for UDP.
		ln, err := env.Listen(ctx, "tcp", address)
		if err != nil {
			return failed(err)
		}
		pc, err := env.ListenPacket(ctx, "udp", address)
		if err != nil {
			ln.Close()
			return failed(err)
		}
		r := &dns.Resolver{Hints: string(root), Network: env.Network, Faults: f, Try: try, Limit: limit}
		if err := r.Run(ctx, pc, ln); err != nil {
			return failed(err)
		}
		return 0
	}
}
