package dns

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/reference/faults"
)

// A proof shows that a fault is one: what is done, something that comes of it with the correct program, and
// something that comes of it with the faulty one and not with the correct one.
type proof[L any] struct {
	do           func(l L) string
	right, wrong string
}

// proveAll runs the proof of every fault that F has; setUp makes a program with faults.
func proveAll[F, L any](t *testing.T, setUp func(t *testing.T, f F) L, tables ...map[string]proof[L]) {
	proofs := map[string]proof[L]{}
	for _, table := range tables {
		for name, p := range table {
			require.NotContains(t, proofs, name)
			proofs[name] = p
		}
	}
	for _, name := range faults.Names[F]() {
		p, ok := proofs[name]
		delete(proofs, name)
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of them wait for something that does not come
			require.True(t, ok, "no proof for this fault: is it dead?")
			require.NotEmpty(t, p.wrong)
			var none, f F
			require.NoError(t, faults.Set(&f, name))
			got := p.do(setUp(t, none))
			require.Contains(t, got, p.right, "the correct one")
			require.NotContains(t, got, p.wrong, "the correct one")
			require.Contains(t, p.do(setUp(t, f)), p.wrong, "the faulty one")
		})
	}
	require.Empty(t, proofs, "proofs of no fault")
}

func TestEveryServerFaultShows(t *testing.T) {
	proveAll(t, newLab, messageProofs, serverProofs, dataProofs, updateProofs)
}

func TestEveryResolverMessageFaultShows(t *testing.T) {
	proveAll(t, newResolverLab, messageProofs)
}

// newResolverLab is a lab whose subject is a resolver with the lab's zone below its root.
func newResolverLab(t *testing.T, f MessageFaults) *lab {
	s := open(t, "== 127.0.11.1 .\n@ NS a.root.\na.root. A 127.0.11.1\nutopia.example. NS ns1.utopia.example.\nns1.utopia.example. A 127.0.11.2\n== 127.0.11.2 utopia.example.\n"+labZone)
	s.resolver(ResolverFaults{MessageFaults: f})
	s.r.once.Do(s.r.start)
	return &lab{t: t, subject: s.r}
}

func TestFaultCounts(t *testing.T) {
	require.GreaterOrEqual(t, len(faults.Names[ServerFaults]()), 50)
	require.GreaterOrEqual(t, len(faults.Names[ResolverFaults]()), 40)
	require.GreaterOrEqual(t, len(faults.Names[ClientFaults]()), 25)
	for _, names := range [][]string{faults.Names[ServerFaults](), faults.Names[ResolverFaults](), faults.Names[ClientFaults]()} {
		seen := map[string]bool{}
		for _, name := range names {
			require.False(t, seen[name], name)
			seen[name] = true
		}
	}
}

func asks(words, right, wrong string) proof[*lab] {
	return proof[*lab]{func(l *lab) string { return l.ask(words) }, right, wrong}
}

// sees asks and looks at one thing of the reply.
func sees(words string, look func(m *Message) any, right, wrong string) proof[*lab] {
	return proof[*lab]{func(l *lab) string {
		b, tcp := query(l.t, words)
		reply, _ := l.handle(b, tcp)
		m, _, _ := Parse(reply)
		return "=" + fmt.Sprint(look(m)) + "."
	}, "=" + right + ".", "=" + wrong + "."}
}

func flag(bit uint16) func(m *Message) any { return func(m *Message) any { return m.Has(bit) } }

func count(s Section) func(m *Message) any { return func(m *Message) any { return m.Counts[s] } }

// sends sends a malformed query of that name.
func sends(malformation, right, wrong string) proof[*lab] {
	return proof[*lab]{func(l *lab) string {
		for _, m := range Malformations(0x1234, "www.utopia.example", dns.TypeA) {
			if m.Name == malformation {
				return l.raw(m.Data, false)
			}
		}
		return "no such malformation"
	}, right, wrong}
}

// streams sends pieces over TCP and reads n replies.
func streams(n int, right, wrong string, pieces func(a, b []byte) [][]byte) proof[*lab] {
	return proof[*lab]{func(l *lab) string {
		a, _ := query(l.t, "www A id=1")
		b, _ := query(l.t, "www A id=2")
		return l.listen().stream(n, pieces(Frame(a), Frame(b))...)
	}, right, wrong}
}

