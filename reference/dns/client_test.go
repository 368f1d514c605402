package dns

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

// A stage is a server that a test writes, for a client.
type stage struct {
	t        *testing.T
	pc       net.PacketConn
	ln       net.Listener
	other    [2]net.PacketConn // another port, and another address with the same port
	mu       sync.Mutex
	queries  []*Message
	script   func(s *stage, n int, q *Message, tcp bool) [][]byte // what to reply to query number n; nil is silence
	handlers sync.WaitGroup
}

// From says that a reply comes from another port (1) or another address (2): it stands in a byte before the reply.
func from(where byte, b []byte) []byte { return append([]byte{where}, b...) }

func newStage(t *testing.T, script func(s *stage, n int, q *Message, tcp bool) [][]byte) *stage {
	s := &stage{t: t, script: script}
	var err error
	for range 20 {
		s.pc, s.ln = listenBoth(t, "127.0.11.80", 0)
		port := addrPort(s.pc.LocalAddr()).Port()
		if s.other[1], err = net.ListenPacket("udp", fmt.Sprintf("127.0.11.81:%d", port)); err == nil {
			break
		}
		s.pc.Close()
		s.ln.Close()
	}
	require.NoError(t, err)
	s.other[0], err = net.ListenPacket("udp", "127.0.11.80:0")
	require.NoError(t, err)
	s.handlers.Go(s.packets)
	s.handlers.Go(s.connections)
	t.Cleanup(func() {
		s.pc.Close()
		s.ln.Close()
		s.other[0].Close()
		s.other[1].Close()
		s.handlers.Wait()
	})
	return s
}

func (s *stage) saw(b []byte) (*Message, int) {
	m, _, _ := Parse(bytes.Clone(b))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queries = append(s.queries, m)
	return m, len(s.queries)
}

// seen gives the queries so far.
func (s *stage) seen() []*Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*Message(nil), s.queries...)
}

func (s *stage) packets() {
	buf := make([]byte, maxDatagram)
	for {
		n, peer, err := s.pc.ReadFrom(buf)
		if err != nil {
			return
		}
		q, count := s.saw(buf[:n])
		for _, reply := range s.script(s, count, q, false) {
			out := s.pc
			if reply[0] > 0 {
				out = s.other[reply[0]-1]
			}
			out.WriteTo(reply[1:], peer)
		}
	}
}

func (s *stage) connections() {
	for {
		c, err := s.ln.Accept()
		if err != nil {
			return
		}
		c.SetDeadline(time.Now().Add(500 * time.Millisecond))
		b, err := readFrame(c)
		if err == nil {
			q, count := s.saw(b)
			for _, reply := range s.script(s, count, q, true) {
				c.Write(Frame(reply[1:]))
			}
		}
		c.Close()
	}
}

// tells runs a client of the stage and gives what it printed, and its exit status.
func (s *stage) tells(f ClientFaults, args string) string {
	return s.tellsWithin(within(s.t, time.Second), f, args)
}

func (s *stage) tellsWithin(ctx context.Context, f ClientFaults, args string) string {
	c := &Client{Server: netip.MustParseAddrPort(s.pc.LocalAddr().String()), Network: crumbs{}, Faults: f, Try: 50 * time.Millisecond, Limit: 350 * time.Millisecond}
	var out, errs bytes.Buffer
	code := c.Run(ctx, strings.Fields(args), &out, &errs)
	return strings.ReplaceAll(out.String(), "\t", " ") + fmt.Sprintf("exit %d", code)
}

// crumbs is a network whose connections give 40 bytes a read, as if each were a segment.
type crumbs struct{ SystemNetwork }

type crumb struct{ net.Conn }

func (crumbs) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := SystemNetwork{}.Dial(ctx, network, address)
	return crumb{c}, err
}

func (c crumb) Read(b []byte) (int, error) { return c.Conn.Read(b[:min(40, len(b))]) }

// reply makes a reply to a query from the lab's zone, and lets a test change it.
func (s *stage) reply(q *Message, tcp bool, change func(m *dns.Msg)) []byte {
	l := newLab(s.t, ServerFaults{})
	var msg dns.Msg
	if b := l.s.Answer(q.Raw, tcp); b == nil || msg.Unpack(b) != nil {
		return nil
	}
	msg.Compress = true
	if change != nil {
		change(&msg)
	}
	b, err := msg.Pack()
	require.NoError(s.t, err)
	return from(0, b)
}

// honest answers every query from the lab's zone.
func honest(s *stage, _ int, q *Message, tcp bool) [][]byte {
	if b := s.reply(q, tcp, nil); b != nil {
		return [][]byte{b}
	}
	return nil
}

// forging sends a forged reply before the right one.
func forging(where byte, change func(m *dns.Msg)) func(s *stage, n int, q *Message, tcp bool) [][]byte {
	return func(s *stage, n int, q *Message, tcp bool) [][]byte {
		forged := s.reply(q, tcp, func(m *dns.Msg) {
			m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: "www.utopia.example.", Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 5}, A: net.IPv4(6, 6, 6, 6)}}
			if change != nil {
				change(m)
			}
		})
		forged[0] = where
		return [][]byte{forged, s.reply(q, tcp, nil)}
	}
}

