package dnsserver

import (
	"fmt"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// edns are the checks of RFC 6891.
func edns() []check.Check {
	return []check.Check{
		{
			Name:   "answered",
			Clause: check.Must("RFC 6891", "6.1.1"),
			Says:   "answer a question that has an OPT record: it is no error",
			Run: func(t *check.T) {
				z := newZone(t, host)
				r := z.asked("{www}", "A", dnssteps.EDNS(1232)).Code("NOERROR")
				z.holdsData(r, "A", z.set("{www}", "A"))
			},
		},
		{
			Name:   "opt",
			Clause: check.Must("RFC 6891", "6.1.1"),
			Says:   "put an OPT record into the reply when the question has one",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.judge()
				for _, qtype := range []string{"A", "MX"} {
					hasOPT(t, z.ask("{www}", qtype, dnssteps.EDNS(1232)))
				}
			},
		},
		{
			Name:   "opt-with-code",
			Clause: check.Must("RFC 6891", "6.1.1"),
			Says:   "put an OPT record into NXDOMAIN and REFUSED, too, when the question has one",
			Run: func(t *check.T) {
				z := newZone(t, host)
				names := []string{"{none}", "{www}.{other}.test."}
				for _, name := range names {
					z.ask(name, "A") // that no reply comes at all is for other checks
				}
				t.Judge()
				for _, name := range names {
					hasOPT(t, z.ask(name, "A", dnssteps.EDNS(1232)))
				}
			},
		},
		{
			Name:   "opt-form",
			Clause: check.Must("RFC 6891", "6.1.2"),
			Says:   "give the OPT record of a reply the root for its name, and put it into the additional section",
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.judge()
				dnssteps.Raw(t, z.query("{www}", "A", dnssteps.EDNS(1232))).Keeps("RFC 6891 6.1.1", "RFC 6891 6.1.2")
			},
		},
		{
			Name:   "no-opt",
			Clause: check.Must("RFC 6891", "7"),
			Says:   "leave the OPT record out when the question has none",
			Run: func(t *check.T) {
				z := newZone(t, host)
				r := z.asked("{www}", "A")
				if opt := r.OPT(); opt != nil {
					t.Fail(r.Mark(opt.At, opt.Len), "no OPT record", "an OPT record")
				}
			},
		},
		{
			Name:   "options",
			Clause: check.Must("RFC 6891", "6.1.2"),
			Says:   "ignore an option in the OPT record that you do not know",
			Run: func(t *check.T) {
				z := newZone(t, host)
				id, code, value := uint16(t.Rand().Uint32()), uint16(65001+t.Rand().IntN(500)), t.Bytes(6)
				option := append([]byte{byte(code >> 8), byte(code), 0, 6}, value...)
				q := dns.NewBuilder(id, 0).Question(z.name("{www}"), dnssteps.Type("A")).
					Entry(dns.AdditionalSection).Raw(0).Fields(dnssteps.Type("OPT"), 1232, 0, option).Bytes()
				z.judge()
				r := dnssteps.Ask(t, q).Code("NOERROR")
				z.holdsData(r, "A", z.set("{www}", "A"))
			},
		},
		{
			Name:   "size-used",
			Clause: check.Course("Sizes"),
			Says:   "send a reply of up to 1,232 bytes whole over UDP when the question's OPT allows for it",
			Run: func(t *check.T) {
				z := newZone(t, big)
				z.wholeSets()
				r := z.asked("{big}", "TXT", dnssteps.EDNS(1232)).Clear(dns.FlagTC, "TC")
				z.holdsData(r, "TXT", z.set("{big}", "TXT"))
			},
		},
		{
			Name:   "size-kept",
			Clause: check.Course("Sizes"),
			Says:   "send no more bytes over UDP than the question's OPT allows for, and set TC when something is left out",
			Run: func(t *check.T) {
				z := newZone(t, huge+many("{big}", 12))
				z.wholeSets()
				z.judge()
				for _, q := range []struct {
					name string
					size int
				}{{"{huge}", 1232}, {"{big}", 700}} {
					r := dnssteps.Raw(t, z.query(q.name, "TXT", dnssteps.EDNS(uint16(q.size))))
					t.Require(len(r.Raw) <= q.size, r.Whole(), fmt.Sprintf("at most %d bytes", q.size), fmt.Sprintf("%d bytes", len(r.Raw)))
					r.Set(dns.FlagTC, "TC")
				}
			},
		},
		{
			Name:   "size-least",
			Clause: check.Must("RFC 6891", "6.2.3"),
			Says:   "take a size below 512 in the question's OPT for 512",
			Run: func(t *check.T) {
				z := newZone(t, pair+many("{some}", 3)) // from 200 bytes to 500, compressed or not
				z.wholeSets()
				z.takesEDNS("{pair}")
				z.judge()
				for _, size := range []uint16{0, 100} {
					r := z.ask("{some}", "TXT", dnssteps.EDNS(size)).Clear(dns.FlagTC, "TC")
					z.holdsData(r, "TXT", z.set("{some}", "TXT"))
				}
			},
		},
		{
			Name:   "tcp-size",
			Clause: check.Course("TCP"),
			Says:   "do not cut a reply over TCP to the size in the question's OPT: that counts over UDP",
			Run: func(t *check.T) {
				z := newZone(t, huge)
				z.wholeSets()
				z.takesEDNS("{pair}")
				if dnssteps.AskTCP(t, z.query("{huge}", "TXT")).Has(dns.FlagTC) {
					t.Block("a reply over TCP is cut without an OPT too (see transport/tcp-large)")
				}
				z.judge()
				for _, size := range []uint16{512, 1232} {
					r := dnssteps.AskTCP(t, z.query("{huge}", "TXT", dnssteps.EDNS(size))).Clear(dns.FlagTC, "TC")
					z.holdsData(r, "TXT", z.set("{huge}", "TXT"))
				}
			},
		},
		{
			Name:   "truncated-opt",
			Clause: check.Must("RFC 6891", "7"),
			Says:   "keep the OPT record in a reply from which something else was left out",
			Run: func(t *check.T) {
				z := newZone(t, big)
				r := z.asked("{big}", "TXT", dnssteps.EDNS(512))
				if !r.Has(dns.FlagTC) {
					t.Block("nothing is left out of the reply: TC is 0")
				}
				hasOPT(t, r)
			},
		},
		{
			Name:   "version-answered",
			Clause: check.Course("Versions"),
			Says:   "answer a question of an EDNS version that you do not have, with an OPT record of version 0",
			Run: func(t *check.T) {
				z := newZone(t, host)
				r := z.asked("{www}", "A", dnssteps.EDNS(1232), dnssteps.Version(1))
				opt := hasOPT(t, r)
				t.Want(r.Mark(opt.TypeAt()+5, 1), fmt.Sprintf("version %d", opt.TTL>>16&0xff), "version 0")
				if r.Code("BADVERS", "NOERROR"); r.Rcode() == 0 { // dnsmasq answers as it does for version 0
					z.holdsData(r, "A", z.set("{www}", "A"))
				}
			},
		},
		{
			Name:     "version-badvers",
			Clause:   check.Must("RFC 6891", "6.1.3"),
			Says:     "answer a question of an EDNS version that you do not have with BADVERS",
			Advisory: true, // dnsmasq does not
			Run: func(t *check.T) {
				z := newZone(t, host)
				z.asked("{www}", "A", dnssteps.EDNS(1232), dnssteps.Version(1)).Code("BADVERS").Answers()
			},
		},
		{
			Name:     "two-opt",
			Clause:   check.Must("RFC 6891", "6.1.1"),
			Says:     "answer a question with two OPT records with FORMERR",
			Advisory: true, // PowerDNS, yadifa and dnsmasq answer it
			Run: func(t *check.T) {
				z := newZone(t, host)
				q := dns.NewBuilder(uint16(t.Rand().Uint32()), 0).Question(z.name("{www}"), dnssteps.Type("A")).OPT(1232, 0).OPT(1232, 0).Bytes()
				z.judge()
				if r := z.outlives(q, "a question with two OPT records"); r != nil {
					r.Code("FORMERR")
				}
			},
		},
	}
}

// takesEDNS blocks the check when a question with an OPT record is an error to the server.
func (z *zone) takesEDNS(name string) {
	if r := z.ask(name, "A", dnssteps.EDNS(1232)); r.Rcode() != 0 {
		z.t.Block("a question with an OPT record is answered with %s (see edns/answered)", dns.RcodeName(r.Rcode()))
	}
}

// hasOPT fails the check unless a reply has an OPT record.
func hasOPT(t *check.T, r *dnssteps.Reply) *dns.Record {
	opt := r.OPT()
	if opt == nil {
		t.Fail(r.Field(dns.AtARCount), "an OPT record in the additional section", "none")
	}
	return opt
}
