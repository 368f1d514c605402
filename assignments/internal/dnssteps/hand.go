package dnssteps

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	mdns "github.com/miekg/dns"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// handBytes is the longest message that a printf line is made of: more is no command that anyone pastes.
const handBytes = 150

// Hand gives the command that sends what an event has sent to the server under test again: it is the Hand of a suite.
// Of several messages over TCP it is the last.
func Hand(t *grader.Transcript, seq int) string {
	e, _ := t.Event(seq)
	i := slices.IndexFunc(t.Endpoints, func(p grader.Endpoint) bool { return p.ID == e.Conn && p.Dialed })
	switch {
	case i < 0 || e.Kind != grader.Data || e.Dir != grader.Sent || e.Cut > 0:
		return ""
	case t.Endpoints[i].Network == "udp":
		return Command(t.Endpoints[i].Theirs, e.Data, false)
	}
	// The message may have begun in an event before.
	var sent, message []byte
	for _, f := range t.Events[:e.Seq] {
		if f.Conn == e.Conn && f.Kind == grader.Data && f.Dir == grader.Sent {
			sent = append(sent, f.Data...)
		}
	}
	rest := sent
	for len(rest) >= 2 && len(rest)-2 >= int(binary.BigEndian.Uint16(rest)) {
		n := 2 + int(binary.BigEndian.Uint16(rest))
		message, rest = rest[2:n], rest[n:]
	}
	if len(rest) > 0 || len(message) == 0 { // a part of a message is what it is about
		return printf(e.Data, true)
	}
	return Command(t.Endpoints[i].Theirs, message, true)
}

// Command gives the command that sends a message to a server: dig where dig can send the very same, else printf and nc.
// $HOST and $PORT stand for the address.
func Command(server netip.AddrPort, message []byte, tcp bool) string {
	m, _, err := dns.Parse(message)
	if line := dns.DigCommand(m, server, tcp); err == nil && line != "" && asDig(m) {
		line = strings.Replace(line, "@"+server.Addr().String(), "@$HOST", 1)
		return strings.Replace(line, fmt.Sprintf("-p %d", server.Port()), "-p $PORT", 1)
	}
	if tcp {
		message = dns.Frame(message)
	}
	return printf(message, tcp)
}

// asDig says whether a message is as dig makes it: a question, perhaps an OPT without options, and nothing else.
func asDig(m *dns.Message) bool {
	if m.Flags&^(0xf<<11|dns.FlagRD|dns.FlagAD|dns.FlagCD|dns.FlagRA|dns.FlagZ) != 0 || len(m.Questions) != 1 {
		return false
	}
	q := m.Questions[0]
	b := dns.NewBuilder(m.ID, m.Flags).Entry(dns.QuestionSection).Name(q.Name.Text).Number(q.Type, q.Class)
	if o := m.OPT(); o != nil && o.TTL&^(0xff<<16|1<<15) == 0 {
		b.Entry(dns.AdditionalSection).Raw(0).Number(mdns.TypeOPT, o.Class, uint16(o.TTL>>16), uint16(o.TTL), 0)
	}
	return bytes.Equal(b.Bytes(), m.Raw)
}

func printf(sent []byte, tcp bool) string {
	if len(sent) == 0 || len(sent) > handBytes {
		return ""
	}
	nc := "nc -u -w1"
	if tcp {
		nc = "nc -w2"
	}
	var octal strings.Builder
	for _, c := range sent {
		fmt.Fprintf(&octal, `\%03o`, c)
	}
	return fmt.Sprintf("printf '%s' | %s $HOST $PORT | od -An -tx1", &octal, nc)
}
