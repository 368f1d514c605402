package dnssteps

import (
	"encoding/binary"
	"io"
	"time"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// Ask asks the server under test over UDP from a port of its own and gives the reply, which is readable and has the
// query's id; else the check is blocked. That none comes is Missing.
func Ask(t *check.T, query []byte) *Reply { return Raw(t, query).To(query) }

// Raw is Ask without a look at what came.
func Raw(t *check.T, query []byte) *Reply {
	u := UDP(t)
	u.Send(query)
	return u.Next("a reply")
}

// AskTCP is Ask over a connection of its own, which is closed afterwards.
func AskTCP(t *check.T, query []byte) *Reply { return RawTCP(t, query).To(query) }

// RawTCP is AskTCP without a look at what came.
func RawTCP(t *check.T, query []byte) *Reply {
	c := TCP(t)
	defer c.Close()
	c.Send(query)
	return c.Next("a reply over TCP")
}

// A Socket is a UDP socket that asks the server under test.
type Socket struct {
	*check.Socket
	t *check.T
}

// UDP opens a socket.
func UDP(t *check.T) *Socket { return &Socket{t.Socket(), t} }

// Send sends each message as a datagram, one after the other.
func (s *Socket) Send(messages ...[]byte) {
	for _, m := range messages {
		s.Ask(string(m))
	}
}

// Next waits for a datagram from the server. want says in the report what did not come.
func (s *Socket) Next(want string) *Reply { return udpReply(s.t, s.Take(want)) }

// TryNext waits at most limit for a datagram from the server, nil when none comes.
func (s *Socket) TryNext(limit time.Duration) *Reply {
	end := time.Now().Add(limit)
	for {
		d, ok := s.TryTake(time.Until(end))
		if !ok {
			return nil
		}
		if d.From == s.t.Server() {
			return udpReply(s.t, d)
		}
		if time.Now().After(end) {
			return nil
		}
	}
}

// All waits for one reply to each of the queries, in any order, and gives them in the order of the queries. Replies
// that have no query's id, or come twice, are passed over.
func (s *Socket) All(queries ...[]byte) []*Reply {
	return collect(queries, func() *Reply { return s.Next("a reply to each query") })
}

// dying is how long a server may take to go down.
const dying = 50 * time.Millisecond

// Survives sends a message that is not as it should be, and behind it a query that is. It gives the reply to the first,
// nil when there was none before that to the second, and the reply to the second: a server that does not answer that has
// not survived, which is Missing.
func (s *Socket) Survives(bad, good []byte) (toBad, toGood *Reply) {
	s.Send(bad, good)
	s.t.Hand(Command(s.t.Server(), bad, false)) // it is to blame when nothing more comes
	id := binary.BigEndian.Uint16(good)
	for {
		r := s.Next("a reply to the query that follows")
		if r.ID == id && r.Broken == nil {
			// It may have been on its way already when the server went down.
			if s.t.Died(dying) != "" {
				s.t.Missing(s.t.Note("the server ends"), "a server that goes on", check.ErrSilence)
			}
			return toBad, r
		}
		if toBad != nil && toBad.ID == r.ID {
			s.t.Block("several replies came to one message")
		}
		toBad = r
	}
}

func udpReply(t *check.T, d check.Datagram) *Reply {
	return newReply(t, d.Data, false, func(at, n int) check.Mark { return check.At(d, at, n) })
}

func collect(queries [][]byte, next func() *Reply) []*Reply {
	all := make([]*Reply, len(queries))
	for left := len(queries); left > 0; {
		r := next()
		for i, q := range queries {
			if all[i] == nil && len(q) >= 2 && binary.BigEndian.Uint16(q) == r.ID {
				all[i] = r
				left--
				break
			}
		}
	}
	return all
}

// A Stream is a TCP connection that carries messages, with the server or with a client under test.
type Stream struct {
	*check.Conn
	t    *check.T
	buf  []byte // read and not yet taken
	read int64  // how many bytes of the stream were taken
}

// TCP connects to the server under test.
func TCP(t *check.T) *Stream { return &Stream{Conn: t.Dial(), t: t} }

// Send sends each message with its length before it, all in one piece.
func (s *Stream) Send(messages ...[]byte) {
	var all []byte
	for _, m := range messages {
		all = append(all, dns.Frame(m)...)
	}
	s.Write(all)
}

// SendPieces sends one message with its length in pieces of these sizes, the last repeated, each once the one before
// was read.
func (s *Stream) SendPieces(message []byte, sizes ...int) {
	s.WritePieces(dns.Frame(message), sizes...)
}

// Next waits for a message. want says in the report what did not come.
func (s *Stream) Next(want string) *Reply {
	r, err := s.TryNext(0)
	if err != nil {
		s.t.Missing(s.Here(), want, err)
	}
	return r
}

// TryNext is Next that gives the error: io.EOF at the end of the stream, io.ErrUnexpectedEOF where it ends within a
// message, and those of check. limit bounds each wait, 0 is the check's patience.
func (s *Stream) TryNext(limit time.Duration) (*Reply, error) {
	length, err := s.take(2, limit)
	if err != nil {
		return nil, err
	}
	from := s.read
	raw, err := s.take(int(binary.BigEndian.Uint16(length)), limit)
	if err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return newReply(s.t, raw, true, func(at, n int) check.Mark { return s.Mark(from+int64(at), n) }), nil
}

// Peek waits for the next n bytes and leaves them to be read.
func (s *Stream) Peek(n int) ([]byte, error) {
	if err := s.fill(n, 0); err != nil {
		return nil, err
	}
	return s.buf[:n], nil
}

// take reads exactly n bytes.
func (s *Stream) take(n int, limit time.Duration) ([]byte, error) {
	if err := s.fill(n, limit); err != nil {
		return nil, err
	}
	b := s.buf[:n:n]
	s.buf = s.buf[n:]
	s.read += int64(n)
	return b, nil
}

// fill reads on until n bytes can be taken.
func (s *Stream) fill(n int, limit time.Duration) error {
	p := make([]byte, 4096)
	for len(s.buf) < n {
		k, err := s.ReadWithin(limit, p)
		s.buf = append(s.buf, p[:k]...)
		if err == io.EOF && len(s.buf) > 0 && len(s.buf) < n {
			return io.ErrUnexpectedEOF
		}
		if err != nil && len(s.buf) < n {
			return err
		}
	}
	return nil
}

// All waits for one reply to each of the queries, in any order, and gives them in the order of the queries.
func (s *Stream) All(queries ...[]byte) []*Reply {
	return collect(queries, func() *Reply { return s.Next("a reply to each query") })
}
