package dnsresolver

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// A space is a name space that is made up for one check, and the resolver under test in it: a root, two top-level
// domains, and the zones that the check adds. No two spaces have a name in common.
type space struct {
	t          *check.T
	root       *zone
	top, other *zone // top-level domains
	zones      []*zone
	last       int   // the last number that a server's address has, in 127.0.11.0/24
	data       []int // the numbers that data addresses have yet to get, in 192.0.2.0/24

	// instead, set before serve, may answer a question in a server's place, as dns.World.Instead. It runs beside
	// the check.
	instead func(q asked) (reply []byte, ok bool)
	pieces  bool // set before serve: replies over TCP come in pieces
	world   *dns.World
	sockets map[netip.Addr]net.PacketConn // of the servers
}

// A zone is declared by adding records to it, with names relative to its own.
type zone struct {
	s       *space
	name    string // with its final dot
	words   string // of the world, for all its servers
	servers []netip.Addr
	how     []string // a server's words
	text    strings.Builder
}

// newSpace makes a space that has a root and two top-level domains.
func newSpace(t *check.T) *space {
	s := &space{t: t, data: t.Rand().Perm(250)}
	s.root = &zone{s: s, name: "."}
	address := s.address()
	s.root.servers, s.root.how = []netip.Addr{address}, []string{""}
	s.root.add("@ NS root-a.nic.\nroot-a.nic. A %s", address)
	s.zones = append(s.zones, s.root)
	s.top, s.other = s.root.zone(""), s.root.zone("")
	return s
}

// address draws the address of a server.
func (s *space) address() netip.Addr {
	s.last++
	return netip.AddrFrom4([4]byte{127, 0, 11, byte(s.last)})
}

// ip draws an address that is data: no other record has it.
func (s *space) ip() string {
	n := s.data[0]
	s.data = s.data[1:]
	return fmt.Sprintf("192.0.2.%d", n+1)
}

// zone adds a zone below z with a made-up name, and its delegation. how has the words of each of its servers, "" for
// one that works.
func (z *zone) zone(how ...string) *zone {
	c := z.bare()
	label := strings.TrimSuffix(c.name, "."+strings.TrimPrefix(z.name, "."))
	for i, word := range how {
		address := c.serve(word)
		z.add("%s NS ns%d.%s\nns%d.%s A %s", label, i+1, label, i+1, label, address)
		c.add("@ NS ns%d\nns%d A %s", i+1, i+1, address)
	}
	return c
}

// bare adds a zone below z that is not delegated.
func (z *zone) bare() *zone {
	c := &zone{s: z.s, name: z.s.t.Word(7) + "." + strings.TrimPrefix(z.name, ".")}
	z.s.zones = append(z.s.zones, c)
	return c
}

// serve adds a server to a zone and gives its address.
func (z *zone) serve(words string) netip.Addr {
	address := z.s.address()
	z.servers, z.how = append(z.servers, address), append(z.how, words)
	return address
}

// add adds lines of a master file.
func (z *zone) add(format string, args ...any) {
	fmt.Fprintf(&z.text, format+"\n", args...)
}

// host adds a name with one address. It gives the whole name and the address.
func (z *zone) host(ttl int) (name, ip string) {
	label, ip := z.s.t.Word(6), z.s.ip()
	z.add("%s %d IN A %s", label, ttl, ip)
	return label + "." + z.name, ip
}

// absent gives a name that the zone does not have.
func (z *zone) absent() string { return z.s.t.Word(8) + "." + z.name }

// states says in a report what a server's words mean.
var states = map[string]string{
	"dead":          "(nothing listens there)",
	"silent":        "(answers nothing)",
	"lame":          "(answers REFUSED)",
	"broken":        "(answers SERVFAIL)",
	"drop=1":        "(does not answer the first question)",
	"edns-form-err": "(knows no EDNS)",
}

// serve serves the space and starts the resolver in it.
func (s *space) serve() {
	var text strings.Builder
	var who []string
	for _, z := range s.zones {
		for i, address := range z.servers {
			who = append(who, strings.TrimSpace(fmt.Sprintf("%s serves %s %s", address, z.name, states[z.how[i]])))
			fmt.Fprintf(&text, "== %s %s %s %s\n%s", address, z.name, z.words, z.how[i], z.text.String())
		}
	}
	s.world = dnssteps.ParseWorld(text.String())
	if s.instead != nil {
		s.world.Instead = func(q dns.Query) ([]byte, bool) {
			m, _, err := dns.Parse(q.Raw)
			if err != nil || len(m.Questions) == 0 {
				return nil, false
			}
			return s.instead(asked{q, m})
		}
	}
	s.t.Note("the name servers: %s", strings.Join(who, ", "))
	s.t.File(hints, []byte(s.world.Hints()))
	s.sockets = map[netip.Addr]net.PacketConn{}
	err := s.world.Serve(func(host netip.Addr) (net.PacketConn, net.Listener, error) {
		pc, ln := s.t.Serve(host)
		s.sockets[host] = pc
		if s.pieces {
			ln = torn{ln}
		}
		return pc, ln, nil
	})
	if err != nil {
		panic(err) // a fault of ours
	}
	s.t.AtEnd(func() { s.world.Close() })
	s.t.Start()
}

// deadline is how long a client waits for its reply: 10 s with the patience of a real run, as the statement says.
func (s *space) deadline() time.Duration { return 2 * s.t.Patience() }

// errNothing is what comes when nothing comes.
var errNothing = errors.New("nothing")

