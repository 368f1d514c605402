package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

const (
	headerLen = 12
	maxLabel  = 63
	maxName   = 255 // with the length bytes and the 0 at the end

	flagQR = 0x8000
	flagTC = 0x0200
	flagRD = 0x0100

	classIN = 1
)

// packName gives a name as it goes over the wire: label by label, each with its length before it.
func packName(text string) ([]byte, error) {
	var out []byte
	if text != "." {
		for _, label := range strings.Split(strings.TrimSuffix(text, "."), ".") {
			if len(label) == 0 || len(label) > maxLabel {
				return nil, fmt.Errorf("%q is no name: a label has 1 to %d characters", text, maxLabel)
			}
			out = append(append(out, byte(len(label))), label...)
		}
	}
	if len(out)+1 > maxName {
		return nil, fmt.Errorf("%q is no name: it is too long", text)
	}
	return append(out, 0), nil
}

func query(id uint16, question []byte) []byte {
	var b []byte
	for _, v := range []uint16{id, flagRD, 1, 0, 0, 0} {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return append(b, question...)
}

// matches says whether a message is the reply to this query: what an attacker has to guess is compared, and so is the
// question, whose letters may come in either case.
func matches(b []byte, id uint16, question []byte) bool {
	if len(b) < headerLen+len(question) {
		return false
	}
	name, got := len(question)-4, b[headerLen:headerLen+len(question)]
	return binary.BigEndian.Uint16(b) == id && binary.BigEndian.Uint16(b[2:])&flagQR != 0 &&
		binary.BigEndian.Uint16(b[4:]) == 1 &&
		bytes.Equal(lower(got[:name]), lower(question[:name])) && bytes.Equal(got[name:], question[name:])
}

// lower changes A to Z and no other byte. Lengths are below A.
func lower(name []byte) []byte {
	out := bytes.Clone(name)
	for i, c := range out {
		if 'A' <= c && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return out
}

type reply struct {
	truncated bool
	rcode     int
	records   []record // of the answer section; none of a reply that is truncated
}

type record struct {
	owner  string // as text
	rtype  uint16
	rclass uint16
	ttl    uint32
	data   string // as text
}

// parse reads a reply that matches, up to the end of the answer section.
func parse(b []byte) (*reply, error) {
	flags := binary.BigEndian.Uint16(b[2:])
	out := &reply{truncated: flags&flagTC != 0, rcode: int(flags & 15)}
	if out.truncated {
		return out, nil
	}
	r := &reader{data: b, at: headerLen}
	r.name()
	r.take(4)
	for n := binary.BigEndian.Uint16(b[6:]); n > 0 && r.err == nil; n-- {
		out.records = append(out.records, r.record())
	}
	return out, r.err
}

// A reader goes through a message from its front to its end. What lies outside of the message it does not give: the first
// thing that is wrong stays in err, and everything after it is empty.
type reader struct {
	data []byte
	at   int
	err  error
}

func (r *reader) fail(why string) {
	if r.err == nil {
		r.err = errors.New(why)
	}
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.data)-r.at {
		r.fail("the message ends early")
	}
	if r.err != nil {
		return make([]byte, max(n, 0))
	}
	r.at += n
	return r.data[r.at-n : r.at]
}

func (r *reader) uint8() int     { return int(r.take(1)[0]) }
func (r *reader) uint16() uint16 { return binary.BigEndian.Uint16(r.take(2)) }
func (r *reader) uint32() uint32 { return binary.BigEndian.Uint32(r.take(4)) }

// name reads a name and gives it as text. Each pointer has to lead further back than all before it, so no row of them
// is endless.
func (r *reader) name() string {
	var labels [][]byte
	size := 1
	at, limit, after := r.at, r.at, 0
	for {
		if at >= len(r.data) {
			r.fail("the message ends in a name")
			return ""
		}
		length := int(r.data[at])
		switch {
		case length == 0:
			if r.at = at + 1; after > 0 {
				r.at = after
			}
			return nameText(labels)
		case length >= 0xc0:
			if at+1 >= len(r.data) {
				r.fail("the message ends in a pointer")
				return ""
			}
			target := (length&0x3f)<<8 | int(r.data[at+1])
			if after == 0 {
				after = at + 2 // what follows the name follows its first pointer
			}
			if target < headerLen || target >= limit {
				r.fail("a pointer does not lead back")
				return ""
			}
			at, limit = target, target
		default:
			size += 1 + length
			if length > maxLabel || size > maxName || at+1+length > len(r.data) {
				r.fail("a label of an unknown kind, or a name that is too long")
				return ""
			}
			labels = append(labels, r.data[at+1:at+1+length])
			at += 1 + length
		}
	}
}

func (r *reader) record() record {
	rec := record{owner: r.name(), rtype: r.uint16(), rclass: r.uint16(), ttl: r.uint32()}
	length := int(r.uint16())
	if length > len(r.data)-r.at {
		r.fail("the message ends in the data of a record")
	}
	if r.err != nil {
		return rec
	}
	end := r.at + length
	rec.data = r.dataText(rec.rtype, end)
	if r.at != end {
		r.fail("data is not as long as its length says")
	}
	return rec
}
