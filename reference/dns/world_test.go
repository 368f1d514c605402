package dns

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// labWorld is a root, two top-level domains, and below them zones with everything that can be wrong with servers.
var labWorld = `
== 127.0.11.1 .
@ NS a.root.
a.root. A 127.0.11.1
test. 86400 NS ns.nic.test.
ns.nic.test. 86400 A 127.0.11.2
other. NS ns.nic.other.
ns.nic.other. A 127.0.11.3

== 127.0.11.2 test.
@ NS ns.nic
ns.nic A 127.0.11.2
example NS ns1.example
example NS ns2.example
ns1.example A 127.0.11.4
ns2.example A 127.0.11.5
glueless NS ns.far.other.
circle NS ns.circle.other.
half NS dead.half
half NS silent.half
half NS ns.half
dead.half A 127.0.11.6
silent.half A 127.0.11.7
ns.half A 127.0.11.8
gone NS dead.gone
dead.gone A 127.0.11.6
limp NS lame.limp
limp NS ns.limp
lame.limp A 127.0.11.9
ns.limp A 127.0.11.8
crippled NS lame.crippled
lame.crippled A 127.0.11.9
broke NS broken.broke
broken.broke A 127.0.11.10
up NS ns.up
ns.up A 127.0.11.1
old NS ns.old
ns.old A 127.0.11.11
evil NS ns.evil
ns.evil A 127.0.11.12
flaky NS ns.flaky
ns.flaky A 127.0.11.13
ttl NS ns.ttl
ns.ttl A 127.0.11.8
ttl0 NS ns.ttl0
ns.ttl0 0 A 127.0.11.14
deep NS ns.deep
ns.deep A 127.0.11.8
mixed NS broken.mixed
mixed NS ns.mixed
broken.mixed A 127.0.11.10
ns.mixed A 127.0.11.8
else NS ns.else
ns.else A 127.0.11.15

== 127.0.11.3 other.
@ NS ns.nic
ns.nic A 127.0.11.3
far NS ns.far
ns.far A 127.0.11.8
circle NS ns.circle.test.

== 127.0.11.4,127.0.11.5 example.test. rotate
@ NS ns1
@ NS ns2
ns1 A 127.0.11.4
ns2 A 127.0.11.5
www 300 A 10.0.0.1
www 300 A 10.0.0.2
www 300 TXT "hello"
ftp CNAME www
cross CNAME www.far.other.
crossed CNAME cross
missing CNAME nope
farmissing CNAME nope.far.other.
loop1 CNAME loop2
loop2 CNAME loop1
farloop CNAME loop.far.other.
hop1 CNAME hop2.far.other.
hop3 CNAME hop4.far.other.
short 2 A 10.0.0.3
zero 0 A 10.0.0.4
b.ent A 10.0.0.5
` + labLong + `

== 127.0.11.6 gone.test. dead

== 127.0.11.7 half.test. silent
www A 10.0.1.1

== 127.0.11.8 half.test.
@ NS ns
ns A 127.0.11.8
www A 10.0.1.1

== 127.0.11.8 far.other. negative=60
@ NS ns
ns A 127.0.11.8
www 100 A 10.0.2.1
loop CNAME farloop.example.test.
hop2 CNAME hop3.example.test.
hop4 CNAME www.example.test.

== 127.0.11.8 glueless.test.
www A 10.0.2.2

== 127.0.11.8 limp.test.
www A 10.0.2.3

== 127.0.11.8 ttl.test.
@ 1000 SOA ns.nic h.nic 1 2 3 4 100
www A 10.0.2.4

== 127.0.11.8 deep.test.
a.b.c.d.e.f A 10.0.2.6

== 127.0.11.8 mixed.test.
* A 10.0.2.9

== 127.0.11.9 limp.test. lame

== 127.0.11.15 else.test. replies-elsewhere
www A 6.6.6.6

== 127.0.11.10 broke.test. broken

== 127.0.11.11 old.test. edns-form-err
www A 10.0.2.5

== 127.0.11.12 evil.test.
@ NS ns
ns A 127.0.11.12
www A 6.6.6.6

== 127.0.11.13 flaky.test. drop=1
www A 10.0.2.7

== 127.0.11.14 ttl0.test.
www A 10.0.2.8
`

