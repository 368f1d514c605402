package dns

import (
	"bytes"
	"encoding/hex"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

// A broken message, the rule that it breaks, and the bytes that show it.
var brokenMessages = []struct {
	name    string
	b       []byte
	rule    rule
	at, len int
	fatal   bool
}{
	{"5 bytes", make([]byte, 5), ruleHeader, 0, 5, true},
	{"Z", NewBuilder(1, FlagZ).Question("a.", 1).Bytes(), ruleZero, 3, 1, false},
	{"question cut", NewBuilder(1, 0).Entry(0).Name("a").Number(1).Bytes(), ruleQuestion, 15, 2, true},
	{"record cut", NewBuilder(1, 0).Entry(1).Raw(0, 0).Bytes(), ruleRecord, 13, 1, true},
	{"RDLENGTH beyond", NewBuilder(1, 0).Entry(1).Raw(0).Number(1, 1, 0, 0, 9).Raw(1, 2, 3, 4).Bytes(), ruleRecord, 21, 2, true},
	{"count too high", NewBuilder(1, 0).Question("a.", 1).Count(2, 3).Bytes(), ruleCounts, AtNSCount, 2, true},
	{"bytes after the end", NewBuilder(1, 0).Question("a.", 1).Raw(1, 2, 3).Bytes(), ruleTrailing, 19, 3, false},
	{"name without end", NewBuilder(1, 0).Entry(0).Labels("a").Bytes(), ruleNameEnd, 14, 0, true},
	{"label beyond the end", NewBuilder(1, 0).Entry(0).Raw(9, 'a').Bytes(), ruleNameEnd, 12, 2, true},
	{"label of 64", NewBuilder(1, 0).Entry(0).Raw(64).Bytes(), ruleLabelType, 12, 1, true},
	{"label type 10", NewBuilder(1, 0).Entry(0).Name("a").Number(1, 1).Entry(1).Raw(1, 'b', 0x81).Bytes(), ruleLabelType, 21, 1, true},
	{"name of 256", NewBuilder(1, 0).Question(strings.Repeat("abc.", 63)+"ab.", 1).Bytes(), ruleNameLong, 12, 255, true},
	{"pointer to itself", NewBuilder(1, 0).Entry(0).Pointer(12).Number(1, 1).Bytes(), rulePointerPrior, 12, 2, true},
	{"pointer to its own name", NewBuilder(1, 0).Entry(0).Labels("a").Pointer(12).Number(1, 1).Bytes(), rulePointerPrior, 14, 2, true},
	{"pointer forward", NewBuilder(1, 0).Entry(0).Pointer(14).Number(1, 1).Bytes(), rulePointerPrior, 12, 2, true},
	{"pointer into the header", NewBuilder(1, 0).Entry(0).Pointer(6).Number(1, 1).Bytes(), rulePointerPrior, 12, 2, true},
	{"pointer into a label", NewBuilder(1, 0).Question("a.\x01b.", 1).Entry(1).Pointer(15).Fields(1, 1, 0, []byte{1, 2, 3, 4}).Bytes(), rulePointerPlace, 22, 2, false},
	{"compressed SRV", NewBuilder(1, 0).Question("a.", 33).Record(1, "a.", 33, 0, []byte{0, 1, 0, 1, 0, 1, 0xc0, 12}).Bytes(), rulePointerForbidden, 38, 2, false},
	{"MX of 1 byte", NewBuilder(1, 0).Record(1, "a.", 15, 0, []byte{0}).Bytes(), ruleDataLength, 23, 2, true},
	{"NS and more", NewBuilder(1, 0).Record(1, "a.", 2, 0, []byte{1, 'b', 0, 7}).Bytes(), ruleDataLength, 23, 2, true},
	{"A of 3 bytes", NewBuilder(1, 0).Record(1, "a.", 1, 0, []byte{1, 2, 3}).Bytes(), ruleAddress, 23, 2, true},
	{"AAAA of 4 bytes", NewBuilder(1, 0).Record(1, "a.", 28, 0, []byte{1, 2, 3, 4}).Bytes(), ruleAddress6, 23, 2, true},
	{"TXT without its length", NewBuilder(1, 0).Record(1, "a.", 16, 0, []byte("hello")).Bytes(), ruleString, 25, 5, true},
	{"TXT of nothing", NewBuilder(1, 0).Record(1, "a.", 16, 0, nil).Bytes(), ruleText, 25, 0, true},
	{"TTL of 2^31", NewBuilder(1, 0).Record(1, "a.", 1, 1<<31, []byte{1, 2, 3, 4}).Bytes(), ruleTTL, 19, 4, false},
	{"TTLs that differ", NewBuilder(1, 0).Record(1, "a.", 1, 5, []byte{1, 2, 3, 4}).Record(1, "A.", 1, 6, []byte{1, 2, 3, 5}).Bytes(), ruleTTLs, 36, 4, false},
	{"a record twice", NewBuilder(1, 0).Record(1, "a.", 2, 5, []byte{1, 'b', 0}).Record(1, "a.", 2, 5, []byte{1, 'B', 0}).Bytes(), ruleDuplicate, 28, 16, false},
	{"OPT as answer", NewBuilder(1, 0).Entry(1).Raw(0).Fields(41, 1232, 0, nil).Bytes(), ruleOptPlace, 12, 11, false},
	{"OPT with a name", NewBuilder(1, 0).Entry(3).Name("a").Fields(41, 1232, 0, nil).Bytes(), ruleOptName, 12, 3, false},
	{"two OPT", NewBuilder(1, 0).OPT(1232, 0).OPT(512, 0).Bytes(), ruleOptOne, 23, 11, false},
	{"option beyond the end", NewBuilder(1, 0).Entry(3).Raw(0).Fields(41, 1232, 0, []byte{0, 10, 0, 8, 1}).Bytes(), ruleOptions, 23, 5, true},
}

func TestBreaches(t *testing.T) {
	shown := map[rule]bool{}
	for _, tt := range brokenMessages {
		t.Run(tt.name, func(t *testing.T) {
			_, breaches, err := Parse(tt.b)
			require.Equal(t, tt.fatal, err != nil, "%v", err)
			require.Len(t, breaches, 1, "%+v", breaches)
			b := breaches[0]
			require.Equal(t, tt.rule, b.rule, "%+v", b)
			require.Equal(t, [2]int{tt.at, tt.len}, [2]int{b.At, b.Len}, "%+v", b)
			require.NotEmpty(t, b.Want)
			require.NotEmpty(t, b.Got)
		})
		shown[tt.rule] = true
	}
	require.Len(t, shown, len(rules), "every rule needs a message that breaks it")
}

func TestMalformationsAreMalformed(t *testing.T) {
	for _, m := range Malformations(7, "www.example.test", dns.TypeA) {
		msg, breaches, err := Parse(m.Data)
		require.True(t, err != nil || len(breaches) > 0 || len(msg.Questions) != 1, m.Name)
	}
}

// Every clause that Parse cites stands in its document.
func TestClausesExist(t *testing.T) {
	const texts = "../../../shared/rfc/"
	if _, err := os.Stat(texts); err != nil {
		t.Skip("no texts of the standards beside the tree")
	}
	for _, r := range Rules() {
		text, err := os.ReadFile(texts + strings.ToLower(strings.ReplaceAll(r.Document, " ", "")) + ".txt")
		require.NoError(t, err)
		require.Regexp(t, `(?m)^ *`+regexp.QuoteMeta(r.Section)+`\.? +(- )?[A-Z]`, string(text), "%s §%s", r.Document, r.Section)
		require.Contains(t, []string{"MUST", "SHOULD"}, r.Level)
		require.False(t, strings.HasSuffix(r.Rule, "."))
	}
}

func TestParse(t *testing.T) {
	b := NewBuilder(0x1234, FlagQR|FlagAA|FlagRD).Question("WWW.example", 1).
		Entry(AnswerSection).Pointer(12).Fields(dns.TypeCNAME, 1, 300, []byte{3, 'f', 't', 'p', 0xc0, 16}).
		Entry(AnswerSection).Pointer(41).Fields(dns.TypeA, 1, 300, []byte{10, 0, 0, 1}).
		Entry(AnswerSection).Pointer(41).Fields(65280, 1, 300, []byte{1, 2}).OPT(1232, 0).Bytes()
	m, breaches, err := Parse(b)
	require.NoError(t, err)
	require.Empty(t, breaches)
	require.Equal(t, `;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 4660
;; flags: qr aa rd; QUERY: 1, ANSWER: 3, AUTHORITY: 0, ADDITIONAL: 1

;; OPT PSEUDOSECTION:
; EDNS: version: 0, flags:; udp: 1232
;; QUESTION SECTION:
;WWW.example.	IN	A

;; ANSWER SECTION:
WWW.example.	300	IN	CNAME	ftp.example.
ftp.example.	300	IN	A	10.0.0.1
ftp.example.	300	IN	TYPE65280	\# 2 0102
`, Dig(m))
	require.Equal(t, "WWW.example. IN A: NOERROR, id 4660, qr aa rd, 3 answer, 0 authority, 1 additional", DigLine(m))
	require.Equal(t, []int{29, 45, 47, 63}, m.Pointers)
	r := m.Records[1]
	require.Equal(t, "ftp.example.", r.Name.Text)
	require.Equal(t, uint16(dns.TypeA), uint16(b[r.TypeAt()])<<8|uint16(b[r.TypeAt()+1]))
	require.Equal(t, b[r.DataAt:r.DataAt+4], r.Data)
	require.Equal(t, len(b), m.End)
}

// Names are escaped as the library escapes them.
func TestEscapes(t *testing.T) {
	var label [63]byte
	for from := 0; from < 256; from += 63 {
		for i := range label {
			label[i] = byte(from + i)
		}
		b := NewBuilder(1, 0).Entry(0).Raw(63).Raw(label[:]...).Raw(0).Number(1, 1).Bytes()
		m, _, err := Parse(b)
		require.NoError(t, err)
		want, _, err := dns.UnpackDomainName(b, 12)
		require.NoError(t, err)
		require.Equal(t, want, m.Questions[0].Name.Text)
	}
}

// FuzzParse: no message makes Parse panic or loop; what it says lies within the message; and where the library
// accepts a message that Parse finds in order, both read the same.
func FuzzParse(f *testing.F) {
	for _, m := range Malformations(7, "www.example.test", dns.TypeA) {
		f.Add(m.Data)
	}
	for _, m := range brokenMessages {
		f.Add(m.b)
	}
	zone := "a. 5 IN SOA b. c. 1 2 3 4 5\na. MX 1 b.a.\na. TXT \"x\" \"y\"\na. SRV 1 2 3 b.\na. CAA 0 issue \"x\"\na. AAAA ::1\na. CNAME b.a.\n"
	msg := new(dns.Msg).SetQuestion("a.", dns.TypeANY).SetEdns0(1232, true)
	zp := dns.NewZoneParser(strings.NewReader(zone), ".", "")
	for rr, ok := zp.Next(); ok; rr, ok = zp.Next() {
		msg.Answer = append(msg.Answer, rr)
	}
	msg.Compress = true
	b, err := msg.Pack()
	require.NoError(f, err)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		kept := bytes.Clone(b)
		m, breaches, err := Parse(b)
		require.Equal(t, kept, b)
		require.LessOrEqual(t, m.End, len(b))
		for _, br := range breaches {
			require.True(t, br.At >= 0 && br.Len >= 0 && br.At+br.Len <= len(b), "%+v", br)
		}
		for _, r := range m.Records {
			require.LessOrEqual(t, r.At+r.Len, len(b))
		}
		if err != nil {
			require.NotEmpty(t, breaches)
		}
		Dig(m)
		DigLine(m)
		opinion, refused := m.Msg()
		if err != nil || refused != nil {
			return
		}
		require.Len(t, opinion.Question, len(m.Questions), "%s", hex.Dump(b))
		for i, q := range opinion.Question {
			require.Equal(t, q.Name, m.Questions[i].Name.Text)
			require.Equal(t, q.Qtype, m.Questions[i].Type)
		}
		require.Len(t, append(append(opinion.Answer, opinion.Ns...), opinion.Extra...), len(m.Records))
		for i, rr := range append(append(opinion.Answer, opinion.Ns...), opinion.Extra...) {
			require.Equal(t, rr.Header().Name, m.Records[i].Name.Text)
			require.Equal(t, rr.Header().Rrtype, m.Records[i].Type)
			require.Equal(t, rr.Header().Ttl, m.Records[i].TTL)
		}
	})
}
