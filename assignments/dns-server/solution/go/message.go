package main

import (
	"encoding/binary"
	"errors"
)

const (
	headerLen = 12

	flagQR = 0x8000
	flagAA = 0x0400
	flagTC = 0x0200
	flagRD = 0x0100

	opQuery  = 0
	opUpdate = 5
)

const (
	noError = iota
	formErr
	servFail
	nxDomain
	notImp
	refused
	yxDomain
	yxRRset
	nxRRset
	notAuth
	notZone
	badVers = 16
)

type question struct {
	name   name
	rtype  uint16
	qclass uint16
}

// A request is a message from a client. When it is malformed, only its header is known.
type request struct {
	id, flags uint16
	questions []question
	sections  [3][]record // answer, authority, additional; in an UPDATE: prerequisites, updates, additional
	opt       *record
}

func (q *request) opcode() int { return int(q.flags >> 11 & 15) }

var errMalformed = errors.New("malformed message")

// A reader takes a message apart from its front to its end. What it is asked for outside of the message it does not give;
// the first thing that is wrong stays in err, and everything after it is empty.
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

// parts reads the data of a record.
func (r *reader) parts(rtype uint16, length int) ([]part, error) {
	end := r.at + length
	layout, known := layouts[rtype]
	if !known {
		return []part{{bytes: string(r.take(length))}}, r.err
	}
	var data []part
	add := func(b []byte) {
		if n := len(data); n > 0 && !data[n-1].isName {
			data[n-1].bytes += string(b)
		} else {
			data = append(data, part{bytes: string(b)})
		}
	}
	for _, field := range []byte(layout) {
		switch field {
		case 'n':
			data = append(data, part{name: r.name(), isName: true})
		case 't':
			add(r.take(20))
		case 's':
			b := r.take(length)
			at := 0
			for at < len(b) {
				at += 1 + int(b[at])
			}
			if at != len(b) {
				r.fail() // the last string is longer than the data
			}
			add(b)
		case 'c':
			b := r.take(end - r.at)
			if r.err == nil && (len(b) < 2 || b[0] == 0 || int(b[0]) >= len(b)) {
				r.fail()
			}
			add(b)
		default:
			add(r.take(int(field - '0')))
		}
	}
	if r.at != end {
		r.fail() // the data is not as long as RDLENGTH says
	}
	return data, r.err
}

func (r *reader) record() record {
	rec := record{owner: r.name(), rtype: r.uint16(), class: r.uint16(), ttl: r.uint32()}
	length := int(r.uint16())
	if length > len(r.data)-r.at {
		r.fail()
	}
	if r.err == nil && length > 0 {
		rec.data, _ = r.parts(rec.rtype, length)
	}
	return rec
}

// parse reads everything behind the header. Bytes after the last record are nobody's.
func (q *request) parse(b []byte) error {
	r := &reader{data: b, at: headerLen}
	var questions []question
	for n := binary.BigEndian.Uint16(b[4:]); n > 0 && r.err == nil; n-- {
		questions = append(questions, question{r.name(), r.uint16(), r.uint16()})
	}
	for i := range q.sections {
		for n := binary.BigEndian.Uint16(b[6+2*i:]); n > 0 && r.err == nil; n-- {
			q.sections[i] = append(q.sections[i], r.record())
		}
	}
	if r.err != nil {
		return r.err
	}
	q.questions = questions // only now: of a malformed message nothing is repeated in the reply
	for i, section := range q.sections {
		for j, rec := range section {
			if rec.rtype != typeOPT {
				continue
			}
			second := q.opt != nil
			if !second {
				q.opt = &section[j] // the reply has one too, whatever else is wrong
			}
			if second || i != 2 || rec.owner != "" {
				return errMalformed
			}
		}
	}
	return nil
}
