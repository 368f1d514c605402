// Package dnssteps has the steps that the checks of all DNS assignments are made of: asking a submission over UDP and
// over TCP, reading what it answers strictly (reference/dns), judging records as sets, playing the servers that it
// asks itself, and putting every message of a transcript into words.
//
// A step before T.Judge that does not work out blocks the check; after it, it fails the check's own clause. A reply
// that cannot be read at all blocks a check unless that is what its clause is about (Reply.Keeps).
package dnssteps

import (
	"fmt"
	"strconv"
	"strings"

	mdns "github.com/miekg/dns"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// An Option changes a query that Query makes.
type Option func(*query)

type query struct {
	id, flags, class uint16
	opt              bool
	payload          uint16
	version          byte
	do               bool
}

// RD asks for recursion.
func RD(q *query) { q.flags |= dns.FlagRD }

// CD sets the bit "checking disabled".
func CD(q *query) { q.flags |= dns.FlagCD }

// ID sets the id, which is drawn otherwise.
func ID(id uint16) Option { return func(q *query) { q.id = id } }

// Flags sets bits of the header: dns.FlagAD, dns.FlagZ.
func Flags(bits uint16) Option { return func(q *query) { q.flags |= bits } }

// Opcode makes it another request than a query.
func Opcode(code int) Option { return func(q *query) { q.flags |= uint16(code) << 11 } }

// Class asks for another class than IN.
func Class(class uint16) Option { return func(q *query) { q.class = class } }

// EDNS adds an OPT record that allows replies of so many bytes over UDP.
func EDNS(payload uint16) Option { return func(q *query) { q.opt, q.payload = true, payload } }

// Version sets the version of EDNS; it stands beside EDNS.
func Version(v byte) Option { return func(q *query) { q.version = v } }

// Query makes a query for a name and a type, "AAAA" or "TYPE65280". Its id is drawn with T.Rand: where several
// goroutines ask, the queries are made before.
func Query(t *check.T, name, qtype string, options ...Option) []byte {
	q := query{id: uint16(t.Rand().Uint32()), class: mdns.ClassINET}
	for _, o := range options {
		o(&q)
	}
	b := dns.NewBuilder(q.id, q.flags).Entry(dns.QuestionSection).Name(name).Number(Type(qtype), q.class)
	if q.opt {
		b.OPT(q.payload, q.version)
	}
	return b.Bytes()
}

// Type gives the number of a type that is given by its name, "MX", or as "TYPE65280". It panics on any other: types
// stand in checks, not on the wire.
func Type(name string) uint16 {
	if n, ok := mdns.StringToType[name]; ok {
		return n
	}
	digits, ok := strings.CutPrefix(name, "TYPE")
	n, err := strconv.ParseUint(digits, 10, 16)
	if !ok || err != nil {
		panic(fmt.Sprintf("dnssteps: %q is no type", name))
	}
	return uint16(n)
}

// TypeName gives the name of a type as dig prints it.
func TypeName(n uint16) string { return mdns.Type(n).String() }