func whole(a, _ []byte) [][]byte  { return [][]byte{a} }
func pieces(a, _ []byte) [][]byte { return [][]byte{a[:1], a[1:9], a[9:]} }
func both(a, b []byte) [][]byte   { return [][]byte{append(append([]byte(nil), a...), b...)} }

func replies(n int, words ...string) func(l *lab) string {
	return func(l *lab) string {
		var all [][]byte
		for _, w := range words {
			b, _ := query(l.t, w)
			all = append(all, b)
		}
		got := 0
		for _, r := range l.listen().datagrams(n, all...) {
			if r != "[silence]" {
				got++
			}
		}
		return fmt.Sprint("=", got, ".")
	}
}

var messageProofs = map[string]proof[*lab]{
	"id-constant": asks("www A", "id: 4660\n", "id: 1\n"),
	"id-swapped":  asks("www A", "id: 4660\n", "id: 13330\n"),
	"qr-missing":  sees("www A", flag(FlagQR), "true", "false"),
	"opcode-zero": sees("www A opcode=3", func(m *Message) any { return m.Opcode() }, "3", "0"),
	"rd-dropped":  sees("www A rd", flag(FlagRD), "true", "false"),
	"rd-always":   sees("www A", flag(FlagRD), "false", "true"),
	"z-set":       sees("www A", flag(FlagZ), "false", "true"),
	"flags-echoed": {func(l *lab) string {
		b, tcp := query(l.t, "www A")
		b[AtFlags+1] |= FlagZ
		reply, _ := l.handle(b, tcp)
		m, _, _ := Parse(reply)
		return fmt.Sprint(m.Has(FlagZ))
	}, "false", "true"},
	"flags-swapped":      sees("www A rd", flag(FlagRD), "true", "false"),
	"counts-swapped":     sees("www A", count(QuestionSection), "1", "256"),
	"counts-total":       sees("www A opt=1232", count(AnswerSection), "3", "4"),
	"question-missing":   sees("www A", count(QuestionSection), "1", "0"),
	"question-lowered":   asks("wWw A", ";wWw.utopia.example. IN A", ";www.utopia.example. IN A"),
	"question-upped":     asks("wWw A", ";wWw.utopia.example. IN A", ";WWW.UTOPIA.EXAMPLE. IN A"),
	"pointers-from-body": asks("www A", "10.0.0.2", "[unreadable]"),
	"pointers-forward":   asks("www A", "10.0.0.2", "[unreadable]"),
	"names-unended":      asks("www A", "10.0.0.2", "[unreadable]"),
	"ttl-swapped":        asks("www A", " 3600 IN A 10.0.0.2", " 269352960 IN A"),
	"types-swapped":      asks("www A", "IN A 10.0.0.2", "IN URI 2560"),
	"lengths-wrong":      asks("www A", "IN A 10.0.0.2", "[unreadable]"),
	"trailing-byte":      asks("www A", "IN A 10.0.0.2", "[RFC 1035 4.1: 1 more bytes]"),

	"short-crash":          sends("short-header", "[silence]", "[crash]"),
	"no-question-crash":    sends("no-question", "FORMERR", "[crash]"),
	"two-questions-served": sends("two-questions", "FORMERR", "ANSWER: 3"),
	"pointer-loop-crash":   sends("pointer-to-itself", "FORMERR", "[crash]"),
	"label-of-64-served":   sends("label-of-64", "FORMERR", "NXDOMAIN"),
	"name-long-crash":      sends("name-of-256", "FORMERR", "[crash]"),
	"counts-trusted":       sends("count-too-high", "FORMERR", "[crash]"),
	"two-opt-served":       sends("two-opt", "FORMERR", "ANSWER: 3"),
	"pointers-refused": {func(l *lab) string {
		return l.raw(NewBuilder(1, 0).Question("www.utopia.example", 1).Entry(AdditionalSection).Pointer(headerLen).Fields(1, 1, 0, []byte{1, 2, 3, 4}).Bytes(), false)
	}, "ANSWER: 3", "FORMERR"},
	"response-answered": {func(l *lab) string {
		return l.raw(NewBuilder(1, FlagQR).Question("www.utopia.example", 1).Bytes(), false)
	}, "[silence]", "ANSWER: 3"},
	"opcode-served": asks("www A opcode=3", "NOTIMP", "ANSWER: 3"),
	"class-served":  asks("www A class=CH", "REFUSED", "ANSWER: 3"),

	"edns-ignored":         asks("www A opt=1232", "EDNS: version: 0", "ADDITIONAL: 0"),
	"edns-always":          asks("www A", "ADDITIONAL: 0", "EDNS: version: 0"),
	"edns-form-err":        sees("www A opt=1232", func(m *Message) any { return fmt.Sprint(m.Rcode(), m.OPT() != nil) }, "0 true", "1 false"),
	"edns-size-ignored":    asks("big TXT opt=1232", "ANSWER: 8", " tc"),
	"edns-size-exceeded":   asks("huge TXT opt=1232", " tc", "ANSWER: 30"),
	"edns-version-served":  asks("www A v1", "BADVERS", "ANSWER: 3"),
	"edns-version-error":   asks("www A v1", "BADVERS", "FORMERR"),
	"edns-bad-vers-no-opt": asks("www A v1", "BADVERS", "ADDITIONAL: 0"),
	"opt-in-authority":     asks("www A opt=1232", "ADDITIONAL: 1", "AUTHORITY: 1"),
	"opt-named":            asks("www A opt=1232", "ADDITIONAL: 1", "[RFC 6891 6.1.2"),
	"udp-unlimited":        asks("big TXT", " tc", "ANSWER: 8"),
	"truncated-no-tc":      sees("big TXT", flag(FlagTC), "true", "false"),
	"truncated-in-record":  asks("big TXT", " tc", "[unreadable]"),
	"truncated-silent":     asks("big TXT", " tc", "[silence]"),

	"tcp-none":           streams(1, "ANSWER: 3", "[nothing]", whole),
	"tcp-truncated":      asks("big TXT tcp", "ANSWER: 8", " tc"),
	"tcp-length-swapped": streams(1, "ANSWER: 3", "[nothing]", whole),
	"tcp-length-whole":   streams(1, "ANSWER: 3", "[nothing]", whole),
	"tcp-length-none":    streams(1, "ANSWER: 3", "no header", whole),
	"tcp-one-read":       streams(1, "ANSWER: 3", "[nothing]", pieces),
	"tcp-one-message":    streams(2, "id: 2\n", "[nothing]", both),
	"tcp-drops-behind":   streams(2, "id: 2\n", "[nothing]", both),
	"tcp-one-at-a-time": {func(l *lab) string {
		defer l.listen().pipe().Close()
		a, _ := query(l.t, "www A")
		return l.stream(1, Frame(a))
	}, "ANSWER: 3", "[nothing]"},
	"tcp-impatient": {func(l *lab) string {
		c, err := net.Dial("tcp", l.listen().address)
		require.NoError(l.t, err)
		defer c.Close()
		return readQuietly(l.t, c)
	}, "open", "end"},
	"tcp-crash-on-early-end": {func(l *lab) string {
		c, err := net.Dial("tcp", l.listen().address)
		require.NoError(l.t, err)
		defer c.Close()
		c.Write([]byte{0, 40, 1})
		c.(*net.TCPConn).CloseWrite()
		readQuietly(l.t, c)
		a, _ := query(l.t, "www A")
		return l.stream(1, Frame(a))
	}, "ANSWER: 3", "[nothing]"},
	"replies-elsewhere":      {func(l *lab) string { return l.listen().asks("www A") }, "ANSWER: 3", "[silence]"},
	"replies-twice":          {replies(2, "www A"), "=1.", "=2."},
	"drops-second-of-bursts": {replies(2, "www A", "www A"), "=2.", "=1."},
	"stops-after-40": {func(l *lab) string {
		l.listen()
		last := ""
		for range 45 {
			if last = l.asks("www A"); last == "[silence]" {
				break
			}
		}
		return last
	}, "ANSWER: 3", "[silence]"},
}

