package dns

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEveryResolverFaultShows(t *testing.T) {
	// The faults of messages are shown with a lab of their own.
	messages := map[string]proof[*scene]{}
	for name := range messageProofs {
		messages[name] = proof[*scene]{func(s *scene) string {
			if s.r.Faults == (ResolverFaults{}) {
				return "none"
			}
			return "see TestEveryResolverMessageFaultShows"
		}, "none", "see"}
	}
	proveAll(t, func(t *testing.T, f ResolverFaults) *scene { return open(t, labWorld).resolver(f) }, resolverProofs, cacheProofs, messages)
}

// told asks one question after the other and gives the last reply. "+N" lets N seconds pass.
func told(right, wrong string, steps ...string) proof[*scene] {
	return proof[*scene]{func(s *scene) string { return s.steps(steps) }, right, wrong}
}

func (s *scene) steps(steps []string) (last string) {
	for _, step := range steps {
		if n, ok := strings.CutPrefix(step, "+"); ok {
			var seconds int
			fmt.Sscan(n, &seconds)
			s.wait(seconds)
			continue
		}
		s.asked()
		last = s.ask(step)
	}
	return last
}

// costs does the same and gives the questions that the last one cost.
func costs(right, wrong string, steps ...string) proof[*scene] {
	return proof[*scene]{func(s *scene) string {
		s.steps(steps)
		all := s.asked()
		return fmt.Sprintf("=%d. %s", len(all), strings.Join(all, "|"))
	}, right, wrong}
}

// forged lets the server of evil.test change its reply.
func forged(right, wrong string, change func(b []byte)) proof[*scene] {
	return proof[*scene]{func(s *scene) string {
		s.world.mu.Lock()
		s.world.Instead = func(q Query) ([]byte, bool) {
			if q.Server.Addr().String() != "127.0.11.12" {
				return nil, false
			}
			b := s.world.Server(q.Server.Addr()).Answer(q.Raw, q.TCP)
			change(b)
			return b, true
		}
		s.world.mu.Unlock()
		return s.ask("www.evil.test. A")
	}, right, wrong}
}

// poisoned asks after the server of evil.test has said things about others.
func poisoned(ask, right, wrong string) proof[*scene] {
	return proof[*scene]{func(s *scene) string {
		s.poison()
		s.ask("www.evil.test. A")
		return s.ask(ask)
	}, right, wrong}
}

func upstream(right, wrong string, look func(ids []uint16, ports map[uint16]bool, rd bool) any) proof[*scene] {
	return proof[*scene]{func(s *scene) string {
		for range 10 {
			s.ask("zero A")
		}
		var ids []uint16
		ports, rd := map[uint16]bool{}, false
		for _, q := range s.world.Queries() {
			m, _, _ := Parse(q.Raw)
			ids, ports[q.From.Port()] = append(ids, m.ID), true
			rd = rd || m.Has(FlagRD)
		}
		return fmt.Sprint(look(ids, ports, rd))
	}, right, wrong}
}

func crowd(look func(s *scene, right int) any) proof[*scene] {
	return proof[*scene]{func(s *scene) string {
		s.r.Try = 300 * time.Millisecond // all of them have asked before the first is answered
		address := s.serve()
		return fmt.Sprint(look(s, s.many(address)))
	}, "true", "false"}
}

