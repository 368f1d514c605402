package dnssteps

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

const zone = `$ORIGIN utopia.test.
$TTL 300
@ IN SOA ns hostmaster 1 2 3 4 60
@ NS ns
ns A 192.0.2.1
www A 192.0.2.2
www A 192.0.2.3
txt TXT "One" "two three"
`

// serve is the reference server with faults.
func serve(faults dns.ServerFaults) check.Program {
	return func(ctx context.Context, env *check.Env) int {
		z, err := dns.ParseZone(zone)
		if err != nil {
			return 2
		}
		at := net.JoinHostPort(env.Vars["HOST"], env.Vars["PORT"])
		ln, err := env.Listen(ctx, "tcp", at)
		if err != nil {
			return 1
		}
		pc, err := env.ListenPacket(ctx, "udp", at)
		if err != nil {
			return 1
		}
		s := &dns.Server{Zones: []*dns.Zone{z}, Faults: faults, Network: env}
		s.Run(ctx, pc, ln)
		return 0
	}
}

// play runs one check on a server with faults.
func play(t *testing.T, faults dns.ServerFaults, run func(*check.T)) grader.Result {
	return playWith(t, "udp", serve(faults), run)
}

func playWith(t *testing.T, network string, program check.Program, run func(*check.T)) grader.Result {
	s := &check.Suite{
		Assignment: grader.Assignment{Name: "steps", Title: "Steps", Rubric: []grader.Item{{Group: "steps", Points: 1}}},
		Statement:  "x", Network: network, Port: 53, Reference: program, Read: Read, Hand: Hand,
		Groups: []check.Group{{Name: "steps", Checks: []check.Check{
			{Name: "one", Clause: check.Course("x"), Says: "x", Run: func(t *check.T) { run(t) }},
		}}},
	}
	require.NoError(t, s.Validate())
	results, err := harness.Try(t.Context(), s, program, harness.Options{Seed: 1, Patience: 2 * time.Second})
	require.NoError(t, err)
	require.Len(t, results, 1)
	require.NotEqual(t, grader.Fault, results[0].Verdict, results[0].Reason)
	return results[0]
}

var www = MustRecords("www.utopia.test. 300 IN A 192.0.2.2", "WWW.utopia.test 300  IN A 192.0.2.3")

func TestAsk(t *testing.T) {
	for _, transport := range []struct {
		name string
		ask  func(*check.T, []byte) *Reply
	}{{"udp", Ask}, {"tcp", AskTCP}} {
		t.Run(transport.name, func(t *testing.T) {
			run := func(t *check.T) {
				q := Query(t, "www.UTOPIA.test", "A", RD)
				r := transport.ask(t, q)
				t.Judge()
				r.Keeps()
				r.Code("NOERROR").Set(dns.FlagAA, "AA").Clear(dns.FlagRA, "RA").Answers(www[1], www[0])
			}
			r := play(t, dns.ServerFaults{}, run)
			require.Equal(t, grader.Pass, r.Verdict, r.Violations)
			require.Contains(t, r.Hand, "dig @$HOST -p $PORT ")
			require.Contains(t, r.Hand, "+recurse")
			require.Contains(t, r.Hand, "www.UTOPIA.test. -t A")
			said := 0
			for _, e := range r.Transcript.Events {
				if e.Kind != grader.Data {
					continue
				}
				said++
				require.Contains(t, e.Says, "www.UTOPIA.test. IN A")
				require.Contains(t, e.Decoded, ";; QUESTION SECTION:")
			}
			require.Equal(t, 2, said)

			r = play(t, dns.ServerFaults{AAMissing: true}, run)
			require.Equal(t, grader.Fail, r.Verdict)
			v := r.Violations[0]
			require.Equal(t, "the bit AA set", v.Want)
			e, ok := r.Transcript.Event(v.Event)
			require.True(t, ok)
			require.Equal(t, grader.Got, e.Dir)
			at := dns.AtFlags
			if transport.name == "tcp" {
				at += 2
			}
			require.Equal(t, [2]int{at, 2}, [2]int{v.At, v.Len})

			r = play(t, dns.ServerFaults{FirstRecordOnly: true}, run)
			require.Equal(t, grader.Fail, r.Verdict)
			require.Equal(t, "in the answer section www.utopia.test. 300 IN A 192.0.2.3", r.Violations[0].Want)
			r = play(t, dns.ServerFaults{RecordsTwice: true}, run)
			require.Equal(t, grader.Fail, r.Verdict)
			r = play(t, dns.ServerFaults{MessageFaults: dns.MessageFaults{IDSwapped: true}}, run)
			require.Equal(t, grader.Blocked, r.Verdict)
			require.Contains(t, r.Reason, "another id")
		})
	}
}

