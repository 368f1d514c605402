package dnsserver

import (
	mdns "github.com/miekg/dns"

	"github.com/wiregrade/wiregrade/harness/check"
)

// prerequisites are the checks of what an UPDATE requires before anything is changed.
func prerequisites() []check.Check {
	// holds sends an update with a prerequisite that does not hold, which must change nothing, and one that does.
	type with func(u *update) *update
	tries := func(code string, not, holds with) func(z *zone) {
		return func(z *zone) {
			not(z.update()).add("{new}", 300, "A {ip new}").is(code)
			z.gone("{new}")
			holds(z.update()).add("{new}", 300, "A {ip new}").is("NOERROR")
			z.has("{new}", "A", "{ip new}")
		}
	}
	// malformed sends an update whose prerequisite may not be there.
	malformed := func(code string, name, qtype string, class uint16, ttl uint32, text string) func(z *zone) {
		return func(z *zone) {
			var data []byte
			if text != "" {
				_, data = z.record(text)
			}
			u := z.update().put(prerequisiteSection, name, qtype, class, ttl, data).add("{new}", 300, "A {ip new}")
			u.say = nil
			u.is(code)
			z.gone("{new}")
		}
	}
	return []check.Check{
		updating("if-set", rfc2136, "3.2.1", "answer NXRRSET, and change nothing, when a set that has to exist does not", three,
			tries("NXRRSET", func(u *update) *update { return u.ifSet("{www}", "MX") }, func(u *update) *update { return u.ifSet("{www}", "A") })),
		updating("if-no-set", rfc2136, "3.2.2", "answer YXRRSET, and change nothing, when a set that may not exist does", three,
			tries("YXRRSET", func(u *update) *update { return u.ifNoSet("{www}", "A") }, func(u *update) *update { return u.ifNoSet("{www}", "MX") })),
		updating("if-name", rfc2136, "3.2.1", "answer NXDOMAIN, and change nothing, when a name that has to be in use is not", three,
			tries("NXDOMAIN", func(u *update) *update { return u.ifName("{none}") }, func(u *update) *update { return u.ifName("{www}") })),
		updating("if-no-name", rfc2136, "3.2.2", "answer YXDOMAIN, and change nothing, when a name that may not be in use is", three,
			tries("YXDOMAIN", func(u *update) *update { return u.ifNoName("{www}") }, func(u *update) *update { return u.ifNoName("{none}") })),
		updating("if-records", rfc2136, "3.2.3", "answer NXRRSET when a set has other data than those that it has to have", three+"{one} A {ip one}\n",
			tries("NXRRSET", func(u *update) *update { return u.ifRecord("{one}", "A {ip other}") }, func(u *update) *update { return u.ifRecord("{one}", "A {ip one}") })),
		updating("if-records-all", rfc2136, "3.2.3", "answer NXRRSET when a set has more records than those that it has to have", three,
			tries("NXRRSET", func(u *update) *update { return u.ifRecord("{www}", "A {ip a}").ifRecord("{www}", "A {ip b}") },
				func(u *update) *update {
					return u.ifRecord("{www}", "A {ip c}").ifRecord("{www}", "A {ip a}").ifRecord("{www}", "A {ip b}")
				})),
		updating("if-all", rfc2136, "3.2.5", "change nothing unless all prerequisites hold, not just one of them", three, func(z *zone) {
			z.update().ifSet("{www}", "A").ifSet("{www}", "MX").add("{new}", 300, "A {ip new}").send() // other checks look at the code
			z.update().ifSet("{www}", "MX").ifSet("{www}", "A").add("{new}", 300, "A {ip new}").send()
			z.gone("{new}")
			z.update().ifSet("{www}", "A").ifSet("{www}", "TXT").add("{new}", 300, `TXT "{words}"`).is("NOERROR")
			z.has("{new}", "TXT", `"{words}"`)
		}),
		updating("if-ttl", rfc2136, "3.2.5", "answer FORMERR when a prerequisite has a TTL other than 0", three,
			malformed("FORMERR", "{www}", "A", classAny, 300, "")),
		updating("if-data", rfc2136, "3.2.5", "answer FORMERR when a prerequisite of class ANY has data", three,
			malformed("FORMERR", "{www}", "A", classAny, 0, "A {ip a}")),
		updating("if-outside", rfc2136, "3.2.5", "answer NOTZONE when the name of a prerequisite lies outside of the zone", three,
			malformed("NOTZONE", "{www}.{other}.test.", "A", classNone, 0, "")),
	}
}

// untouched fails the check when an update of the zone three has deleted the text or added a name.
func (z *zone) untouched() {
	z.has("{www}", "TXT", `"{text}"`)
	z.gone("{new}")
	z.gone("{more}")
}

// prescan are the checks that nothing is changed when one of the records cannot be.
func prescan() []check.Check {
	// illegal sends an update whose second record is illegal.
	illegal := func(qtype string, class uint16, ttl uint32, text string) func(z *zone) {
		return func(z *zone) {
			var data []byte
			if text != "" {
				_, data = z.record(text)
			}
			u := z.update().put(updateSection, "{www}", qtype, class, ttl, data)
			u.is("FORMERR")
			z.has("{www}", "A", "{ip a}", "{ip b}", "{ip c}")
		}
	}
	return []check.Check{
		updating("all-or-nothing", rfc2136, "3.4.1", "look at all records of an UPDATE before the first is carried out: an illegal one means that none is", three, func(z *zone) {
			u := z.update().deleteSet("{www}", "TXT").add("{new}", 300, "A {ip new}").put(updateSection, "{www}", "A", classAny, 300, nil).add("{more}", 300, "A {ip more}")
			u.say = nil
			u.is("FORMERR")
			z.untouched()
		}),
		updating("all-or-nothing-outside", rfc2136, "3.4.1", "look at all names of an UPDATE before the first record is carried out: one outside of the zone means that none is", three, func(z *zone) {
			u := z.update().deleteSet("{www}", "TXT").add("{new}", 300, "A {ip new}").add("{new}.{other}.test.", 300, "A {ip new}").add("{more}", 300, "A {ip more}")
			if u.send().Rcode() == 0 {
				z.t.Block("a name outside of the zone is no error (see update/outside)")
			}
			z.untouched()
		}),
		updating("class", rfc2136, "3.4.1.3", "answer FORMERR when a record's class is neither the zone's nor ANY nor NONE", three, illegal("A", mdns.ClassCHAOS, 300, "A {ip new}")),
		updating("add-any", rfc2136, "3.4.1.3", "answer FORMERR when a record of type ANY is added", three, illegal("ANY", classIN, 300, "A {ip new}")),
		updating("delete-ttl", rfc2136, "3.4.1.3", "answer FORMERR when a deletion has a TTL other than 0", three, illegal("A", classAny, 300, "")),
		updating("delete-data", rfc2136, "3.4.1.3", "answer FORMERR when the deletion of a set has data", three, illegal("A", classAny, 0, "A {ip a}")),
	}
}
