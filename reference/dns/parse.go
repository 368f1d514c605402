package dns

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/miekg/dns"
)

const (
	maxName = 255 // bytes, RFC 1035 §2.3.4
	// maxHops bounds pointers that lead to pointers: no name has more labels, so none needs more.
	maxHops = 127
)

// Parse reads a message strictly. It always gives a message, with what could be read, and every breach in the order
// of its bytes as they were read. The error says that the message cannot be taken for what it means: something in
// it cannot be read, or the sections are not as long as the counts say. Work grows with the length of b alone: a
// pointer is followed only to a place before it, and a name ends at 255 bytes.
func Parse(b []byte) (*Message, []Breach, error) {
	p := &parser{m: &Message{Raw: b}, b: b}
	p.message()
	if p.fatal == nil {
		p.sets()
	}
	if p.fatal != nil {
		return p.m, p.breaches, fmt.Errorf("parse message: byte %d: %s", p.fatal.At, p.fatal.Got)
	}
	return p.m, p.breaches, nil
}

// A parser reads one message; at is the next byte.
type parser struct {
	m        *Message
	b        []byte
	at       int
	breaches []Breach
	fatal    *Breach
	labels   []bool // where labels begin
	opaque   []bool // data of types whose form is not known: a name may stand anywhere in it
}

func (p *parser) note(b Breach) { p.breaches = append(p.breaches, b) }

// fail notes a breach after which the message means nothing.
func (p *parser) fail(b Breach) {
	p.note(b)
	if p.fatal == nil {
		p.fatal = &b
	}
}

func (p *parser) message() {
	if len(p.b) < headerLen {
		p.fail(ruleHeader.at(0, len(p.b), "12 bytes", strconv.Itoa(len(p.b))+" bytes"))
		return
	}
	m := p.m
	m.ID = binary.BigEndian.Uint16(p.b)
	m.Flags = binary.BigEndian.Uint16(p.b[AtFlags:])
	for i := range m.Counts {
		m.Counts[i] = binary.BigEndian.Uint16(p.b[AtQDCount+2*i:])
	}
	if m.Has(FlagZ) {
		p.note(ruleZero.at(3, 1, "0", "1"))
	}
	p.labels, p.opaque = make([]bool, len(p.b)), make([]bool, len(p.b))
	p.at, m.End = headerLen, headerLen
	for section, count := range m.Counts {
		for i := range int(count) {
			if p.at == len(p.b) {
				p.fail(ruleCounts.at(AtQDCount+2*section, 2, strconv.Itoa(i), fmt.Sprintf("%d entries in the section %s", count, Section(section))))
				return
			}
			if Section(section) == QuestionSection && !p.question() || Section(section) > QuestionSection && !p.record(Section(section)) {
				return
			}
			m.End = p.at
		}
	}
	if p.at < len(p.b) {
		p.note(ruleTrailing.at(p.at, len(p.b)-p.at, "the end of the message", fmt.Sprintf("%d more bytes", len(p.b)-p.at)))
	}
}

// question reads one question and says whether anything can be read after it.
func (p *parser) question() bool {
	q := Question{At: p.at}
	next := p.name(&q.Name, p.at, len(p.b))
	if next < 0 {
		p.m.Questions = append(p.m.Questions, q)
		return false
	}
	if len(p.b)-next < 4 {
		p.fail(ruleQuestion.at(next, len(p.b)-next, "type and class", fmt.Sprintf("%d bytes to the end", len(p.b)-next)))
		return false
	}
	q.Type, q.Class = binary.BigEndian.Uint16(p.b[next:]), binary.BigEndian.Uint16(p.b[next+2:])
	p.at = next + 4
	q.Len = p.at - q.At
	p.m.Questions = append(p.m.Questions, q)
	return true
}