var serverProofs = map[string]proof[*lab]{
	"aa-missing":      sees("www A", flag(FlagAA), "true", "false"),
	"aa-on-referral":  sees("host.sub A", flag(FlagAA), "false", "true"),
	"aa-on-refused":   sees("www.elsewhere.test. A", flag(FlagAA), "false", "true"),
	"ra-always":       sees("www A", flag(FlagRA), "false", "true"),
	"nx-not-aa":       sees("nope.txt A", flag(FlagAA), "true", "false"),
	"no-answer-crash": asks("nope.txt A", "NXDOMAIN", "[crash]"),

	"ra-without-answer":               sees("mail AAAA", flag(FlagRA), "false", "true"),
	"question-lowered-without-answer": asks("nOpe.txt A", ";nOpe.txt.utopia.example. IN A", ";nope.txt.utopia.example. IN A"),

	"case-sensitive":      asks("WWW A", "ANSWER: 3", "ANSWER: 0"),
	"first-record-only":   asks("www A", "ANSWER: 3", "ANSWER: 1"),
	"records-twice":       asks("www A", "ANSWER: 3", "ANSWER: 6"),
	"records-spare":       asks("www A", "ANSWER: 3", "ANSWER: 4"),
	"owner-of-zone":       asks("www A", "\nwww.utopia.example. 3600 IN A", "\nutopia.example. 3600 IN A"),
	"ttl-zero":            asks("www A", " 3600 IN A", " 0 IN A"),
	"ttl-differs":         asks("www A", " 3600 IN A", "[RFC 2181 5.2"),
	"ttl-minimum":         asks("www A", " 3600 IN A", " 300 IN A"),
	"ttl-random":          {func(l *lab) string { return fmt.Sprint(l.ask("mail A") == l.ask("mail A")) }, "true", "false"},
	"zone-name-nx":        asks("@ MX", "NOERROR", "NXDOMAIN"),
	"answer-in-authority": asks("www A", "ANSWER: 3", "AUTHORITY: 3"),
	"rotation-none": {func(l *lab) string {
		l.s.Rotate = true
		return fmt.Sprint(l.ask("www A") == l.ask("www A"))
	}, "false", "true"},
	"any-refused":     asks("www ANY", "NOERROR", "NOTIMP"),
	"any-nothing":     asks("www ANY", "ANSWER: 4", "ANSWER: 0"),
	"unknown-not-imp": asks("www TYPE65280", "NOERROR", "NOTIMP"),
	"unknown-nx":      asks("www TYPE65280", "NOERROR", "NXDOMAIN"),
	"unknown-crash":   asks("www TYPE65280", "NOERROR", "[crash]"),
	"names-upped":     asks("ftp CNAME", "CNAME www.utopia.example.\n", "CNAME WWW.UTOPIA.EXAMPLE.\n"),

	"opt-not-with-nx":      asks("nope.txt A opt=1232", "EDNS: version: 0", "ADDITIONAL: 0"),
	"opt-not-with-refused": asks("www.elsewhere.test. A opt=1232", "EDNS: version: 0", "ADDITIONAL: 0"),
	"opt-size-literal":     asks("www A opt=60", "ANSWER: 3", " tc"),
	"tcp-cut-to-opt":       asks("big TXT opt=512 tcp", "ANSWER: 8", " tc"),
	"glue-cut-no-tc":       sees("host.wide A", flag(FlagTC), "true", "false"),

	"nodata-nx":        asks("mail AAAA", "NOERROR", "NXDOMAIN"),
	"nodata-no-soa":    asks("mail AAAA", "AUTHORITY: 1", "AUTHORITY: 0"),
	"nodata-refused":   asks("mail AAAA", "NOERROR", "REFUSED"),
	"nx-no-error":      asks("nope.txt A", "NXDOMAIN", "NOERROR"),
	"nx-no-soa":        asks("nope.txt A", "AUTHORITY: 1", "AUTHORITY: 0"),
	"nx-serv-fail":     asks("nope.txt A", "NXDOMAIN", "SERVFAIL"),
	"nx-silent":        asks("nope.txt A", "NXDOMAIN", "[silence]"),
	"negative-ttl":     asks("nope.txt A", " 300 IN SOA", " 3600 IN SOA"),
	"negative-minimum": asks("9.0.0.10.in-addr.arpa. PTR", " 60 IN SOA", " 3600 IN SOA"),
	"soa-in-answer":    asks("mail AAAA", "ANSWER: 0, AUTHORITY: 1", "ANSWER: 1, AUTHORITY: 0"),
	"empty-name-nx":    asks("deep A", "NOERROR", "NXDOMAIN"),

	"wildcard-none":       asks("any.wild A", "10.0.0.7", "NXDOMAIN"),
	"wildcard-owner":      asks("any.wild A", "\nany.wild.utopia", "\n*.wild.utopia"),
	"wildcard-over-name":  asks("there.wild A", "ANSWER: 0", "10.0.0.7"),
	"wildcard-below-name": asks("below.there.wild A", "NXDOMAIN", "10.0.0.7"),
	"wildcard-at-cut":     asks("x.sub MX", "AUTHORITY: 2", "MX 5"),
	"wildcard-one-label":  asks("a.b.wild A", "10.0.0.7", "NXDOMAIN"),
	"wildcard-empty-name": asks("under.wild A", "ANSWER: 0", "10.0.0.7"),
	"wildcard-for-itself": asks("wild A", "ANSWER: 0", "10.0.0.7"),
	"cname-alone":         asks("ftp A", "ANSWER: 4", "ANSWER: 1"),
	"cname-ignored":       asks("ftp A", "ANSWER: 4", "ANSWER: 0"),
	"cname-skipped":       asks("ftp A", "\nwww.utopia.example. 3600 IN A", "\nftp.utopia.example. 3600 IN A"),
	"cname-once":          asks("chain A", "ANSWER: 5", "ANSWER: 2"),
	"cname-followed":      asks("ftp CNAME", "ANSWER: 1", "ANSWER: 5"),
	"cname-chased":        asks("chain CNAME", "ANSWER: 1", "ANSWER: 2"),
	"cname-loop-crash":    asks("loop1 A", "ANSWER: 2", "[crash]"),
	"cname-target-no-err": asks("gone A", "NXDOMAIN", "NOERROR"),
	"cname-outside-nx":    asks("out A", "NOERROR", "NXDOMAIN"),
	"cname-nodata-no-soa": asks("ftp MX", "AUTHORITY: 1", "AUTHORITY: 0"),
	"cname-lost-no-soa":   asks("gone A", "AUTHORITY: 1", "AUTHORITY: 0"),

	"delegation-ignored":   asks("host.sub A", "AUTHORITY: 2", "NXDOMAIN"),
	"delegation-nx":        asks("host.sub A", "NOERROR", "NXDOMAIN"),
	"delegation-answer":    asks("host.sub A", "AUTHORITY: 2", "ANSWER: 2"),
	"delegation-soa":       asks("host.sub A", "AUTHORITY: 2", "AUTHORITY: 3"),
	"delegation-one-ns":    asks("host.sub A", "AUTHORITY: 2", "AUTHORITY: 1"),
	"cut-answered":         asks("sub NS", "ANSWER: 0", "ANSWER: 2"),
	"glue-missing":         asks("host.sub A", "ADDITIONAL: 1", "ADDITIONAL: 0"),
	"glue-answered":        asks("ns.sub A", "ANSWER: 0", "ANSWER: 1"),
	"glue-in-answer":       asks("host.sub A", "ANSWER: 0", "ANSWER: 1"),
	"glue-behind-alias":    asks("home A", "ANSWER: 1, AUTHORITY: 2", "ANSWER: 2"),
	"outside-nx":           asks("www.elsewhere.test. A", "REFUSED", "NXDOMAIN"),
	"outside-no-error":     asks("www.elsewhere.test. A", "REFUSED", "NOERROR"),
	"outside-serv-fail":    asks("www.elsewhere.test. A", "REFUSED", "SERVFAIL"),
	"outside-silent":       asks("www.elsewhere.test. A", "REFUSED", "[silence]"),
	"suffix-without-label": asks("notutopia.example. A", "REFUSED", "NOERROR"),
}

