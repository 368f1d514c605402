package tcpupperclient

import (
	"errors"
	"time"

	"github.com/wiregrade/wiregrade/assignments/internal/uppersteps"
	"github.com/wiregrade/wiregrade/harness/check"
)

// robustness holds what a client does when no reply comes.
func robustness() check.Group {
	return check.Group{Name: "robustness", Checks: []check.Check{
		{
			Name:   "refused",
			Clause: check.Course("Refused connection"),
			Says:   "when nobody listens on the server's port, end with an exit status other than 0",
			Hand:   "echo hello | PORT=1031 ./client; echo status $?",
			Run: func(t *check.T) {
				// One that never asks would pass for the wrong reason.
				server := t.Listen()
				first := t.Run(check.Input{Stdin: word(t) + "\n"})
				answer(server.Accept(), word(t)+"\n")
				first.Wait(0)
				server.Close()
				client := t.Run(check.Input{Stdin: word(t) + "\n"})
				t.Judge()
				uppersteps.JudgeGivenUp(t, client, time.Now().Add(uppersteps.GiveUp))
			},
		},
		{
			Name:   "closed",
			Clause: check.Course("Broken connection"),
			Says:   "when the server closes without a reply, end with an exit status other than 0",
			Run: func(t *check.T) {
				c, client := asked(t, word(t))
				t.Judge()
				c.CloseWrite()
				uppersteps.JudgeGivenUp(t, client, time.Now().Add(uppersteps.GiveUp))
			},
		},
		{
			Name:   "reset",
			Clause: check.Course("Broken connection"),
			Says:   "when the connection is reset in place of a reply, end with an exit status other than 0",
			Run: func(t *check.T) {
				c, client := asked(t, word(t))
				t.Judge()
				c.Reset()
				uppersteps.JudgeGivenUp(t, client, time.Now().Add(uppersteps.GiveUp))
			},
		},
		{
			Name:   "reset-in-mid-reply",
			Clause: check.Course("Broken connection"),
			Says:   "when the connection is reset in the middle of the reply, do not take the part for the whole: end with an exit status other than 0",
			Needs:  "reset",
			Run: func(t *check.T) {
				c, client := asked(t, word(t))
				t.Judge()
				c.Send(plain(t)[:7])
				c.AwaitRead()
				c.Reset()
				uppersteps.JudgeGivenUp(t, client, time.Now().Add(uppersteps.GiveUp))
			},
		},
		{
			Name:   "silent",
			Clause: check.Course("Silent server"),
			Says:   "give up within 10 seconds when the server accepts and says nothing, with an exit status other than 0",
			Run: func(t *check.T) {
				_, client := asked(t, word(t))
				t.Judge()
				uppersteps.JudgeGivenUp(t, client, time.Now().Add(uppersteps.GiveUp))
			},
		},
		{
			Name:   "slow",
			Clause: check.Course("Silent server"),
			Says:   "give up within 10 seconds of the start, also while a byte of the reply comes now and then",
			Run: func(t *check.T) {
				c, client := asked(t, word(t))
				end, reply := time.Now().Add(uppersteps.GiveUp), ""
				t.Judge()
				for time.Now().Before(end) && !client.Ended() {
					letter := uppersteps.Capitals(t.Word(1))
					reply += letter
					c.Send(letter)
					if _, err := c.ReadWithin(pause, make([]byte, 1<<10)); err != nil && !errors.Is(err, check.ErrSilence) {
						break // the client has closed
					}
				}
				e := uppersteps.AwaitEnd(t, client, end)
				for n := range reply {
					if e.Code == 0 && uppersteps.Printed(e, reply[:n+1]) {
						t.Block("it took a piece of the reply for all of it, which reply/in-pieces is about")
					}
				}
				uppersteps.JudgeFailed(t, e)
			},
		},
	}}
}

// pause is how long a slow server waits between two bytes.
const pause = 250 * time.Millisecond
