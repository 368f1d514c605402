package dns

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

const soaLine = "utopia.example. 300 IN SOA ns1.utopia.example. hostmaster.utopia.example. 2026 7200 3600 1209600 300\n"

// What the server answers: the question, and what the reply must have and must not have.
func TestLookup(t *testing.T) {
	for _, tt := range []struct {
		ask  string
		has  []string
		lack []string
	}{
		{"www A", []string{"status: NOERROR", "flags: qr aa;", "ANSWER: 3", "www.utopia.example. 3600 IN A 10.0.0.3\n"}, []string{"OPT"}},
		{"www A rd", []string{"flags: qr aa rd;"}, nil},
		{"wWw.UtOpIa.ExAmPlE. A", []string{";wWw.UtOpIa.ExAmPlE. IN A\n", "ANSWER: 3", "10.0.0.2"}, nil},
		{"@ SOA", []string{"utopia.example. 3600 IN SOA ns1.utopia.example. hostmaster.utopia.example. 2026 7200 3600 1209600 300\n"}, nil},
		{"@ NS", []string{"NS ns1.utopia.example.\n", "ADDITIONAL SECTION:\nns1.utopia.example. 3600 IN A 10.0.0.1\n"}, nil},
		{"@ MX", []string{"MX 10 mail.utopia.example.\n", "MX 20 mail2.elsewhere.test.\n", "mail.utopia.example. 300 IN A 10.0.0.5\n"}, nil},
		{"txt TXT", []string{`TXT "one" "two three"`}, nil},
		{"caa CAA", []string{`CAA 0 issue "ca.example"`}, nil},
		{"_sip._tcp SRV", []string{"SRV 10 20 5060 www.utopia.example.\n"}, nil},
		{"www AAAA", []string{"AAAA 2001:db8::2\n"}, nil},
		{"5.0.0.10.in-addr.arpa. PTR", []string{"PTR mail.utopia.example.\n"}, nil},
		{"strange TYPE65281", []string{`IN TYPE65281 \# 3 010203`}, nil},
		{"www TYPE65280", []string{"NOERROR", "ANSWER: 0", "AUTHORITY: 1", soaLine}, nil},
		{"mail AAAA", []string{"NOERROR", "qr aa;", "ANSWER: 0, AUTHORITY: 1", soaLine}, nil},
		{"nope.txt A", []string{"NXDOMAIN", "qr aa;", "ANSWER: 0, AUTHORITY: 1", soaLine}, nil},
		{"nope MX", []string{"nope.utopia.example. 3600 IN MX 5 mail.utopia.example.\n"}, nil},
		{"9.0.0.10.in-addr.arpa. PTR", []string{"NXDOMAIN", "0.0.10.in-addr.arpa. 60 IN SOA"}, nil},
		{"deep A", []string{"NOERROR", "ANSWER: 0", soaLine}, nil},
		{"_tcp SRV", []string{"NOERROR", "ANSWER: 0", soaLine}, nil},
		{"b.deep A", []string{"NXDOMAIN"}, nil},
		{"any.wild A", []string{"any.wild.utopia.example. 3600 IN A 10.0.0.7\n", "aa"}, nil},
		{"a.b.wild A", []string{"a.b.wild.utopia.example. 3600 IN A 10.0.0.7\n"}, nil},
		{"any.wild AAAA", []string{"NOERROR", "ANSWER: 0", soaLine}, nil},
		{"there.wild A", []string{"NOERROR", "ANSWER: 0", soaLine}, nil},
		{"below.there.wild A", []string{"NXDOMAIN"}, nil},
		{"under.wild A", []string{"NOERROR", "ANSWER: 0"}, nil},
		{"y.under.wild A", []string{"NXDOMAIN"}, nil},
		{"wild A", []string{"NOERROR", "ANSWER: 0"}, nil},
		{"*.wild A", []string{"*.wild.utopia.example. 3600 IN A 10.0.0.7\n"}, nil},
		{"ftp A", []string{"ftp.utopia.example. 3600 IN CNAME www.utopia.example.\nwww.utopia.example. 3600 IN A 10.0.0.2\n", "ANSWER: 4"}, nil},
		{"chain A", []string{"ANSWER: 5", "chain.utopia.example. 3600 IN CNAME ftp.utopia.example.\n"}, nil},
		{"ftp CNAME", []string{"ANSWER: 1"}, nil},
		{"ftp TXT", []string{"NOERROR", "ANSWER: 1, AUTHORITY: 1", soaLine}, nil},
		{"lost A", []string{"NOERROR", "CNAME nowhere.utopia.example.\n", soaLine}, nil}, // *.utopia.example exists
		{"gone A", []string{"NXDOMAIN", "ANSWER: 1, AUTHORITY: 1", "aa", soaLine}, nil},
		{"out A", []string{"NOERROR", "ANSWER: 1, AUTHORITY: 0"}, nil},
		{"away A", []string{"NOERROR", "ANSWER: 1, AUTHORITY: 2", "qr aa;"}, nil},
		{"loop1 A", []string{"NOERROR", "ANSWER: 2"}, nil},
		{"host.sub A", []string{"NOERROR", "flags: qr;", "ANSWER: 0, AUTHORITY: 2, ADDITIONAL: 1", "sub.utopia.example. 3600 IN NS ns.sub.utopia.example.\n", "ns.sub.utopia.example. 3600 IN A 10.0.1.1\n"}, nil},
		{"sub A", []string{"flags: qr;", "AUTHORITY: 2"}, nil},
		{"sub NS", []string{"flags: qr;", "ANSWER: 0, AUTHORITY: 2"}, nil},
		{"sub DS", []string{"qr aa;", "ANSWER: 0, AUTHORITY: 1", soaLine}, nil},
		{"ns.sub A", []string{"flags: qr;", "ANSWER: 0"}, nil},
		{"www.elsewhere.test. A", []string{"REFUSED", "flags: qr;", "ANSWER: 0, AUTHORITY: 0"}, nil},
		{"notutopia.example. A", []string{"REFUSED"}, nil},
		{"example. A", []string{"REFUSED"}, nil},
		{"www ANY", []string{"NOERROR", "ANSWER: 4"}, nil},
		{"www A class=CH", []string{"REFUSED", "ANSWER: 0"}, nil},
		{"www A class=ANY", []string{"NOERROR", "flags: qr;", "ANSWER: 3"}, nil},
		{"www A opcode=3", []string{"opcode: RESERVED3, status: NOTIMP"}, nil},
		{"www A opcode=4", []string{"opcode: NOTIFY, status: NOTIMP"}, nil},
		{"@ AXFR tcp", []string{"REFUSED"}, nil},
		{"www A opt=1232", []string{"EDNS: version: 0, flags:; udp: 1232"}, nil},
		{"www A v1", []string{"status: BADVERS", "EDNS: version: 0", "ANSWER: 0"}, nil},
		{"big TXT", []string{"qr aa tc;"}, nil},
		{"big TXT opt=100", []string{"qr aa tc;"}, nil},
		{"big TXT opt=1232", []string{"flags: qr aa;", "ANSWER: 8"}, nil},
		{"big TXT tcp", []string{"flags: qr aa;", "ANSWER: 8"}, nil},
		{"huge TXT opt=65000", []string{"qr aa tc;"}, nil},
		{"huge TXT tcp", []string{"flags: qr aa;", "ANSWER: 30"}, nil},
		{"many MX opt=800", []string{"flags: qr aa;", "ANSWER: 20"}, []string{"ADDITIONAL: 41"}}, // no TC for want of extras
	} {
		t.Run(tt.ask, func(t *testing.T) {
			got := newLab(t, ServerFaults{}).ask(tt.ask)
			for _, want := range tt.has {
				require.Contains(t, got, want)
			}
			for _, lack := range append(tt.lack, "[unreadable]", "[RFC") {
				require.NotContains(t, got, lack)
			}
		})
	}
}

