package dnsserver

import (
	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// types are the checks of the data of each type.
func types() []check.Check {
	one := func(name string, clause grader.Clause, says, lines, qtype string, names ...string) check.Check {
		return check.Check{Name: name, Clause: clause, Says: says, Run: func(t *check.T) {
			z := newZone(t, lines)
			z.judge()
			for _, n := range names {
				r := dnssteps.Raw(t, z.query(n, qtype))
				formed(r)
				z.holdsData(r, qtype, z.set(n, qtype))
			}
		}}
	}
	all := []check.Check{
		one("a", check.Must("RFC 1035", "3.4.1"), "send the data of A as the address's four bytes",
			"{www} A {ip www}\n", "A", "{www}"),
		one("aaaa", check.Must("RFC 3596", "2.2"), "send the data of AAAA as the address's sixteen bytes, however it is abbreviated in the file",
			"{www} AAAA {ip6 www}\n{long} AAAA 2001:0DB8:0:0:{hex x}:0:0:{hex y}\n{last} AAAA ::{hex z}\n", "AAAA", "{www}", "{long}", "{last}"),
		one("ns", check.Must("RFC 1035", "3.3.11"), "send the data of NS as the whole name of the server",
			"", "NS", "@"),
		one("cname", check.Must("RFC 1035", "3.3.1"), "send the data of CNAME as the whole name of the target",
			"{alias} CNAME {www}\n{www} A {ip www}\n{out} CNAME {www}.elsewhere.test.\n", "CNAME", "{alias}", "{out}"),
		one("mx", check.Must("RFC 1035", "3.3.9"), "send the data of MX as the preference, two bytes, and the whole name of the host",
			"{box} MX {n one} {mail}\n{far} MX 5 {mail}.elsewhere.test.\n{mail} A {ip mail}\n", "MX", "{box}", "{far}"),
		one("txt", check.Must("RFC 1035", "3.3.14"), "send the data of TXT as its strings, each with its length before it",
			"{one} TXT \"{words}\"\n{two} TXT \"{first} text\" \"{second}\" \"\"\n{long} TXT \"{w1}{w2}{w3}{w4}{w5}{w6}{w7}{w8}{w9}{w10}{w11}{w12}{w13}{w14}{w15}{w16}\"\n", "TXT", "{one}", "{two}", "{long}"),
		one("soa", check.Must("RFC 1035", "3.3.13"), "send the data of SOA as two names and five numbers of four bytes",
			"", "SOA", "@"),
		one("ptr", check.Must("RFC 1035", "3.3.12"), "send the data of PTR as the whole name of the host",
			"{n four}.{n three} PTR {www}\n{www} A {ip www}\n", "PTR", "{n four}.{n three}"),
		one("srv", check.Course("Records"), "send the data of SRV as priority, weight and port, two bytes each, and the target",
			"_sip._udp SRV {n priority} {n weight} {n port} {sip}\n{sip} A {ip sip}\n", "SRV", "_sip._udp"),
		one("caa", check.Course("Records"), "send the data of CAA as a byte of flags, the tag with its length before it, and the value",
			"{www} CAA 0 issue \"{ca}.example\"\n{mail} CAA 128 iodef \"mailto:{box}@{ca}.example\"\n", "CAA", "{www}", "{mail}"),
	}
	return append(all, check.Check{
		Name:   "srv-uncompressed",
		Clause: check.Must("RFC 3597", "4"),
		Says:   "leave the target of SRV as it is: names are compressed only in the types of RFC 1035",
		Run: func(t *check.T) {
			z := newZone(t, "_sip._udp SRV {n priority} {n weight} {n port} {sip}\n{sip} A {ip sip}\n")
			z.judge()
			dnssteps.Raw(t, z.query("_sip._udp", "SRV")).Keeps("RFC 3597 4")
		},
	})
}

// formed fails the check with the first thing that is wrong within a record of the answer section, its TTL left aside.
func formed(r *dnssteps.Reply) {
	for _, b := range r.Breaches {
		if b.Document == "RFC 2181" {
			continue
		}
		for _, rec := range r.In(dns.AnswerSection) {
			if rec.At <= b.At && b.At < rec.At+rec.Len {
				r.Break(b)
			}
		}
	}
	if len(r.In(dns.AnswerSection)) == 0 {
		r.Readable() // the first record may be what cannot be read
	}
}
