package dns

import (
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "|")
}

// An UPDATE, its code, and how the zone has changed: records that came and went. "serial" says that the serial went
// up by one.
var updates = []struct {
	name, prereqs, updates string
	code                   string
	came, went             string
}{
	{"add", "", "new 60 IN A 10.9.9.9", "NOERROR", "new A 10.9.9.9|serial", ""},
	{"add to a set", "", "mail 300 IN A 10.9.9.9", "NOERROR", "mail A 10.9.9.9|serial", ""},
	{"add what is there", "", "mail 300 IN A 10.0.0.5", "NOERROR", "", ""},
	{"add two", "", "new 60 IN A 10.9.9.9|new2 60 IN A 10.9.9.9", "NOERROR", "new A 10.9.9.9|new2 A 10.9.9.9|serial", ""},
	{"add CNAME beside data", "", "mail 60 IN CNAME www", "NOERROR", "", ""},
	{"add data beside CNAME", "", "ftp 60 IN A 10.9.9.9", "NOERROR", "", ""},
	{"replace CNAME", "", "ftp 60 IN CNAME mail.utopia.example.", "NOERROR", "ftp CNAME mail.utopia.example.|serial", "ftp CNAME www.utopia.example."},
	{"new SOA", "", "utopia.example. 3600 IN SOA ns1. h. 3000 1 2 3 4", "NOERROR", "utopia.example. SOA ns1. h. 3000 1 2 3 4", "utopia.example. SOA"},
	{"old SOA", "", "utopia.example. 3600 IN SOA ns1. h. 2000 1 2 3 4", "NOERROR", "", ""},
	{"delete a record", "", "www 0 NONE A 10.0.0.3", "NOERROR", "serial", "www A 10.0.0.3"},
	{"delete in another case", "", "WWW 0 NONE A 10.0.0.3", "NOERROR", "serial", "www A 10.0.0.3"},
	{"delete what is not there", "", "www 0 NONE A 10.0.0.9", "NOERROR", "", ""},
	{"delete a set", "", "www 0 ANY A", "NOERROR", "serial", "www A 10.0.0.2|www A 10.0.0.3|www A 10.0.0.4"},
	{"delete a name", "", "www 0 ANY ANY", "NOERROR", "serial", "www A 10.0.0.2|www A 10.0.0.3|www A 10.0.0.4|www AAAA 2001:db8::2"},
	{"delete the zone's name", "", "utopia.example. 0 ANY ANY", "NOERROR", "serial", "utopia.example. MX 10 mail.utopia.example.|utopia.example. MX 20 mail2.elsewhere.test."},
	{"delete the zone's NS", "", "utopia.example. 0 ANY NS", "NOERROR", "", ""},
	{"delete the SOA", "", "utopia.example. 0 ANY SOA", "NOERROR", "", ""},
	{"delete NS one by one", "", "utopia.example. 0 NONE NS ns1.utopia.example.|utopia.example. 0 NONE NS ns.elsewhere.test.", "NOERROR", "serial", "utopia.example. NS ns1.utopia.example."},
	{"replace a set", "", "www 0 ANY A|www 60 IN A 10.9.9.9", "NOERROR", "www A 10.9.9.9|serial", "www A 10.0.0.2|www A 10.0.0.3|www A 10.0.0.4"},
	{"name in use", "www 0 ANY ANY", "new 60 IN A 10.9.9.9", "NOERROR", "new A 10.9.9.9|serial", ""},
	{"name in use, and is not", "nope 0 ANY ANY", "new 60 IN A 10.9.9.9", "NXDOMAIN", "", ""},
	{"name in use, and is empty", "deep 0 ANY ANY", "new 60 IN A 10.9.9.9", "NXDOMAIN", "", ""},
	{"set exists", "www 0 ANY A", "new 60 IN A 10.9.9.9", "NOERROR", "new A 10.9.9.9|serial", ""},
	{"set exists, and does not", "www 0 ANY TXT", "new 60 IN A 10.9.9.9", "NXRRSET", "", ""},
	{"name not in use", "nope 0 NONE ANY", "new 60 IN A 10.9.9.9", "NOERROR", "new A 10.9.9.9|serial", ""},
	{"name not in use, and is", "www 0 NONE ANY", "new 60 IN A 10.9.9.9", "YXDOMAIN", "", ""},
	{"set does not exist", "www 0 NONE TXT", "new 60 IN A 10.9.9.9", "NOERROR", "new A 10.9.9.9|serial", ""},
	{"set does not exist, and does", "www 0 NONE A", "new 60 IN A 10.9.9.9", "YXRRSET", "", ""},
	{"set equals", "mail 0 IN A 10.0.0.5", "new 60 IN A 10.9.9.9", "NOERROR", "new A 10.9.9.9|serial", ""},
	{"set equals, in another order", "www 0 IN A 10.0.0.4|www 0 IN A 10.0.0.2|www 0 IN A 10.0.0.3", "new 60 IN A 10.9.9.9", "NOERROR", "new A 10.9.9.9|serial", ""},
	{"set equals, and has more", "www 0 IN A 10.0.0.4", "new 60 IN A 10.9.9.9", "NXRRSET", "", ""},
	{"set equals, and has less", "mail 0 IN A 10.0.0.5|mail 0 IN A 10.0.0.6", "new 60 IN A 10.9.9.9", "NXRRSET", "", ""},
	{"prerequisite with a TTL", "www 5 ANY A", "new 60 IN A 10.9.9.9", "FORMERR", "", ""},
	{"prerequisite with data", `www 0 ANY A \1.2.3.4`, "new 60 IN A 10.9.9.9", "FORMERR", "", ""},
	{"prerequisite of class CH", "www 0 CH A 10.0.0.2", "new 60 IN A 10.9.9.9", "FORMERR", "", ""},
	{"prerequisite outside", "www.elsewhere.test. 0 NONE ANY", "new 60 IN A 10.9.9.9", "NOTZONE", "", ""},
	{"update outside", "", "www.elsewhere.test. 60 IN A 10.9.9.9", "NOTZONE", "", ""},
	{"nothing of two", "", "new 60 IN A 10.9.9.9|www.elsewhere.test. 60 IN A 10.9.9.9", "NOTZONE", "", ""},
	{"nothing of two, again", "", "new 60 IN A 10.9.9.9|new 5 NONE A 10.9.9.8", "FORMERR", "", ""},
	{"type ANY", "", "new 60 IN ANY", "FORMERR", "", ""},
	{"class CH", "", "new 60 CH A 10.9.9.9", "FORMERR", "", ""},
	{"delete with a TTL", "", "www 60 ANY A", "FORMERR", "", ""},
	{"delete a set with data", "", `www 0 ANY A \1.2.3.4`, "FORMERR", "", ""},
}