func TestKeepsMarksTheBreach(t *testing.T) {
	r := play(t, dns.ServerFaults{MessageFaults: dns.MessageFaults{ZSet: true}}, func(t *check.T) {
		r := Ask(t, Query(t, "www.utopia.test.", "A"))
		t.Judge()
		r.Keeps("RFC 1035 4.1.4")
		r.Keeps("RFC 1035 4.1.1")
	})
	require.Equal(t, grader.Fail, r.Verdict)
	require.Contains(t, r.Violations[0].Got, "flags")
	require.Positive(t, r.Violations[0].Len)
}

func TestSeveralOnOneConnection(t *testing.T) {
	run := func(t *check.T) {
		a, b := Query(t, "www.utopia.test.", "A"), Query(t, "txt.utopia.test.", "TXT")
		c := TCP(t)
		c.Send(a, b)
		t.Judge()
		replies := c.All(a, b)
		replies[0].Answers(www...)
		replies[1].Answers(MustRecords(`txt.utopia.test. 300 IN TXT "One" "two three"`)...)
	}
	r := play(t, dns.ServerFaults{}, run)
	require.Equal(t, grader.Pass, r.Verdict, r.Violations)
	r = play(t, dns.ServerFaults{MessageFaults: dns.MessageFaults{TCPOneMessage: true}}, run)
	require.Equal(t, grader.Fail, r.Verdict)
	require.Regexp(t, "the end of the stream|a connection reset", r.Violations[0].Got)

	r = play(t, dns.ServerFaults{}, func(t *check.T) {
		u := UDP(t)
		var queries [][]byte
		for range 10 {
			queries = append(queries, Query(t, "www.utopia.test.", "A"))
		}
		u.Send(queries...)
		t.Judge()
		for _, r := range u.All(queries...) {
			r.Answers(www...)
		}
	})
	require.Equal(t, grader.Pass, r.Verdict, r.Violations)
}

func TestSurvives(t *testing.T) {
	run := func(t *check.T) {
		t.Judge()
		bad, good := UDP(t).Survives([]byte{1, 2, 3}, Query(t, "www.utopia.test.", "A"))
		t.Require(bad == nil, t.Note("short"), "silence", "a reply")
		good.Answers(www...)
	}
	r := play(t, dns.ServerFaults{}, run)
	require.Equal(t, grader.Pass, r.Verdict, r.Violations)
	require.Equal(t, `printf '\001\002\003' | nc -u -w1 $HOST $PORT | od -An -tx1`, r.Hand)
	r = play(t, dns.ServerFaults{MessageFaults: dns.MessageFaults{ShortCrash: true}}, run)
	require.Equal(t, grader.Fail, r.Verdict)
	require.Contains(t, r.Violations[0].Got, "the program had ended")
}

// client asks as the reference's client does.
func client(faults dns.ClientFaults) check.Program {
	return func(ctx context.Context, env *check.Env) int {
		c := dns.Client{Server: netip.MustParseAddrPort(net.JoinHostPort(env.Vars["HOST"], env.Vars["PORT"])), Network: env, Faults: faults}
		return c.Run(ctx, env.Args, env.Stdout, env.Stderr)
	}
}

func TestPlay(t *testing.T) {
	r := playWith(t, "udp", client(dns.ClientFaults{}), func(t *check.T) {
		up := Play(t)
		run := t.Run(check.Input{Args: []string{"www.utopia.test", "A"}})
		q := up.Take()
		q.Answer(Respond(q.Message, dns.FlagTC).Bytes())
		again := up.Accept().Asked()
		t.Judge()
		again.Answer(Respond(again.Message, 0).Record(dns.AnswerSection, "www.utopia.test.", Type("A"), 300, []byte{192, 0, 2, 2}).Bytes())
		got, err := ParseRecord(strings.TrimSpace(run.Wait(0).Stdout))
		t.Require(err == nil && got == www[0], t.Note("output"), string(www[0]), string(got))
	})
	require.Equal(t, grader.Pass, r.Verdict, "%s %v", r.Reason, r.Violations)
	require.Empty(t, r.Hand) // it is for the assignment to say how its client is called
}

