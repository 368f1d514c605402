package dnsserver

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// zoneFile is the environment variable that names the master file.
const zoneFile = "ZONE"

// A zone is what one check has in ZONE. Its text, and the names that the check asks for, are written with words in
// braces that are drawn anew for every run:
//
//	{www}      a label
//	{ip www}   an IPv4 address, {ip6 www} an IPv6 address
//	{hex x}    four hexadecimal digits
//	{n prio}   a number whose bytes differ, below 32768; {ttl x} one from 400 to 80000
//
// The same words stand for the same thing throughout the check.
type zone struct {
	t       *check.T
	origin  string
	drawn   map[string]string
	records []dnssteps.Record
	hand    string // the command of the latest update
}

// head begins every zone whose beginning is not the point. Its TTL and its MINIMUM are equal.
const head = `$ORIGIN {zone}.example.
$TTL {ttl default}
@ IN SOA {ns} {box} (
		{n serial} ; serial
		{n refresh} ; refresh
		{n retry}   ; retry
		{n expire}  ; expire
		{ttl default} ) ; minimum
	IN NS {ns}
{ns} IN A {ip ns}
`

// newZone writes the zone that begins with head and goes on with these lines.
func newZone(t *check.T, lines string) *zone { return wholeZone(t, head+lines) }

// wholeZone writes a zone.
func wholeZone(t *check.T, text string) *zone {
	z := &zone{t: t, drawn: map[string]string{}}
	text = z.fill(text)
	t.File(zoneFile, []byte(text))
	parsed, err := dns.ParseZone(text)
	if err != nil {
		panic(fmt.Sprintf("%v in\n%s", err, text))
	}
	z.origin = parsed.Origin()
	z.records = dnssteps.MustRecords(strings.Split(strings.TrimSpace(parsed.String()), "\n")...)
	return z
}

var braces = regexp.MustCompile(`\{(?:(ip6|ip|n|ttl|hex) )?([a-z0-9]+)\}`)

// fill puts what was drawn in the place of words in braces.
func (z *zone) fill(s string) string {
	return braces.ReplaceAllStringFunc(s, func(word string) string {
		if _, ok := z.drawn[word]; !ok {
			for z.drawn[word] = z.draw(word); z.twice(word); {
				z.drawn[word] = z.draw(word)
			}
		}
		return z.drawn[word]
	})
}

func (z *zone) draw(word string) string {
	r := z.t.Rand()
	switch m := braces.FindStringSubmatch(word); m[1] {
	case "ip":
		return fmt.Sprintf("10.%d.%d.%d", 100+r.IntN(100), 11+r.IntN(89), 200+r.IntN(50))
	case "ip6":
		return fmt.Sprintf("2001:db8:%x:%x::%x", 0x1000+r.IntN(0x7000), 0x1000+r.IntN(0x7000), 0x1000+r.IntN(0x7000))
	case "n":
		return fmt.Sprint((1+r.IntN(100))<<8 + 101 + r.IntN(100))
	case "hex":
		return fmt.Sprintf("%x", 0x1000+r.IntN(0xe000))
	case "ttl":
		return fmt.Sprint(400 + r.IntN(79600))
	}
	return z.t.Word(5 + r.IntN(6))
}

// twice says whether two words stand for the same.
func (z *zone) twice(word string) bool {
	for other, v := range z.drawn {
		if other != word && v == z.drawn[word] {
			return true
		}
	}
	return false
}

// name is the whole name for words in braces, "{a}.{b}"; "@" is the origin, and what ends in a dot is whole already.
func (z *zone) name(s string) string {
	switch s = z.fill(s); {
	case s == "@":
		return z.origin
	case strings.HasSuffix(s, "."):
		return s
	}
	return s + "." + z.origin
}

// set is the records of a name and a type in the zone.
func (z *zone) set(name, qtype string) []dnssteps.Record {
	var found []dnssteps.Record
	owner := strings.ToLower(z.name(name))
	for _, r := range z.records {
		if f := strings.Fields(string(r)); f[0] == owner && f[3] == qtype {
			found = append(found, r)
		}
	}
	if len(found) == 0 {
		panic(fmt.Sprintf("the zone has no %s of type %s", owner, qtype))
	}
	return found
}

// as gives records with another owner and TTL.
func as(records []dnssteps.Record, owner string) []dnssteps.Record {
	var all []dnssteps.Record
	for _, r := range records {
		_, rest, _ := strings.Cut(string(r), " ")
		all = append(all, dnssteps.Record(strings.ToLower(owner)+" "+rest))
	}
	return all
}

