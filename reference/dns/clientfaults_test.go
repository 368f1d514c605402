package dns

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/stretchr/testify/require"
)

// A teller is a test and the faults of the client that it runs.
type teller struct {
	t *testing.T
	f ClientFaults
}

func TestEveryClientFaultShows(t *testing.T) {
	proveAll(t, func(t *testing.T, f ClientFaults) teller { return teller{t, f} }, clientProofs, printProofs)
}

type script = func(s *stage, n int, q *Message, tcp bool) [][]byte

// says runs the client and gives what it printed, and its exit status.
func says(play script, args, right, wrong string) proof[teller] {
	return proof[teller]{func(w teller) string {
		if !strings.Contains(args, ".") {
			args = strings.Replace(args, " ", ".utopia.example ", 1)
		}
		return "[" + newStage(w.t, play).tells(w.f, args) + "]"
	}, right, wrong}
}

func prints(args, right, wrong string) proof[teller] { return says(honest, args, right, wrong) }

// asking looks at the first query that the client sends.
func asking(right, wrong string, look func(q *Message) any) proof[teller] {
	return proof[teller]{func(w teller) string {
		ctx, cancel := context.WithCancel(w.t.Context())
		s := newStage(w.t, func(*stage, int, *Message, bool) [][]byte {
			cancel() // it has come: the client need not wait for a reply
			return nil
		})
		s.tellsWithin(ctx, w.f, "www.utopia.example TXT")
		require.NotEmpty(w.t, s.seen())
		return fmt.Sprintf("=%v.", look(s.seen()[0]))
	}, "=" + right + ".", "=" + wrong + "."}
}

// attempts looks at how many queries come when none is answered.
func attempts(look func(n int) any, right, wrong string) proof[teller] {
	return proof[teller]{func(w teller) string {
		s := newStage(w.t, losing(1000))
		s.tells(w.f, "www.utopia.example TXT")
		return fmt.Sprintf("=%v.", look(len(s.seen())))
	}, "=" + right + ".", "=" + wrong + "."}
}

// changed answers with a reply that a test has changed.
func changed(change func(m *dns.Msg)) script {
	return func(s *stage, _ int, q *Message, tcp bool) [][]byte { return [][]byte{s.reply(q, tcp, change)} }
}

// spelledOut answers with a record whose owner is not compressed.
func spelledOut(_ *stage, _ int, q *Message, _ bool) [][]byte {
	asked := q.Questions[0]
	b := NewBuilder(q.ID, FlagQR|FlagRD).Entry(QuestionSection).Raw(q.Raw[asked.At : asked.At+asked.Len]...)
	return [][]byte{from(0, b.Record(AnswerSection, asked.Name.Text, dns.TypeA, 60, []byte{10, 0, 0, 2}).Bytes())}
}

// broken sends a message that is cut off in its question before the right reply. Its id is that of the query, or so much more.
func broken(more uint16) script {
	return func(s *stage, _ int, q *Message, tcp bool) [][]byte {
		return [][]byte{from(0, NewBuilder(q.ID+more, FlagQR).Entry(QuestionSection).Raw(40, 'a').Bytes()), s.reply(q, tcp, nil)}
	}
}

// texts answers with these strings.
func texts(strings ...string) script {
	return changed(func(m *dns.Msg) { m.Answer[0].(*dns.TXT).Txt = strings })
}

func lineCount(args string) proof[teller] {
	return proof[teller]{func(w teller) string {
		return fmt.Sprint(strings.Count(newStage(w.t, honest).tells(w.f, args), "huge") == 30)
	}, "true", "false"}
}