// losing answers only from a query on.
func losing(first int) func(s *stage, n int, q *Message, tcp bool) [][]byte {
	return func(s *stage, n int, q *Message, tcp bool) [][]byte {
		if n < first {
			return nil
		}
		return honest(s, n, q, tcp)
	}
}

const wwwLines = "www.utopia.example. 3600 IN A 10.0.0.2\nwww.utopia.example. 3600 IN A 10.0.0.3\nwww.utopia.example. 3600 IN A 10.0.0.4\nexit 0"

func TestClient(t *testing.T) {
	for args, want := range map[string]string{
		"www.utopia.example A":             wwwLines,
		"www.utopia.example. a":            wwwLines,
		"ftp.utopia.example CNAME":         "ftp.utopia.example. 3600 IN CNAME www.utopia.example.\nexit 0",
		"ftp.utopia.example A":             "ftp.utopia.example. 3600 IN CNAME www.utopia.example.\n" + wwwLines,
		"txt.utopia.example TXT":           "txt.utopia.example. 3600 IN TXT \"one\" \"two three\"\nexit 0",
		"strange.utopia.example TYPE65281": "strange.utopia.example. 3600 IN TYPE65281 \\# 3 010203\nexit 0",
		"mail.utopia.example AAAA":         "exit 0",
		"nope.txt.utopia.example A":        "NXDOMAIN\nexit 1",
		"gone.utopia.example A":            "gone.utopia.example. 3600 IN CNAME nope.txt.utopia.example.\nNXDOMAIN\nexit 1",
		"www.elsewhere.test A":             "REFUSED\nexit 1",
		"www.utopia.example":               "exit 2",
		"www.utopia.example NONSENSE":      "exit 2",
		"www..example A":                   "exit 2",
	} {
		s := newStage(t, honest)
		require.Equal(t, want, s.tells(ClientFaults{}, args), args)
	}
	s := newStage(t, losing(100))
	require.Equal(t, "exit 1", s.tells(ClientFaults{}, "www.utopia.example A"))
	require.Len(t, s.seen(), 3, "50, 100 and 200 ms")
	require.True(t, s.seen()[0].Has(FlagRD) && !s.seen()[0].Has(FlagQR))
	s = newStage(t, losing(2))
	require.Equal(t, wwwLines, s.tells(ClientFaults{}, "www.utopia.example A"))
	s = newStage(t, honest)
	require.Equal(t, 30, strings.Count(s.tells(ClientFaults{}, "huge.utopia.example TXT"), "huge"), "over TCP, in many segments")
	s = newStage(t, func(s *stage, n int, q *Message, _ bool) [][]byte {
		return [][]byte{from(0, NewBuilder(q.ID, FlagQR|dns.RcodeFormatError).Bytes())}
	})
	require.Equal(t, "FORMERR\nexit 1", s.tells(ClientFaults{}, "www.utopia.example A"))
}

// Forged replies are left aside (RFC 5452 §9.1).
func TestClientForged(t *testing.T) {
	for name, script := range forgeries {
		s := newStage(t, script)
		require.Equal(t, wwwLines, s.tells(ClientFaults{}, "www.utopia.example A"), name)
	}
}

var forgeries = map[string]func(s *stage, n int, q *Message, tcp bool) [][]byte{
	"id":      forging(0, func(m *dns.Msg) { m.Id++ }),
	"port":    forging(1, nil),
	"address": forging(2, nil),
	"name":    forging(0, func(m *dns.Msg) { m.Question[0].Name = "evil.utopia.example." }),
	"type":    forging(0, func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeTXT }),
	"class":   forging(0, func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS }),
	"none":    forging(0, func(m *dns.Msg) { m.Question = nil }),
	"query":   forging(0, func(m *dns.Msg) { m.Response = false }),
	"garbage": func(s *stage, n int, q *Message, tcp bool) [][]byte {
		return [][]byte{from(0, []byte{1, 2, 3}), s.reply(q, tcp, nil)}
	},
}

// What the client prints is what dig prints.
func TestClientAgreesWithDig(t *testing.T) {
	l := newLab(t, ServerFaults{}).listen()
	host, port, _ := net.SplitHostPort(l.address)
	for _, args := range []string{
		"www.utopia.example A", "ftp.utopia.example A", "utopia.example SOA", "utopia.example MX", "txt.utopia.example TXT", "caa.utopia.example CAA",
		"_sip._tcp.utopia.example SRV", "www.utopia.example AAAA", "strange.utopia.example TYPE65281", "5.0.0.10.in-addr.arpa PTR", "utopia.example NS",
		"huge.utopia.example TXT",
	} {
		name, qtype, _ := strings.Cut(args, " ")
		want, code := program(t, "", "dig", "@"+host, "-p", port, "+noall", "+answer", "+norotate", name, qtype)
		if code != 0 || strings.Contains(want, "Invalid option") {
			want, _ = program(t, "", "dig", "@"+host, "-p", port, "+noall", "+answer", name, qtype)
		}
		var out bytes.Buffer
		c := &Client{Server: netip.MustParseAddrPort(l.address)}
		require.Zero(t, c.Run(t.Context(), []string{name, qtype}, &out, &out))
		require.Equal(t, blanks.ReplaceAllString(want, " "), blanks.ReplaceAllString(out.String(), " "), args)
	}
}
