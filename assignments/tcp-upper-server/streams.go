package tcpupperserver

import (
	"bytes"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/upper"
)

// pieces is the rule that what one call sends and what one call receives have nothing to do with each other.
var pieces = check.Must("RFC 9293", "3.7")

// longest is how many bytes a sentence has at most, its LF included.
const longest = 64 << 10

// streams holds the rules on a stream of bytes that has no messages.
func streams() check.Group {
	return check.Group{Name: "streams", Checks: []check.Check{
		{
			Name:   "in-pieces",
			Clause: pieces,
			Says:   "read on until the LF is there: a sentence may arrive in several pieces",
			Hand:   "(printf hel; sleep 1; printf 'lo wor'; sleep 1; echo ld) | nc $HOST $PORT",
			Run: func(t *check.T) {
				served(t)
				sentence := t.Text(60)
				first := 1 + t.Rand().IntN(20)
				second := first + 1 + t.Rand().IntN(20)
				c := t.Dial()
				t.Judge()
				for _, piece := range []string{sentence[:first], sentence[first:second]} {
					c.Send(piece)
					if got := early(c); got != "" {
						t.Fail(c.Here(), "nothing before the LF", got)
					}
				}
				c.Send(sentence[second:] + "\n")
				judge(t, c, sentence)
			},
		},
		{
			Name:   "byte-by-byte",
			Clause: pieces,
			Says:   "read on until the LF is there, also when every byte arrives by itself",
			Needs:  "in-pieces",
			Hand:   "(for c in h e l l o; do printf $c; sleep 0.1; done; echo) | nc $HOST $PORT",
			Run: func(t *check.T) {
				sentence := t.Text(16 + t.Rand().IntN(8))
				c := t.Dial()
				t.Judge()
				c.SendPieces(sentence+"\n", 1)
				judge(t, c, sentence)
			},
		},
		{
			Name:   "more-behind",
			Clause: check.Course("One sentence"),
			Says:   "answer what stands before the LF, and ignore what came with it behind the LF",
			Hand:   `printf 'one\ntwo\n' | nc $HOST $PORT`,
			Run: func(t *check.T) {
				served(t)
				sentence, second := word(t), word(t)
				c := t.Dial()
				c.Send(sentence + "\n" + second + "\n" + t.Word(4))
				t.Judge()
				judge(t, c, sentence)
				// Anything else behind the answer is sentences/nothing-more's business.
				rest, at, _ := c.Rest(maxAnswer)
				if i := bytes.Index(rest, upper.Raise([]byte(second))); i >= 0 {
					t.Fail(check.Mark{Event: at.Event, At: at.At + i, Len: len(second)}, "no answer to what stands behind the LF", upper.Excerpt(rest))
				}
			},
		},
		{
			Name:   "half-close",
			Clause: check.Course("Half-close"),
			Says:   "answer a client that has ended its own direction after the LF: it still reads",
			Hand:   "echo hello | nc -N $HOST $PORT",
			Run: func(t *check.T) {
				served(t)
				sentence := word(t)
				c := t.Dial()
				c.Send(sentence + "\n")
				c.CloseWrite()
				t.Judge()
				judge(t, c, sentence)
			},
		},
		{
			Name:   "beyond-1024",
			Clause: check.Course("Length"),
			Says:   "answer a sentence of more than 1024 bytes whole: a receive call takes what fits its buffer, not the sentence",
			Hand:   `(head -c 1500 /dev/zero | tr '\0' a; echo) | nc $HOST $PORT | wc -c`,
			Run: func(t *check.T) {
				served(t)
				sentence := t.Text(1025 + t.Rand().IntN(3000))
				c := t.Dial()
				c.Send(sentence + "\n")
				t.Judge()
				judge(t, c, sentence)
			},
		},
		{
			Name:   "64-kib",
			Clause: check.Course("Length"),
			Says:   "answer a sentence of 64 KiB whole: read all of it, send all of the answer, and close so that none of it is lost",
			Needs:  "beyond-1024",
			Hand:   `(head -c 65535 /dev/zero | tr '\0' a; echo) | nc $HOST $PORT | wc -c`,
			Run: func(t *check.T) {
				sentence := t.Word(longest - 1)
				c := t.Dial()
				c.Narrow(8 << 10) // so that much of the answer still waits in the server's system when it closes
				// A server may begin its answer before it has read the whole sentence.
				go c.Send(sentence + "\n")
				t.Judge()
				judge(t, c, sentence)
			},
		},
	}}
}