func TestMalformed(t *testing.T) {
	l := newLab(t, ServerFaults{})
	for _, m := range Malformations(7, "www.utopia.example", dns.TypeA) {
		got := l.raw(m.Data, false)
		if len(m.Data) < headerLen {
			require.Equal(t, "[silence]", got, m.Name)
		} else {
			require.Contains(t, got, "status: FORMERR, id: 7", m.Name)
		}
	}
	b, _ := query(t, "www A")
	b[AtFlags] |= 0x80
	require.Equal(t, "[silence]", l.raw(b, false))
	b, _ = query(t, "www A")
	require.Contains(t, l.raw(append(b, 1, 2, 3), false), "ANSWER: 3", "bytes after the question are not scored: the answer is as good")
}

// The answer never grows beyond what the client takes, whatever that is.
func TestLimits(t *testing.T) {
	l := newLab(t, ServerFaults{})
	for size := 500; size < 1400; size += 7 {
		for _, name := range []string{"big TXT", "many MX", "host.sub A", "huge TXT"} {
			b, _ := query(t, name)
			m, _, _ := Parse(b)
			b = append(NewBuilder(m.ID, 0).Bytes()[:headerLen], b[headerLen:]...)
			b[AtQDCount+1], b[AtARCount+1] = 1, 1
			b = append(b, 0, 0, 41, byte(size>>8), byte(size), 0, 0, 0, 0, 0, 0)
			reply := l.s.Answer(b, false)
			require.LessOrEqual(t, len(reply), max(512, min(size, 1232)))
			_, breaches, err := Parse(reply)
			require.NoError(t, err)
			require.Empty(t, breaches)
		}
	}
}

