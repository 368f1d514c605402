package dns

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// labZone has one of everything.
var labZone = `$ORIGIN utopia.example.
$TTL 3600
@	IN	SOA	ns1 hostmaster (
		2026	; serial
		7200 3600 1209600
		300 )	; minimum
	IN	NS	ns1
	IN	NS	ns.elsewhere.test.
	IN	MX	10 mail
	IN	MX	20 mail2.elsewhere.test.
ns1	IN	A	10.0.0.1
www	IN	A	10.0.0.2
	IN	A	10.0.0.3
	IN	A	10.0.0.4
www	IN	AAAA	2001:db8::2
mail	300 IN	A	10.0.0.5
heavy	IN	MX	300 mail
txt	IN	TXT	"one" "two three"
quote	IN	TXT	"a\"b"
caa	IN	CAA	0 issue "ca.example"
_sip._tcp IN	SRV	10 20 5060 www
5	IN	PTR	mail
strange	IN	TYPE65281 \# 3 010203
ftp	IN	CNAME	www
chain	IN	CNAME	ftp
lost	IN	CNAME	nowhere
gone	IN	CNAME	nope.txt
out	IN	CNAME	www.elsewhere.test.
away	IN	CNAME	host.sub
home	IN	CNAME	ns.sub
loop1	IN	CNAME	loop2
loop2	IN	CNAME	loop1
a.deep	IN	A	10.0.0.6
*.wild	IN	A	10.0.0.7
*.wild	IN	TXT	"wild"
there.wild IN	TXT	"there"
x.under.wild IN	A	10.0.0.8
sub	IN	NS	ns.sub
sub	IN	NS	ns.elsewhere.test.
ns.sub	IN	A	10.0.1.1
*	IN	MX	5 mail
` + labBig

// labBig does not fit into 512 bytes, and fits into 1232; huge does not fit there either.
var labBig = func() string {
	var b strings.Builder
	for i := range 8 {
		fmt.Fprintf(&b, "big IN TXT \"%d%s\"\n", i, strings.Repeat("x", 100))
	}
	for i := range 30 {
		fmt.Fprintf(&b, "huge IN TXT \"%02d%s\"\n", i, strings.Repeat("y", 200))
	}
	for i := range 20 {
		fmt.Fprintf(&b, "wide IN NS host%d.wide\nhost%d.wide IN A 10.1.0.%d\n", i, i, i)
		fmt.Fprintf(&b, "many IN MX %d host%d.many\nhost%d.many IN A 10.1.0.%d\nhost%d.many IN AAAA 2001:db8::%x\n", i, i, i, i, i, i)
	}
	return b.String()
}()

const labReverse = `$ORIGIN 0.0.10.in-addr.arpa.
$TTL 60
@ SOA ns1.utopia.example. hostmaster.utopia.example. 1 2 3 4 3600
@ NS ns1.utopia.example.
5 PTR mail.utopia.example.
`

// A lab is a server of the lab's zones.
type lab struct {
	t *testing.T
	s *Server
	subject
	address string // of both transports, when listen was called
	client  *net.UDPConn
	pipes   *pipeListener
	done    chan error
}

// A subject is what a lab looks at: its server, or a resolver that gets its answers from there.
type subject interface {
	ServePacket(net.PacketConn) error
	Serve(net.Listener) error
	Close() error
	handle(raw []byte, tcp bool) ([]byte, bool)
}

func newLab(t *testing.T, f ServerFaults) *lab {
	l := &lab{t: t, s: &Server{Faults: f, Updates: true}}
	l.subject = l.s
	l.s.Zones = labZones(t)
	return l
}

// labZones gives the lab's zones as they were declared. They are read once: a content never changes.
func labZones(t require.TestingT) []*Zone {
	var zones []*Zone
	for _, read := range labContents {
		c, err := read()
		require.NoError(t, err)
		z := &Zone{origin: c.origin}
		z.now.Store(c)
		zones = append(zones, z)
	}
	return zones
}

var labContents = [...]func() (*content, error){reader(labZone), reader(labReverse)}

