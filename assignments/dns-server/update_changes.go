package dnsserver

import (
	"fmt"
	"strings"

	mdns "github.com/miekg/dns"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

const rfc2136 = "RFC 2136"

// three is a name with a set of three and another set.
const three = `{www} IN A {ip a}
{www} IN A {ip b}
{www} IN A {ip c}
{www} IN TXT "{text}"
`

// updates are the checks of what an UPDATE is and is answered with.
func updates() []check.Check {
	return []check.Check{
		{
			Name:   "add",
			Clause: check.Must(rfc2136, "3.4.2.2"),
			Says:   "add a record that an UPDATE adds: the next question finds it",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.judge()
				z.update().add("{new}.{deep}", 300, "A {ip new}").is("NOERROR")
				z.has("{new}.{deep}", "A", "{ip new}")
			},
		},
		updating("reply", rfc2136, "3.8", "reply to an UPDATE with its id, its opcode and the bit QR", host, func(z *zone) {
			r := z.update().add("{new}", 300, "A {ip new}").send()
			z.t.Want(r.Field(dns.AtFlags), "opcode "+dns.OpcodeName(r.Opcode()), "opcode UPDATE")
		}),
		updating("compressed", "RFC 1035", "4.1.4", "read names in an UPDATE that are compressed", host, func(z *zone) {
			u := z.update()
			_, address := z.record("A {ip new}")
			u.b.Entry(updateSection).Labels(z.fill("{new}")).Pointer(12).Fields(mdns.TypeA, classIN, 300, address)
			u.hand("update add %s 300 A %s", z.name("{new}"), z.fill("{ip new}"))
			u.is("NOERROR")
			z.has("{new}", "A", "{ip new}")
		}),
		updating("zone-type", rfc2136, "3.1.1", "answer FORMERR when the type in the zone section is not SOA", host, func(z *zone) {
			u := z.updateOf()
			u.b.Entry(zoneSection).Name(z.origin).Number(mdns.TypeA, classIN)
			u.add("{new}", 300, "A {ip new}").say = nil
			u.is("FORMERR")
		}),
		updating("zone-count", rfc2136, "3.1.1", "answer FORMERR when the zone section has two entries", host, func(z *zone) {
			u := z.update()
			u.b.Entry(zoneSection).Name(z.origin).Number(mdns.TypeSOA, classIN)
			u.add("{new}", 300, "A {ip new}").say = nil
			u.is("FORMERR")
		}),
		updating("zone-foreign", rfc2136, "3.1.2", "answer NOTAUTH when the zone is not yours", host, func(z *zone) {
			u := z.updateOf()
			u.b.Entry(zoneSection).Name(z.name("{other}.test.")).Number(mdns.TypeSOA, classIN)
			u.add("{new}.{other}.test.", 300, "A {ip new}").say = nil
			u.is("NOTAUTH")
		}),
		updating("outside", rfc2136, "3.4.1.3", "answer NOTZONE when a name in the update section lies outside of the zone", host, func(z *zone) {
			z.update().add("{new}.{other}.test.", 300, "A {ip new}").is("NOTZONE")
		}),
	}
}

// changes are the checks of what is added and deleted.
func changes() []check.Check {
	return []check.Check{
		updating("add-to-set", rfc2136, "3.4.2.2", "add a record to its set: those that are there stay", three, func(z *zone) {
			z.update().add("{www}", 300, "A {ip new}").is("NOERROR")
			z.has("{www}", "A", "{ip a}", "{ip b}", "{ip c}", "{ip new}")
		}),
		updating("add-equal", rfc2136, "3.4.2.2", "let a record that is there already stay the only one of its kind when it is added again", three, func(z *zone) {
			z.update().add("{www}", 700, "A {ip b}").is("NOERROR")
			z.hasOnce("{www}", "A", "{ip a}", "{ip b}", "{ip c}")
		}),
		updating("delete-set", rfc2136, "3.4.2.3", "delete all records of a name and type for class ANY, and no other type", three, func(z *zone) {
			z.update().deleteSet("{www}", "A").is("NOERROR")
			z.has("{www}", "A")
			z.has("{www}", "TXT", `"{text}"`)
		}),
		updating("delete-name", rfc2136, "3.4.2.3", "delete all records of a name for class ANY and type ANY", three, func(z *zone) {
			z.update().deleteName("{www}").is("NOERROR")
			z.gone("{www}")
		}),
		updating("delete-record", rfc2136, "3.4.2.4", "delete the one record that is given for class NONE, and leave the others of its set", three, func(z *zone) {
			z.update().deleteOne("{www}", "A {ip b}").is("NOERROR")
			z.has("{www}", "A", "{ip a}", "{ip c}")
		}),
		updating("delete-case", rfc2136, "1.1.2", "find what an UPDATE deletes whatever the case of its name", three, func(z *zone) {
			z.update().deleteSet(mixCase(z.t, z.name("{www}")), "A").is("NOERROR")
			z.has("{www}", "A")
		}),
		updating("delete-missing", rfc2136, "2.5.2", "answer NOERROR when nothing of what is to be deleted is there", three, func(z *zone) {
			z.update().deleteSet("{www}", "MX").is("NOERROR")
			z.update().deleteName("{none}").is("NOERROR")
			z.update().deleteOne("{www}", "A {ip none}").is("NOERROR")
		}),
		updating("in-order", rfc2136, "3.4.2", "carry out the records of an UPDATE one after the other, in their order", three, func(z *zone) {
			z.update().deleteSet("{www}", "A").add("{www}", 300, "A {ip new}").is("NOERROR")
			z.has("{www}", "A", "{ip new}")
		}),
		updating("serial", rfc2136, "3.6", "raise the serial of the SOA when an UPDATE has changed the zone", host, func(z *zone) {
			before := z.serial()
			z.update().add("{new}", 300, "A {ip new}").is("NOERROR")
			after := z.serial()
			z.t.Require(int32(after-before) > 0, z.t.Note("the serial was %d, and is %d now", before, after), fmt.Sprintf("a serial above %d", before), fmt.Sprint(after))
		}),
		{
			Name:     "serial-stays",
			Clause:   check.Course("Serial"),
			Says:     "leave the serial as it is when an UPDATE has changed nothing",
			Advisory: true, // RFC 2136 §3.6 allows to raise it with each UPDATE
			Run: func(t *check.T) {
				z := newZone(t, three)
				z.judgeUpdates()
				before := z.serial()
				z.update().deleteSet("{none}", "A").is("NOERROR")
				after := z.serial()
				z.t.Require(before == after, z.t.Note("the serial was %d, and is %d now", before, after), fmt.Sprintf("the serial %d", before), fmt.Sprint(after))
			},
		},
	}
}

