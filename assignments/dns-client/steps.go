package dnsclient

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

const (
	// askAgain is how long a client may wait for a reply before it asks again, with a second for a busy machine.
	askAgain = 6 * time.Second
	// silence is how long a client may take in all, with a second for its start.
	silence = 16 * time.Second
)

// name draws a name of three labels.
func name(t *check.T) string { return t.Word(6) + "." + t.Word(9) + ".test." }

// start starts the client with a question. The name has no final dot, as people type it. The records are those of a zone
// that makes the reference answer as the check does, so that it can be done by hand; none when there is no such zone.
func start(t *check.T, name, qtype string, records ...string) *check.Run {
	typed := strings.TrimSuffix(name, ".")
	return run(t, typed, qtype, byHand(typed, qtype, records))
}

// ask is start for a check that looks at the queries: by hand they are shown byte by byte.
func ask(t *check.T, name, qtype string) *check.Run {
	typed := strings.TrimSuffix(name, ".")
	return run(t, typed, qtype, watched(typed, qtype))
}

// run starts the client with the name as it is typed, and leaves the command that shows it by hand.
func run(t *check.T, typed, qtype, hand string) *check.Run {
	t.Hand(hand)
	return t.Run(check.Input{Args: []string{typed, qtype}})
}

// A respond writes what follows the question of a reply.
type respond func(b *dns.Builder)

// A lab is the server that a client asks: it says the same to every query for one name.
type lab struct {
	t    *check.T
	name string

	mu      sync.Mutex
	strange string // why a query could not be answered, "" when all could
}

// serve answers every query for a name with a reply whose flags and records are given, until the check ends.
func serve(t *check.T, name string, flags uint16, r respond) *lab {
	return serveChanging(t, name, func() uint16 { return flags }, r)
}

// serveChanging is serve with flags that may be others for every query.
func serveChanging(t *check.T, name string, flags func() uint16, r respond) *lab {
	l := &lab{t: t, name: name}
	dnssteps.Host(t, &dns.Server{Instead: func(q dns.Query) ([]byte, bool) {
		if !l.knows(q.Raw) {
			return reply(q.Raw, mdns.RcodeServerFailure, nil), true
		}
		return reply(q.Raw, flags(), r), true
	}})
	return l
}

