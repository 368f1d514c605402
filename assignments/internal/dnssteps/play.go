package dnssteps

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/dns"
)

// ParseWorld reads a world, whose text stands in a check, and panics when it cannot.
func ParseWorld(text string) *dns.World {
	w, err := dns.ParseWorld(text)
	if err != nil {
		panic(fmt.Sprintf("dnssteps: %v", err))
	}
	return w
}

// Serve serves a world until the check ends. Every message is in the transcript, and World.Queries has the questions.
func Serve(t *check.T, w *dns.World) {
	if err := w.Serve(func(host netip.Addr) (net.PacketConn, net.Listener, error) {
		pc, ln := t.Serve(host)
		return pc, ln, nil
	}); err != nil {
		panic(err) // a fault of ours
	}
	t.AtEnd(func() { w.Close() })
}

// Host lets s answer at HOST:PORT over both transports until the check ends, before T.Run starts a client. The socket is
// for what a script sends beside the replies.
func Host(t *check.T, s *dns.Server) net.PacketConn {
	pc, ln := t.Serve(t.Server().Addr())
	var serving sync.WaitGroup
	serving.Go(func() { s.ServePacket(pc) })
	serving.Go(func() { s.Serve(ln) })
	t.AtEnd(func() {
		s.Close()
		serving.Wait()
	})
	return pc
}

// An Upstream is the server at HOST:PORT that a client under test asks. The check answers each message by itself.
type Upstream struct {
	UDP *check.Socket
	ln  *check.Listener
	t   *check.T
}

// Play opens HOST:PORT for both transports, before T.Run starts the client.
func Play(t *check.T) *Upstream { return &Upstream{t.ListenUDP(), t.Listen(), t} }

// An Asked is a query that came from a client under test.
type Asked struct {
	*Reply
	From  netip.AddrPort // the client's socket
	reply func(message []byte) check.Mark
}

// Answer sends a message, right or wrong, back the way the query came.
func (a *Asked) Answer(message []byte) check.Mark { return a.reply(message) }

// Take waits for a query over UDP.
func (u *Upstream) Take() *Asked { return u.asked(u.UDP.TakeAny("a query over UDP on HOST:PORT")) }

// TryTake waits at most limit for a query over UDP, nil when none comes.
func (u *Upstream) TryTake(limit time.Duration) *Asked {
	if d, ok := u.UDP.TryTake(limit); ok {
		return u.asked(d)
	}
	return nil
}

func (u *Upstream) asked(d check.Datagram) *Asked {
	return &Asked{udpReply(u.t, d), d.From, func(b []byte) check.Mark { return u.UDP.Reply(d.From, string(b)) }}
}

// Accept waits for the client to connect.
func (u *Upstream) Accept() *Stream { return &Stream{Conn: u.ln.Accept(), t: u.t} }

// Asked waits for a query on a connection that a client has opened.
func (s *Stream) Asked() *Asked {
	r := s.Next("a query over TCP, with its length before it")
	return &Asked{Reply: r, reply: func(b []byte) check.Mark {
		s.Write(dns.Frame(b))
		return s.Here()
	}}
}

// Respond begins a reply to a query: its id, QR, RD as it was, further flags and the question.
func Respond(query *dns.Message, flags uint16) *dns.Builder {
	b := dns.NewBuilder(query.ID, dns.FlagQR|query.Flags&dns.FlagRD|flags)
	for _, q := range query.Questions {
		b.Entry(dns.QuestionSection).Raw(query.Raw[q.At : q.At+q.Len]...)
	}
	return b
}