var clientProofs = map[string]proof[teller]{
	"id-constant": {func(w teller) string {
		ids := map[uint16]bool{}
		for range 3 {
			s := newStage(w.t, honest)
			s.tells(w.f, "www.utopia.example A")
			ids[s.seen()[0].ID] = true
		}
		return fmt.Sprint(len(ids) > 1)
	}, "true", "false"},
	"rd-missing":     asking("true", "false", func(q *Message) any { return q.Has(FlagRD) }),
	"qr-set":         asking("false", "true", func(q *Message) any { return q.Has(FlagQR) }),
	"counts-swapped": asking("1", "256", func(q *Message) any { return q.Counts[0] }),
	"type-always-a":  asking("16", "1", func(q *Message) any { return q.Questions[0].Type }),
	"type-swapped":   asking("16", "4096", func(q *Message) any { return q.Questions[0].Type }),
	"class-zero":     asking("1", "0", func(q *Message) any { return q.Questions[0].Class }),
	"name-unended":   asking("true", "false", func(q *Message) any { _, _, err := Parse(q.Raw); return err == nil }),
	"name-dotted":    asking("www.utopia.example.", `www\.utopia\.example.`, func(q *Message) any { return q.Questions[0].Name.Text }),
	"name-local":     asking("www.utopia.example.", "www.utopia.", func(q *Message) any { return q.Questions[0].Name.Text }),
	"query-twice":    attempts(func(n int) any { return n }, "3", "6"),

	"final-dot-kept": prints("www.utopia.example. A", "exit 0", "exit 1"),

	"retries-hasty": attempts(func(n int) any { return n }, "3", "2"),
	"retries-never": attempts(func(n int) any { return n }, "3", "1"),
	"retries-flood": attempts(func(n int) any { return n > 8 }, "false", "true"),
	"retries-forever": {func(w teller) string {
		start := time.Now()
		newStage(w.t, losing(1000)).tells(w.f, "www.utopia.example A")
		return fmt.Sprint(time.Since(start) < 700*time.Millisecond)
	}, "true", "false"},
	"gives-up-on-forged": says(forgeries["id"], "www A", "exit 0", "exit 1"),
	"silence-succeeds":   says(losing(100), "www A", "exit 1", "exit 0"),
	"takes-any-id":       says(forgeries["id"], "www A", "10.0.0.2", "6.6.6.6"),
	"takes-any-address":  says(forgeries["address"], "www A", "10.0.0.2", "6.6.6.6"),
	"takes-any-port":     says(forgeries["port"], "www A", "10.0.0.2", "6.6.6.6"),
	"takes-any-question": says(forgeries["name"], "www A", "10.0.0.2", "6.6.6.6"),
	"takes-any-type":     says(forgeries["type"], "www A", "10.0.0.2", "6.6.6.6"),
	"takes-any-class":    says(forgeries["class"], "www A", "10.0.0.2", "6.6.6.6"),
	"broken-ends":        says(broken(1), "www A", "10.0.0.2", "[exit 1"),
	"broken-reply-ends":  says(broken(0), "www A", "10.0.0.2", "[exit 1"),
	"takes-query":        says(forgeries["query"], "www A", "10.0.0.2", "6.6.6.6"),

	"truncated-printed":  lineCount("huge.utopia.example TXT"),
	"truncated-fails":    prints("huge TXT", "exit 0", "exit 1"),
	"tcp-length-none":    prints("huge TXT", "exit 0", "exit 1"),
	"tcp-length-swapped": prints("huge TXT", "exit 0", "exit 1"),
	"tcp-one-read":       lineCount("huge.utopia.example TXT"),

	"code-ignored":    prints("nope.txt.utopia.example A", "exit 1", "exit 0"),
	"code-number":     prints("nope.txt.utopia.example A", "[NXDOMAIN\n", "[3\n"),
	"code-silent":     prints("nope.txt.utopia.example A", "[NXDOMAIN\n", "[exit 1"),
	"code-alone":      prints("gone A", "CNAME", "[NXDOMAIN"),
	"nodata-fails":    prints("mail AAAA", "[exit 0", "[exit 1"),
	"nodata-says":     prints("mail AAAA", "[exit 0", "no records"),
	"serv-fail-stays": says(changed(func(m *dns.Msg) { m.Rcode, m.Answer = dns.RcodeServerFailure, nil }), "www A", "[SERVFAIL", "NXDOMAIN"),
	"answer-required": prints("out A", "exit 0", "exit 1"),
	"answer-fails":    prints("www A", "exit 0", "exit 1"),
}