var resolverProofs = map[string]proof[*scene]{
	"ra-missing":   told(" ra;", "flags: qr;", "www A"),
	"aa-set":       told("flags: qr ra;", " aa ", "www A"),
	"owner-native": told(";www.example.test.", ";WWW.EXAMPLE.TEST.", "www A"),

	"upstream-rd":          upstream("false", "true", func(_ []uint16, _ map[uint16]bool, rd bool) any { return rd }),
	"upstream-id-constant": upstream("true", "false", func(ids []uint16, _ map[uint16]bool, _ bool) any { return len(slices.Compact(ids)) > 1 }),
	"upstream-id-counts": upstream("false", "true", func(ids []uint16, _ map[uint16]bool, _ bool) any {
		return slices.IsSorted(ids) && int(ids[len(ids)-1])-int(ids[0]) == len(ids)-1
	}),
	"upstream-id-clock": upstream("false", "true", func(ids []uint16, _ map[uint16]bool, _ bool) any {
		later := true
		for i := range ids[1:] {
			later = later && ids[i+1]-ids[i] < 5000 // milliseconds
		}
		return later
	}),
	"upstream-port-counts": upstream("false", "true", func(_ []uint16, ports map[uint16]bool, _ bool) any {
		all := slices.Sorted(maps.Keys(ports))
		return len(all) > 5 && int(all[len(all)-1]-all[0]) < 10*len(all)
	}),
	"upstream-port-fixed":   upstream("false", "true", func(_ []uint16, ports map[uint16]bool, _ bool) any { return len(ports) == 1 }),
	"upstream-once":         told("10.0.2.7", "SERVFAIL", "www.flaky.test. A"),
	"upstream-first-server": told("10.0.1.1", "SERVFAIL", "www.half.test. A"),
	"upstream-edns-insists": told("10.0.2.5", "SERVFAIL", "www.old.test. A"),
	"upstream-type-a":       told(`TXT "hello"`, "10.0.0.1", "www TXT"),
	"upstream-cname-again":  costs("ftp.example.test. A", "www.example.test. A", "ftp A"),
	"upstream-root-always":  costs("=1. ", "1 www.example.test. TXT", "www A", "www TXT"),
	"upstream-ns-always":    costs("2 www.example.test. A", "2 ns.nic.test. A", "www A"),
	"upstream-twice": {func(s *scene) string {
		s.ask("www A")
		return fmt.Sprint(len(s.asked()) > 4)
	}, "false", "true"},
	"takes-any-id":       forged("SERVFAIL", "6.6.6.6", func(b []byte) { b[0]++ }),
	"takes-any-question": forged("SERVFAIL", "6.6.6.6", func(b []byte) { b[headerLen+len(wire("www.evil.test."))+1] = 28 }),
	"takes-any-type":     forged("SERVFAIL", "6.6.6.6", func(b []byte) { b[headerLen+len(wire("www.evil.test."))+1] = 28 }),
	"takes-query":        forged("SERVFAIL", "6.6.6.6", func(b []byte) { b[AtFlags] &^= FlagQR >> 8 }),
	"takes-any-port":     told("SERVFAIL", "6.6.6.6", "www.else.test. A"),
	"takes-any-address": {func(s *scene) string {
		other, err := net.ListenPacket("udp", fmt.Sprintf("127.0.11.98:%d", s.port))
		require.NoError(s.t, err)
		defer other.Close()
		s.world.mu.Lock()
		s.world.Instead = func(q Query) ([]byte, bool) {
			evil := q.Server.Addr().String() == "127.0.11.12"
			if evil {
				other.WriteTo(s.world.Server(q.Server.Addr()).Answer(q.Raw, false), net.UDPAddrFromAddrPort(q.From))
			}
			return nil, evil
		}
		s.world.mu.Unlock()
		return s.ask("www.evil.test. A")
	}, "SERVFAIL", "6.6.6.6"},
	"truncated-taken": {func(s *scene) string { return fmt.Sprint(strings.Contains(s.ask("long TXT tcp"), "ANSWER: 30")) }, "true", "false"},
	"upstream-tcp-one-read": {func(s *scene) string {
		s.r.Network = drop{}
		return s.ask("long TXT tcp")
	}, "ANSWER: 30", "SERVFAIL"},
	"truncated-fails": told("ANSWER: 30", "SERVFAIL", "long TXT tcp"),
	"lame-taken":      told("SERVFAIL", "REFUSED", "www.crippled.test. A"),
	"serv-fail-taken": {func(s *scene) string {
		var all string
		for i := range 20 { // which server is asked first is left to chance
			all += s.ask(fmt.Sprintf("n%d.mixed.test. A", i))
		}
		return all
	}, "10.0.2.9", "SERVFAIL"},
	"referral-returned": told("ANSWER: 2", "ANSWER: 0, AUTHORITY: 1", "www A"),
	"referral-upward": {func(s *scene) string {
		s.ask("www.up.test. A")
		return fmt.Sprint(len(s.asked()) < 10)
	}, "true", "false"},
	"referral-one":         told("ANSWER: 2", "SERVFAIL", "www A"),
	"glueless-fails":       told("10.0.2.2", "SERVFAIL", "www.glueless.test. A"),
	"glue-answered":        costs("=1. ", "=0. ", "www A", "ns1 A"),
	"ns-answered":          costs("=1. ", "=0. ", "www A", "example.test. NS"),
	"bailiwick-additional": poisoned("victim A", "NXDOMAIN", "6.6.6.6"),
	"bailiwick-answer":     poisoned("www.far.other. A", "10.0.2.1", "6.6.6.6"),
	"bailiwick-authority":  poisoned("www.half.test. A", "10.0.1.1", "SERVFAIL"),

	"cname-three":         told("ANSWER: 6", "SERVFAIL", "hop1 A"),
	"cname-returned":      told("ANSWER: 2", "ANSWER: 1", "cross A"),
	"cname-target-only":   told("ANSWER: 3", "ANSWER: 2", "ftp A"),
	"cname-loop-no-error": told("SERVFAIL", "NOERROR", "loop1 A"),
	"cname-loop-silent":   told("SERVFAIL", "[silence]", "loop1 A"),
	"cname-gone-no-error": told("NXDOMAIN", "NOERROR", "farmissing A"),

	"failure-silent":   told("SERVFAIL", "[silence]", "www.crippled.test. A"),
	"failure-nx":       told("SERVFAIL", "NXDOMAIN", "www.crippled.test. A"),
	"failure-no-error": told("SERVFAIL", "NOERROR", "www.crippled.test. A"),
	"failure-forever": {func(s *scene) string {
		lost := 0
		s.world.mu.Lock()
		s.world.Instead = func(q Query) ([]byte, bool) {
			if q.Server.Addr().String() != "127.0.11.12" {
				return nil, false
			}
			lost++
			return nil, lost <= 2
		}
		s.world.mu.Unlock()
		return s.ask("www.evil.test. A")[:60] + "then " + s.ask("www.evil.test. A")
	}, "ANSWER: 1", "ANSWER: 0"},
	"clients-one-by-one": {func(s *scene) string {
		s.r.Try, s.r.Limit = time.Second, 500*time.Millisecond
		address := s.serve()
		asked := make(chan bool, 9)
		s.world.mu.Lock()
		s.world.Instead = func(q Query) ([]byte, bool) {
			if m, _, _ := Parse(q.Raw); m.Questions[0].Name.Text == "www.gone.test." {
				asked <- true
			}
			return nil, false
		}
		s.world.mu.Unlock()
		ask := func(words string) chan string {
			b, _ := query(s.t, words)
			c, err := net.Dial("udp", address)
			require.NoError(s.t, err)
			c.Write(b)
			done := make(chan string, 1)
			go func() {
				defer c.Close()
				c.SetReadDeadline(time.Now().Add(time.Second))
				c.Read(make([]byte, 1500))
				done <- words[:3]
			}()
			return done
		}
		slow := ask("www.gone.test. A")
		<-asked // by the root: the resolver is at work on it
		quick := ask("zero.example.test. A")
		defer func() { <-slow }()
		select {
		case <-quick:
			return "first"
		case <-time.After(150 * time.Millisecond):
			<-quick
			return "waited"
		}
	}, "first", "waited"},
	"clients-mixed":         crowd(func(_ *scene, right int) any { return right == 20 }),
	"clients-second-lost":   crowd(func(_ *scene, right int) any { return right == 20 }),
	"clients-all-upstream":  crowd(func(s *scene, _ int) any { return len(s.asked()) <= 4 }),
	"clients-wrong-answers": told("10.0.2.1", "10.0.0.1", "www A", "www.far.other. A"),
}