// knows says whether a query asks for the name, and remembers when it does not.
func (l *lab) knows(query []byte) bool {
	m, _, err := dns.Parse(query)
	problem := ""
	switch {
	case err != nil || len(m.Questions) != 1:
		problem = "the query cannot be read (see query/readable)"
	case !strings.EqualFold(m.Questions[0].Name.Text, l.name):
		problem = fmt.Sprintf("the query asks for %s, not for %s (see query/name)", m.Questions[0].Name.Text, l.name)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.strange == "" {
		l.strange = problem
	}
	return problem == ""
}

// judge waits until the client has ended and begins to judge. What could not be asked is no failure of an answer.
func (l *lab) judge(client *check.Run, want string) check.Ended {
	ends := client.Ends(silence)
	l.mu.Lock()
	strange := l.strange
	l.mu.Unlock()
	if strange != "" {
		l.t.Block("%s", strange)
	}
	l.t.Judge()
	if !ends {
		l.t.Fail(l.t.Note("the client still runs"), want, fmt.Sprintf("no end: it still runs after %v", silence))
	}
	return client.Wait(0)
}

// take waits for a query over UDP that asks for the name. Another leaves the clause unjudged.
func take(t *check.T, up *dnssteps.Upstream, name string) *dnssteps.Asked {
	q := up.Take()
	if l := (&lab{name: name}); !l.knows(q.Raw) {
		t.Block("%s", l.strange)
	}
	return q
}

// reply makes a reply to a query.
func reply(query []byte, flags uint16, r respond) []byte {
	m, _, _ := dns.Parse(query)
	b := dnssteps.Respond(m, dns.FlagRA|flags)
	if r != nil {
		r(b)
	}
	return b.Bytes()
}

// withA gives a reply one A record for the name that was asked, as servers do: its owner is a pointer to the question.
func withA(data []byte) respond { return with("A", 300, data) }

func with(rtype string, ttl uint32, data []byte) respond {
	return func(b *dns.Builder) {
		b.Entry(dns.AnswerSection).Pointer(questionAt).Fields(dnssteps.Type(rtype), mdns.ClassINET, ttl, data)
	}
}

// questionAt is where the name of the question stands.
const questionAt = 12

// A comparison says what counts when records are compared.
type comparison bool

const (
	exact  comparison = true
	anyTTL comparison = false // whatever their TTLs
)

// judgeRecords fails the check unless the client has printed exactly these records, in any order.
func judgeRecords(t *check.T, e check.Ended, c comparison, want ...string) {
	lines, wanted := printed(e.Stdout), dnssteps.MustRecords(want...)
	var got []dnssteps.Record
	for _, line := range lines {
		r, err := dnssteps.ParseRecord(line.text)
		if err != nil {
			t.Fail(line.mark(e), list(wanted, c), fmt.Sprintf("%q: %v", line.text, err))
		}
		got = append(got, r)
	}
	if c == anyTTL {
		wanted, got = dnssteps.WithoutTTL(wanted), dnssteps.WithoutTTL(got)
	}
	lacking, spare := dnssteps.Compare(wanted, got)
	switch {
	case len(spare) > 0:
		w := list(lacking, c)
		if len(lacking) == 0 {
			w = "nothing but " + list(wanted, c)
		}
		t.Fail(lines[slices.Index(got, spare[0])].mark(e), w, list(spare, c))
	case len(lacking) > 0:
		t.Fail(e.Output, list(lacking, c), list(got, c)+exit(e))
	}
}

// judgeLine fails the check unless the only line is a record of this class, type and data. Its owner and the value of
// its TTL have checks of their own.
func judgeLine(t *check.T, e check.Ended, want string) {
	lines := printed(e.Stdout)
	if len(lines) != 1 {
		t.Fail(e.Output, want, excerpt(e))
	}
	r, err := dnssteps.ParseRecord(lines[0].text)
	if err != nil {
		t.Fail(lines[0].mark(e), want, fmt.Sprintf("%q: %v", lines[0].text, err))
	}
	said := func(r dnssteps.Record) string { return strings.SplitN(string(r), " ", 3)[2] }
	t.Require(said(r) == said(dnssteps.MustRecords(want)[0]), lines[0].mark(e), want, string(r))
}

// list puts records into words. A TTL that does not count is a star.
func list(records []dnssteps.Record, c comparison) string {
	if c == anyTTL {
		records = dnssteps.WithoutTTL(records)
	}
	return dnssteps.List(records)
}

// A printedLine is a line of standard output that is not empty.
type printedLine struct {
	text string
	at   int
}

func printed(stdout string) []printedLine {
	var all []printedLine
	at := 0
	for line := range strings.Lines(stdout) {
		if text := strings.TrimSpace(line); text != "" {
			all = append(all, printedLine{text, at + strings.Index(line, text)})
		}
		at += len(line)
	}
	return all
}

func (l printedLine) mark(e check.Ended) check.Mark {
	return check.Mark{Event: e.Output.Event, At: l.at, Len: len(l.text)}
}

// judgeAddress fails the check unless some line that was printed has the address, and none has a wrong one: for each of
// those it is given what it was the address of. How the line looks is the business of the group answers.
func judgeAddress(t *check.T, e check.Ended, right string, wrong map[string]string) {
	found := false
	for _, line := range printed(e.Stdout) {
		for _, field := range strings.Fields(line.text) {
			if of := wrong[field]; of != "" {
				at := line.at + strings.Index(line.text, field)
				t.Fail(check.Mark{Event: e.Output.Event, At: at, Len: len(field)}, "the record with "+right, fmt.Sprintf("the record with %s (%s)", field, of))
			}
			found = found || field == right
		}
	}
	if !found {
		t.Fail(e.Output, "the record with "+right, excerpt(e))
	}
}

// excerpt says what a client printed.
func excerpt(e check.Ended) string {
	lines := printed(e.Stdout)
	if len(lines) == 0 {
		return "nothing printed" + exit(e)
	}
	const most = 120
	text := lines[0].text
	if len(text) > most {
		text = text[:most] + "…"
	}
	if len(lines) > 1 {
		return fmt.Sprintf("%q and %d lines more%s", text, len(lines)-1, exit(e))
	}
	return fmt.Sprintf("%q%s", text, exit(e))
}

func exit(e check.Ended) string {
	if e.Code == 0 && e.Exit.Ended {
		return ""
	}
	return "; " + e.Exit.String()
}