// labLong does not fit into 1232 bytes.
var labLong = func() string {
	var b strings.Builder
	for i := range 30 {
		fmt.Fprintf(&b, "long TXT \"%02d%s\"\n", i, strings.Repeat("z", 100))
	}
	return b.String()
}()

// A scene is a world, and a resolver in it with a clock of its own.
type scene struct {
	t     *testing.T
	world *World
	port  int
	r     *Resolver

	mu  sync.Mutex
	now time.Time
}

// open serves a world on the loopback addresses that it names, all on one port that is free.
func open(t *testing.T, text string) *scene {
	w, err := ParseWorld(text)
	require.NoError(t, err)
	s := &scene{t: t, world: w, now: time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)}
	for range 20 {
		s.port = 0
		err = w.Serve(func(a netip.Addr) (net.PacketConn, net.Listener, error) {
			ln, err := net.Listen("tcp", netip.AddrPortFrom(a, uint16(s.port)).String())
			if err != nil {
				return nil, nil, err
			}
			s.port = ln.Addr().(*net.TCPAddr).Port
			pc, err := net.ListenPacket("udp", ln.Addr().String())
			if err != nil {
				ln.Close()
			}
			return pc, ln, err
		})
		if err == nil {
			break
		}
	}
	require.NoError(t, err)
	t.Cleanup(func() { w.Close() })
	return s
}

// resolver puts a resolver into the scene.
func (s *scene) resolver(f ResolverFaults) *scene {
	s.r = &Resolver{Hints: s.world.Hints(), Port: uint16(s.port), Faults: f, Now: s.clock, Try: 100 * time.Millisecond, Limit: 3 * time.Second}
	s.t.Cleanup(func() { s.r.Close() })
	return s
}

func (s *scene) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// wait lets time pass for the cache, and for nothing else.
func (s *scene) wait(seconds int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(time.Duration(seconds) * time.Second)
}

// ask asks the resolver; words are those of query. Relative names are in example.test.
func (s *scene) ask(words string) string {
	name, rest, _ := strings.Cut(words, " ")
	if !strings.HasSuffix(name, ".") {
		name += ".example.test."
	}
	b, tcp := query(s.t, name+" "+rest)
	s.r.once.Do(s.r.start)
	reply, dead := s.r.handle(b, tcp)
	if dead {
		return "[crash]"
	}
	return show(reply)
}

// asked gives what was asked of the world since the last call.
func (s *scene) asked() []string {
	all := s.world.Asked()
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	s.world.queries = nil
	for i := range all {
		all[i] = strings.TrimPrefix(all[i], "127.0.11.")
	}
	return all
}

func TestWorld(t *testing.T) {
	w, err := ParseWorld(labWorld)
	require.NoError(t, err)
	require.Equal(t, ".\t3600\tIN\tNS\ta.root.\na.root.\t3600\tIN\tA\t127.0.11.1\n", w.Hints())
	require.Len(t, w.Addresses(), 14)
	require.False(t, slices.Contains(w.Addresses(), netip.MustParseAddr("127.0.11.6")))
	require.True(t, w.Server(netip.MustParseAddr("127.0.11.11")).Faults.EDNSFormErr)
	for text, want := range map[string]string{
		"www A 1.2.3.4\n":                          "before the first server",
		"== 127.0.0.1\n":                           "an address and a zone",
		"== 127.0.0 test.\n":                       "127.0.0",
		"== 127.0.0.1 test. no-such-word\n":        "no fault",
		"\n== 127.0.0.1 test.\n\nwww A 1.2\n":      "line: 4",
		"== 127.0.0.1 test. negative=x\n":          "test.",
		"== 127.0.0.1 test.\nwww.other. A 1.2.3.4": "outside",
	} {
		_, err := ParseWorld(text)
		require.ErrorContains(t, err, want, text)
	}
}
