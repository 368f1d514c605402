package dns

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/miekg/dns"
)

// A Builder writes a message literally, byte after byte: it counts what it is told to write and checks nothing.
type Builder struct {
	b      []byte
	counts [4]uint16
}

// NewBuilder begins a message with that id and those flags (RFC 1035 §4.1.1).
func NewBuilder(id, flags uint16) *Builder {
	b := &Builder{b: make([]byte, headerLen)}
	binary.BigEndian.PutUint16(b.b, id)
	binary.BigEndian.PutUint16(b.b[AtFlags:], flags)
	return b
}

// Len is where the next byte will stand.
func (b *Builder) Len() int { return len(b.b) }

// Raw writes bytes as they are.
func (b *Builder) Raw(bytes ...byte) *Builder {
	b.b = append(b.b, bytes...)
	return b
}

// Number writes numbers of two bytes.
func (b *Builder) Number(numbers ...uint16) *Builder {
	for _, n := range numbers {
		b.b = binary.BigEndian.AppendUint16(b.b, n)
	}
	return b
}

// Name writes a name label by label, uncompressed, however long its labels are.
func (b *Builder) Name(name string) *Builder { return b.Labels(name).Raw(0) }

// Labels writes the labels of a name without the zero that ends it. Dots separate labels; there are no escapes.
func (b *Builder) Labels(name string) *Builder {
	for label := range strings.SplitSeq(strings.Trim(name, "."), ".") {
		if label != "" {
			b.Raw(byte(len(label))).Raw([]byte(label)...)
		}
	}
	return b
}

// Pointer writes a compression pointer to a place (RFC 1035 §4.1.4).
func (b *Builder) Pointer(to int) *Builder { return b.Number(0xc000 | uint16(to)) }

// Question writes a question of class IN.
func (b *Builder) Question(name string, qtype uint16) *Builder {
	return b.Entry(QuestionSection).Name(name).Number(qtype, dns.ClassINET)
}

// Record writes a record of class IN.
func (b *Builder) Record(s Section, name string, rtype uint16, ttl uint32, data []byte) *Builder {
	return b.Entry(s).Name(name).Fields(rtype, dns.ClassINET, ttl, data)
}

// Fields writes what follows the name of a record.
func (b *Builder) Fields(rtype, class uint16, ttl uint32, data []byte) *Builder {
	return b.Number(rtype, class, uint16(ttl>>16), uint16(ttl), uint16(len(data))).Raw(data...)
}

// OPT writes an OPT record (RFC 6891 §6.1.2).
func (b *Builder) OPT(payload uint16, version byte) *Builder {
	return b.Entry(AdditionalSection).Raw(0).Fields(dns.TypeOPT, payload, uint32(version)<<16, nil)
}

// Entry counts one entry of a section, which the caller then writes.
func (b *Builder) Entry(s Section) *Builder {
	b.counts[s]++
	return b
}

// Count makes the header claim a number of entries, whatever was written.
func (b *Builder) Count(s Section, n uint16) *Builder {
	b.counts[s] = n
	return b
}

// Bytes gives the message.
func (b *Builder) Bytes() []byte {
	out := bytes.Clone(b.b)
	for i, n := range b.counts {
		binary.BigEndian.PutUint16(out[AtQDCount+2*i:], n)
	}
	return out
}

// A Malformation is a query that breaks one rule.
type Malformation struct {
	Name string // "pointer-loop"
	Data []byte
}

// Malformations gives queries for a name that are broken in the ways a server must live through. A server that
// answers one of them answers with FORMERR; silence will do.
func Malformations(id uint16, name string, qtype uint16) []Malformation {
	query := func() *Builder { return NewBuilder(id, 0) }
	whole := query().Question(name, qtype).Bytes()
	tail := func(b *Builder) []byte { return b.Number(qtype, dns.ClassINET).Bytes() }
	entry := func() *Builder { return query().Entry(QuestionSection) }
	long := strings.Repeat("a", 63) + "."
	all := []Malformation{
		{"short-header", whole[:5]},
		{"header-cut", whole[:11]},
		{"header-alone", query().Count(QuestionSection, 1).Bytes()},
		{"no-question", query().Bytes()},
		{"two-questions", query().Question(name, qtype).Question(name, dns.TypeTXT).Bytes()},
		{"question-cut", whole[:len(whole)-3]},
		{"name-cut", whole[:headerLen+2]},
		{"count-too-high", query().Question(name, qtype).Count(AdditionalSection, 1).Bytes()},
		{"pointer-to-itself", tail(entry().Pointer(headerLen))},
		{"pointer-loop", tail(entry().Labels("a").Pointer(headerLen))},
		{"pointer-forward", tail(entry().Pointer(headerLen + 2).Name(name))},
		{"pointer-beyond", tail(entry().Pointer(0x3fff))},
		{"pointer-cut", entry().Raw(0xc0).Bytes()},
		{"label-of-64", tail(entry().Raw(64).Raw(bytes.Repeat([]byte{'a'}, 64)...).Labels(name).Raw(0))},
		{"label-type-10", tail(entry().Raw(0x80).Labels(name).Raw(0))},
		{"label-beyond", entry().Raw(40, 'a', 'b').Bytes()},
		{"name-of-256", tail(entry().Name(long + long + long + long[:62] + "." + name))},
		{"record-cut", query().Question(name, qtype).Entry(AdditionalSection).Raw(0, 0, 1).Bytes()},
		{"data-beyond", query().Question(name, qtype).Entry(AdditionalSection).Raw(0).Number(dns.TypeA, dns.ClassINET, 0, 0, 40).Raw(1, 2, 3, 4).Bytes()},
		{"two-opt", query().Question(name, qtype).OPT(1232, 0).OPT(1232, 0).Bytes()},
	}
	return all
}
