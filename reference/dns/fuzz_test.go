package dns

import (
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

// FuzzAnswer: whatever comes, the server lives, and what it says is in order, no longer than may be sent, and a
// response to what came.
func FuzzAnswer(f *testing.F) {
	for _, m := range Malformations(7, "www.utopia.example", dns.TypeA) {
		f.Add(m.Data, false)
	}
	for _, m := range brokenMessages {
		f.Add(m.b, true)
	}
	for _, name := range []string{"www", "ftp", "host.sub", "a.wild", "nope.txt", "huge", "many"} {
		f.Add(NewBuilder(1, FlagRD).Question(name+".utopia.example", dns.TypeANY).OPT(800, 0).Bytes(), false)
	}
	add := NewBuilder(1, dns.OpcodeUpdate<<11).Question("utopia.example", dns.TypeSOA)
	add.Record(AnswerSection, "www.utopia.example", dns.TypeA, 0, []byte{10, 0, 0, 2})
	add.Record(AuthoritySection, "new.utopia.example", dns.TypeMX, 60, []byte{0, 1, 1, 'a', 0})
	add.Entry(AuthoritySection).Name("www.utopia.example").Fields(dns.TypeANY, dns.ClassANY, 0, nil)
	f.Add(add.Bytes(), false)
	f.Fuzz(func(t *testing.T, b []byte, tcp bool) {
		s := &Server{Updates: true, Zones: labZones(t)}
		reply := s.Answer(b, tcp)
		if reply == nil {
			require.True(t, len(b) < headerLen || b[AtFlags]&0x80 != 0, "a query is answered")
			return
		}
		m, breaches, err := Parse(reply)
		require.NoError(t, err)
		require.Empty(t, breaches, "%s", Dig(m))
		require.True(t, m.Has(FlagQR))
		require.Equal(t, b[:2], reply[:2])
		if !tcp {
			require.LessOrEqual(t, len(reply), defaultPayload)
		}
		// The zone is whole after whatever was done to it.
		require.NotNil(t, s.Zones[0].now.Load().soa)
		require.NotEmpty(t, s.Zones[0].now.Load().sets["utopia.example."][dns.TypeNS])
		s.Answer(NewBuilder(1, 0).Question("www.utopia.example", dns.TypeANY).Bytes(), true)
	})
}

// FuzzReply: whatever a server says, the resolver lives, and what it keeps lies in that server's zone.
func FuzzReply(f *testing.F) {
	s := &Server{Zones: labZones(f)}
	for _, name := range []string{"www", "ftp", "chain", "loop1", "host.sub", "nope.txt", "deep", "out", "away"} {
		f.Add(s.Answer(NewBuilder(1, 0).Question(name+".utopia.example", dns.TypeA).Bytes(), true))
	}
	for _, m := range brokenMessages {
		f.Add(m.b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, _, err := Parse(b)
		if err != nil || len(m.Questions) != 1 {
			return
		}
		msg, err := m.Msg()
		if err != nil {
			return
		}
		r := &Resolver{Hints: ". NS a.root.\na.root. A 127.0.0.1\n"}
		r.once.Do(r.start)
		defer r.Close()
		asked := m.Questions[0]
		j := r.judge("utopia.example.", asked.Name.Text, asked.Type, msg)
		r.learn(j, asked.Type, msg)
		for p := range r.cache.sets {
			require.True(t, dns.IsSubDomain("utopia.example.", p.name) || p.name == key(asked.Name.Text), "%v", p)
		}
		if j.kind == referral {
			require.True(t, dns.IsSubDomain("utopia.example.", j.cut.zone) && j.cut.zone != "utopia.example.")
		}
		r.cached(asked.Name.Text, asked.Type)
		r.closest(key(asked.Name.Text))
	})
}

func TestField(t *testing.T) {
	b := NewBuilder(1, FlagQR).Question("a.b", 1).Record(AnswerSection, "a.b", 1, 300, []byte{1, 2, 3, 4}).Raw(9).Bytes()
	m, _, _ := Parse(b)
	covered := 0
	var names []string
	for covered < len(b) {
		name, from, length := m.Field(covered)
		require.Equal(t, covered, from)
		require.Positive(t, length)
		again, _, _ := m.Field(from + length - 1)
		require.Equal(t, name, again)
		names = append(names, name)
		covered = from + length
	}
	require.Equal(t, []string{
		"ID", "flags", "QDCOUNT", "ANCOUNT", "NSCOUNT", "ARCOUNT", "QUESTION 1 name", "QUESTION 1 type", "QUESTION 1 class",
		"ANSWER 1 name", "ANSWER 1 type", "ANSWER 1 class", "ANSWER 1 TTL", "ANSWER 1 RDLENGTH", "ANSWER 1 data", "unread",
	}, names)
}