func TestWorldIsRecorded(t *testing.T) {
	w := "== 127.0.0.1 .\ntest. NS ns.test.\nns.test. A 127.0.0.1\n== 127.0.0.1 test.\nwww A 192.0.2.9\n"
	r := playWith(t, "udp", client(dns.ClientFaults{}), func(t *check.T) {
		world := ParseWorld(w)
		Serve(t, world)
		end := t.Run(check.Input{Args: []string{"www.test", "A"}}).Wait(0)
		t.Judge()
		t.Require(strings.Contains(end.Stdout, "192.0.2.9"), end.Output, "the address", end.Stdout)
		asked := world.Asked()
		t.Require(len(asked) == 1 && asked[0] == "127.0.0.1 www.test. A", end.Output, "one query", strings.Join(asked, ", "))
	})
	require.Equal(t, grader.Pass, r.Verdict, "%s %v", r.Reason, r.Violations)
	var says []string
	for _, e := range r.Transcript.Events {
		if e.Kind == grader.Data {
			says = append(says, string(e.Dir)+" "+e.Says)
		}
	}
	require.Len(t, says, 2)
	require.Regexp(t, `^got www.test. IN A\? id \d+, rd$`, says[0])
	require.Regexp(t, `^sent www.test. IN A: NOERROR`, says[1])
}

func TestParseRecord(t *testing.T) {
	for _, c := range []struct{ line, want, problem string }{
		{"WWW.Utopia.test.\t300\tIN\tA\t192.0.2.1", "www.utopia.test. 300 IN A 192.0.2.1", ""},
		{"a.test 1 IN AAAA 2001:DB8:0::1", "a.test. 1 IN AAAA 2001:db8::1", ""},
		{`t. 1 IN TXT "Ab  c" "\"x\\"`, `t. 1 IN TXT "Ab  c" "\"x\\"`, ""},
		{"t. 1 IN MX 010 Mail.TEST", "t. 1 IN MX 10 mail.test.", ""},
		{`t. 1 IN TYPE65280 \# 3 01 02ff`, `t. 1 IN TYPE65280 \# 3 0102ff`, ""},
		{"*.w.test. 1 IN CNAME @.test.", `*.w.test. 1 IN CNAME \@.test.`, ""},
		{`t. 1 IN TYPE65280 \# 3 01 02FF`, `t. 1 IN TYPE65280 \# 3 0102ff`, ""},
		{`t. 1 IN TYPE65280 \# 0`, `t. 1 IN TYPE65280 \# 0`, ""},
		{"t. 1 IN TXT abc", "", "without quotes"},
		{"t. IN A 192.0.2.1", "", "fields"},
		{"t. x IN A 192.0.2.1", "", "TTL"},
		{"t. 1h IN A 192.0.2.1", "", "TTL"},
		{"t. 1 A A 192.0.2.1", "", "class"},
		{"t. 1 IN Q 192.0.2.1", "", "type"},
		{"t. 1 IN A 192.0.2", "", "data"},
		{"t. 1 IN A 192.0.2.1 7", "", "data"},
		{"a..b 1 IN A 192.0.2.1", "", "owner"},
		{"t. 1 IN MX mail.test.", "", "data"},
		{"t. 1 IN TYPE", "", "fields"},
	} {
		got, err := ParseRecord(c.line)
		if c.problem != "" {
			require.ErrorContains(t, err, c.problem, c.line)
			continue
		}
		require.NoError(t, err, c.line)
		require.Equal(t, Record(c.want), got)
	}
}

func TestReadCutsStreams(t *testing.T) {
	q := dns.NewBuilder(7, 0).Question("a.test.", 1).Bytes()
	two := append(dns.Frame(q), dns.Frame(q)...)
	tr := &grader.Transcript{
		Endpoints: []grader.Endpoint{{ID: 1, Network: "tcp"}},
		Events: []grader.Event{
			{Seq: 1, Conn: 1, Kind: grader.Data, Dir: grader.Sent, Data: two[:5]},
			{Seq: 2, Conn: 1, Kind: grader.Data, Dir: grader.Got, Data: []byte{0}},
			{Seq: 3, Conn: 1, Kind: grader.Data, Dir: grader.Sent, Data: two[5:]},
		},
	}
	Read(tr)
	require.Equal(t, "a.test. IN A? id 7", tr.Events[0].Says)
	require.Equal(t, "the beginning of a message", tr.Events[1].Says)
	require.Equal(t, "a.test. IN A? id 7", tr.Events[2].Says)
	require.NotEmpty(t, tr.Events[2].Decoded)
}

