package dnssteps

import (
	"encoding/binary"
	"strings"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// maxSays and maxDecoded bound what is said of one event, which may hold many messages.
const maxSays, maxDecoded = 1 << 10, 16 << 10

// Read puts the messages of a transcript into words: it is the Read of a suite. A message over TCP is told where it
// begins.
func Read(t *grader.Transcript) {
	tcp := map[int]bool{}
	for _, e := range t.Endpoints {
		tcp[e.ID] = e.Network == "tcp"
	}
	streams, asked := map[stream]*reader{}, exchanged{}
	for i := range t.Events {
		e := &t.Events[i]
		switch {
		case e.Kind != grader.Data || e.Conn == 0:
		case !tcp[e.Conn]:
			tell(e, e.Data)
			asked.answer(e, e.Data)
		default:
			key := stream{e.Conn, e.Dir}
			if streams[key] == nil {
				streams[key] = &reader{}
			}
			streams[key].add(e, asked)
		}
	}
	for _, r := range streams {
		r.rest()
	}
}

// exchanged has the event of the last message with an id that went one way on a connection.
type exchanged map[message]int

type message struct {
	stream
	id uint16
}

// answer notes a message, and for a response which one of those that went the other way it answers: whole or broken,
// one that has its id.
func (x exchanged) answer(e *grader.Event, raw []byte) {
	if len(raw) < 2 {
		return
	}
	m := message{stream{e.Conn, grader.Sent}, binary.BigEndian.Uint16(raw)}
	other := m
	if other.dir = grader.Got; e.Dir == grader.Got {
		m, other = other, m
	}
	x[m] = e.Seq
	if response := len(raw) > dns.AtFlags && raw[dns.AtFlags]&0x80 != 0; response && e.Answers == 0 {
		e.Answers = x[other]
	}
}

type stream struct {
	conn int
	dir  grader.Dir
}

// A reader cuts one direction of a connection into messages.
type reader struct {
	buf   []byte
	first *grader.Event // the event in which what buf holds began
	lost  bool          // bytes were not kept: where messages begin cannot be told any more
}

func (r *reader) add(e *grader.Event, asked exchanged) {
	if r.lost {
		return
	}
	r.lost = e.Cut > 0
	data := e.Data
	for len(data) > 0 {
		if len(r.buf) == 0 {
			r.first = e
		}
		need := 2
		if len(r.buf) >= 2 {
			need += int(binary.BigEndian.Uint16(r.buf))
		}
		n := min(need-len(r.buf), len(data))
		r.buf, data = append(r.buf, data[:n]...), data[n:]
		if len(r.buf) >= 2 && len(r.buf) == 2+int(binary.BigEndian.Uint16(r.buf)) {
			tell(r.first, r.buf[2:])
			asked.answer(r.first, r.buf[2:])
			r.buf = nil
		}
	}
}

// rest tells what is left: the beginning of a message.
func (r *reader) rest() {
	if len(r.buf) == 0 {
		return
	}
	says := "the beginning of a message"
	if len(r.buf) >= 2 {
		says = "not all of a message"
	}
	r.first.Says = join(r.first.Says, "; ", says)
}

// tell adds the reading of one message to an event, as long as there is room.
func tell(e *grader.Event, raw []byte) {
	if len(e.Says) > maxSays {
		return
	}
	m, _, err := dns.Parse(raw)
	says := dns.DigLine(m)
	if err != nil {
		says += " (cannot be read to its end)"
	}
	e.Says = join(e.Says, "; ", says)
	text := strings.TrimRight(dns.Dig(m), "\n")
	if len(e.Decoded)+len(text) < maxDecoded {
		e.Decoded = join(e.Decoded, "\n\n", text)
	}
}

func join(before, sep, more string) string {
	if before == "" {
		return more
	}
	return before + sep + more
}
