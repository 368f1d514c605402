package main

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// The types that this server knows by name.
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
	typeOPT   = 41
	typeDS    = 43
	typeIXFR  = 251
	typeAXFR  = 252
	typeANY   = 255
	typeCAA   = 257
)

const (
	classIN   = 1
	classNone = 254
	classAny  = 255
)

var types = map[string]uint16{
	"A": typeA, "NS": typeNS, "CNAME": typeCNAME, "SOA": typeSOA, "PTR": typePTR, "MX": typeMX, "TXT": typeTXT,
	"AAAA": typeAAAA, "SRV": typeSRV, "CAA": typeCAA,
}

// layouts says what the data of a type is made of: a digit is that many bytes, n a name, t the twenty bytes of numbers of
// an SOA, s strings, c a tag and the rest. Types that are not here are bytes without a meaning (RFC 3597).
var layouts = map[uint16]string{
	typeA: "4", typeNS: "n", typeCNAME: "n", typeSOA: "nnt", typePTR: "n", typeMX: "2n", typeTXT: "s",
	typeAAAA: "88", typeSRV: "6n", typeCAA: "1c",
}

// compressed are the types whose names may be compressed: those of RFC 1035. Older software does not know where the names
// of others are.
var compressed = map[uint16]bool{typeNS: true, typeCNAME: true, typePTR: true, typeMX: true, typeSOA: true}

// A part of a record's data: bytes as they go over the wire, or a name. Names are kept apart because they are written
// compressed and compared without regard to case.
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
	data  []part // nil when the data has no bytes
}

// value is what the data of records is compared by.
func (r record) value() string {
	var b strings.Builder
	for _, p := range r.data {
		if p.isName {
			b.WriteString(string(p.name.fold()) + "\x00")
		} else {
			b.WriteString(p.bytes)
		}
	}
	return b.String()
}

// soaNumber is one of the five numbers of an SOA: 0 is the serial, 4 the minimum.
func (r record) soaNumber(i int) uint32 {
	return binary.BigEndian.Uint32([]byte(r.data[2].bytes[4*i:]))
}

func number(text string, bits int) (uint64, error) {
	v, err := strconv.ParseUint(text, 10, bits)
	if err != nil || text[0] == '+' {
		return 0, fmt.Errorf("%q is no number of %d bits", text, bits)
	}
	return v, nil
}

// seconds reads a time to live: 3600, 1h, 1h30m.
func seconds(text string) (uint32, error) {
	units := map[byte]uint64{'s': 1, 'm': 60, 'h': 3600, 'd': 86400, 'w': 604800}
	total, rest := uint64(0), strings.ToLower(text)
	for first := true; first || rest != ""; first = false {
		end := 0
		for end < len(rest) && units[rest[end]] == 0 {
			end++
		}
		unit := uint64(1)
		if end < len(rest) {
			unit = units[rest[end]]
		}
		v, err := number(rest[:end], 31)
		if total += v * unit; err != nil || total >= 1<<31 {
			return 0, fmt.Errorf("%q is no time", text)
		}
		rest = rest[min(end+1, len(rest)):]
	}
	return uint32(total), nil
}

// parseData reads the data of a record of a master file.
func parseData(rtype uint16, words []string, origin name) ([]part, error) {
	if len(words) > 1 && words[0] == `\#` {
		raw, err := hex.DecodeString(strings.Join(words[2:], ""))
		if err != nil || strconv.Itoa(len(raw)) != words[1] {
			return nil, errors.New(`after \# comes the number of bytes, then the bytes`)
		}
		return (&reader{data: raw}).parts(rtype, len(raw))
	}
	form, ok := map[uint16]string{
		typeA: "4", typeAAAA: "6", typeNS: "n", typeCNAME: "n", typePTR: "n", typeMX: "2n", typeSRV: "222n",
		typeCAA: "1sr", typeSOA: "nnltttt", typeTXT: strings.Repeat("s", max(len(words), 1)),
	}[rtype]
	if !ok || len(form) != len(words) {
		return nil, fmt.Errorf("want %d fields, got %d", len(form), len(words))
	}
	var data []part
	add := func(b []byte) { // neighbouring bytes make one part
		if n := len(data); n > 0 && !data[n-1].isName {
			data[n-1].bytes += string(b)
		} else {
			data = append(data, part{bytes: string(b)})
		}
	}
	for i, word := range words {
		if form[i] == 'n' {
			n, err := parseName(word, origin)
			if err != nil {
				return nil, err
			}
			data = append(data, part{name: n, isName: true})
			continue
		}
		b, err := parseField(form[i], word)
		if err != nil {
			return nil, err
		}
		add(b)
	}
	return data, nil
}

// parseField reads one field: 4 and 6 are addresses, 1, 2 and l numbers, t a time, s a string, r the rest.
func parseField(form byte, word string) ([]byte, error) {
	switch form {
	case '4', '6':
		a, err := netip.ParseAddr(word)
		if err != nil || a.Is4() != (form == '4') || a.Zone() != "" {
			return nil, fmt.Errorf("%q is no such address", word)
		}
		return a.AsSlice(), nil
	case '1':
		v, err := number(word, 8)
		return []byte{byte(v)}, err
	case '2':
		v, err := number(word, 16)
		return binary.BigEndian.AppendUint16(nil, uint16(v)), err
	case 'l':
		v, err := number(word, 32)
		return binary.BigEndian.AppendUint32(nil, uint32(v)), err
	case 't':
		v, err := seconds(word)
		return binary.BigEndian.AppendUint32(nil, v), err
	}
	b, err := unescape(word)
	if form == 's' && err == nil {
		if len(b) > 255 {
			return nil, errors.New("a string has at most 255 bytes")
		}
		b = append([]byte{byte(len(b))}, b...)
	}
	return b, err
}