func reader(text string) func() (*content, error) {
	return sync.OnceValues(func() (*content, error) {
		z, err := ParseZone(text)
		if err != nil {
			return nil, err
		}
		return z.now.Load(), nil
	})
}

// listen opens both transports on one port of this machine.
func (l *lab) listen() *lab {
	pc, ln := listenBoth(l.t, "127.0.0.1", 0)
	l.address = ln.Addr().String()
	l.pipes = &pipeListener{accept: make(chan net.Conn), closed: make(chan struct{})}
	l.done = make(chan error, 3)
	go func() { l.done <- l.subject.ServePacket(pc) }()
	go func() { l.done <- l.subject.Serve(ln) }()
	go func() { l.done <- l.subject.Serve(l.pipes) }()
	l.t.Cleanup(func() {
		l.subject.Close()
		for range 3 {
			<-l.done
		}
	})
	return l
}

func listenBoth(t *testing.T, host string, port int) (net.PacketConn, net.Listener) {
	var pc net.PacketConn
	var err error
	for range 20 {
		var ln net.Listener
		ln, err = net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		require.NoError(t, err)
		if pc, err = net.ListenPacket("udp", ln.Addr().String()); err == nil {
			return pc, ln
		}
		ln.Close()
	}
	require.NoError(t, err)
	return nil, nil
}

// query makes a query of "name type" and further words: rd, cd, do, opt=SIZE, v1, class=CH, opcode=N, id=N. A name
// without a final dot is in the lab's zone.
func query(t *testing.T, words string) (b []byte, tcp bool) {
	f := strings.Fields(words)
	name := f[0]
	if !strings.HasSuffix(name, ".") {
		name += ".utopia.example."
	}
	if f[0] == "@" {
		name = "utopia.example."
	}
	qtype, ok := dns.StringToType[f[1]]
	if !ok {
		n, err := strconv.Atoi(strings.TrimPrefix(f[1], "TYPE"))
		require.NoError(t, err)
		qtype = uint16(n)
	}
	m := new(dns.Msg)
	m.Id = 0x1234
	m.Question = []dns.Question{{Name: name, Qtype: qtype, Qclass: dns.ClassINET}}
	for _, word := range f[2:] {
		k, v, _ := strings.Cut(word, "=")
		n, _ := strconv.Atoi(v)
		switch k {
		case "rd":
			m.RecursionDesired = true
		case "tcp":
			tcp = true
		case "opt":
			m.SetEdns0(uint16(n), false)
		case "v1":
			m.SetEdns0(1232, false)
			m.IsEdns0().SetVersion(1)
		case "class":
			m.Question[0].Qclass = dns.StringToClass[v]
		case "opcode":
			m.Opcode = n
		case "id":
			m.Id = uint16(n)
		default:
			t.Fatalf("no such word: %s", k)
		}
	}
	b, err := m.Pack()
	require.NoError(t, err)
	return b, tcp
}

// ask gives the reply as dig prints it, with what is wrong with it.
func (l *lab) ask(words string) string {
	b, tcp := query(l.t, words)
	return l.raw(b, tcp)
}

func (l *lab) raw(b []byte, tcp bool) string {
	reply, dead := l.handle(b, tcp)
	if dead {
		return "[crash]"
	}
	return show(reply)
}

func show(reply []byte) string {
	if reply == nil {
		return "[silence]"
	}
	m, breaches, err := Parse(reply)
	text := Dig(m) + fmt.Sprintf("[%d bytes]\n", len(reply))
	if err != nil {
		text += "[unreadable]\n"
	}
	for _, b := range breaches {
		text += fmt.Sprintf("[%s %s: %s]\n", b.Document, b.Section, b.Got)
	}
	return strings.ReplaceAll(text, "\t", " ")
}

// asks asks over UDP with a socket and gives what comes within a time, or silence.
func (l *lab) asks(words string) string {
	b, _ := query(l.t, words)
	return strings.Join(l.datagrams(1, b), "")
}