var dataProofs = map[string]proof[*lab]{
	"address-text":     asks("www A", "10.0.0.2", "[unreadable]"),
	"address-swapped":  asks("www A", "10.0.0.2", "2.0.0.10"),
	"aaaa-short":       asks("www AAAA", "2001:db8::2", "[unreadable]"),
	"txt-no-length":    asks("txt TXT", `"one" "two three"`, "[unreadable]"),
	"txt-joined":       asks("txt TXT", `"one" "two three"`, `"onetwo three"`),
	"txt-first":        asks("txt TXT", `"one" "two three"`, "TXT \"one\"\n"),
	"mx-swapped":       asks("@ MX", "MX 10 mail", "MX 2560 mail"),
	"mx-no-preference": asks("@ MX", "MX 10 mail", "[unreadable]"),
	"soa-swapped":      asks("@ SOA", " 2026 7200", " 3926327296 "),
	"soa-mail-dot":     asks("@ SOA", " hostmaster.utopia.example. ", ` hostmaster\@utopia\.example. `),
	"srv-swapped":      asks("_sip._tcp SRV", "SRV 10 20 5060 ", "SRV 10 5060 20 "),
	"srv-compressed":   asks("_sip._tcp SRV", "SRV 10 20 5060 ", "[RFC 3597 4"),
	"caa-no-flags":     asks("caa CAA", "0 issue", "[unreadable]"),
	"names-relative":   asks("ftp CNAME", "CNAME www.utopia.example.\n", "CNAME www.\n"),
}

