package udpupperclient

import (
	"time"

	"github.com/wiregrade/wiregrade/assignments/internal/uppersteps"
	"github.com/wiregrade/wiregrade/harness/check"
)

// loss holds what a client does when no reply comes.
func loss() check.Group {
	return check.Group{Name: "loss", Checks: []check.Check{
		{
			Name:   "lost",
			Clause: check.Course("No reply"),
			Says:   "when no reply comes, send the line again and print the reply to that, or give up within 10 seconds",
			Run: func(t *check.T) {
				server, client := start(t, word(t))
				t.Read(check.Mark{Event: take(server).Event}, "taken for lost: no reply")
				end := time.Now().Add(uppersteps.GiveUp)
				t.Judge()
				again, ok := server.TryTake(uppersteps.GiveUp)
				if !ok {
					uppersteps.JudgeGivenUp(t, client, end)
					return
				}
				reply := answer(t)
				server.Reply(again.From, reply)
				e := client.Wait(0)
				if e.Code == 0 && !uppersteps.Printed(e, reply) {
					t.Block("it took the reply, and did not print it as reply/prints has it")
				}
				uppersteps.JudgeOutput(t, e, reply)
			},
		},
		{
			Name:   "never",
			Clause: check.Course("No reply"),
			Says:   "give up within 10 seconds when no reply comes at all, with an exit status other than 0",
			Run: func(t *check.T) {
				server, client := start(t, word(t))
				take(server)
				end := time.Now().Add(uppersteps.GiveUp)
				t.Judge()
				for time.Now().Before(end) {
					if _, ok := server.TryTake(time.Until(end)); !ok {
						break
					}
				}
				uppersteps.JudgeGivenUp(t, client, end)
			},
		},
		{
			Name:   "strangers-keep-on",
			Clause: check.Course("Strangers"),
			Says:   "give up within 10 seconds also while datagrams from elsewhere keep coming",
			Run: func(t *check.T) {
				server, client := start(t, word(t))
				request := take(server)
				other := t.Stranger(true)
				end, forged := time.Now().Add(uppersteps.GiveUp), answer(t)
				t.Judge()
				for time.Now().Before(end) && !client.Ended() {
					other.Reply(request.From, forged)
					if again, ok := server.TryTake(pause); ok {
						request = again
					}
				}
				e := uppersteps.AwaitEnd(t, client, end)
				if uppersteps.Printed(e, forged) {
					t.Block("it took a stranger's datagram for the reply, which reply/stranger-port is about")
				}
				uppersteps.JudgeFailed(t, e)
			},
		},
		{
			Name:   "nobody-there",
			Clause: check.Course("Nobody there"),
			Says:   "when nobody listens on the server's port, end within 10 seconds with an exit status other than 0",
			Hand:   "echo hello | PORT=12001 ./client; echo status $?",
			Run: func(t *check.T) {
				// One that never asks would pass for the wrong reason.
				server := t.ListenUDP()
				first := t.Run(check.Input{Stdin: word(t) + "\n"})
				server.Reply(server.TakeAny("the line").From, word(t))
				first.Wait(0)
				server.Quit()
				client := t.Run(check.Input{Stdin: word(t) + "\n"})
				t.Judge()
				uppersteps.JudgeGivenUp(t, client, time.Now().Add(uppersteps.GiveUp))
			},
		},
	}}
}

// pause is how long a stranger waits between two datagrams.
const pause = 250 * time.Millisecond