// datagrams sends each message and gives up to n replies.
func (l *lab) datagrams(n int, messages ...[]byte) []string {
	if l.client == nil {
		c, err := net.Dial("udp", l.address)
		require.NoError(l.t, err)
		l.client = c.(*net.UDPConn)
		l.t.Cleanup(func() { c.Close() })
	}
	for _, b := range messages {
		l.client.Write(b)
	}
	var all []string
	buf := make([]byte, maxDatagram)
	for range n {
		l.client.SetReadDeadline(time.Now().Add(quiet))
		k, err := l.client.Read(buf)
		if err != nil {
			return append(all, "[silence]")
		}
		all = append(all, show(buf[:k]))
	}
	return all
}

// quiet is how long a test waits for what should not come.
const quiet = 300 * time.Millisecond

// stream sends the pieces over one connection and gives up to n replies. The connection is a pipe: a piece is written
// when all of it has been read, so each is read apart.
func (l *lab) stream(n int, pieces ...[]byte) string {
	c := l.pipe()
	if c == nil {
		return "[nothing]"
	}
	defer c.Close()
	written := make(chan struct{})
	go func() {
		defer close(written)
		for _, p := range pieces {
			if _, err := c.Write(p); err != nil {
				return
			}
		}
	}()
	defer func() { c.Close(); <-written }()
	var all string
	for range n {
		c.SetReadDeadline(time.Now().Add(quiet))
		b, err := readFrame(c)
		if err != nil {
			return all + "[nothing]"
		}
		all += show(b)
	}
	return all
}

// pipe connects to the lab's server without the system's network; nil when it takes no more connections.
func (l *lab) pipe() net.Conn {
	ours, theirs := net.Pipe()
	select {
	case l.pipes.accept <- theirs:
		return ours
	case <-l.pipes.closed:
	case <-time.After(quiet):
	}
	ours.Close()
	theirs.Close()
	return nil
}

// A pipeListener takes connections that are pipes.
type pipeListener struct {
	accept chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipeListener) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// updated sends an UPDATE for the lab's zone and gives the code.
func (l *lab) updated(prereqs, updates []string) string {
	reply, dead := l.s.handle(updateMessage(l.t, "utopia.example.", prereqs, updates), false)
	if dead {
		return "[crash]"
	}
	m, _, err := Parse(reply)
	require.NoError(l.t, err)
	return OpcodeName(m.Opcode()) + " " + RcodeName(m.Rcode())
}

// updateMessage makes an UPDATE. Each record is "name TTL class type data"; data may lack.
func updateMessage(t *testing.T, zone string, prereqs, updates []string) []byte {
	b := NewBuilder(0x1234, dns.OpcodeUpdate<<11).Question(zone, dns.TypeSOA)
	for i, section := range [][]string{prereqs, updates} {
		for _, line := range section {
			addRecord(t, b, AnswerSection+Section(i), line)
		}
	}
	return b.Bytes()
}

func addRecord(t *testing.T, b *Builder, s Section, line string) {
	f := strings.SplitN(line, " ", 5)
	if !strings.HasSuffix(f[0], ".") {
		f[0] += ".utopia.example."
	}
	ttl, err := strconv.ParseUint(f[1], 10, 32)
	require.NoError(t, err)
	class, ok := dns.StringToClass[f[2]]
	require.True(t, ok, line)
	rtype, ok := dns.StringToType[f[3]]
	require.True(t, ok, line)
	var data []byte
	if len(f) == 5 && strings.HasPrefix(f[4], "\\") {
		data = []byte{1, 2, 3, 4}
	} else if len(f) == 5 {
		rr, err := dns.NewRR("x. 0 IN " + f[3] + " " + f[4])
		require.NoError(t, err)
		w := make([]byte, 1000)
		n, err := dns.PackRR(rr, w, 0, nil, false)
		require.NoError(t, err)
		data = w[3+10 : n]
	}
	b.Entry(s).Name(f[0]).Fields(rtype, class, uint32(ttl), data)
}

// within runs f with a context that ends after a time.
func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// readQuietly says whether a connection is at its end, or still open after a while.
func readQuietly(t *testing.T, c net.Conn) string {
	c.SetReadDeadline(time.Now().Add(quiet))
	_, err := c.Read(make([]byte, 1))
	require.Error(t, err)
	if ne, ok := err.(net.Error); ok && ne.Timeout() {
		return "open"
	}
	return "end"
}
