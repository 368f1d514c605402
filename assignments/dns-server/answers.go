package dnsserver

import (
	"strings"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// sets are the checks of which records an answer has.
func sets() []check.Check {
	return []check.Check{
		{
			Name:   "section",
			Clause: check.Must("RFC 1034", "4.3.2"),
			Says:   "put the records that were asked for into the answer section",
			Run: func(t *check.T) {
				z := newZone(t, host)
				r := z.asked("{www}", "A")
				z.holdsData(r, "A", z.set("{www}", "A"))
			},
		},
		{
			Name:   "owner",
			Clause: check.Must("RFC 1035", "4.1.3"),
			Says:   "give each record in the answer the name that was asked for",
			Run: func(t *check.T) {
				z := newZone(t, host+"{far}.{down}.{below} IN A {ip far}\n")
				z.judge()
				for _, name := range []string{"{www}", "{far}.{down}.{below}", "@"} {
					qtype := "A"
					if name == "@" {
						qtype = "NS"
					}
					r := z.ask(name, qtype)
					for _, rec := range r.In(dns.AnswerSection) {
						t.Want(r.Mark(rec.Name.At, rec.Name.Len), strings.ToLower(rec.Name.Text), z.name(name))
					}
					t.Require(len(r.In(dns.AnswerSection)) > 0, r.Whole(), "a record of "+z.name(name), "an empty answer section")
				}
			},
		},
		{
			Name:   "whole-set",
			Clause: check.Must("RFC 2181", "5.1"),
			Says:   "answer with all records of the name and type, not with one of them",
			Run: func(t *check.T) {
				z := newZone(t, "{www} A {ip a}\n{other} A {ip x}\n{www} A {ip b}\n      A {ip c}\n      A {ip d}\n")
				r := z.asked("{www}", "A")
				z.holdsData(r, "A", z.set("{www}", "A"))
			},
		},
		{
			Name:   "type-asked",
			Clause: check.Must("RFC 1034", "4.3.2"),
			Says:   "answer with records of the type that was asked for, and no others",
			Run: func(t *check.T) {
				z := newZone(t, "{www} A {ip a}\n  AAAA {ip6 a}\n  MX 5 {www}\n  TXT \"{text}\"\n")
				z.judge()
				for _, qtype := range []string{"AAAA", "TXT"} {
					r := z.ask("{www}", qtype)
					for _, rec := range r.In(dns.AnswerSection) {
						t.Want(r.Mark(rec.At, rec.Len), dnssteps.TypeName(rec.Type), qtype)
					}
					t.Require(len(r.In(dns.AnswerSection)) > 0, r.Whole(), "a record of type "+qtype, "an empty answer section")
				}
			},
		},
		{
			Name:   "once",
			Clause: check.Should("RFC 2181", "5"),
			Says:   "send each record of a set once",
			Run: func(t *check.T) {
				z := newZone(t, "{www} A {ip a}\n      A {ip b}\n")
				r := z.asked("{www}", "A")
				r.Keeps("RFC 2181 5")
			},
		},
		{
			Name:   "case",
			Clause: check.Must("RFC 4343", "3"),
			Says:   "find a name whatever the case of its letters",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.judge()
				for _, name := range []string{strings.ToUpper(z.name("{www}")), mixCase(t, z.name("{www}"))} {
					z.holdsData(z.ask(name, "A"), "A", z.set("{www}", "A"))
				}
			},
		},
		{
			Name:   "zone-name",
			Clause: check.Must("RFC 1034", "4.2.1"),
			Says:   "answer for the zone's own name as for any other: it has NS records, and may have more",
			Run: func(t *check.T) {
				z := newZone(t, "@ IN MX {n mx} {mail}\n{mail} IN A {ip mail}\n@ IN TXT \"{words}\"\n")
				z.judge()
				for _, qtype := range []string{"NS", "MX", "TXT"} {
					r := z.ask("@", qtype).Code("NOERROR")
					z.holdsData(r, qtype, z.set("@", qtype))
				}
			},
		},
		{
			Name:   "ttl",
			Clause: check.Must("RFC 1035", "4.1.3"),
			Says:   "send the TTL of the zone file: the record's own, else that of $TTL, in four bytes",
			Run: func(t *check.T) {
				z := newZone(t, "{short} 60 IN A {ip a}\n{long} {ttl long} IN A {ip b}\n{week} 604800 A {ip d}\n{default} IN A {ip c}\n")
				z.judge()
				for _, name := range []string{"{short}", "{long}", "{week}", "{default}"} {
					r := z.ask(name, "A")
					answers := r.In(dns.AnswerSection)
					if len(answers) == 0 {
						t.Block("%s has no answer", z.name(name))
					}
					got := dnssteps.RecordsOf(r.Message, dns.AnswerSection)[0]
					t.Want(r.Mark(answers[0].TypeAt()+4, 4), "TTL "+ttl(got), "TTL "+ttl(z.set(name, "A")[0]))
				}
			},
		},
		{
			Name:   "ttl-of-set",
			Clause: check.Must("RFC 2181", "5.2"),
			Says:   "send all records of a set with one TTL",
			Run: func(t *check.T) {
				z := newZone(t, "{www} {ttl www} IN A {ip a}\n{www} {ttl www} IN A {ip b}\n{www} {ttl www} IN A {ip c}\n")
				z.asked("{www}", "A").Keeps("RFC 2181 5.2")
			},
		},
		{
			Name:   "zone-file",
			Clause: check.Must("RFC 1035", "5.1"),
			Says:   "read the zone file as it is written: relative names, blank owners, @, comments, parentheses, quotes and classes left out",
			Run: func(t *check.T) {
				z := wholeZone(t, `$ORIGIN {deep}.{zone}.example.
$TTL {ttl default}
@		IN	SOA	{ns}.{deep}.{zone}.example. {box} ( {n serial} {n refresh} ; the numbers
			{n retry}	; go on
 {n expire} 300
 )
@	NS	{ns}
	60	IN	MX	10	{mail}	; the zone's own MX
{ns}	A	{ip ns}
; a line of its own
{mail}.{deep}.{zone}.example.	A	{ip mail}

	AAAA	{ip6 mail}
{text}	TXT	"{one}; not a comment (nor this)"	"say \"{two}\" \\"	; but this is
{a}.{b}	77	A	{ip ab}
`)
				z.judge()
				for _, q := range []struct{ name, qtype string }{{"@", "SOA"}, {"@", "MX"}, {"{mail}", "A"}, {"{mail}", "AAAA"}, {"{text}", "TXT"}, {"{a}.{b}", "A"}} {
					z.holdsData(z.ask(q.name, q.qtype), q.qtype, z.set(q.name, q.qtype))
				}
			},
		},
	}
}