func TestRotate(t *testing.T) {
	l := newLab(t, ServerFaults{})
	l.s.Rotate = true
	first := map[string]bool{}
	for range 3 {
		_, lines, _ := strings.Cut(l.ask("www A"), "ANSWER SECTION:\n")
		line, _, _ := strings.Cut(lines, "\n")
		first[line] = true
	}
	require.Len(t, first, 3)
}

func TestZoneErrors(t *testing.T) {
	for text, want := range map[string]string{
		"$ORIGIN a.\n$TTL 5\n@ A 10.0.0.1\n":                              "no SOA",
		"$ORIGIN a.\n$TTL 5\n@ SOA b c 1 2 3 4 5\nx.b. A 10.0.0.1\n":      "outside",
		"$ORIGIN a.\n$TTL 5\n@ SOA b c 1 2 3 4 5\nx CNAME y\nx A 1.2.3.4": "CNAME and other data",
		"$ORIGIN a.\n$TTL 5\n@ SOA b c 1 2 3 4 5\nx A 1.2.3\n":            "line: 4",
		"$ORIGIN a.\n$TTL 5\n@ SOA b c 1 2 3 4 5\n@ SOA b c 2 2 3 4 5\n":  "2 SOA",
	} {
		_, err := ParseZone(text)
		require.ErrorContains(t, err, want)
	}
	z, err := ParseZone(labZone)
	require.NoError(t, err)
	again, err := ParseZone(z.String())
	require.NoError(t, err)
	require.Equal(t, z.String(), again.String())
	require.Equal(t, "utopia.example.", z.Origin())
	windows, err := ParseZone(strings.ReplaceAll(labZone, "\n", "\r\n"))
	require.NoError(t, err)
	require.Equal(t, z.String(), windows.String())
}

// Over TCP: pieces, many requests on one connection, idle connections beside a busy one, and an end.
func TestTCP(t *testing.T) {
	l := newLab(t, ServerFaults{})
	l.s.Idle = 100 * time.Millisecond
	l.listen()
	a, _ := query(t, "www A id=1")
	b, _ := query(t, "huge TXT id=2")
	framed := Frame(a)
	require.Contains(t, l.stream(1, framed[:1], framed[1:5], framed[5:]), "ANSWER: 3")
	both := l.stream(2, append(Frame(a), Frame(b)...))
	require.Contains(t, both, "id: 1\n")
	require.Contains(t, both, "id: 2\n")
	var idle []net.Conn
	for range 8 {
		c, err := net.Dial("tcp", l.address)
		require.NoError(t, err)
		defer c.Close()
		idle = append(idle, c)
	}
	require.Contains(t, l.stream(1, framed), "ANSWER: 3")
	idle[0].SetReadDeadline(time.Now().Add(5 * time.Second))
	_, err := idle[0].Read(make([]byte, 1))
	require.ErrorContains(t, err, "EOF", "a silent connection is closed")
	c, err := net.Dial("tcp", l.address)
	require.NoError(t, err)
	defer c.Close()
	c.Write(framed)
	c.(*net.TCPConn).CloseWrite()
	_, err = readFrame(c)
	require.NoError(t, err, "a reply after half a close")
}

func TestUDPBurst(t *testing.T) {
	l := newLab(t, ServerFaults{}).listen()
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			c := &dns.Client{Timeout: 2 * time.Second}
			for range 20 {
				m := new(dns.Msg).SetQuestion("www.utopia.example.", dns.TypeA)
				reply, _, err := c.Exchange(m, l.address)
				if err != nil || len(reply.Answer) != 3 {
					t.Error(i, err, reply)
				}
			}
		})
	}
	group.Wait()
}

// Run serves both transports until its context ends, and tells when a fault has ended the server.
func TestRun(t *testing.T) {
	for _, s := range []server{
		&Server{Faults: ServerFaults{MessageFaults: MessageFaults{ShortCrash: true}}},
		&Resolver{Hints: ". NS a.root.\na.root. A 127.0.0.1\n", Faults: ResolverFaults{MessageFaults: MessageFaults{ShortCrash: true}}},
	} {
		pc, ln := listenBoth(t, "127.0.0.1", 0)
		ended := make(chan error, 1)
		go func() { ended <- run(t.Context(), s, pc, ln) }()
		c, err := net.Dial("udp", ln.Addr().String())
		require.NoError(t, err)
		defer c.Close()
		c.Write([]byte{1, 2, 3})
		require.ErrorIs(t, <-ended, errCrashed)
	}
	pc, ln := listenBoth(t, "127.0.0.1", 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, new(Server).Run(ctx, pc, ln))
	pc, ln = listenBoth(t, "127.0.0.1", 0)
	require.ErrorContains(t, new(Resolver).Run(t.Context(), pc, ln), "no NS")
}
