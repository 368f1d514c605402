package dnsclient

import (
	"encoding/binary"
	"fmt"

	"github.com/wiregrade/wiregrade/assignments/internal/dnssteps"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// longQuery is more than the one question of a client takes, its OPT record counted.
const longQuery = 600

// truncation holds what the client does when a reply does not fit.
func truncation() []check.Check {
	return []check.Check{
		{
			Name:   "tcp",
			Clause: check.Must("RFC 7766", "5"),
			Says:   "ask again over TCP when the bit TC of the reply is set, and print that answer and nothing of the truncated one",
			Run: func(t *check.T) {
				name := name(t)
				data, text := plain(t)
				wrong, wrongText := plain(t)
				up := dnssteps.Play(t)
				client := start(t, name, "A")
				q := take(t, up, name)
				t.Judge()
				q.Answer(reply(q.Raw, dns.FlagTC, withA(wrong)))
				again := request(t, up.Accept())
				again.Answer(reply(again.Raw, 0, withA(data)))
				cut := map[string]string{wrongText: "of the truncated reply"}
				delete(cut, text)
				judgeAddress(t, client.Wait(silence), text, cut)
			},
		},
		{
			Name:   "length",
			Clause: check.Must("RFC 1035", "4.2.2"),
			Says:   "send the length of the query before it over TCP, two bytes with the high one first",
			Run: func(t *check.T) {
				name := name(t)
				up := dnssteps.Play(t)
				start(t, name, "A")
				q := take(t, up, name)
				q.Answer(reply(q.Raw, dns.FlagTC, nil))
				c := up.Accept()
				t.Judge()
				judgeLength(t, c)
			},
		},
		{
			Name:   "pieces",
			Clause: check.Must("RFC 1035", "4.2.2"),
			Says:   "read on over TCP until as many bytes have come as the length says: a reply may come in any pieces",
			Run: func(t *check.T) {
				name := name(t)
				up := dnssteps.Play(t)
				client := start(t, name, "A")
				q := take(t, up, name)
				q.Answer(reply(q.Raw, dns.FlagTC, nil))
				c := up.Accept()
				again := request(t, c)
				var last string
				whole := reply(again.Raw, 0, func(b *dns.Builder) {
					for range 100 {
						data, text := plain(t)
						withA(data)(b)
						last = text
					}
				})
				t.Judge()
				c.WritePieces(dns.Frame(whole), 1, 1, 11, 500)
				judgeAddress(t, client.Wait(silence), last, nil)
			},
		},
	}
}

// request reads the query over TCP. One that is not framed as it should be leaves the clause unjudged.
func request(t *check.T, c *dnssteps.Stream) *dnssteps.Asked {
	head, err := c.Peek(2)
	if err == nil && plausible(head) {
		return c.Asked()
	}
	if err != nil {
		t.Missing(c.Here(), "a query over TCP", err)
	}
	t.Block("the query over TCP has no length before it (see truncation/length)")
	return nil
}

func plausible(head []byte) bool {
	n := binary.BigEndian.Uint16(head)
	return n >= 12 && n <= longQuery
}

// judgeLength fails the check unless a query comes with its length before it.
func judgeLength(t *check.T, c *dnssteps.Stream) {
	head, err := c.Peek(2)
	if err != nil {
		t.Missing(c.Here(), "a query over TCP, with its length before it", err)
	}
	t.Require(plausible(head), c.Mark(0, 2), "the length of the query in two bytes, the high one first", fmt.Sprintf("%d", binary.BigEndian.Uint16(head)))
	q := c.Asked()
	t.Require(q.Broken == nil && len(q.Questions) == 1, c.Mark(0, 2), "a length that is that of the query", fmt.Sprintf("%d, and in so many bytes no query", len(q.Raw)))
}