// updatesTo sends an UPDATE and looks at its code and at what it changed: "UPDATE NOERROR +came -went".
func updatesTo(prereqs, updates, right, wrong string) proof[*lab] {
	return proof[*lab]{func(l *lab) string {
		code, came, went := l.change(prereqs, updates)
		return code + " +" + came + " -" + went + "\n"
	}, right, wrong}
}

const addNew = "new 60 IN A 10.9.9.9"

func rawUpdate(right, wrong string, b func() []byte) proof[*lab] {
	return proof[*lab]{func(l *lab) string { return l.raw(b(), false) }, right, wrong}
}

func afterUpdate(updates, words, right, wrong string) proof[*lab] {
	return proof[*lab]{func(l *lab) string {
		l.updated(nil, strings.Split(updates, "|"))
		return l.ask(words)
	}, right, wrong}
}

func update() *Builder { return NewBuilder(1, dns.OpcodeUpdate<<11) }

var updateProofs = map[string]proof[*lab]{
	"update-not-imp":          updatesTo("", addNew, "UPDATE NOERROR", "UPDATE NOTIMP"),
	"update-nothing":          updatesTo("", addNew, "NOERROR +new A 10.9.9.9|serial", "NOERROR + -\n"),
	"update-zone-type":        rawUpdate("FORMERR", "NOERROR", func() []byte { return update().Question("utopia.example", 1).Bytes() }),
	"update-zone-count":       rawUpdate("FORMERR", "NOERROR", func() []byte { return update().Question("utopia.example", 6).Question("a", 6).Bytes() }),
	"update-not-auth-refused": rawUpdate("NOTAUTH", "REFUSED", func() []byte { return update().Question("other.example", 6).Bytes() }),
	"update-not-auth-ok":      rawUpdate("NOTAUTH", "NOERROR", func() []byte { return update().Question("other.example", 6).Bytes() }),
	"update-outside":          updatesTo("", "www.elsewhere.test. 60 IN A 10.9.9.9", "NOTZONE", "NOERROR"),
	"update-outside-refused":  updatesTo("", "www.elsewhere.test. 60 IN A 10.9.9.9", "NOTZONE", "REFUSED"),

	"update-outside-late": updatesTo("", addNew+"|www.elsewhere.test. 60 IN A 10.9.9.9", "NOTZONE + -\n", "+new A 10.9.9.9"),

	"update-prereq-first":   updatesTo("www 0 ANY A|www 0 ANY TXT", addNew, "NXRRSET", "NOERROR"),
	"update-prereq-none":    updatesTo("www 0 NONE ANY", addNew, "YXDOMAIN", "NOERROR"),
	"update-prereq-value":   updatesTo("mail 0 IN A 10.0.0.6", addNew, "NXRRSET", "NOERROR"),
	"update-prereq-subset":  updatesTo("www 0 IN A 10.0.0.4", addNew, "NXRRSET", "NOERROR"),
	"update-prereq-ttl":     updatesTo("www 5 ANY A", addNew, "FORMERR", "NOERROR"),
	"update-prereq-data":    updatesTo(`www 0 ANY A \1.2.3.4`, addNew, "FORMERR", "NOERROR"),
	"update-prereq-negated": updatesTo("www 0 ANY A", addNew, "NOERROR", "YXRRSET"),
	"update-prereq-outside": updatesTo("www.elsewhere.test. 0 NONE ANY", addNew, "NOTZONE", "NOERROR"),
	"update-yx-domain":      updatesTo("www 0 NONE ANY", addNew, "YXDOMAIN", "YXRRSET"),
	"update-yx-set":         updatesTo("www 0 NONE A", addNew, "YXRRSET", "YXDOMAIN"),
	"update-nx-domain":      updatesTo("nope.txt 0 ANY ANY", addNew, "NXDOMAIN", "NXRRSET"),
	"update-nx-set":         updatesTo("www 0 ANY TXT", addNew, "NXRRSET", "NXDOMAIN"),

	"update-prescan-none":        updatesTo("", addNew+"|www.elsewhere.test. 60 IN A 10.9.9.9", "NOTZONE + -\n", "+new A 10.9.9.9"),
	"update-class-other":         updatesTo("", "new 60 CH A 10.9.9.9", "FORMERR", "NOERROR"),
	"update-type-meta":           updatesTo("", "new 60 IN ANY", "FORMERR", "NOERROR"),
	"update-delete-ttl":          updatesTo("", "www 60 ANY A", "FORMERR", "NOERROR"),
	"update-delete-data":         updatesTo("", `www 0 ANY A \1.2.3.4`, "FORMERR", "NOERROR"),
	"update-delete-none":         updatesTo("", "www 0 ANY A", "+serial -www A 10.0.0.2", "+ -\n"),
	"update-delete-swapped":      updatesTo("", "www 0 NONE A 10.0.0.3", "-www A 10.0.0.3\n", "-www A 10.0.0.2"),
	"update-delete-set-for-one":  updatesTo("", "www 0 NONE A 10.0.0.3", "-www A 10.0.0.3\n", "-www A 10.0.0.2"),
	"update-delete-name-for-set": updatesTo("", "www 0 ANY A", "-www A 10.0.0.2", "www AAAA"),
	"update-delete-case":         updatesTo("", "WWW 0 NONE A 10.0.0.3", "-www A 10.0.0.3\n", "+ -\n"),
	"update-delete-missing":      updatesTo("", "nope.txt 0 ANY A", "NOERROR", "NXRRSET"),
	"update-deletes-soa":         afterUpdate("utopia.example. 0 ANY SOA", "@ SOA", "ANSWER: 1", "ANSWER: 0"),
	"update-deletes-ns":          updatesTo("", "utopia.example. 0 ANY ANY", "-utopia.example. MX", "utopia.example. NS ns1"),
	"update-deletes-last-ns":     updatesTo("", "utopia.example. 0 NONE NS ns1.utopia.example.|utopia.example. 0 NONE NS ns.elsewhere.test.", "NS ns1.utopia.example.\n", "NS ns.elsewhere.test."),
	"update-add-replaces":        updatesTo("", "mail 300 IN A 10.9.9.9", "serial -\n", "-mail A 10.0.0.5"),
	"update-add-twice":           afterUpdate("mail 300 IN A 10.0.0.5", "mail A", "ANSWER: 1", "ANSWER: 2"),
	"update-add-cname":           updatesTo("", "mail 60 IN CNAME www.utopia.example.", "+ -\n", "+mail CNAME"),
	"update-add-beside-cname":    updatesTo("", "ftp 60 IN A 10.9.9.9", "+ -\n", "+ftp A"),
	"update-add-cname-second":    updatesTo("", "ftp 60 IN CNAME mail.utopia.example.", "-ftp CNAME www", "serial -\n"),
	"update-soa-older":           updatesTo("", "utopia.example. 3600 IN SOA ns1. h. 2000 1 2 3 4", "+ -\n", "+utopia.example. SOA"),
	"update-soa-ignored":         updatesTo("", "utopia.example. 3600 IN SOA ns1. h. 3000 1 2 3 4", "+utopia.example. SOA", "+ -\n"),
	"update-serial-stays":        updatesTo("", addNew, "|serial -\n", "10.9.9.9 -\n"),
	"update-serial-without-need": updatesTo("", "nope.txt 0 ANY A", "+ -\n", "+serial"),
	"update-serial-down":         updatesTo("", addNew, "|serial -\n", "10.9.9.9 -\n"),
	"update-reply-opcode":        updatesTo("", addNew, "UPDATE NOERROR", "QUERY NOERROR"),
}
