package dnsserver

import (
	"slices"
	"strings"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// cut is a zone with a delegation, to a server below it and to one outside, and a wildcard above it.
const cut = `{www} IN A {ip www}
{sub} IN NS {n1}.{sub}
{sub} IN NS {n2}.{sub}
{sub} IN NS {n3}.elsewhere.test.
{n1}.{sub} IN A {ip one}
{n2}.{sub} IN A {ip two}
{n2}.{sub} IN AAAA {ip6 two}
`

// referrals are the checks of what is answered at a delegation and below it.
func referrals() []check.Check {
	refers := func(name string, clause grader.Clause, says string, run func(z *zone, r *dnssteps.Reply)) check.Check {
		return check.Check{Name: name, Clause: clause, Says: says, Run: func(t *check.T) {
			z := newZone(t, cut)
			run(z, z.asked("{host}.{sub}", "A"))
		}}
	}
	algorithm := check.Must("RFC 1034", "4.3.2")
	return []check.Check{
		refers("referral", algorithm, "send the NS records of the delegation in the authority section when a name lies below it, with NOERROR", func(z *zone, r *dnssteps.Reply) {
			r.Code("NOERROR")
			got := dnssteps.WithoutTTL(dnssteps.RecordsOf(r.Message, dns.AuthoritySection))
			for _, ns := range dnssteps.WithoutTTL(z.set("{sub}", "NS")) {
				if slices.Contains(got, ns) {
					return
				}
			}
			z.t.Fail(r.Whole(), "in the authority section "+dnssteps.List(z.set("{sub}", "NS")), dnssteps.List(got))
		}),
		refers("referral-whole", check.Must("RFC 2181", "5.1"), "send all NS records of the delegation", func(z *zone, r *dnssteps.Reply) {
			got := dnssteps.WithoutTTL(dnssteps.RecordsOf(r.Message, dns.AuthoritySection))
			want := dnssteps.WithoutTTL(z.set("{sub}", "NS"))
			lacking, _ := dnssteps.Compare(want, got)
			if len(lacking) == len(want) {
				z.t.Block("there is no referral")
			}
			z.t.Require(len(lacking) == 0, r.Whole(), "in the authority section "+dnssteps.List(lacking), dnssteps.List(got))
		}),
		refers("referral-empty-answer", algorithm, "leave the answer section empty in a referral: it is no answer", func(z *zone, r *dnssteps.Reply) { r.Answers() }),
		refers("referral-authority", check.Must("RFC 1035", "4.1.1"), "leave the bit AA 0 in a referral: others have authority there", func(z *zone, r *dnssteps.Reply) { r.Clear(dns.FlagAA, "AA") }),
		refers("referral-no-soa", check.Must("RFC 2308", "2.2"), "leave the SOA out of a referral: a resolver would take it for no data", func(z *zone, r *dnssteps.Reply) {
			for _, rec := range r.In(dns.AuthoritySection) {
				z.t.Want(r.Mark(rec.At, rec.Len), "a record of type "+dnssteps.TypeName(rec.Type), "a record of type NS", "a record of type DS")
			}
			if len(r.In(dns.AuthoritySection)) == 0 {
				z.t.Block("there is no referral")
			}
		}),
		refers("glue", check.Must("RFC 1034", "4.2.1"), "send with a referral the addresses of the servers that lie below the delegation, in the additional section", func(z *zone, r *dnssteps.Reply) {
			lacking := z.lacksGlue("{sub}", r)
			z.t.Require(len(lacking) == 0, r.Whole(), "in the additional section "+dnssteps.List(lacking), dnssteps.List(dnssteps.RecordsOf(r.Message, dns.AdditionalSection)))
		}),
		at("at-the-cut", algorithm, "refer a question for the delegated name itself, too", cut, "{sub}", "A"),
		at("ns-at-the-cut", algorithm, "refer a question for the NS of a delegated name: they are the other zone's to answer", cut, "{sub}", "NS"),
		at("glue-asked", algorithm, "refer a question for the name of a glue record: its address is not this zone's to answer", cut, "{n1}.{sub}", "A"),
		at("wildcard-below-cut", check.Must("RFC 4592", "3.2"), "refer a question below a delegation though a wildcard stands above it", cut+"* IN TXT \"{star}\"\n", "{x}.{sub}", "TXT"),
		{
			Name:   "alias-into-the-cut",
			Clause: algorithm,
			Says:   "answer with the CNAME alone when an alias leads below a delegation: an address there is glue, and not this zone's to answer",
			Run: func(t *check.T) {
				z := newZone(t, cut+"{alias} IN CNAME {n1}.{sub}\n")
				r := z.asked("{alias}", "A")
				if len(r.In(dns.AnswerSection)) == 0 {
					t.Block("the alias is not answered (see answers/alias)")
				}
				z.only(r, "CNAME")
			},
		},
		{
			Name:   "beside-the-cut",
			Clause: algorithm,
			Says:   "answer with authority for names beside a delegation",
			Run: func(t *check.T) {
				z := newZone(t, cut)
				r := z.asked("{www}", "A").Code("NOERROR").Set(dns.FlagAA, "AA")
				z.holdsData(r, "A", z.set("{www}", "A"))
			},
		},
	}
}

// glue is the addresses of the servers below a cut, whatever their TTLs.
func (z *zone) glue(sub string) []dnssteps.Record {
	var all []dnssteps.Record
	for _, rec := range z.records {
		f := strings.Fields(string(rec))
		if strings.HasSuffix(f[0], "."+z.name(sub)) && (f[3] == "A" || f[3] == "AAAA") {
			all = append(all, rec)
		}
	}
	return dnssteps.WithoutTTL(all)
}

// lacksGlue gives the glue that a referral does not have.
func (z *zone) lacksGlue(sub string, r *dnssteps.Reply) []dnssteps.Record {
	lacking, _ := dnssteps.Compare(z.glue(sub), dnssteps.WithoutTTL(dnssteps.RecordsOf(r.Message, dns.AdditionalSection)))
	return lacking
}

// at makes a check that a question is answered with a referral.
func at(name string, clause grader.Clause, says, lines, asked, qtype string) check.Check {
	return check.Check{Name: name, Clause: clause, Says: says, Run: func(t *check.T) {
		z := newZone(t, lines)
		r := z.asked(asked, qtype).Code("NOERROR").Answers()
		servers := r.In(dns.AuthoritySection)
		t.Require(slices.ContainsFunc(servers, func(rec dns.Record) bool { return rec.Type == dnssteps.Type("NS") }), r.Whole(),
			"in the authority section "+dnssteps.List(z.set("{sub}", "NS")), dnssteps.List(dnssteps.RecordsOf(r.Message, dns.AuthoritySection)))
	}}
}

// outside are the checks of names in no zone of the server.
func outside() []check.Check {
	refused := func(name, says string, asked func(z *zone) string, run func(r *dnssteps.Reply)) check.Check {
		return check.Check{Name: name, Clause: check.Course("Outside"), Says: says, Run: func(t *check.T) {
			z := newZone(t, host)
			name := asked(z)
			z.judge()
			run(z.ask(name, "A"))
		}}
	}
	elsewhere := func(z *zone) string { return z.name("{www}.{other}.test.") }
	refuses := func(r *dnssteps.Reply) { r.Code("REFUSED").Answers() }
	advisory := func(c check.Check) check.Check { c.Advisory = true; return c }
	return []check.Check{
		refused("outside", "answer neither NXDOMAIN nor anything else that could be believed for a name outside of the zone", elsewhere, func(r *dnssteps.Reply) {
			if !isReferral(r) {
				r.Code("REFUSED").Answers()
			}
		}),
		advisory(refused("outside-refused", "answer REFUSED for a name outside of the zone, and not with a referral", elsewhere, refuses)),
		refused("outside-above", "answer REFUSED for a name above the zone: it is not in it", func(z *zone) string { return "example." }, func(r *dnssteps.Reply) {
			if !isReferral(r) {
				refuses(r)
			}
		}),
		refused("outside-alike", "answer REFUSED for a name that ends in the same letters as the zone and is none of it: notexample is not in example", func(z *zone) string {
			return z.name("{pre}" + z.origin)
		}, func(r *dnssteps.Reply) {
			if !isReferral(r) {
				refuses(r)
			}
		}),
		refused("outside-authority", "leave the bit AA 0 for a name outside of the zone", elsewhere, func(r *dnssteps.Reply) { r.Clear(dns.FlagAA, "AA") }),
	}
}

// isReferral says whether a reply leads elsewhere: to the root, for example.
func isReferral(r *dnssteps.Reply) bool {
	return r.Rcode() == 0 && !r.Has(dns.FlagAA) && len(r.In(dns.AnswerSection)) == 0 && len(r.In(dns.AuthoritySection)) > 0 &&
		!slices.ContainsFunc(r.In(dns.AuthoritySection), func(rec dns.Record) bool { return rec.Type != dnssteps.Type("NS") })
}