// ttl is the TTL of a record.
func ttl(r dnssteps.Record) string { return strings.Fields(string(r))[1] }

// data is the data of a record.
func data(r dnssteps.Record) string { return strings.SplitN(string(r), " ", 5)[4] }

// query is a query for a name with words in braces.
func (z *zone) query(name, qtype string, o ...dnssteps.Option) []byte {
	return dnssteps.Query(z.t, z.name(name), qtype, o...)
}

// heard judges from here on, once the server has answered anything, readable or not, over UDP.
func (z *zone) heard() {
	dnssteps.Raw(z.t, z.query("@", "SOA"))
	z.t.Judge()
}

// judge says that from here on the clause is judged, once the server has answered anything over UDP: one that does not
// loses no points under every clause there is, and is blocked.
func (z *zone) judge() {
	dnssteps.Ask(z.t, z.query("@", "SOA"))
	z.t.Judge()
}

// judgeTCP is judge for what the server does over TCP, and over UDP beside it.
func (z *zone) judgeTCP() {
	dnssteps.Ask(z.t, z.query("@", "SOA"))
	dnssteps.AskTCP(z.t, z.query("@", "SOA"))
	z.t.Judge()
}

// ask asks over UDP, from a socket of its own.
func (z *zone) ask(name, qtype string, o ...dnssteps.Option) *dnssteps.Reply {
	return dnssteps.Ask(z.t, z.query(name, qtype, o...))
}

// asked judges from here on, and asks.
func (z *zone) asked(name, qtype string, o ...dnssteps.Option) *dnssteps.Reply {
	z.judge()
	return z.ask(name, qtype, o...)
}

// holdsData fails the check unless the records of a type in the answer section have these data, whatever their owners
// and TTLs and however often they stand there: those have checks of their own.
func (z *zone) holdsData(r *dnssteps.Reply, qtype string, want []dnssteps.Record) {
	var wanted, got []string
	for _, w := range want {
		wanted = append(wanted, data(w))
	}
	texts := dnssteps.RecordsOf(r.Message, dns.AnswerSection)
	for i, rec := range r.In(dns.AnswerSection) {
		if rec.Type != dnssteps.Type(qtype) || i >= len(texts) {
			continue
		}
		d := data(texts[i])
		if !slices.Contains(wanted, d) {
			z.t.Fail(r.Mark(rec.DataAt, len(rec.Data)), qtype+" "+strings.Join(wanted, " or "), qtype+" "+d)
		}
		got = append(got, d)
	}
	for _, w := range wanted {
		if !slices.Contains(got, w) {
			z.t.Fail(r.Whole(), qtype+" "+w+" in the answer section", dnssteps.List(dnssteps.RecordsOf(r.Message, dns.AnswerSection)))
		}
	}
}

// only fails the check when the answer section has records of another type.
func (z *zone) only(r *dnssteps.Reply, qtype string) {
	for _, rec := range r.In(dns.AnswerSection) {
		z.t.Want(r.Mark(rec.At, rec.Len), "a record of type "+dnssteps.TypeName(rec.Type), "a record of type "+qtype)
	}
}

// keepsForm fails the check when the first thing that is wrong with the form of a reply breaks one of these clauses. What
// is wrong behind that may follow from it, and where the reply cannot be read at all the check is blocked.
func (z *zone) keepsForm(r *dnssteps.Reply, clauses ...string) {
	for _, b := range r.Breaches {
		if slices.Contains(clauses, b.Document+" "+b.Section) && b.At != dns.AtFlags {
			r.Break(b)
		}
		if r.Broken != nil {
			r.Readable()
		}
	}
}

// holdsSOA fails the check unless the authority section holds the zone's SOA, whatever its TTL.
func (z *zone) holdsSOA(r *dnssteps.Reply) dnssteps.Record {
	want := z.set("@", "SOA")[0]
	for _, got := range dnssteps.RecordsOf(r.Message, dns.AuthoritySection) {
		if f := strings.Fields(string(got)); f[3] == "SOA" && f[0] == z.origin {
			return got
		}
	}
	z.t.Fail(r.Whole(), "in the authority section "+string(want), dnssteps.List(dnssteps.RecordsOf(r.Message, dns.AuthoritySection)))
	return ""
}
