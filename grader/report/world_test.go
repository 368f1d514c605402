package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
)

// A resolving exchange: the client's connection is the check's, those to the name servers are the submission's.
type resolving struct{ tape }

func (r *resolving) endpoint(ours, theirs string, dialed bool) int {
	id := len(r.Endpoints) + 1
	r.Endpoints = append(r.Endpoints, grader.Endpoint{ID: id, Network: "udp", Ours: addr(ours), Theirs: addr(theirs), Dialed: dialed})
	return id
}

func (r *resolving) client() int { return r.endpoint("127.0.0.1:4000", "127.0.0.1:53", true) }

// message adds a DNS message, whose bytes do not matter here, and gives its number. answers is the one that it answers.
func (r *resolving) message(conn int, dir grader.Dir, says string, answers int) int {
	r.add(grader.Event{Conn: conn, Kind: grader.Data, Dir: dir, Data: []byte(says), Says: says, Decoded: ";; " + says, Answers: answers})
	return len(r.Events)
}

// upstream lets the submission ask n servers, from a port of its own each.
func (r *resolving) upstream(n int) {
	for i := range n {
		conn := r.endpoint(fmt.Sprintf("127.0.11.%d:53", i+1), fmt.Sprintf("127.0.0.1:%d", 5000+len(r.Endpoints)), false)
		q := r.message(conn, grader.Got, "upstream query", 0)
		r.message(conn, grader.Sent, "upstream reply", q)
	}
}

func resolverRun(t, ref grader.Transcript, event int) *grader.Run {
	return &grader.Run{
		Assignment: grader.Assignment{Name: "dns-resolver", Role: grader.Server, Rubric: []grader.Item{{Group: "replies", Points: 1}}},
		Results: []grader.Result{{Rule: rule("replies/one", "RFC 1035", "4.1.1", grader.Must, 1, "One rule."), Verdict: grader.Fail,
			Transcript: t, Reference: ref, Violations: []grader.Violation{{Event: event, Want: "this", Got: "that"}}}},
	}
}

// written gives a run in a format.
func written(t *testing.T, f Format, run *grader.Run, o Options) string {
	var b bytes.Buffer
	require.NoError(t, Write(&b, f, run, o))
	return b.String()
}

// TestReferenceOfAResolver: the reference asks upstream, the submission does not. What stands against the submission's
// reply is the reference's reply to the client.
func TestReferenceOfAResolver(t *testing.T) {
	var mine, theirs resolving
	c := mine.client()
	q := mine.message(c, grader.Sent, "client query", 0)
	bad := mine.message(c, grader.Got, "hasty reply", q)
	c = theirs.client()
	q = theirs.message(c, grader.Sent, "client query", 0)
	theirs.upstream(3)
	theirs.message(c, grader.Got, "right reply", q)
	run := resolverRun(mine.Transcript, theirs.Transcript, bad)
	for _, f := range []Format{Text, Markdown, JUnit, Gradescope} {
		text := written(t, f, run, Options{})
		_, part, ok := strings.Cut(text, "the reference, asked the same:")
		require.True(t, ok, f)
		require.Contains(t, part, "right reply", f)
		require.NotContains(t, part, "upstream query", f)
	}
	require.Contains(t, written(t, HTML, run, Options{}), ";; right reply")
	require.Contains(t, written(t, Text, run, Options{Width: 160}), ";; right reply") // beside each other
	require.NotContains(t, written(t, Text, run, Options{Width: 160}), ";; upstream query")
	require.Contains(t, written(t, JSON, run, Options{}), `"answers": 1`)

	// The same where no id says what is answered, and nothing came.
	run.Results[0].Transcript.Events[bad-1].Answers = 0
	theirs.Events[len(theirs.Events)-1].Answers = 0
	require.Equal(t, []grader.Event{theirs.Events[len(theirs.Events)-1]}, answer(grader.Server, &run.Results[0]))
	run.Results[0].Transcript.Events[bad-1] = grader.Event{Seq: bad, Kind: grader.Note, Says: "no reply has come"}
	require.Equal(t, []grader.Event{theirs.Events[len(theirs.Events)-1]}, answer(grader.Server, &run.Results[0]))
}

