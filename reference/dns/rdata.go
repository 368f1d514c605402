package dns

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"

	"github.com/miekg/dns"
)

// forms says what the data of a type is made of: n a name, N a name that is not compressed, b h w a number of one,
// two and four bytes, a an IPv4 address, q an IPv6 address, s a character string, t one or more of them to the end,
// r whatever is left.
var forms = map[uint16]string{
	dns.TypeA: "a", dns.TypeNS: "n", dns.TypeCNAME: "n", dns.TypeSOA: "nnwwwww", dns.TypePTR: "n", dns.TypeHINFO: "ss",
	dns.TypeMX: "hn", dns.TypeTXT: "t", dns.TypeAAAA: "q", dns.TypeSRV: "hhhN", dns.TypeCAA: "bsr",
}

// data judges the data of a record.
func (p *parser) data(r Record) {
	if p.m.Opcode() == dns.OpcodeUpdate && len(r.Data) == 0 && (r.Class == dns.ClassANY || r.Class == dns.ClassNONE) {
		return // RFC 2136 §2.4 and §2.5: nothing but the name, the type and the class counts
	}
	form, known := forms[r.Type]
	end := r.DataAt + len(r.Data)
	if !known {
		for i := r.DataAt; i < end; i++ {
			p.opaque[i] = true
		}
		return
	}
	size := map[byte]int{'b': 1, 'h': 2, 'w': 4}
	at := r.DataAt
	for _, field := range []byte(form) {
		switch field {
		case 'a', 'q':
			if rule, n := addressRule(field); len(r.Data) != n {
				p.fail(rule.at(r.TypeAt()+8, 2, strconv.Itoa(n), fmt.Sprintf("RDLENGTH of %d", len(r.Data))))
				return
			}
			at = end
		case 'n', 'N':
			var name Name
			if at = p.name(&name, at, end); at < 0 {
				return
			}
			if name.Compressed && field == 'N' {
				p.note(rulePointerForbidden.at(at-2, 2, "the whole name", "a pointer"))
			}
		case 's':
			if at = p.str(at, end); at < 0 {
				return
			}
		case 't':
			if at == end {
				p.fail(ruleText.at(at, 0, "a character string", "no data"))
				return
			}
			for at < end {
				if at = p.str(at, end); at < 0 {
					return
				}
			}
		case 'r':
			at = end
		default:
			if at += size[field]; at > end {
				p.fail(ruleDataLength.at(r.TypeAt()+8, 2, "more", fmt.Sprintf("RDLENGTH of %d", len(r.Data))))
				return
			}
		}
	}
	if at != end {
		p.fail(ruleDataLength.at(r.TypeAt()+8, 2, strconv.Itoa(at-r.DataAt), fmt.Sprintf("RDLENGTH of %d", len(r.Data))))
	}
}

func addressRule(field byte) (rule, int) {
	if field == 'q' {
		return ruleAddress6, 16
	}
	return ruleAddress, 4
}

// str reads a character string and gives where it ends, or -1.
func (p *parser) str(at, end int) int {
	if at >= end || at+1+int(p.b[at]) > end {
		p.fail(ruleString.at(at, max(0, end-at), "a length and as many characters", fmt.Sprintf("%d bytes to the end of the data", max(0, end-at))))
		return -1
	}
	return at + 1 + int(p.b[at])
}

// opt judges an OPT record.
func (p *parser) opt(r Record) {
	if r.Section != AdditionalSection {
		p.note(ruleOptPlace.at(r.At, r.Len, "the additional section", "the section "+r.Section.String()))
	}
	if r.Name.Text != "." {
		p.note(ruleOptName.at(r.Name.At, r.Name.Len, "the root", r.Name.Text))
	}
	for _, earlier := range p.m.Records {
		if earlier.Type == dns.TypeOPT {
			p.note(ruleOptOne.at(r.At, r.Len, "one", "another"))
			break
		}
	}
	for rest := r.Data; len(rest) > 0; {
		if len(rest) < 4 || len(rest)-4 < int(binary.BigEndian.Uint16(rest[2:])) {
			p.fail(ruleOptions.at(r.DataAt+len(r.Data)-len(rest), len(rest), "a code, a length and as many bytes", fmt.Sprintf("%d bytes to the end", len(rest))))
			return
		}
		rest = rest[4+int(binary.BigEndian.Uint16(rest[2:])):]
	}
}

// sets judges what records of one set must have in common. An UPDATE has no sets: its records are instructions.
func (p *parser) sets() {
	if p.m.Opcode() == dns.OpcodeUpdate {
		return
	}
	type set struct {
		section     Section
		name        string
		kind, class uint16
	}
	first := map[set]Record{}
	seen := map[string]bool{}
	for _, r := range p.m.Records {
		if r.Type == dns.TypeOPT {
			continue
		}
		key := set{r.Section, fold(r.Name.Text), r.Type, r.Class}
		before, found := first[key]
		if !found {
			first[key] = r
		} else if before.TTL != r.TTL {
			p.note(ruleTTLs.at(r.TypeAt()+4, 4, strconv.FormatUint(uint64(before.TTL), 10), strconv.FormatUint(uint64(r.TTL), 10)))
		}
		whole := fmt.Sprint(key, p.canonical(r))
		if seen[whole] {
			p.note(ruleDuplicate.at(r.At, r.Len, "different data", "the data of an earlier record"))
		}
		seen[whole] = true
	}
}

// canonical is the data of a record without compression and case, so that equal data is equal.
func (p *parser) canonical(r Record) string {
	if form := forms[r.Type]; !bytes.ContainsAny([]byte(form), "nN") {
		return string(r.Data)
	}
	if rr := p.m.rr(r); rr != nil {
		return fold(rr.String()[len(rr.Header().String()):])
	}
	return string(r.Data)
}

// fold makes names comparable: ASCII capitals become small letters and nothing else changes (RFC 4343 §3).
func fold(name string) string {
	for i := range len(name) {
		if 'A' <= name[i] && name[i] <= 'Z' {
			b := []byte(name)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return name
}
