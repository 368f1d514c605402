package dns

import (
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// print prints the answer of a reply and gives the exit status.
func (c *Client) print(m *Message, name string, qtype uint16, stdout io.Writer) int {
	f, code := &c.Faults, m.Rcode()
	records := m.In(AnswerSection)
	if f.AuthorityPrinted {
		records = append(records, m.In(AuthoritySection)...)
	}
	if f.AdditionalPrinted {
		records = append(records, m.In(AdditionalSection)...)
	}
	switch {
	case f.FirstRecordOnly && len(records) > 1:
		records = records[:1]
	case f.LastRecordMissing && len(records) > 1:
		records = records[:len(records)-1]
	case f.CodeAlone && code != dns.RcodeSuccess:
		records = nil
	}
	final := false
	for _, r := range records {
		if r.Type == dns.TypeOPT || f.TypeAskedOnly && r.Type != qtype {
			continue
		}
		if f.OwnerAssumed && r.Name.Len != 2 {
			return ExitFailed
		}
		if _, known := dns.TypeToString[r.Type]; f.UnknownFails && !known {
			return ExitFailed
		}
		final = final || r.Type == qtype
		fmt.Fprintln(stdout, c.line(m, r, name))
	}
	switch {
	case code != dns.RcodeSuccess:
		switch said := RcodeName(code); {
		case f.CodeNumber:
			fmt.Fprintln(stdout, code)
		case f.ServFailStays && code == dns.RcodeServerFailure:
			fmt.Fprintln(stdout, "NXDOMAIN")
		case !f.CodeSilent:
			fmt.Fprintln(stdout, said)
		}
		if f.CodeIgnored {
			return ExitOK
		}
		return ExitFailed
	case len(records) == 0 && f.NodataSays:
		fmt.Fprintln(stdout, "no records found")
	case len(records) == 0 && f.NodataFails, f.AnswerRequired && !final, f.AnswerFails && final:
		return ExitFailed
	}
	return ExitOK
}

// line prints one record, as dig does when no fault is on.
func (c *Client) line(m *Message, r Record, asked string) string {
	f := &c.Faults
	text := m.Text(r)
	if *f == (ClientFaults{}) {
		return text
	}
	parts := strings.SplitN(text, "\t", 5)
	if len(parts) < 5 {
		return text
	}
	switch {
	case f.OwnerAsked:
		parts[0] = asked
	case f.OwnerPointer:
		parts[0] = partial(m.Raw, r.Name.At, 0)
	case f.PointerOnce:
		parts[0] = partial(m.Raw, r.Name.At, 1)
	}
	ttl := r.TTL
	if f.TTLSwapped {
		ttl = ttl>>24 | ttl>>8&0xff00 | ttl<<8&0xff0000 | ttl<<24
	}
	if f.TTLShort {
		ttl &= 0xffff
	}
	parts[1] = fmt.Sprint(ttl)
	parts[4] = c.data(m, r, parts[4])
	drop := [5]bool{1: f.TTLMissing, 2: f.ClassMissing, 3: f.TypeMissing}
	var kept []string
	for i, p := range parts {
		if !drop[i] {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "\t")
}

// data prints the data of a record wrongly.
func (c *Client) data(m *Message, r Record, text string) string {
	f, fields := &c.Faults, strings.Fields(text)
	hops := -1
	if f.DataPointer {
		hops = 0
	} else if f.PointerOnce {
		hops = 1
	}
	switch r.Type {
	case dns.TypeA:
		b := r.Data
		if f.AddressSwapped {
			return net.IPv4(b[3], b[2], b[1], b[0]).String()
		}
		if f.AddressSigned {
			return fmt.Sprintf("%d.%d.%d.%d", int8(b[0]), int8(b[1]), int8(b[2]), int8(b[3]))
		}
	case dns.TypeNS, dns.TypeCNAME, dns.TypePTR:
		if hops >= 0 {
			return partial(m.Raw, r.DataAt, hops)
		}
	case dns.TypeMX:
		if f.MXPointer {
			hops = 0
		}
		switch {
		case hops >= 0:
			return fields[0] + " " + partial(m.Raw, r.DataAt+2, hops)
		case f.MXNoPreference:
			return fields[1]
		case f.MXSwapped:
			return fmt.Sprint(int(r.Data[1])<<8|int(r.Data[0])) + " " + fields[1]
		case f.MXLowByte:
			return fmt.Sprint(r.Data[1]) + " " + fields[1]
		}
	case dns.TypeTXT:
		return c.strings(r, text)
	case dns.TypeAAAA:
		if f.AAAAShort && len(r.Data) == net.IPv6len {
			return net.IP(append(append([]byte(nil), r.Data[:8]...), make([]byte, 8)...)).String()
		}
	case dns.TypeCAA:
		if f.CAAShort {
			return strings.Join(fields[1:], " ")
		}
	case dns.TypeSOA:
		return c.authority(m, r, fields)
	case dns.TypeSRV:
		if f.SRVShort {
			return fields[0] + " " + strings.Join(fields[2:], " ")
		}
	}
	return text
}

// strings prints the data of a TXT record wrongly.
func (c *Client) strings(r Record, text string) string {
	f := &c.Faults
	switch {
	case f.TXTUnquoted:
		return strings.ReplaceAll(text, `"`, "")
	case f.TXTFirst:
		return `"` + string(r.Data[1:1+int(r.Data[0])]) + `"`
	case f.TXTRaw:
		return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(text)
	case f.TXTNoEmpty:
		return strings.TrimPrefix(strings.ReplaceAll(text, ` ""`, ""), `"" `)
	case f.TXTControls, f.TXTUnpadded:
		return numbers.ReplaceAllStringFunc(text, func(escape string) string {
			n, err := strconv.Atoi(escape[1:])
			switch control := n < ' ' || n == 0x7f; {
			case err != nil: // a backslash
				return escape
			case f.TXTUnpadded:
				return fmt.Sprintf(`\%d`, n)
			case control:
				return string([]byte{byte(n)})
			}
			return escape
		})
	}
	return text
}

// numbers finds the bytes that are printed as numbers, and backslashes, so that none of those begins a number.
var numbers = regexp.MustCompile(`\\(\\|[0-9]{3})`)

// authority prints the data of an SOA record wrongly.
func (c *Client) authority(m *Message, r Record, fields []string) string {
	f := &c.Faults
	switch {
	case f.SOAShort:
		fields = fields[:2]
	case f.SOAPointer:
		second := r.DataAt
		for second < len(m.Raw) && m.Raw[second] != 0 && m.Raw[second] < 0xc0 {
			second += 1 + int(m.Raw[second])
		}
		if m.Raw[second] >= 0xc0 {
			second++
		}
		fields[0], fields[1] = partial(m.Raw, r.DataAt, 0), partial(m.Raw, second+1, 0)
	case f.SOASigned:
		for i, field := range fields[2:] {
			n, _ := strconv.ParseUint(field, 10, 32)
			fields[2+i] = fmt.Sprint(int32(n))
		}
	}
	return strings.Join(fields, " ")
}

// partial reads a name and follows no more than so many pointers: what comes after is left out.
func partial(b []byte, at, hops int) string {
	var text []byte
	for at < len(b) && b[at] != 0 {
		n := int(b[at])
		if n >= 0xc0 {
			if hops == 0 || at+1 >= len(b) {
				break
			}
			hops--
			at = n&0x3f<<8 | int(b[at+1])
			continue
		}
		if at+1+n > len(b) {
			break
		}
		text = appendLabel(text, b[at+1:at+1+n])
		at += 1 + n
	}
	if len(text) == 0 {
		return "."
	}
	return string(text)
}