// TestReferenceOfAQuestion: a question of the submission's stands against the reference's to the same server.
func TestReferenceOfAQuestion(t *testing.T) {
	var mine, theirs resolving
	mine.message(mine.client(), grader.Sent, "client query", 0)
	mine.upstream(2)
	theirs.message(theirs.client(), grader.Sent, "client query", 0)
	theirs.upstream(3)
	run := resolverRun(mine.Transcript, theirs.Transcript, 4) // to 127.0.11.2
	part := answer(grader.Server, &run.Results[0])
	require.Len(t, part, 1)
	require.Equal(t, "upstream query", part[0].Says)
	require.Equal(t, 3, part[0].Conn)
}

// TestReferenceThatIsSilent: of two messages one after the other the reference answers the second alone.
func TestReferenceThatIsSilent(t *testing.T) {
	var mine, theirs resolving
	c := mine.client()
	first := mine.message(c, grader.Sent, "broken query", 0)
	mine.message(c, grader.Sent, "good query", 0)
	bad := mine.message(c, grader.Got, "reply to nonsense", first)
	c = theirs.client()
	theirs.message(c, grader.Sent, "broken query", 0)
	second := theirs.message(c, grader.Sent, "good query", 0)
	theirs.message(c, grader.Got, "reply to the good one", second)
	text := written(t, Text, resolverRun(mine.Transcript, theirs.Transcript, bad), Options{})
	_, part, _ := strings.Cut(text, "the reference, asked the same:")
	require.Contains(t, part, "no reply")
	require.NotContains(t, part, "reply to the good one")
}

// TestCauseIsDrawn: however much is left out, the message that led to the violation and what was said of it stay.
func TestCauseIsDrawn(t *testing.T) {
	var mine resolving
	c := mine.client()
	mine.message(c, grader.Sent, "first query", 0)
	mine.upstream(40)
	mine.aside(grader.Note, "", "next comes a message that is broken")
	first := mine.message(c, grader.Sent, "broken query", 0)
	mine.message(mine.client(), grader.Sent, "another client's query", 0)
	mine.upstream(40)
	mine.message(c, grader.Sent, "good query", 0)
	mine.upstream(40)
	bad := mine.message(c, grader.Got, "reply to nonsense", first)
	run := resolverRun(mine.Transcript, mine.Transcript, bad)
	for _, f := range []Format{Text, HTML, Markdown} {
		text := written(t, f, run, Options{})
		require.Contains(t, text, "next comes a message that is broken", f)
		require.Contains(t, text, "broken query", f)
		require.Contains(t, text, "events not shown", f)
	}
	require.Contains(t, written(t, HTML, run, Options{}), ";; broken query") // a page has room for what it means
	// A reply that answers nothing known came of what was sent last there, and silence of what the check sent last.
	run.Results[0].Transcript.Events[bad-1].Answers = 0
	require.Contains(t, written(t, Text, run, Options{}), "good query")
	run.Results[0].Transcript.Events[bad-1] = grader.Event{Seq: bad, Kind: grader.Note, Says: "no reply has come"}
	require.Contains(t, written(t, Text, run, Options{}), "good query")
}

// TestNumbersFromAfar: a record that a service hands out may have any numbers in it.
func TestNumbersFromAfar(t *testing.T) {
	for _, n := range []int{-1 << 40, -1, 0, 1, 2, 3, 4, 1 << 40} {
		for _, answers := range []int{-1 << 40, -1, 0, 1, 2, 3, 1 << 40} {
			var mine resolving
			c := mine.client()
			mine.message(c, grader.Sent, "query", n)
			mine.upstream(1)
			mine.message(c, grader.Got, "reply", answers)
			for i := range mine.Events {
				mine.Events[i].Seq += n
				mine.Events[i].Conn += n % 3
			}
			run := resolverRun(mine.Transcript, mine.Transcript, n)
			for _, f := range Formats() {
				require.NotEmpty(t, written(t, Format(f), run, Options{}))
			}
			run = resolverRun(mine.Transcript, mine.Transcript, 4)
			require.NotEmpty(t, written(t, HTML, run, Options{}))
		}
	}
}