// query makes a client's question, which wants recursion.
func (s *space) query(name, qtype string, options ...dnssteps.Option) []byte {
	return dnssteps.Query(s.t, name, qtype, append(options, dnssteps.RD)...)
}

// raw asks over UDP and gives the message that comes, whatever it is.
func (s *space) raw(query []byte) *dnssteps.Reply {
	u := dnssteps.UDP(s.t)
	u.Send(query)
	return s.next(u)
}

// next waits for a reply as long as a client does.
func (s *space) next(u *dnssteps.Socket) *dnssteps.Reply {
	r := u.TryNext(s.deadline())
	if r == nil {
		s.t.Missing(s.t.Note("no reply has come"), fmt.Sprintf("a reply within %v", s.deadline()), errNothing)
	}
	return r
}

// ask asks a question and gives its reply, which can be read and has its id.
func (s *space) ask(name, qtype string, options ...dnssteps.Option) *dnssteps.Reply {
	q := s.query(name, qtype, options...)
	return s.raw(q).To(q)
}

// learns asks a question on the way: the check is blocked unless the reply has that address.
func (s *space) learns(name, ip string) {
	if r := s.ask(name, "A"); !gives(r, ip) {
		s.t.Block("want the address %s of %s, got %s", ip, name, dns.DigLine(r.Message))
	}
}

// gives says whether an answer has an address.
func gives(r *dnssteps.Reply, ip string) bool {
	for _, record := range dnssteps.RecordsOf(r.Message, dns.AnswerSection) {
		if strings.HasSuffix(string(record), " A "+ip) {
			return true
		}
	}
	return false
}

// isAddress fails the check unless the answer is one address of a name.
func isAddress(r *dnssteps.Reply, name, ip string) {
	r.Code("NOERROR").Untimed(dns.AnswerSection, record("%s 0 IN A %s", name, ip)...)
}

// record makes the one record that a check expects.
func record(format string, args ...any) []dnssteps.Record {
	return dnssteps.MustRecords(fmt.Sprintf(format, args...))
}

// An asked is a question that a server has got.
type asked struct {
	dns.Query
	*dns.Message
}

// name is what is asked for, in small letters.
func (q asked) name() string { return strings.ToLower(q.Questions[0].Name.Text) }

// is says whether the question is for that name, which has small letters, and the type.
func (q asked) is(name, qtype string) bool {
	return q.name() == name && q.Questions[0].Type == dnssteps.Type(qtype)
}

// about says whether the question is about a name or one above it, the root excepted: whole or minimised, it is on
// the way to the name.
func (q asked) about(name string) bool {
	return q.name() != "." && mdns.IsSubDomain(q.name(), name)
}

func (q asked) String() string {
	return fmt.Sprintf("%v was asked for %s %s", q.Server.Addr(), q.name(), dnssteps.TypeName(q.Questions[0].Type))
}

// upstream gives the questions so far that all of these hold for, in the order they came. A copy of a datagram is
// left out: it may come late, when something else is looked at.
func (s *space) upstream(hold ...func(asked) bool) []asked {
	type copied struct {
		from netip.AddrPort
		raw  string
	}
	seen := map[copied]bool{}
	var once []asked
	for _, q := range s.every(hold...) {
		if c := (copied{q.From, string(q.Query.Raw)}); !seen[c] {
			seen[c] = true
			once = append(once, q)
		}
	}
	return once
}

// every is upstream with the copies.
func (s *space) every(hold ...func(asked) bool) []asked {
	var all []asked
next:
	for _, q := range s.world.Queries() {
		m, _, err := dns.Parse(q.Raw)
		if err != nil || len(m.Questions) == 0 {
			continue
		}
		for _, h := range hold {
			if !h(asked{q, m}) {
				continue next
			}
		}
		all = append(all, asked{q, m})
	}
	return all
}

// way holds for the questions that lead to a name.
func way(name string) func(asked) bool { return func(q asked) bool { return q.about(name) } }

// at holds for the questions to the servers of a zone.
func at(z *zone) func(asked) bool {
	return func(q asked) bool {
		for _, a := range z.servers {
			if a == q.Server.Addr() {
				return true
			}
		}
		return false
	}
}

// costs asks for an address and gives the questions upstream that it cost: those about the name and what is above it.
func (s *space) costs(name, ip string) []asked {
	before := len(s.upstream(way(name)))
	s.learns(name, ip)
	return s.upstream(way(name))[before:]
}

// list puts questions into the transcript and marks them.
func (s *space) list(title string, all []asked) check.Mark {
	text := title
	for i, q := range all {
		if i == 12 {
			text += fmt.Sprintf("; and %d more", len(all)-i)
			break
		}
		text += fmt.Sprintf("; %v", q)
	}
	return s.t.Note("%s", text)
}

// shows marks bytes of a question that a server has got.
func (s *space) shows(q asked, at, n int) check.Mark {
	if m, ok := s.t.Came(q.Query.Raw, at, n); ok {
		return m
	}
	return s.t.Note("%v", q)
}

// respond begins the reply of a server: authoritative, NOERROR.
func respond(q asked) *dns.Builder { return dnssteps.Respond(q.Message, dns.FlagAA) }

// ipv4 is the data of an A record.
func ipv4(ip string) []byte {
	a := netip.MustParseAddr(ip).As4()
	return a[:]
}

// number is the id of a message.
func number(message []byte) uint16 { return binary.BigEndian.Uint16(message) }

// wire is a name as it stands in data.
func wire(name string) []byte { return dns.NewBuilder(0, 0).Name(name).Bytes()[12:] }

// line puts a reply into one line.
func line(r *dnssteps.Reply) string { return dns.DigLine(r.Message) }
