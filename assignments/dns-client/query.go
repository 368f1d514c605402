package dnsclient

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// queries holds what the client sends.
func queries() []check.Check {
	return []check.Check{
		{
			Name:   "readable",
			Clause: check.Must("RFC 1035", "4.1"),
			Says:   "send one message over UDP: a header of 12 bytes whose counts are right, one whole question, and nothing behind it but an OPT record",
			Run: func(t *check.T) {
				up := dnssteps.Play(t)
				ask(t, name(t), "A")
				t.Judge()
				q := up.Take()
				q.Keeps()
				t.Want(q.Field(dns.AtQDCount), fmt.Sprintf("%d questions", len(q.Questions)), "1 questions")
				t.Require(len(q.In(dns.AnswerSection))+len(q.In(dns.AuthoritySection)) == 0, q.Field(dns.AtANCount), "no record in the answer and the authority section", "some")
			},
		},
		{
			Name:   "id",
			Clause: check.Must("RFC 5452", "9.2"),
			Says:   "draw the id of a query at random, anew in every run",
			Run:    judgeIDs,
		},
		{
			Name:   "is-a-query",
			Clause: check.Must("RFC 1035", "4.1.1"),
			Says:   "leave QR and the opcode 0: what you send is a query",
			Run: asks("A", func(t *check.T, q *dnssteps.Asked, _ string) {
				q.Clear(dns.FlagQR, "QR")
				t.Want(q.Field(dns.AtFlags), dns.OpcodeName(q.Opcode()), "QUERY")
			}),
		},
		{
			Name:   "recursion-desired",
			Clause: check.Course("Header"),
			Says:   "set RD: a client wants the resolver to do the whole work",
			Run: asks("A", func(t *check.T, q *dnssteps.Asked, _ string) {
				q.Set(dns.FlagRD, "RD")
			}),
		},
		{
			Name:   "name",
			Clause: check.Must("RFC 1035", "3.1"),
			Says:   "send the name label by label, each with its length before it, and a zero at the end",
			Run: asks("A", func(t *check.T, q *dnssteps.Asked, name string) {
				got := q.Questions[0].Name
				t.Require(strings.EqualFold(got.Text, name), q.Mark(got.At, got.Len), name, got.Text)
			}),
		},
		{
			Name:   "final-dot",
			Needs:  "name",
			Clause: check.Course("Arguments"),
			Says:   "take a name that is given with its final dot for the same as without: no empty label comes of it",
			Run: func(t *check.T) {
				up := dnssteps.Play(t)
				name := name(t)
				run(t, name, "A", watched(name, "A"))
				t.Judge()
				q := up.Take()
				q.Keeps()
				t.Require(len(q.Questions) == 1, q.Field(dns.AtQDCount), "a question for "+name, fmt.Sprintf("%d questions", len(q.Questions)))
				got := q.Questions[0].Name
				t.Require(strings.EqualFold(got.Text, name), q.Mark(got.At, got.Len), name, got.Text)
			},
		},
		{
			Name:   "type",
			Clause: check.Must("RFC 1035", "4.1.2"),
			Says:   "ask for the type that was given, as a number with its high byte first",
			Run: asks("TXT", func(t *check.T, q *dnssteps.Asked, _ string) {
				question := q.Questions[0]
				t.Want(q.Mark(question.At+question.Len-4, 2), dnssteps.TypeName(question.Type), "TXT")
			}),
		},
		{
			Name:   "class",
			Clause: check.Must("RFC 1035", "4.1.2"),
			Says:   "ask in the class IN, which is 1",
			Run: asks("A", func(t *check.T, q *dnssteps.Asked, _ string) {
				question := q.Questions[0]
				t.Want(q.Mark(question.At+question.Len-2, 2), fmt.Sprintf("class %d", question.Class), "class 1")
			}),
		},
	}
}

// asks is the body of a check that judges the query for a name that was drawn.
func asks(qtype string, judge func(t *check.T, q *dnssteps.Asked, name string)) func(*check.T) {
	return func(t *check.T) {
		up := dnssteps.Play(t)
		name := name(t)
		ask(t, name, qtype)
		q := up.Take()
		q.Readable()
		if len(q.Questions) != 1 {
			t.Block("the query has %d questions", len(q.Questions))
		}
		t.Judge()
		judge(t, q, name)
	}
}

const (
	clients = 3
	// near is how far apart the ids of clients are at most that count them up, or take them from a clock or the number of
	// the process. Three that were drawn are that near once in millions of runs.
	near = 16
)

// judgeIDs starts several clients at once and judges that their ids have nothing to do with each other.
func judgeIDs(t *check.T) {
	up := dnssteps.Play(t)
	var names []string
	var started []*check.Run
	for range clients {
		names = append(names, name(t))
		started = append(started, ask(t, names[len(names)-1], "A"))
	}
	first := firstQueries(t, up, names, started)
	t.Judge()
	var ids []uint16
	for _, name := range names {
		ids = append(ids, first[name].ID)
	}
	for _, id := range ids[1:] {
		if diff := int16(id - ids[0]); diff > near || diff < -near {
			return
		}
	}
	last := first[names[clients-1]]
	t.Fail(last.Field(dns.AtID), "ids that have nothing to do with each other", strings.Trim(fmt.Sprint(ids), "[]")+" in three runs")
}

// firstQueries takes the first query of each client, by the name that it was given. Each is answered whenever it asks, in
// whatever order they do: one that has its answer and ends says nothing of the others, which may still be starting.
func firstQueries(t *check.T, up *dnssteps.Upstream, names []string, started []*check.Run) map[string]*dnssteps.Asked {
	first := map[string]*dnssteps.Asked{}
	data, _ := plain(t)
	runs := func(r *check.Run) bool { return !r.Ended() }
	end := time.Now().Add(2 * silence)
	count, others := 0, ""
	for len(first) < len(names) {
		late := time.Now().After(end)
		if i := slices.IndexFunc(started, runs); late && i >= 0 {
			started[i].Ends(0) // the time that it had to wait for a processor is given back
		}
		over := late || !slices.ContainsFunc(started, runs)
		q := up.TryTake(aMoment) // also when all have ended: what they sent is still to be read
		switch {
		case q == nil && over:
			t.Block("want %d queries over UDP on HOST:PORT, one for each name that was given, got %d%s", len(names), len(first), others)
		case q == nil:
			continue
		}
		q.Readable()
		if len(q.Questions) != 1 {
			t.Block("the query has %d questions", len(q.Questions))
		}
		switch name := strings.ToLower(q.Questions[0].Name.Text); {
		case !slices.Contains(names, name):
			others = " and some for other names (see query/name)"
		case first[name] == nil:
			first[name] = q
		}
		if count++; count > flood {
			t.Block("they send query after query (see waiting/few)")
		}
		q.Answer(reply(q.Raw, 0, withA(data)))
	}
	return first
}