// drop is a network whose streams come in drops.
type drop struct{ SystemNetwork }

func (d drop) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.SystemNetwork.Dial(ctx, network, address)
	return dropping{c}, err
}

type dropping struct{ net.Conn }

func (c dropping) Read(p []byte) (int, error) { return c.Conn.Read(p[:min(len(p), 100)]) }

var cacheProofs = map[string]proof[*scene]{
	"cache-none":           costs("=0. ", "=3. ", "www A", "www A"),
	"cache-forever":        costs("=1. ", "=0. ", "short A", "+10", "short A"),
	"cache-cname-forever":  costs("ftp.example.test. CNAME", "=0. ", "ftp CNAME", "+3601", "ftp CNAME"),
	"cache-ns-forever":     costs("=2. ", "=1. ", "www A", "+7200", "www A"),
	"cache-ttl-stays":      told(" 200 IN A", " 300 IN A", "www A", "+100", "www A"),
	"cache-ttl-up":         told(" 200 IN A", " 400 IN A", "www A", "+100", "www A"),
	"cache-ttl-floor":      costs("=1. ", "=0. ", "short A", "+10", "short A"),
	"cache-ttl-zero":       costs("=1. ", "=0. ", "zero A", "zero A"),
	"cache-ttl-zero-fails": told("10.0.0.4", "SERVFAIL", "zero A"),
	"cache-half":           costs("=0. ", "=1. ", "www A", "+200", "www A"),
	"cache-case-sensitive": costs("=0. ", "=1. ", "www A", "WWW A"),
	"cache-type-blind":     told(`TXT "hello"`, "10.0.0.1", "www A", "www TXT"),
	"cache-first-record":   told("ANSWER: 2", "ANSWER: 1", "www A", "www A"),

	"negative-none":        costs("=0. ", "=1. ", "nope A", "nope A"),
	"negative-forever":     costs("=1. ", "=0. ", "nope A", "+301", "nope A"),
	"negative-type-only":   costs("=0. ", "=1. ", "nope A", "nope TXT"),
	"negative-nodata-name": told("ANSWER: 2", "NXDOMAIN", "www AAAA", "www A"),
	"negative-nx-nodata":   told("NXDOMAIN", "NOERROR", "nope A", "nope A"),
	"negative-ttl-stays":   told(" 200 IN SOA", " 300 IN SOA", "nope A", "+100", "nope A"),
	"negative-not-below":   costs("=0. ", "=1. ", "nope A", "www.below.nope A"),
	"negative-soa-ignored": costs("=1. ", "=0. ", "nope A", "+301", "nope A"),
	"negative-no-soa":      told("AUTHORITY: 1", "AUTHORITY: 0", "nope A"),
	"negative-serv-fail":   told("NXDOMAIN", "SERVFAIL", "nope A"),
	"negative-no-error":    told("NXDOMAIN", "NOERROR", "nope A"),
	"negative-nodata-nx":   told("NOERROR", "NXDOMAIN", "www AAAA"),
}
