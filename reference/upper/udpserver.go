package upper

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"
)

// maxDatagram is the largest UDP payload over IPv4: no datagram is cut.
const maxDatagram = 65507

// queueWait is how long a faulty server lets datagrams gather, so that it goes wrong whenever two are on
// their way, not only when it is slow.
const queueWait = 100 * time.Millisecond

// A UDPServer answers every datagram to its sender.
type UDPServer struct {
	Faults UDPServerFaults
	// Spare is the socket from which the fault AnswersElsewhere answers.
	Spare net.PacketConn
}

// A question is a datagram and who sent it.
type question struct {
	text []byte
	from net.Addr
}

// Serve answers what comes to pc until ctx ends: then it closes pc and gives nil. An error is pc's, or says that a
// fault has ended the server.
func (s *UDPServer) Serve(ctx context.Context, pc net.PacketConn) error {
	defer pc.Close()
	stop := context.AfterFunc(ctx, func() { pc.Close() })
	defer stop()
	if s.Faults.DiesOnUnreachable {
		if err := reportUnreachable(pc); err != nil {
			return fmt.Errorf("serve: %w", err)
		}
	}
	run := udpRun{UDPServer: s, pc: pc, out: pc}
	if s.Faults.AnswersElsewhere {
		run.out = s.Spare
	}
	for run.seen = 1; ; run.seen++ {
		err := run.next()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("serve: %w", err)
		case s.Faults.StopsAfter40 && run.seen == 40:
			return errCrashed
		}
	}
}

// A udpRun is one call of Serve, and what its faults remember.
type udpRun struct {
	*UDPServer
	pc, out net.PacketConn
	seen    int
	first   net.Addr
	old     []byte
}

// next takes what came and answers it.
func (r *udpRun) next() error {
	q, err := r.receive()
	if err != nil {
		return err
	}
	f := &r.Faults
	questions := []question{q}
	if f.LastPeerOnly || f.SharedBuffer || f.LosesQueued {
		questions = append(questions, r.gather()...)
	}
	if r.first == nil {
		r.first = q.from
	}
	last := questions[len(questions)-1]
	for i, q := range questions {
		switch {
		case len(q.text) == 0 && f.DiesOnEmpty:
			return errCrashed
		case len(q.text) == 0 && f.IgnoresEmpty,
			f.DropsEveryThird && r.seen%3 == 0,
			f.LosesQueued && i < len(questions)-1:
			continue
		case f.FirstPeerOnly:
			q.from = r.first
		case f.LastPeerOnly:
			q.from = last.from
		case f.SharedBuffer:
			q.text = last.text
		}
		if err := r.reply(q); err != nil {
			return err
		}
	}
	return nil
}

func (r *udpRun) receive() (question, error) {
	buf := make([]byte, maxDatagram)
	switch {
	case r.Faults.Truncates1024:
		buf = buf[:1024]
	case r.Faults.Truncates2047:
		buf = buf[:2047]
	}
	n, from, err := r.pc.ReadFrom(buf)
	return question{buf[:n], from}, err
}

// gather takes what else comes until nothing has for queueWait.
func (r *udpRun) gather() []question {
	defer r.pc.SetReadDeadline(time.Time{})
	var more []question
	for {
		r.pc.SetReadDeadline(time.Now().Add(queueWait))
		q, err := r.receive()
		if err != nil {
			return more
		}
		more = append(more, q)
	}
}

func (r *udpRun) reply(q question) error {
	if r.Faults.CutsAtLF {
		q.text, _, _ = bytes.Cut(q.text, []byte("\n"))
	}
	answer, err := r.Faults.answer(q.text)
	if err != nil {
		return err
	}
	parts := [][]byte{answer}
	switch f := &r.Faults; {
	case f.KeepsOldBytes:
		if len(answer) < len(r.old) {
			copy(r.old, answer)
			parts[0] = r.old
		} else {
			r.old = answer
		}
	case f.SplitsReply && len(answer) > 512:
		parts = slices.Collect(slices.Chunk(answer, (len(answer)+1)/2))
	case f.RepliesTwice:
		parts = append(parts, answer)
	}
	for _, p := range parts {
		// One client that cannot be reached is no reason to leave the others alone.
		if _, err := r.out.WriteTo(p, q.from); errors.Is(err, net.ErrClosed) {
			return err
		}
	}
	return nil
}