var printProofs = map[string]proof[teller]{
	"first-record-only":   {func(w teller) string { return records(w, "www.utopia.example A") }, "3", "1"},
	"last-record-missing": {func(w teller) string { return records(w, "www.utopia.example A") }, "3", "2"},
	"type-asked-only":     prints("ftp A", "[ftp.utopia", "[www.utopia"),
	"authority-printed":   prints("mail AAAA", "[exit 0", "SOA"),
	"additional-printed":  prints("utopia.example MX", "exit 0", "300 IN A 10.0.0.5"),
	"owner-asked":         prints("ftp A", "\nwww.utopia.example. 3600 IN A", "\nftp.utopia.example. 3600 IN A"),
	"owner-assumed":       says(spelledOut, "www A", "exit 0", "exit 1"),
	"owner-pointer":       prints("www A", "[www.utopia", "[. 3600"),
	"pointer-once":        prints("ftp A", "\nwww.utopia.example. 3600 IN A", "\nwww. 3600 IN A"),
	"data-pointer":        prints("ftp A", "CNAME www.utopia.example.\n", "CNAME www.\n"),
	"ttl-missing":         prints("www A", "example. 3600 IN A", "example. IN A"),
	"ttl-swapped":         prints("www A", " 3600 IN A", " 269352960 IN A"),
	"ttl-short":           says(changed(func(m *dns.Msg) { m.Answer[0].Header().Ttl = 100000 }), "www A", " 100000 IN A", " 34464 IN A"),
	"class-missing":       prints("www A", " 3600 IN A", " 3600 A"),
	"type-missing":        prints("www A", "IN A 10", "IN 10"),
	"address-swapped":     prints("www A", " 10.0.0.2", " 2.0.0.10"),
	"address-signed":      says(changed(func(m *dns.Msg) { m.Answer[0].(*dns.A).A = net.IPv4(200, 1, 1, 1) }), "www A", " 200.1.1.1", " -56.1.1.1"),
	"mx-no-preference":    prints("utopia.example MX", "MX 10 mail", "MX mail"),
	"mx-swapped":          prints("utopia.example MX", "MX 10 mail", "MX 2560 mail"),
	"mx-low-byte":         prints("heavy MX", "MX 300 mail", "MX 44 mail"),
	"txt-unquoted":        prints("txt TXT", `TXT "one" "two three"`, "TXT one two three"),
	"txt-first":           prints("txt TXT", `TXT "one" "two three"`, "TXT \"one\"\n"),
	"txt-raw":             prints("quote TXT", `TXT "a\"b"`, `TXT "a"b"`),
	"txt-controls":        says(texts("\\009\\\\001\\127"), "txt TXT", `"\009\\001\127"`, "\" \\\\001\x7f\""),
	"txt-unpadded":        says(texts("\\009\\228"), "txt TXT", `"\009\228"`, `"\9\228"`),
	"txt-no-empty":        says(texts("", "a", ""), "txt TXT", `TXT "" "a" ""`, "TXT \"a\"\n"),
	"mx-pointer":          prints("utopia.example MX", "MX 10 mail.utopia.example.\n", "MX 10 mail.\n"),
	"soa-pointer":         prints("utopia.example SOA", "SOA ns1.utopia.example. hostmaster.utopia.example. 2026", "SOA ns1. hostmaster. 2026"),
	"soa-signed":          says(changed(func(m *dns.Msg) { m.Answer[0].(*dns.SOA).Serial = 1<<32 - 1 }), "utopia.example SOA", " 4294967295 ", " -1 "),
	"aaaa-short":          prints("www AAAA", "AAAA 2001:db8::2", "AAAA 2001:db8::\n"),
	"caa-short":           prints("caa CAA", "CAA 0 issue", "CAA issue"),
	"soa-short":           prints("utopia.example SOA", "hostmaster.utopia.example. 2026", "hostmaster.utopia.example.\n"),
	"srv-short":           prints("_sip._tcp.utopia.example SRV", "SRV 10 20 5060", "SRV 10 5060"),
	"unknown-fails":       prints("strange TYPE65281", "exit 0", "exit 1"),
}

// records counts the records that the client prints.
func records(w teller, args string) string {
	return fmt.Sprint(strings.Count(newStage(w.t, honest).tells(w.f, args), " IN A "))
}
