package dnsclient

import (
	"fmt"
	"time"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/harness/check"
)

const (
	mostQueries = 10
	// flood is where a check stops to count: query/few charges for it.
	flood = 200
	// pause is how long a client waits at least before it asks again.
	pause = 500 * time.Millisecond
	// aMoment is the last look at a client whose time is up.
	aMoment = 200 * time.Millisecond
)

// waiting holds what the client does while no reply comes.
func waiting() []check.Check {
	return []check.Check{
		{
			Name:   "lost",
			Clause: check.Must("RFC 1035", "4.2.1"),
			Says:   "send the query again within five seconds when no reply comes, and take the reply to that",
			Run: func(t *check.T) {
				up := dnssteps.Play(t)
				name := name(t)
				data, text := plain(t)
				client := ask(t, name, "A")
				first := take(t, up, name)
				t.Read(first.Whole(), "taken for lost: no reply")
				t.Judge()
				again := up.TryTake(askAgain)
				if again == nil {
					t.Fail(first.Whole(), "the query once more, within 5 seconds", "no other query"+ended(client))
				}
				again.Answer(reply(again.Raw, 0, withA(data)))
				judgeAddress(t, client.Wait(silence), text, nil)
			},
		},
		{
			Name:   "patient",
			Clause: check.Course("Lost queries"),
			Says:   "send the query once, and again only when half a second has passed without a reply",
			Run:    judgePatience,
		},
		{
			Name:   "few",
			Clause: check.Course("Lost queries"),
			Says:   "send no more than 10 datagrams in all when no reply comes",
			Run: func(t *check.T) {
				up, client := dnssteps.Play(t), ask(t, name(t), "A")
				up.Take()
				t.Judge()
				if n, last := unanswered(up, client, 1, mostQueries+1); n > mostQueries {
					t.Fail(last, "at most 10 queries", fmt.Sprintf("query %d", n))
				}
			},
		},
		{
			Name:   "gives-up",
			Clause: check.Course("Silence"),
			Says:   "give up within 15 seconds when no reply comes at all",
			Run: func(t *check.T) {
				up, client := dnssteps.Play(t), ask(t, name(t), "A")
				up.Take()
				t.Judge()
				if n, _ := unanswered(up, client, 1, flood); n >= flood {
					t.Block("it sends query after query (see waiting/few)")
				}
				t.Require(client.Ends(aMoment), t.Note("the client still runs"), "the end of the client within 15 seconds", fmt.Sprintf("it still runs after %v", silence))
			},
		},
		{
			Name:   "failure",
			Clause: check.Course("Silence"),
			Says:   "exit with a status other than 0 when no reply came",
			Run: func(t *check.T) {
				up, client := dnssteps.Play(t), ask(t, name(t), "A")
				up.Take()
				if n, _ := unanswered(up, client, 1, flood); n >= flood {
					t.Block("it sends query after query (see waiting/few)")
				}
				if !client.Ends(aMoment) {
					t.Block("the client does not end (see waiting/gives-up)")
				}
				e := client.Wait(0)
				t.Judge()
				t.Require(e.Code != 0, e.Status, "an exit status other than 0, since no reply came", e.Exit.String())
			},
		},
	}
}

// judgePatience fails the check when so many queries have come that half a second cannot have passed between each two of
// them since the client was started. Nothing that makes a client or the harness late makes it look hasty: only when it
// lets half a second pass for a reason of its own is it taken for patient, and one that is slow to start is given as much.
func judgePatience(t *check.T) {
	up := dnssteps.Play(t)
	began := time.Now()
	ask(t, name(t), "A")
	up.Take()
	t.Judge()
	for n := 2; n <= mostQueries; n++ {
		q := up.TryTake(pause)
		if q == nil {
			return
		}
		if passed, least := time.Since(began), time.Duration(n-1)*pause; passed < least {
			t.Fail(q.Whole(), "half a second between two queries", fmt.Sprintf("%d queries within %d ms of the start", n, passed.Milliseconds()))
		}
	}
}

// unanswered takes the queries of a client and answers none, until it has ended, its time is up or there were most. The
// count begins with n.
func unanswered(up *dnssteps.Upstream, client *check.Run, n, most int) (queries int, last check.Mark) {
	end := time.Now().Add(silence)
	for n < most && !client.Ended() && time.Now().Before(end) {
		q := up.TryTake(time.Until(end))
		if q == nil {
			break
		}
		n, last = n+1, q.Whole()
	}
	return n, last
}

func ended(client *check.Run) string {
	if client.Ended() {
		return "; the client has ended"
	}
	return ""
}
