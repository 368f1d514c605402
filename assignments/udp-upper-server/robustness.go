package udpupperserver

import "github.com/wiregrade/wiregrade/harness/check"

// robustness holds what must not stop the server.
func robustness() check.Group {
	return check.Group{Name: "robustness", Checks: []check.Check{
		{
			Name:   "empty",
			Clause: check.Course("Empty datagrams"),
			Says:   "go on after an empty datagram: zero bytes from UDP are a datagram, not the end of anything",
			Hand:   "python3 -c 'import socket,os; s=socket.socket(2,2); a=(os.environ[\"HOST\"],int(os.environ[\"PORT\"])); s.sendto(b\"\",a); s.sendto(b\"hello\",a); print(s.recvfrom(99), s.recvfrom(99))'",
			Run: func(t *check.T) {
				s := t.Socket()
				served(t, s)
				s.Ask("")
				stillServed(t, s)
			},
		},
		{
			Name:   "sender-gone",
			Clause: check.Course("Staying up"),
			Says:   "go on when a sender has gone before its answer comes and its port is reported unreachable",
			Run: func(t *check.T) {
				s := t.Socket()
				served(t, s)
				// Whether the socket is gone before the answer comes is a race; of ten some are.
				for range 10 {
					gone := t.Socket()
					gone.Ask(t.Word(6))
					gone.Quit()
				}
				t.Note("ten clients have closed their sockets without waiting for the answer")
				stillServed(t, s)
			},
		},
		{
			Name:   "after-a-burst",
			Clause: check.Course("After a burst"),
			Says:   "answer as before when a burst of datagrams is over, whatever was lost of it",
			Run: func(t *check.T) {
				s, burst := t.Socket(), t.Socket()
				served(t, s)
				burst.Impair(check.Impairment{Loss: 0.2, Duplicate: 0.2, Reorder: 0.2})
				for range 200 {
					burst.Ask(word(t))
				}
				stillServed(t, s)
			},
		},
	}}
}
