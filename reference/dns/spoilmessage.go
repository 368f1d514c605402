package dns

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/miekg/dns"
)

// spoilReply makes a reply wrong before it is written.
func (fr *front) spoilReply(q *request) {
	f, r := fr.f, q.reply
	if f.OpcodeZero {
		r.Opcode = 0
	}
	r.RecursionDesired = r.RecursionDesired && !f.RDDropped || f.RDAlways
	r.Zero = f.ZSet
	if f.FlagsEchoed {
		r.Authoritative, r.Truncated = r.Authoritative || q.Has(FlagAA), r.Truncated || q.Has(FlagTC)
		r.RecursionAvailable, r.Zero = r.RecursionAvailable || q.Has(FlagRA), q.Has(FlagZ)
	}
	for i := range r.Question {
		if f.QuestionLowered {
			r.Question[i].Name = fold(r.Question[i].Name)
		}
		if f.QuestionUpped {
			r.Question[i].Name = strings.ToUpper(r.Question[i].Name)
		}
	}
	opt := r.IsEdns0()
	if opt == nil {
		return
	}
	remove := func() {
		kept := r.Extra[:0:0]
		for _, rr := range r.Extra {
			if rr != dns.RR(opt) {
				kept = append(kept, rr)
			}
		}
		r.Extra = kept
	}
	if f.OPTNamed && len(r.Question) > 0 {
		opt.Hdr.Name = r.Question[0].Name
	}
	if f.EDNSBadVersNoOPT && r.Rcode == dns.RcodeBadVers {
		remove()
	}
	if f.OPTInAuthority {
		remove()
		r.Ns = append(r.Ns, opt)
	}
}

// spoilBytes makes a reply wrong after it was written.
func (fr *front) spoilBytes(b []byte) []byte {
	f := fr.f
	if *f == (MessageFaults{}) {
		return b
	}
	m, _, _ := Parse(b)
	if f.QuestionMissing && len(m.Questions) > 0 {
		b = relay(m, relayed{noQuestion: true})
	}
	if f.NamesUnended {
		b = relay(m, relayed{noEnd: true})
	}
	if f.PointersForward && len(m.Records) > 0 {
		b = forward(m)
	}
	if f.QuestionMissing || f.NamesUnended || f.PointersForward {
		m, _, _ = Parse(b)
	}
	for _, at := range m.Pointers {
		if f.PointersFromBody {
			binary.BigEndian.PutUint16(b[at:], binary.BigEndian.Uint16(b[at:])-headerLen)
		}
	}
	for _, r := range m.Records {
		if r.Type == dns.TypeOPT {
			continue
		}
		if f.TTLSwapped {
			reverse(b[r.TypeAt()+4 : r.TypeAt()+8])
		}
		if f.TypesSwapped {
			reverse(b[r.TypeAt() : r.TypeAt()+2])
		}
		if f.LengthsWrong {
			b[r.TypeAt()+9]++
		}
	}
	if f.CountsTotal {
		binary.BigEndian.PutUint16(b[AtANCount:], uint16(len(m.Records)))
	}
	if f.CountsSwapped {
		for at := AtQDCount; at < headerLen; at += 2 {
			reverse(b[at : at+2])
		}
	}
	if f.IDConstant {
		binary.BigEndian.PutUint16(b, 1)
	}
	if f.IDSwapped {
		reverse(b[:2])
	}
	if f.QRMissing {
		b[AtFlags] &^= FlagQR >> 8
	}
	if f.FlagsSwapped {
		reverse(b[AtFlags : AtFlags+2])
	}
	if f.TrailingByte {
		b = append(b, 0)
	}
	return b
}

func reverse(b []byte) {
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
}

// relayed says how a message is written anew.
type relayed struct {
	noQuestion bool
	noEnd      bool                               // names lack their zero
	data       func(r Record, data []byte) []byte // the data of a record, not compressed
}

// relay writes a message anew, without compression.
func relay(m *Message, how relayed) []byte {
	b := NewBuilder(m.ID, m.Flags)
	name := func(n Name) {
		w := wire(n.Text)
		if how.noEnd && len(w) > 1 {
			w = w[:len(w)-1]
		}
		b.Raw(w...)
	}
	if !how.noQuestion {
		for _, q := range m.Questions {
			b.Entry(QuestionSection)
			name(q.Name)
			b.Number(q.Type, q.Class)
		}
	}
	for _, r := range m.Records {
		data := plain(m, r)
		if how.data != nil {
			data = how.data(r, data)
		}
		b.Entry(r.Section)
		name(r.Name)
		b.Fields(r.Type, r.Class, r.TTL, data)
	}
	return b.Bytes()
}

// forward writes the question's name as a pointer to the first record's.
func forward(m *Message) []byte {
	b := NewBuilder(m.ID, m.Flags)
	for _, q := range m.Questions {
		b.Entry(QuestionSection).Pointer(headerLen+6).Number(q.Type, q.Class)
	}
	for _, r := range m.Records {
		b.Entry(r.Section).Raw(wire(r.Name.Text)...).Fields(r.Type, r.Class, r.TTL, plain(m, r))
	}
	return b.Bytes()
}

// plain is the data of a record without compression.
func plain(m *Message, r Record) []byte {
	rr := m.rr(r)
	if rr == nil || r.Type == dns.TypeOPT {
		return bytes.Clone(r.Data)
	}
	b := make([]byte, dns.Len(rr)+maxName)
	n, err := dns.PackRR(rr, b, 0, nil, false)
	if err != nil {
		return bytes.Clone(r.Data)
	}
	return b[len(wire(r.Name.Text))+10 : n]
}

// wire is a name as bytes, uncompressed.
func wire(name string) []byte {
	b := make([]byte, maxName+1)
	n, err := dns.PackDomainName(dns.Fqdn(name), b, 0, nil, false)
	if err != nil {
		return []byte{0}
	}
	return b[:n]
}