// utopia is the lecture's exercise.
func utopia() []check.Check {
	const text = `$ORIGIN networkutopia.com.
$TTL {ttl default}
@       IN SOA   dns1 hostmaster (
                 {n serial} ; serial
                 7200       ; refresh
                 3600       ; retry
                 1209600    ; expire
                 300 )      ; minimum
        IN NS    dns1.networkutopia.com.
dns1    IN A     {ip dns}
www     IN A     {ip www}
mail    IN A     {ip mail}
@       IN MX    10 mail.networkutopia.com.
`
	one := func(name, says string, run func(z *zone)) check.Check {
		return check.Check{Name: name, Clause: check.Course("Network Utopia"), Says: says, Run: func(t *check.T) {
			z := wholeZone(t, text)
			z.judge()
			run(z)
		}}
	}
	find := func(z *zone, name, qtype string) {
		z.holdsData(z.ask(name, qtype), qtype, z.set(name, qtype))
	}
	return []check.Check{
		one("utopia-www", "let a browser find the web site of networkutopia.com", func(z *zone) { find(z, "www", "A") }),
		one("utopia-mail", "let a mail server find where mail for networkutopia.com goes: the MX record, then its address", func(z *zone) {
			find(z, "@", "MX")
			find(z, "mail", "A")
		}),
		one("utopia-server", "let a resolver find the name server of networkutopia.com: the NS record, then its address", func(z *zone) {
			find(z, "@", "NS")
			find(z, "dns1", "A")
		}),
	}
}