func TestUpdate(t *testing.T) {
	for _, tt := range updates {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t, ServerFaults{})
			code, came, went := l.change(tt.prereqs, tt.updates)
			require.Equal(t, "UPDATE "+tt.code, code)
			require.Equal(t, tt.came, came, "came")
			require.True(t, went == tt.went || strings.HasPrefix(went, tt.went) && tt.went != "", "went: want %q, got %q", tt.went, went)
		})
	}
}

// change sends an UPDATE and says what it did.
func (l *lab) change(prereqs, updates string) (code, came, went string) {
	z := l.s.Zones[0]
	before := z.now.Load()
	code = l.updated(lines(prereqs), lines(updates))
	after := z.now.Load()
	diff := func(a, b []dns.RR) string {
		var only []string
		for _, rr := range a {
			if contains(b, rr) || rr.Header().Rrtype == dns.TypeSOA && after.soa.Expire == before.soa.Expire {
				continue
			}
			text := rr.String()[len(rr.Header().String()):]
			name := strings.TrimSuffix(rr.Header().Name, ".utopia.example.")
			only = append(only, name+" "+dns.Type(rr.Header().Rrtype).String()+" "+text)
		}
		return strings.Join(only, "|")
	}
	came, went = diff(after.records, before.records), diff(before.records, after.records)
	if after.soa.Serial == before.soa.Serial+1 {
		came = strings.Trim(came+"|serial", "|")
	}
	return code, came, went
}

func TestUpdateZoneSection(t *testing.T) {
	l := newLab(t, ServerFaults{})
	code := func(b []byte) string { return l.raw(b, false) }
	require.Contains(t, code(updateMessage(t, "other.example.", nil, nil)), "status: NOTAUTH")
	require.Contains(t, code(updateMessage(t, "www.utopia.example.", nil, nil)), "status: NOTAUTH")
	require.Contains(t, code(NewBuilder(1, dns.OpcodeUpdate<<11).Question("utopia.example.", dns.TypeA).Bytes()), "FORMERR")
	require.Contains(t, code(NewBuilder(1, dns.OpcodeUpdate<<11).Question("utopia.example.", dns.TypeSOA).Question("utopia.example.", dns.TypeSOA).Bytes()), "FORMERR")
	require.Contains(t, code(NewBuilder(1, dns.OpcodeUpdate<<11).Bytes()), "FORMERR")
	l.s.Updates = false
	require.Contains(t, code(updateMessage(t, "utopia.example.", nil, nil)), "opcode: UPDATE, status: NOTIMP")
}

// A question never sees half of an update, and no two updates mix.
func TestUpdateAtomic(t *testing.T) {
	l := newLab(t, ServerFaults{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 100 {
				l.updated(nil, []string{"www 0 ANY A", "www 60 IN A 10.1.1.1", "www 60 IN A 10.1.1.2"})
				l.updated(nil, []string{"www 0 ANY A", "www 60 IN A 10.2.2.1", "www 60 IN A 10.2.2.2"})
			}
		})
		group.Go(func() {
			for range 200 {
				text := l.ask("www A")
				if n := strings.Count(text, "IN A 10."); n != 2 && n != 3 || strings.Contains(text, "10.1.") && strings.Contains(text, "10.2.") {
					t.Error(text)
				}
			}
		})
	}
	group.Wait()
	z := l.s.Zones[0].now.Load()
	require.EqualValues(t, 2026+800, z.soa.Serial)
}