// record reads one record and says whether anything can be read after it.
func (p *parser) record(section Section) bool {
	r := Record{Section: section, At: p.at}
	next := p.name(&r.Name, p.at, len(p.b))
	if next < 0 {
		return false
	}
	if len(p.b)-next < 10 {
		p.fail(ruleRecord.at(next, len(p.b)-next, "type, class, TTL and length", fmt.Sprintf("%d bytes to the end", len(p.b)-next)))
		return false
	}
	r.Type, r.Class = binary.BigEndian.Uint16(p.b[next:]), binary.BigEndian.Uint16(p.b[next+2:])
	r.TTL = binary.BigEndian.Uint32(p.b[next+4:])
	length := int(binary.BigEndian.Uint16(p.b[next+8:]))
	r.DataAt = next + 10
	if len(p.b)-r.DataAt < length {
		p.fail(ruleRecord.at(next+8, 2, fmt.Sprintf("at most %d", len(p.b)-r.DataAt), fmt.Sprintf("RDLENGTH of %d", length)))
		return false
	}
	r.Data = p.b[r.DataAt : r.DataAt+length : r.DataAt+length]
	p.at = r.DataAt + length
	r.Len = p.at - r.At
	if r.Type == dns.TypeOPT {
		p.opt(r)
	} else {
		if r.TTL>>31 == 1 {
			p.note(ruleTTL.at(next+4, 4, "at most 2147483647", strconv.FormatUint(uint64(r.TTL), 10)))
		}
		p.data(r)
	}
	p.m.Records = append(p.m.Records, r)
	return true
}

// name reads the name at a place. It gives where it ends there, or -1 when that cannot be known. Of a name that is
// a part of a record's data limit is the end of the data.
func (p *parser) name(n *Name, at, limit int) (next int) {
	n.At = at
	text := make([]byte, 0, 64)
	defer func() {
		if len(text) == 0 && !n.Broken {
			text = append(text, '.')
		}
		n.Text = string(text)
		n.Broken = n.Broken || next < 0
		n.Len = max(next, at) - at
	}()
	next = -1
	run := at // where the labels began that are read now
	size, hops := 1, 0
	for pos := at; ; {
		if pos >= limit {
			n.Broken = true
			p.fail(ruleNameEnd.at(min(pos, len(p.b)), 0, "a length, a pointer or the zero", "the end of the bytes"))
			return next
		}
		c := int(p.b[pos])
		switch c & 0xc0 {
		case 0:
			p.labels[pos] = p.labels[pos] || next < 0
			if c == 0 {
				if next < 0 {
					next = pos + 1
				}
				return next
			}
			if pos+1+c > limit {
				n.Broken = true
				p.fail(ruleNameEnd.at(pos, limit-pos, fmt.Sprintf("at most %d", limit-pos-1), fmt.Sprintf("a label of %d", c)))
				return next
			}
			if size += 1 + c; size > maxName {
				if !n.Broken {
					n.Broken = true
					p.fail(ruleNameLong.at(at, pos+1+c-at, "at most 255 bytes", "more"))
				}
				if next >= 0 {
					return next
				}
			} else {
				text = appendLabel(text, p.b[pos+1:pos+1+c])
			}
			pos += 1 + c
		case 0xc0:
			if pos+2 > limit {
				n.Broken = true
				p.fail(ruleNameEnd.at(pos, 1, "a pointer of two bytes", "one byte"))
				return next
			}
			if next < 0 {
				next = pos + 2
				p.m.Pointers = append(p.m.Pointers, pos)
			}
			n.Compressed = true
			target := c&0x3f<<8 | int(p.b[pos+1])
			hops++
			switch {
			case hops > maxHops:
				n.Broken = true
				p.fail(rulePointerPrior.at(pos, 2, "labels", fmt.Sprintf("pointer number %d", hops)))
				return next
			case target >= run || target < headerLen:
				n.Broken = true
				p.fail(rulePointerPrior.at(pos, 2, fmt.Sprintf("12 to %d", run-1), strconv.Itoa(target)))
				return next
			case !p.labels[target] && !p.opaque[target]:
				p.note(rulePointerPlace.at(pos, 2, "the beginning of a label", fmt.Sprintf("byte %d, which is none", target)))
			}
			pos, run, limit = target, target, len(p.b)
		default:
			n.Broken = true
			p.fail(ruleLabelType.at(pos, 1, "a length up to 63, or a pointer", fmt.Sprintf("0x%02x", c)))
			return next
		}
	}
}

// appendLabel writes a label as master files do (RFC 1035 §5.1), with its dot.
func appendLabel(text, label []byte) []byte {
	for _, c := range label {
		switch {
		case c < ' ' || c > '~':
			text = append(text, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
			continue
		case c == '.' || c == ' ' || c == '\'' || c == '@' || c == ';' || c == '(' || c == ')' || c == '"' || c == '\\':
			text = append(text, '\\')
		}
		text = append(text, c)
	}
	return append(text, '.')
}
