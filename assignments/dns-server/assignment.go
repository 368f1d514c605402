// Package dnsserver grades the assignment "An authoritative DNS server": RFC 1034, RFC 1035 and what made them precise
// (RFC 2181, RFC 2308, RFC 3596, RFC 3597, RFC 4343, RFC 4592, RFC 6891, RFC 7766, RFC 8020), and dynamic updates (RFC
// 2136) as extra credit.
package dnsserver

import (
	"context"
	_ "embed"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
	"github.com/wiregrade/wiregrade/reference/faults"
)

//go:embed README.md
var statement string

// Suite is the assignment and the checks that grade it.
func Suite() *check.Suite {
	s := &check.Suite{
		Assignment: grader.Assignment{Name: "dns-server", Title: "An authoritative DNS server", Role: grader.Server},
		Statement:  statement,
		Network:    "udp",
		Also:       "tcp",
		Port:       53,
		Files:      []string{zoneFile},
		Reference:  program(dns.ServerFaults{}),
		Faults:     faults.Names[dns.ServerFaults](),
		Wrong:      check.Wrong(faults.Set[dns.ServerFaults], program),
		Read:       dnssteps.Read,
		Hand:       dnssteps.Hand,
		Groups: []check.Group{
			{Name: "messages", Checks: messages()},
			{Name: "answers", Checks: slices.Concat(sets(), types(), utopia(), aliases(), wildcards())},
			{Name: "negative", Checks: negative()},
			{Name: "delegation", Checks: slices.Concat(referrals(), outside())},
			{Name: "transport", Checks: slices.Concat(datagrams(), streams())},
			{Name: "edns", Checks: edns()},
			{Name: "robustness", Checks: slices.Concat(malformed(), requests(), survival())},
			{Name: "update", Checks: slices.Concat(updates(), prerequisites(), prescan(), changes(), guarded())},
		},
	}
	for i := range s.Groups {
		g := &s.Groups[i]
		// A point for each check that is charged.
		item := grader.Item{Group: g.Name, Extra: g.Name == "update"}
		for j := range g.Checks {
			c := &g.Checks[j]
			if !c.Advisory && c.Clause.Level != grader.May {
				item.Points++
			}
			if c.Hand == "" {
				c.Hand = hands[g.Name] // the report has the line for the very question
			}
		}
		s.Rubric = append(s.Rubric, item)
	}
	return s
}

// hands are the commands for checks that have none of their own. NAME, TYPE and ZONE are those of a zone file.
var hands = map[string]string{
	"messages":   "dig @$HOST -p $PORT +norecurse +noedns +qr NAME TYPE",
	"answers":    "dig @$HOST -p $PORT +norecurse NAME TYPE",
	"negative":   "dig @$HOST -p $PORT +norecurse NAME TYPE",
	"delegation": "dig @$HOST -p $PORT +norecurse NAME TYPE",
	"transport":  "dig @$HOST -p $PORT +norecurse +tcp +keepopen NAME TYPE NAME TYPE",
	"edns":       "dig @$HOST -p $PORT +norecurse +edns=0 +bufsize=1232 NAME TYPE",
	"robustness": "dig @$HOST -p $PORT +norecurse NAME TYPE",
	"update":     `printf 'server %s %s\nzone ZONE\nupdate add NAME 300 A 192.0.2.1\nsend\n' $HOST $PORT | nsupdate -d`,
}

// program is the reference server in the submission's place.
func program(faults dns.ServerFaults) check.Program {
	return func(ctx context.Context, env *check.Env) int {
		if err := serve(ctx, env, faults); err != nil {
			fmt.Fprintln(env.Stderr, err)
			return 1
		}
		return 0
	}
}

func serve(ctx context.Context, env *check.Env, faults dns.ServerFaults) error {
	text, err := os.ReadFile(env.Vars[zoneFile])
	if err != nil {
		return err
	}
	zone, err := dns.ParseZone(string(text))
	if err != nil {
		return err
	}
	at := net.JoinHostPort(env.Vars["HOST"], env.Vars["PORT"])
	ln, err := env.Listen(ctx, "tcp", at)
	if err != nil {
		return err
	}
	pc, err := env.ListenPacket(ctx, "udp", at)
	if err != nil {
		ln.Close()
		return err
	}
	// The fault that has no patience waits a 150th of Idle: a second, so that a busy machine does not make it notice more.
	s := &dns.Server{Zones: []*dns.Zone{zone}, Updates: true, Faults: faults, Network: env, Idle: 150 * time.Second}
	return s.Run(ctx, pc, ln)
}
