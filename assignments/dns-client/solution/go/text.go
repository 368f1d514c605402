package main

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

const (
	typeA     = 1
	typeNS    = 2
	typeCNAME = 5
	typeSOA   = 6
	typePTR   = 12
	typeMX    = 15
	typeTXT   = 16
	typeAAAA  = 28
	typeSRV   = 33
	typeCAA   = 257
)

var typeNames = map[uint16]string{
	typeA: "A", typeNS: "NS", typeCNAME: "CNAME", typeSOA: "SOA", typePTR: "PTR", typeMX: "MX", typeTXT: "TXT",
	typeAAAA: "AAAA", typeSRV: "SRV", typeCAA: "CAA",
}

var codeNames = []string{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET",
	"NOTAUTH", "NOTZONE"}

func codeName(n int) string {
	if n < len(codeNames) {
		return codeNames[n]
	}
	return fmt.Sprintf("RCODE%d", n)
}

func typeNumber(word string) (uint16, error) {
	word = strings.ToUpper(word)
	for n, name := range typeNames {
		if name == word {
			return n, nil
		}
	}
	if digits, ok := strings.CutPrefix(word, "TYPE"); ok {
		if n, err := strconv.ParseUint(digits, 10, 16); err == nil {
			return uint16(n), nil
		}
	}
	return 0, fmt.Errorf("%q is no type: want one such as A or MX, or TYPE and a number", word)
}

// String writes a record as dig does (RFC 1035 section 5.1).
func (r record) String() string {
	rclass, rtype := "IN", typeNames[r.rtype]
	if r.rclass != classIN {
		rclass = fmt.Sprintf("CLASS%d", r.rclass)
	}
	if rtype == "" {
		rtype = fmt.Sprintf("TYPE%d", r.rtype)
	}
	return fmt.Sprintf("%s\t%d\t%s\t%s\t%s", r.owner, r.ttl, rclass, rtype, r.data)
}

// escape writes bytes as text: a special one has a backslash before it, and one that is not printable is its number.
func escape(b []byte, special string) string {
	var out strings.Builder
	for _, c := range b {
		switch {
		case strings.IndexByte(special, c) >= 0:
			out.WriteByte('\\')
			out.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&out, `\%03d`, c)
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

func quoted(b []byte) string { return `"` + escape(b, `"\`) + `"` }

func nameText(labels [][]byte) string {
	if len(labels) == 0 {
		return "."
	}
	var out strings.Builder
	for _, label := range labels {
		// A blank within a label is a number too, or the line would have one field more.
		out.WriteString(strings.ReplaceAll(escape(label, `.\"();@$`), " ", `\032`) + ".")
	}
	return out.String()
}

// dataText reads the data of a record up to end and writes it as text. Types that are not known are their bytes (RFC 3597
// section 5).
func (r *reader) dataText(rtype uint16, end int) string {
	var words []string
	numbers := func(n int) {
		for range n {
			words = append(words, strconv.Itoa(int(r.uint16())))
		}
	}
	switch rtype {
	case typeA:
		return netip.AddrFrom4([4]byte(r.take(4))).String()
	case typeAAAA:
		return netip.AddrFrom16([16]byte(r.take(16))).String()
	case typeNS, typeCNAME, typePTR:
		return r.name()
	case typeMX:
		numbers(1)
		words = append(words, r.name())
	case typeSRV:
		numbers(3)
		words = append(words, r.name())
	case typeTXT:
		for r.at < end && r.err == nil {
			words = append(words, quoted(r.take(r.uint8())))
		}
	case typeSOA:
		words = append(words, r.name(), r.name())
		for range 5 {
			words = append(words, strconv.FormatUint(uint64(r.uint32()), 10))
		}
	case typeCAA:
		flags, tag := r.uint8(), r.take(r.uint8())
		words = append(words, strconv.Itoa(flags), escape(tag, ""), quoted(r.take(end-r.at)))
	default:
		b := r.take(end - r.at)
		if words = append(words, `\#`, strconv.Itoa(len(b))); len(b) > 0 {
			words = append(words, fmt.Sprintf("%x", b))
		}
	}
	return strings.Join(words, " ")
}
