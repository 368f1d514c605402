package dns

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// Where the fields of the header stand (RFC 1035 §4.1.1), each two bytes.
const (
	AtID      = 0
	AtFlags   = 2
	AtQDCount = 4
	AtANCount = 6
	AtNSCount = 8
	AtARCount = 10
	headerLen = 12
)

// A Section is one of the four sections of a message. In an UPDATE they are zone, prerequisites, updates and
// additional data (RFC 2136 §2).
type Section int

// The sections in their order.
const (
	QuestionSection Section = iota
	AnswerSection
	AuthoritySection
	AdditionalSection
)

// String gives the name that dig prints.
func (s Section) String() string {
	return [...]string{"QUESTION", "ANSWER", "AUTHORITY", "ADDITIONAL"}[s]
}

// A Name is a domain name where it stands in a message.
type Name struct {
	Text       string // with a final dot, unusual bytes escaped; as far as it could be read
	At, Len    int    // its bytes at this place, a pointer counted as two
	Compressed bool   // ends in a pointer
	Broken     bool   // cannot be read to its end
}

// A Question is an entry of the first section.
type Question struct {
	Name        Name
	Type, Class uint16
	At, Len     int
}

// A Record is an entry of one of the other three sections.
type Record struct {
	Section     Section
	Name        Name
	Type, Class uint16
	TTL         uint32
	At, Len     int // the whole record
	DataAt      int
	Data        []byte // a part of the message, still compressed
}

// TypeAt is where the type of a record stands; the class follows after 2 bytes, the TTL after 4, the length of the
// data after 8.
func (r Record) TypeAt() int { return r.Name.At + r.Name.Len }

// A Message is a message as it was read: its fields, and where in Raw they stand.
type Message struct {
	Raw    []byte
	ID     uint16
	Flags  uint16
	Counts [4]uint16 // as the header says, by Section

	Questions []Question
	Records   []Record // of all sections, in their order
	Pointers  []int    // where compression pointers stand
	End       int      // where the last entry that could be read ends
}

// Bits of Message.Flags.
const (
	FlagQR = 1 << 15
	FlagAA = 1 << 10
	FlagTC = 1 << 9
	FlagRD = 1 << 8
	FlagRA = 1 << 7
	FlagZ  = 1 << 6
	FlagAD = 1 << 5
	FlagCD = 1 << 4
)

// Has says whether all these bits are set.
func (m *Message) Has(flags uint16) bool { return m.Flags&flags == flags }

// Opcode is 0 for a query, 5 for an update.
func (m *Message) Opcode() int { return int(m.Flags >> 11 & 15) }

// Rcode is the response code, with the upper bits that an OPT record holds (RFC 6891 §6.1.3).
func (m *Message) Rcode() int {
	code := int(m.Flags & 15)
	if opt := m.OPT(); opt != nil {
		code |= int(opt.TTL>>24) << 4
	}
	return code
}

// In gives the records of one section.
func (m *Message) In(s Section) []Record {
	var records []Record
	for _, r := range m.Records {
		if r.Section == s {
			records = append(records, r)
		}
	}
	return records
}

// OPT gives the first OPT record of the additional section, nil when there is none.
func (m *Message) OPT() *Record {
	for i, r := range m.Records {
		if r.Section == AdditionalSection && r.Type == dns.TypeOPT {
			return &m.Records[i]
		}
	}
	return nil
}

// Text prints a record as dig does: owner, TTL, class, type and data. Data that cannot be read is printed as RFC
// 3597 §5 prints unknown types.
func (m *Message) Text(r Record) string {
	rr := m.rr(r)
	// The library prints the class of a record whose type it does not know as a number; dig does not.
	if _, unknown := rr.(*dns.RFC3597); rr != nil && !unknown && !r.Name.Broken {
		text := rr.String()
		if r.Class == dns.ClassNONE || r.Class == dns.ClassANY {
			text = strings.TrimRight(text, "\t ")
		}
		return text
	}
	return fmt.Sprintf("%s\t%d\t%s\t%s\t\\# %d %x", r.Name.Text, r.TTL, dns.Class(r.Class), dns.Type(r.Type), len(r.Data), r.Data)
}

// rr is the record as the library has it, nil when that cannot read it.
func (m *Message) rr(r Record) dns.RR {
	rr, _, err := dns.UnpackRR(m.Raw[:r.At+r.Len], r.At)
	if err != nil {
		return nil
	}
	return rr
}

// Msg gives the message to the library. The error is the library's: it refuses less than Parse, and elsewhere.
func (m *Message) Msg() (*dns.Msg, error) {
	msg := new(dns.Msg)
	if err := msg.Unpack(m.Raw); err != nil {
		return nil, fmt.Errorf("unpack message: %w", err)
	}
	return msg, nil
}

// Frame puts the two bytes of length before a message, as TCP carries it (RFC 1035 §4.2.2).
func Frame(message []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...)
}