// TestReadMatchesIDs: which query a response answers is told by its id, over each connection by itself.
func TestReadMatchesIDs(t *testing.T) {
	query := func(id uint16) []byte { return dns.NewBuilder(id, 0).Question("a.test.", 1).Bytes() }
	reply := func(id uint16) []byte { return dns.NewBuilder(id, dns.FlagQR).Question("a.test.", 1).Bytes() }
	tr := &grader.Transcript{
		Endpoints: []grader.Endpoint{{ID: 1, Network: "udp"}, {ID: 2, Network: "tcp"}},
		Events: []grader.Event{
			{Seq: 1, Conn: 1, Kind: grader.Data, Dir: grader.Sent, Data: query(7)[:5]}, // broken
			{Seq: 2, Conn: 1, Kind: grader.Data, Dir: grader.Sent, Data: query(8)},
			{Seq: 3, Conn: 2, Kind: grader.Data, Dir: grader.Sent, Data: dns.Frame(query(9))},
			{Seq: 4, Conn: 1, Kind: grader.Data, Dir: grader.Got, Data: reply(7)},
			{Seq: 5, Conn: 1, Kind: grader.Data, Dir: grader.Got, Data: reply(9)},
			{Seq: 6, Conn: 2, Kind: grader.Data, Dir: grader.Got, Data: dns.Frame(reply(9))},
			{Seq: 7, Conn: 1, Kind: grader.Data, Dir: grader.Got, Data: query(8)}, // no response
		},
	}
	Read(tr)
	var answers []int
	for _, e := range tr.Events {
		answers = append(answers, e.Answers)
	}
	require.Equal(t, []int{0, 0, 0, 1, 0, 3, 0}, answers)
}

// TestHand gives dig's line only where dig can send the very same message.
func TestHand(t *testing.T) {
	ask := func(flags uint16) *dns.Builder { return dns.NewBuilder(7, flags).Question("a.test.", 1) }
	server := netip.MustParseAddrPort("127.0.0.1:53")
	for name, b := range map[string]*dns.Builder{
		"plain": ask(0), "rd cd": ask(dns.FlagRD | dns.FlagCD), "opcode": ask(7 << 11),
		"edns": ask(0).OPT(1232, 0), "edns 1": ask(0).OPT(800, 1),
	} {
		require.Regexp(t, `^dig @\$HOST -p \$PORT .* -q a\.test\. -t A `, Command(server, b.Bytes(), false), name)
	}
	require.Contains(t, Command(server, ask(dns.FlagCD).Bytes(), false), " +cdflag ")
	for name, message := range map[string][]byte{
		"two questions": ask(0).Question("a.test.", 16).Bytes(), "two opts": ask(0).OPT(1232, 0).OPT(1232, 0).Bytes(),
		"response": ask(dns.FlagQR).Bytes(), "short": ask(0).Bytes()[:11], "more behind": append(ask(0).Bytes(), 0),
		"an answer in it": ask(0).Record(dns.AnswerSection, "a.test.", 1, 60, []byte{192, 0, 2, 1}).Bytes(),
	} {
		require.Regexp(t, `^printf '(\\[0-7]{3})+' \| nc -u -w1 \$HOST \$PORT`, Command(server, message, false), name)
	}
	require.Contains(t, Command(server, ask(dns.FlagQR).Bytes(), true), `printf '\000\030\000\007`)
	require.Empty(t, Command(server, make([]byte, handBytes+1), false))

	tr := &grader.Transcript{
		Endpoints: []grader.Endpoint{{ID: 1, Network: "tcp", Theirs: server, Dialed: true}, {ID: 2, Network: "udp"}},
		Events: []grader.Event{
			{Seq: 1, Conn: 1, Kind: grader.Data, Dir: grader.Sent, Data: dns.Frame(ask(0).Bytes())[:5]},
			{Seq: 2, Conn: 2, Kind: grader.Data, Dir: grader.Sent, Data: ask(0).Bytes()},
			{Seq: 3, Conn: 1, Kind: grader.Data, Dir: grader.Sent, Data: dns.Frame(ask(0).Bytes())[5:]},
		},
	}
	require.Equal(t, `printf '\000\030\000\007\000' | nc -w2 $HOST $PORT | od -An -tx1`, Hand(tr, 1)) // half a message
	require.Empty(t, Hand(tr, 2))                                                                     // to the submission's own question
	require.Contains(t, Hand(tr, 3), " +tcp ")
}