// guarded are the checks of what an UPDATE does not change, without an error.
func guarded() []check.Check {
	soa := func(z *zone, serial uint32) string {
		return fmt.Sprintf("SOA %s %s %d 7200 3600 1209600 %s", z.name("{ns}"), z.name("{box}"), serial, z.fill("{ttl default}"))
	}
	return []check.Check{
		updating("soa-stays", rfc2136, "3.4.2.3", "keep the zone's SOA when an UPDATE deletes it", host, func(z *zone) {
			before := z.serial()
			z.update().deleteSet("@", "SOA").is("NOERROR")
			z.update().deleteName("@").is("NOERROR")
			z.t.Require(z.serial() >= before, z.t.Note("the SOA"), "the zone's SOA", "another one")
		}),
		updating("ns-stay", rfc2136, "3.4.2.3", "keep the zone's NS when an UPDATE deletes them as a set, or all there is at the zone's name", "@ IN TXT \"{text}\"\n", func(z *zone) {
			z.update().deleteName("@").is("NOERROR")
			z.has("@", "TXT")
			z.has("@", "NS", z.name("{ns}"))
			z.update().deleteSet("@", "NS").is("NOERROR")
			z.has("@", "NS", z.name("{ns}"))
		}),
		updating("last-ns-stays", rfc2136, "3.4.2.4", "keep the last NS of the zone when an UPDATE deletes that record", "@ IN NS {second}\n{second} A {ip second}\n", func(z *zone) {
			z.update().deleteOne("@", "NS "+z.name("{second}")).is("NOERROR")
			z.has("@", "NS", z.name("{ns}"))
			z.update().deleteOne("@", "NS "+z.name("{ns}")).is("NOERROR")
			z.has("@", "NS", z.name("{ns}"))
		}),
		updating("alias-beside-data", rfc2136, "3.4.2.2", "pass over a CNAME that is added to a name with other records", three, func(z *zone) {
			z.update().add("{www}", 300, "CNAME "+z.name("{ns}")).is("NOERROR")
			z.has("{www}", "CNAME")
			z.has("{www}", "TXT", `"{text}"`)
		}),
		updating("data-beside-alias", rfc2136, "3.4.2.2", "pass over a record that is added to a name with a CNAME", host+"{alias} CNAME {www}\n", func(z *zone) {
			z.update().add("{alias}", 300, "TXT \"{text}\"").is("NOERROR")
			z.has("{alias}", "CNAME", z.name("{www}"))
			z.update().deleteSet("{alias}", "CNAME").is("NOERROR") // it would hide the other
			z.has("{alias}", "TXT")
		}),
		updating("second-alias", rfc2136, "3.4.2.2", "let a CNAME that is added take the place of the one that is there", host+"{alias} CNAME {www}\n", func(z *zone) {
			z.update().add("{alias}", 300, "CNAME "+z.name("{ns}")).is("NOERROR")
			z.has("{alias}", "CNAME", z.name("{ns}"))
		}),
		updating("soa-older", rfc2136, "3.4.2.2", "pass over an SOA whose serial is not higher than the zone's", host, func(z *zone) {
			before := z.serial()
			if own := strings.Fields(data(z.set("@", "SOA")[0]))[2]; own != fmt.Sprint(before) {
				z.t.Block("the serial is %s, and was sent as %d: which is older cannot be told", own, before)
			}
			z.update().add("@", 300, soa(z, before-10)).is("NOERROR")
			after := z.serial()
			z.t.Require(int32(after-before) >= 0, z.t.Note("the serial was %d, and is %d now", before, after), fmt.Sprintf("no serial below %d", before), fmt.Sprint(after))
		}),
		updating("soa-newer", rfc2136, "3.4.2.2", "take an SOA whose serial is higher than the zone's", host, func(z *zone) {
			want := z.serial() + 1000
			z.update().add("@", 300, soa(z, want)).is("NOERROR")
			after := z.serial()
			z.t.Require(after == want, z.t.Note("the serial was %d, and is %d now", want-1000, after), fmt.Sprint(want), fmt.Sprint(after))
		}),
	}
}
