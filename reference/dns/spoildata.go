package dns

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// spoilsData says whether a fault changes the data of records.
func (f *ServerFaults) spoilsData() bool {
	return f.AddressText || f.AddressSwapped || f.AAAAShort || f.TXTNoLength || f.TXTJoined || f.TXTFirst || f.MXSwapped ||
		f.MXNoPreference || f.SOASwapped || f.SOAMailDot || f.SRVSwapped || f.SRVCompressed || f.CAANoFlags || f.NamesRelative
}

// spoilData writes a reply anew with wrong data. A reply without such data stays as it is: written anew it would lack
// its compression, and be too long where it just fitted.
func (f *ServerFaults) spoilData(b []byte) []byte {
	m, _, err := Parse(b)
	if err != nil {
		return b
	}
	changed := false
	again := relay(m, relayed{data: func(r Record, d []byte) []byte {
		wrong := f.wrongData(m, r, bytes.Clone(d))
		changed = changed || !bytes.Equal(wrong, d)
		return wrong
	}})
	if !changed {
		return b
	}
	return again
}

// wrongData is the data of one record as the faults have it.
func (f *ServerFaults) wrongData(m *Message, r Record, d []byte) []byte {
	switch r.Type {
	case dns.TypeA:
		if f.AddressText {
			return fmt.Appendf(nil, "%d.%d.%d.%d", d[0], d[1], d[2], d[3])
		}
		if f.AddressSwapped {
			reverse(d)
		}
	case dns.TypeAAAA:
		if f.AAAAShort {
			return d[:8]
		}
	case dns.TypeTXT:
		return f.spoilText(d)
	case dns.TypeMX:
		if f.MXSwapped {
			reverse(d[:2])
		}
		if f.MXNoPreference {
			return d[2:]
		}
	case dns.TypeSOA:
		return f.spoilSOA(m, r, d)
	case dns.TypeSRV:
		if f.SRVSwapped {
			d[2], d[3], d[4], d[5] = d[4], d[5], d[2], d[3]
		}
		if f.SRVCompressed {
			return append(d[:6:6], 0xc0, headerLen)
		}
	case dns.TypeCAA:
		if f.CAANoFlags {
			return d[1:]
		}
	case dns.TypeNS, dns.TypeCNAME, dns.TypePTR:
		if f.NamesRelative {
			return append(d[:1+int(d[0]):1+int(d[0])], 0)
		}
	}
	return d
}

func (f *ServerFaults) spoilText(d []byte) []byte {
	var texts []string
	for rest := d; len(rest) > 0; rest = rest[1+int(rest[0]):] {
		texts = append(texts, string(rest[1:1+int(rest[0])]))
	}
	joined := strings.Join(texts, "")
	switch {
	case f.TXTNoLength:
		return []byte(joined)
	case f.TXTJoined && len(joined) < 256:
		return append([]byte{byte(len(joined))}, joined...)
	case f.TXTFirst:
		return d[:1+int(d[0])]
	}
	return d
}

func (f *ServerFaults) spoilSOA(m *Message, r Record, d []byte) []byte {
	if f.SOASwapped {
		for at := len(d) - 20; at < len(d); at += 4 {
			reverse(d[at : at+4])
		}
	}
	soa, ok := m.rr(r).(*dns.SOA)
	if !f.SOAMailDot || !ok {
		return d
	}
	user, host, _ := strings.Cut(soa.Mbox, ".")
	mail := user + "@" + strings.TrimSuffix(host, ".")
	primary := wire(soa.Ns)
	return append(append(append(primary, byte(len(mail))), append([]byte(mail), 0)...), d[len(d)-20:]...)
}
