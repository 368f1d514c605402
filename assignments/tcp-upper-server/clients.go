package tcpupperserver

import "github.com/wiregrade/wiregrade/harness/check"

const (
	atOnce = 32 // clients that are connected at the same time
	silent = 16 // clients that are connected and say nothing
	inARow = 50 // clients that come one after another
)

// clients holds the rules on serving many.
func clients() check.Group {
	return check.Group{Name: "clients", Checks: []check.Check{
		{
			Name:   "one-after-another",
			Clause: check.Course("Many clients"),
			Says:   "go on accepting: fifty clients come one after another, and the last is served like the first",
			Hand:   "for i in $(seq 50); do echo hello | nc $HOST $PORT; done",
			Run: func(t *check.T) {
				served(t)
				t.Judge()
				for range inARow {
					ask(t, t.Dial())
				}
			},
		},
		{
			Name:   "at-once",
			Clause: check.Course("Many clients"),
			Says:   "serve 32 clients that are connected at the same time: to each the answer to its own sentence",
			Run: func(t *check.T) {
				served(t)
				t.Judge() // being connected at the same time is a part of it
				conns, words := make([]*check.Conn, atOnce), make([]string, atOnce)
				for i := range conns {
					conns[i], words[i] = t.Dial(), word(t)
				}
				for i, c := range conns {
					c.Send(words[i] + "\n")
				}
				for i, c := range conns {
					judge(t, c, words[i])
					c.Close()
				}
			},
		},
		{
			Name:   "interleaved",
			Clause: check.Course("Many clients"),
			Says:   "keep the pieces of each client's sentence apart from everybody else's",
			Run: func(t *check.T) {
				servedInPieces(t)
				first, second := t.Dial(), t.Dial()
				one, two := t.Word(20), t.Word(20)
				first.Send(one[:8])
				first.AwaitRead()
				second.Send(two[:12])
				second.AwaitRead()
				t.Judge()
				first.Send(one[8:] + "\n")
				judge(t, first, one)
				first.Close()
				second.Send(two[12:] + "\n")
				judge(t, second, two)
			},
		},
		{
			Name:   "idle-beside",
			Clause: check.Course("Idle clients"),
			Says:   "serve a client while another is connected and says nothing",
			Hand:   "sleep 9 | nc $HOST $PORT & echo hello | nc $HOST $PORT",
			Run: func(t *check.T) {
				served(t)
				t.Dial()
				t.Judge()
				ask(t, t.Dial())
			},
		},
		{
			Name:   "half-beside",
			Clause: check.Course("Idle clients"),
			Says:   "serve a client while another has stopped in the middle of its sentence, and that one when it goes on",
			Needs:  "idle-beside",
			Hand:   "(printf hel; sleep 9) | nc $HOST $PORT & echo hello | nc $HOST $PORT",
			Run: func(t *check.T) {
				servedInPieces(t)
				slow, sentence := t.Dial(), t.Word(16)
				cut := 1 + t.Rand().IntN(15)
				slow.Send(sentence[:cut])
				slow.AwaitRead()
				t.Judge()
				ask(t, t.Dial())
				slow.Send(sentence[cut:] + "\n")
				judge(t, slow, sentence)
			},
		},
		{
			Name:   "idle-crowd",
			Clause: check.Course("Idle clients"),
			Says:   "serve a client while sixteen others are connected and say nothing",
			Needs:  "idle-beside",
			Run: func(t *check.T) {
				served(t)
				for range silent {
					t.Dial()
				}
				t.Judge()
				ask(t, t.Dial())
			},
		},
	}}
}
