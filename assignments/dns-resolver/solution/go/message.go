package main

import (
	"encoding/binary"
	"errors"
)

const (
	headerLen = 12

	flagQR = 0x8000
	flagTC = 0x0200
	flagRD = 0x0100
	flagRA = 0x0080

	classIN = 1
)

const (
	noError = iota
	formErr
	servFail
	nxDomain
	notImp
	refused
	badVers = 16
)

const (
	typeA     = 1
	typeNS    = 2
	typeCNAME = 5
	typeSOA   = 6
	typeOPT   = 41
	typeDS    = 43
	typeIXFR  = 251
	typeAXFR  = 252
	typeANY   = 255
)

// layouts says where data has names: n is one, a digit is that many bytes, t the twenty bytes of numbers of an SOA. Only
// in these types may names be compressed, and a pointer means nothing in another message; the data of all other types is
// passed on as it is (RFC 3597).
var layouts = map[uint16]string{
	typeNS: "n", 3: "n", 4: "n", typeCNAME: "n", typeSOA: "nnt", 7: "n", 8: "n", 9: "n", 12: "n", 14: "nn", 15: "2n",
	17: "nn", 18: "2n", 21: "2n", 33: "6n",
}

// compressed are the types whose names older software expects to be compressed; those of others are written in full.
var compressed = map[uint16]bool{typeNS: true, typeCNAME: true, typeSOA: true, 12: true, 15: true}

type question struct {
	name   name
	rtype  uint16
	qclass uint16
}

// same says whether two questions are one, whatever the case of their letters.
func (q question) same(other question) bool {
	return q.name.fold() == other.name.fold() && q.rtype == other.rtype && q.qclass == other.qclass
}

// A part of a record's data: bytes as they go over the wire, or a name.
type part struct {
	bytes  string
	name   name
	isName bool
}

type record struct {
	owner name
	rtype uint16
	class uint16
	ttl   uint32
	data  []part
}

// A message is one that came. The header is always there; the rest after parse.
type message struct {
	id, flags uint16
	questions []question
	sections  [3][]record // answer, authority, additional
	opt       *record
}

func (m *message) opcode() int { return int(m.flags >> 11 & 15) }
func (m *message) rcode() int  { return int(m.flags & 15) }

var errMalformed = errors.New("malformed message")

// readHeader gives nil for what is too short to have one.
func readHeader(b []byte) *message {
	if len(b) < headerLen {
		return nil
	}
	return &message{id: binary.BigEndian.Uint16(b), flags: binary.BigEndian.Uint16(b[2:])}
}

// parse reads everything behind the header.
func (m *message) parse(b []byte) error {
	r := &reader{data: b, at: headerLen}
	var questions []question
	for n := binary.BigEndian.Uint16(b[4:]); n > 0 && r.err == nil; n-- {
		questions = append(questions, question{r.name(), r.uint16(), r.uint16()})
	}
	for i := range m.sections {
		for n := binary.BigEndian.Uint16(b[6+2*i:]); n > 0 && r.err == nil; n-- {
			m.sections[i] = append(m.sections[i], r.record())
		}
	}
	if r.err != nil {
		return r.err
	}
	m.questions = questions // only now: of a malformed message nothing is repeated in the reply
	for i, section := range m.sections {
		for j, rec := range section {
			if rec.rtype != typeOPT {
				continue
			}
			second := m.opt != nil
			if !second {
				m.opt = &section[j] // the reply has one too, whatever else is wrong
			}
			if second || i != 2 || rec.owner != "" {
				return errMalformed
			}
		}
	}
	return nil
}

// A reader takes a message apart from its front to its end. What lies outside of the message it does not give; the first
// thing that is wrong stays in err, and everything after it is empty.
type reader struct {
	data []byte
	at   int
	err  error
}

func (r *reader) fail() { r.err = errMalformed }

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.data)-r.at {
		r.fail()
	}
	if r.err != nil {
		return make([]byte, max(n, 0))
	}
	r.at += n
	return r.data[r.at-n : r.at]
}

func (r *reader) uint16() uint16 { return binary.BigEndian.Uint16(r.take(2)) }
func (r *reader) uint32() uint32 { return binary.BigEndian.Uint32(r.take(4)) }

// name reads a name. A pointer leads to before the place where the name, or what it pointed to, began: so each jump goes
// further back, and no row of them is endless.
func (r *reader) name() name {
	var out []byte
	at, limit, after := r.at, r.at, 0
	for {
		if at >= len(r.data) {
			r.fail()
			return ""
		}
		length := int(r.data[at])
		switch {
		case length == 0:
			if r.at = at + 1; after > 0 {
				r.at = after
			}
			return name(out)
		case length >= 0xc0:
			if at+1 >= len(r.data) {
				r.fail()
				return ""
			}
			target := (length&0x3f)<<8 | int(r.data[at+1])
			if after == 0 {
				after = at + 2 // what follows the name follows the first pointer
			}
			if target < headerLen || target >= limit {
				r.fail()
				return ""
			}
			at, limit = target, target
		case length > maxLabel, at+1+length > len(r.data), len(out)+1+length+1 > maxName:
			r.fail() // a label of an unknown kind, or too much
			return ""
		default:
			out = append(out, r.data[at:at+1+length]...)
			at += 1 + length
		}
	}
}

func (r *reader) record() record {
	rec := record{owner: r.name(), rtype: r.uint16(), class: r.uint16(), ttl: r.uint32()}
	length := int(r.uint16())
	if length > len(r.data)-r.at {
		r.fail()
	}
	if r.err != nil {
		return rec
	}
	end := r.at + length
	layout, ok := layouts[rec.rtype]
	if !ok {
		rec.data = []part{{bytes: string(r.take(length))}}
	}
	for _, field := range layout {
		switch field {
		case 'n':
			rec.data = append(rec.data, part{name: r.name(), isName: true})
		case 't':
			rec.data = append(rec.data, part{bytes: string(r.take(20))})
		default:
			rec.data = append(rec.data, part{bytes: string(r.take(int(field - '0')))})
		}
	}
	if r.at != end {
		r.fail() // the data is not as long as RDLENGTH says
	}
	if rec.rtype != typeOPT && rec.ttl>>31 != 0 {
		rec.ttl = 0 // a negative TTL counts as 0 (RFC 2181 section 8)
	}
	return rec
}
