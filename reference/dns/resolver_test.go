package dns

import (
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestResolve(t *testing.T) {
	s := open(t, labWorld)
	for _, tt := range []struct {
		ask string
		has []string
	}{
		{"www A rd", []string{"NOERROR", "flags: qr rd ra;", "ANSWER: 2", "www.example.test. 300 IN A 10.0.0.1\n"}},
		{"wWw.eXample.test. A", []string{"flags: qr ra;", ";wWw.eXample.test. IN A", "wWw.eXample.test. 300 IN A 10.0.0.1\n"}},
		{"ftp A", []string{"ANSWER: 3", "ftp.example.test. 3600 IN CNAME www.example.test.\n", "www.example.test. 300 IN A 10.0.0.2\n"}},
		{"ftp CNAME", []string{"ANSWER: 1"}},
		{"cross A", []string{"ANSWER: 2", "www.far.other. 100 IN A 10.0.2.1\n"}},
		{"crossed A", []string{"ANSWER: 3", "www.far.other. 100 IN A 10.0.2.1\n"}},
		{"missing A", []string{"NXDOMAIN", "ANSWER: 1, AUTHORITY: 1", "example.test. 300 IN SOA"}},
		{"farmissing A", []string{"NXDOMAIN", "ANSWER: 1, AUTHORITY: 1", "far.other. 60 IN SOA"}},
		{"nope A", []string{"NXDOMAIN", "ANSWER: 0, AUTHORITY: 1", "example.test. 300 IN SOA"}},
		{"www AAAA", []string{"NOERROR", "ANSWER: 0, AUTHORITY: 1", "example.test. 300 IN SOA"}},
		{"ent A", []string{"NOERROR", "ANSWER: 0, AUTHORITY: 1"}},
		{"www.ttl.test. MX", []string{"NOERROR", "ttl.test. 100 IN SOA"}},
		{"loop1 A", []string{"SERVFAIL", "ANSWER: 0"}},
		{"farloop A", []string{"SERVFAIL", "ANSWER: 0"}},
		{"www.glueless.test. A", []string{"10.0.2.2"}},
		{"www.circle.test. A", []string{"SERVFAIL"}},
		{"www.half.test. A", []string{"10.0.1.1"}},
		{"www.gone.test. A", []string{"SERVFAIL"}},
		{"www.limp.test. A", []string{"10.0.2.3"}},
		{"www.crippled.test. A", []string{"SERVFAIL"}},
		{"www.broke.test. A", []string{"SERVFAIL"}},
		{"www.up.test. A", []string{"SERVFAIL"}},
		{"www.old.test. A opt=1232", []string{"10.0.2.5", "EDNS"}},
		{"www.flaky.test. A", []string{"10.0.2.7"}},
		{"www.ttl0.test. A", []string{"10.0.2.8"}},
		{"a.b.c.d.e.f.deep.test. A", []string{"10.0.2.6"}},
		{"zero A", []string{"zero.example.test. 0 IN A 10.0.0.4"}},
		{"long TXT tcp", []string{"ANSWER: 30"}},
		{"long TXT", []string{"qr tc ra;"}},
		{"a.root. A", []string{"127.0.11.1"}},
		{". NS", []string{"NS a.root.\n"}},
		{"test. NS", []string{"NS ns.nic.test.\n"}},
		{"example.test. DS", []string{"NOERROR", "ANSWER: 0, AUTHORITY: 1", "\ntest. 300 IN SOA"}},
		{"nowhere. A", []string{"NXDOMAIN"}},
		{"www A class=CH", []string{"REFUSED"}},
		{"www A opcode=5", []string{"NOTIMP"}},
		{"www AXFR tcp", []string{"REFUSED"}},
	} {
		t.Run(tt.ask, func(t *testing.T) {
			for _, mix := range []bool{false, true} {
				s.resolver(ResolverFaults{})
				s.r.MixCase = mix
				start := time.Now()
				got := s.ask(tt.ask)
				require.Less(t, time.Since(start), 2*time.Second)
				for _, want := range append(tt.has, ": 4660\n") {
					require.Contains(t, got, want)
				}
				require.NotContains(t, got, "[RFC")
				require.NotContains(t, got, "[unreadable]")
			}
		})
	}
}

// The questions that a resolution costs: iterated, from the cache, and after the TTLs.
func TestResolverCounts(t *testing.T) {
	s := open(t, strings.Replace(labWorld, "example NS ns2.example", "", 1)).resolver(ResolverFaults{})
	s.ask("www A")
	require.Equal(t, []string{"1 www.example.test. A", "2 www.example.test. A", "4 www.example.test. A"}, s.asked())
	s.wait(100)
	require.Contains(t, s.ask("WWW A"), "WWW.example.test. 200 IN A")
	require.Empty(t, s.asked())
	s.ask("www TXT")
	require.Equal(t, []string{"4 www.example.test. TXT"}, s.asked(), "the delegation is known")
	s.wait(200)
	require.Contains(t, s.ask("www A"), "www.example.test. 300 IN A")
	require.Equal(t, []string{"4 www.example.test. A"}, s.asked(), "it has ended")

	require.Contains(t, s.ask("zero A"), " 0 IN A")
	s.ask("zero A")
	require.Len(t, s.asked(), 2, "TTL 0 is not kept")

	require.Contains(t, s.ask("nope A"), "example.test. 300 IN SOA")
	s.wait(100)
	require.Contains(t, s.ask("nope TXT"), "NXDOMAIN")
	require.Contains(t, s.ask("nope TXT"), "example.test. 200 IN SOA")
	require.Contains(t, s.ask("www.below.nope A"), "NXDOMAIN")
	require.Equal(t, []string{"4 nope.example.test. A"}, s.asked(), "no name, no types, and nothing below it")
	s.ask("www AAAA")
	s.ask("www MX")
	require.Contains(t, s.ask("www AAAA"), "NOERROR")
	require.Equal(t, []string{"4 www.example.test. AAAA", "4 www.example.test. MX"}, s.asked())
	s.wait(301)
	s.ask("nope A")
	require.Len(t, s.asked(), 1)

	s.wait(7200)
	s.ask("www A")
	require.Equal(t, []string{"2 www.example.test. A", "4 www.example.test. A"}, s.asked(), "test. is delegated for a day, example.test. for an hour")

	s.ask("www.far.other. A")
	s.asked()
	s.ask("cross A")
	require.Equal(t, []string{"4 cross.example.test. A"}, s.asked(), "the rest is known")
}

// What lies outside of a server's zone is not believed, and glue answers nobody.
func TestBailiwick(t *testing.T) {
	s := open(t, labWorld).resolver(ResolverFaults{})
	s.poison()
	require.Contains(t, s.ask("www.evil.test. A"), "6.6.6.6")
	require.Contains(t, s.ask("www.half.test. A"), "10.0.1.1")
	require.Contains(t, s.ask("www.far.other. A"), "10.0.2.1")
	require.NotContains(t, s.ask("victim.example.test. A"), "6.6.6.6")
	s.asked()
	require.Contains(t, s.ask("ns1 A"), "127.0.11.4")
	require.Len(t, s.asked(), 1, "the glue was not the answer")
	require.Contains(t, s.ask("example.test. NS"), "NS ns2.example.test.")
	require.Len(t, s.asked(), 1)
}

// poison makes the server of evil.test say things about other zones.
func (s *scene) poison() {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	s.world.Instead = func(q Query) ([]byte, bool) {
		m, _, _ := Parse(q.Raw)
		if fold(m.Questions[0].Name.Text) != "www.evil.test." {
			return nil, false
		}
		if q.Server.Addr().String() != "127.0.11.12" {
			return nil, false
		}
		b := NewBuilder(m.ID, FlagQR|FlagAA).Question("www.evil.test.", 1)
		address := []byte{6, 6, 6, 6}
		b.Record(AnswerSection, "www.evil.test.", 1, 300, address)
		b.Record(AnswerSection, "www.far.other.", 1, 300, address)
		b.Record(AuthoritySection, "half.test.", 2, 300, wire("ns.evil.test."))
		b.Record(AdditionalSection, "ns.evil.test.", 1, 300, []byte{127, 0, 11, 12})
		b.Record(AdditionalSection, "victim.example.test.", 1, 300, address)
		return b.Bytes(), true
	}
}

// Questions go out with ids and ports that cannot be foretold.
func TestResolverRandom(t *testing.T) {
	s := open(t, labWorld).resolver(ResolverFaults{})
	ids, ports, rd := s.spread()
	require.Greater(t, ids, 35)
	require.Greater(t, ports, 30)
	require.False(t, rd)
}

func (s *scene) spread() (ids, ports int, rd bool) {
	for range 40 {
		s.ask("zero A")
	}
	id, port := map[uint16]bool{}, map[uint16]bool{}
	for _, q := range s.world.Queries() {
		m, _, _ := Parse(q.Raw)
		id[m.ID], port[q.From.Port()] = true, true
		rd = rd || m.Has(FlagRD)
	}
	return len(id), len(port), rd
}

// serve lets the resolver answer on sockets, and gives their address.
func (s *scene) serve() string {
	pc, ln := listenBoth(s.t, "127.0.11.99", 0)
	done := make(chan error, 2)
	go func() { done <- s.r.ServePacket(pc) }()
	go func() { done <- s.r.Serve(ln) }()
	s.t.Cleanup(func() {
		s.r.Close()
		<-done
		<-done
	})
	return ln.Addr().String()
}

// Many clients at one time get the answers to their own questions; equal questions cost one.
func TestResolverMany(t *testing.T) {
	s := open(t, labWorld).resolver(ResolverFaults{})
	address := s.serve()
	require.Equal(t, 20, s.many(address))
	require.LessOrEqual(t, len(s.asked()), 4)
}

// many asks the same question 20 times at once and counts the right answers.
func (s *scene) many(address string) int {
	var group sync.WaitGroup
	var mu sync.Mutex
	right := 0
	for i := range 20 {
		group.Go(func() {
			c, err := net.Dial("udp", address)
			if err != nil {
				return
			}
			defer c.Close()
			b, _ := query(s.t, "www.flaky.test. A")
			b[0], b[1] = 7, byte(i)
			c.Write(b)
			c.SetReadDeadline(time.Now().Add(time.Second))
			buf := make([]byte, 1500)
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			m, _, err := Parse(buf[:n])
			mu.Lock()
			defer mu.Unlock()
			if err == nil && m.ID == 7<<8|uint16(i) && m.Questions[0].Name.Text == "www.flaky.test." && m.Counts[AnswerSection] == 1 {
				right++
			}
		})
	}
	group.Wait()
	return right
}

func TestResolverPrograms(t *testing.T) {
	s := open(t, labWorld).resolver(ResolverFaults{})
	_, port, _ := net.SplitHostPort(s.serve())
	out, code := program(t, "", "dig", "@127.0.11.99", "-p", port, "cross.example.test", "A", "+short")
	require.Zero(t, code, out)
	require.Equal(t, "www.far.other.\n10.0.2.1\n", out)
	out, code = program(t, "", "dig", "@127.0.11.99", "-p", port, "long.example.test", "TXT", "+short")
	require.Zero(t, code, out)
	require.Equal(t, 30, strings.Count(regexp.MustCompile(`(?m)^;.*\n`).ReplaceAllString(out, ""), "\n"), "dig asks again over TCP")
	out, code = program(t, "", "host", "-p", port, "ftp.example.test", "127.0.11.99")
	require.Zero(t, code, out)
	require.Contains(t, out, "www.example.test has address 10.0.0.2")
	out, _ = program(t, "", "host", "-p", port, "nope.example.test", "127.0.11.99")
	require.Contains(t, out, "NXDOMAIN")
}

func TestResolverHints(t *testing.T) {
	for hints, want := range map[string]string{"": "no NS", ". NS": "read root hints"} {
		r := &Resolver{Hints: hints}
		pc, ln := listenBoth(t, "127.0.0.1", 0)
		ln.Close()
		require.ErrorContains(t, r.ServePacket(pc), want)
		require.NoError(t, r.Close())
	}
}
