package dnsserver

import (
	"fmt"
	"slices"
	"strings"

	mdns "github.com/miekg/dns"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// The sections of an UPDATE (RFC 2136 §2).
const (
	zoneSection         = dns.QuestionSection
	prerequisiteSection = dns.AnswerSection
	updateSection       = dns.AuthoritySection
)

// The classes that mean something of their own in an UPDATE.
const (
	classIN   = mdns.ClassINET
	classNone = mdns.ClassNONE
	classAny  = mdns.ClassANY
)

// An update is an UPDATE on its way. Names and data are written with words in braces. Prerequisites come before updates.
type update struct {
	z   *zone
	b   *dns.Builder
	say []string // the same for nsupdate; "" stands for what that cannot send
}

// update begins an UPDATE of the zone.
func (z *zone) update() *update {
	u := z.updateOf()
	u.b.Entry(zoneSection).Name(z.origin).Number(mdns.TypeSOA, classIN)
	return u
}

// updateOf begins an UPDATE that has no zone section yet.
func (z *zone) updateOf() *update {
	return &update{z: z, b: dns.NewBuilder(uint16(z.t.Rand().Uint32()), mdns.OpcodeUpdate<<11)}
}

// put writes one record as it is.
func (u *update) put(s dns.Section, name, qtype string, class uint16, ttl uint32, data []byte) *update {
	u.b.Entry(s).Name(u.z.name(name)).Fields(dnssteps.Type(qtype), class, ttl, data)
	return u
}

func (u *update) hand(format string, args ...any) *update {
	u.say = append(u.say, fmt.Sprintf(format, args...))
	return u
}

// record gives the type and the data of "A 10.0.0.1", uncompressed.
func (z *zone) record(text string) (qtype string, data []byte) {
	rr, err := mdns.NewRR("x. 0 IN " + z.fill(text))
	if err != nil {
		panic(err)
	}
	b := make([]byte, 1<<12)
	n, err := mdns.PackRR(rr, b, 0, nil, false)
	if err != nil {
		panic(err)
	}
	return mdns.Type(rr.Header().Rrtype).String(), b[len("\001x\000")+10 : n]
}

// add adds a record, "A {ip new}".
func (u *update) add(name string, ttl uint32, text string) *update {
	qtype, data := u.z.record(text)
	return u.put(updateSection, name, qtype, classIN, ttl, data).hand("update add %s %d %s", u.z.name(name), ttl, u.z.fill(text))
}

// deleteSet deletes all records of a name and a type.
func (u *update) deleteSet(name, qtype string) *update {
	return u.put(updateSection, name, qtype, classAny, 0, nil).hand("update delete %s %s", u.z.name(name), qtype)
}

// deleteName deletes all records of a name.
func (u *update) deleteName(name string) *update {
	return u.put(updateSection, name, "ANY", classAny, 0, nil).hand("update delete %s", u.z.name(name))
}

// deleteOne deletes one record.
func (u *update) deleteOne(name, text string) *update {
	qtype, data := u.z.record(text)
	return u.put(updateSection, name, qtype, classNone, 0, data).hand("update delete %s %s", u.z.name(name), u.z.fill(text))
}

// ifSet requires that there are records of a name and a type, ifNoSet that there are none.
func (u *update) ifSet(name, qtype string) *update {
	return u.put(prerequisiteSection, name, qtype, classAny, 0, nil).hand("prereq yxrrset %s %s", u.z.name(name), qtype)
}

func (u *update) ifNoSet(name, qtype string) *update {
	return u.put(prerequisiteSection, name, qtype, classNone, 0, nil).hand("prereq nxrrset %s %s", u.z.name(name), qtype)
}

// ifRecord requires a record; those of one name and type are all that there must be.
func (u *update) ifRecord(name, text string) *update {
	qtype, data := u.z.record(text)
	return u.put(prerequisiteSection, name, qtype, classIN, 0, data).hand("prereq yxrrset %s %s", u.z.name(name), u.z.fill(text))
}

// ifName requires that a name has records, ifNoName that it has none.
func (u *update) ifName(name string) *update {
	return u.put(prerequisiteSection, name, "ANY", classAny, 0, nil).hand("prereq yxdomain %s", u.z.name(name))
}

func (u *update) ifNoName(name string) *update {
	return u.put(prerequisiteSection, name, "ANY", classNone, 0, nil).hand("prereq nxdomain %s", u.z.name(name))
}

// send sends the update and gives the reply.
func (u *update) send() *dnssteps.Reply {
	message := u.b.Bytes()
	by := byHand(message)
	if len(u.say) > 0 {
		by = fmt.Sprintf(`printf 'server %%s %%s\nzone %s\n%s\nsend\n' $HOST $PORT | nsupdate -d`, u.z.origin, strings.ReplaceAll(strings.Join(u.say, `\n`), "%", "%%"))
	}
	defer func() { u.z.hand = by }()
	s := dnssteps.UDP(u.z.t)
	s.Send(message)
	u.z.t.Hand(by)
	return s.Next("a reply to the update").To(message)
}

// is sends the update and fails the check unless that has one of these codes.
func (u *update) is(codes ...string) { u.send().Code(codes...) }

// judgeUpdates says that from here on the clause is judged, once an update that changes nothing was taken.
func (z *zone) judgeUpdates() {
	if r := z.update().send(); r.Rcode() != 0 {
		z.t.Block("updates are not taken: an update that asks for nothing is answered with %s", dns.RcodeName(r.Rcode()))
	}
	z.t.Hand("") // that update is not what it is about
	z.t.Judge()
}

// has fails the check unless a question is answered with these data, "{ip a}", and no others.
func (z *zone) has(name, qtype string, want ...string) { z.holds(slices.Compact, name, qtype, want) }

// hasOnce is has where each may stand there only once.
func (z *zone) hasOnce(name, qtype string, want ...string) {
	z.holds(func(all []string) []string { return all }, name, qtype, want)
}

func (z *zone) holds(reduce func([]string) []string, name, qtype string, want []string) {
	r := z.ask(name, qtype)
	z.t.Hand(z.hand)
	var wanted, got []string
	for _, w := range want {
		parsed := dnssteps.MustRecords("x. 0 IN " + qtype + " " + z.fill(w))
		wanted = append(wanted, data(parsed[0]))
	}
	for _, rec := range dnssteps.RecordsOf(r.Message, dns.AnswerSection) {
		if strings.Fields(string(rec))[3] == qtype {
			got = append(got, data(rec))
		}
	}
	list := func(all []string) string {
		if len(all) == 0 {
			return "no " + qtype + " of " + z.name(name)
		}
		return z.name(name) + " " + qtype + " " + strings.Join(all, " and ")
	}
	slices.Sort(wanted)
	slices.Sort(got)
	got = reduce(got)
	z.t.Require(slices.Equal(wanted, got), r.Whole(), list(wanted), list(got))
}

// gone fails the check when a name has an address or a text.
func (z *zone) gone(name string) {
	z.has(name, "A")
	z.has(name, "TXT")
}

// serial is the serial of the zone's SOA as it is now.
func (z *zone) serial() uint32 {
	r := z.ask("@", "SOA")
	z.t.Hand(z.hand)
	for _, rec := range dnssteps.RecordsOf(r.Message, dns.AnswerSection) {
		if f := strings.Fields(string(rec)); f[3] == "SOA" {
			var n uint32
			fmt.Sscan(f[6], &n)
			return n
		}
	}
	z.t.Fail(r.Whole(), "the zone's SOA", dnssteps.List(dnssteps.RecordsOf(r.Message, dns.AnswerSection)))
	return 0
}

// updating makes a check of an update: what is done once updates are known to be taken.
func updating(name, document, section, says, lines string, run func(z *zone)) check.Check {
	clause := check.Must(document, section)
	return check.Check{Name: name, Clause: clause, Says: says, Run: func(t *check.T) {
		z := newZone(t, lines)
		z.judgeUpdates()
		run(z)
	}}
}
