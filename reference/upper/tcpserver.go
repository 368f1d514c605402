package upper

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

const (
	maxSentence = 1 << 20         // bytes; the statement asks for 64 KiB
	idleLimit   = time.Minute     // for a client between two pieces
	drainLimit  = 2 * time.Second // for a client to close after its answer

	// How long faulty servers let things happen that they go wrong by.
	halfWait  = 50 * time.Millisecond // the client's FIN
	shareWait = 50 * time.Millisecond // other clients' sentences
	pipeWait  = 30 * time.Millisecond // the client's reset
)

// A TCPServer answers one sentence per connection, and any number of connections at once.
type TCPServer struct{ Faults TCPServerFaults }

// Serve answers the connections that ln takes until ctx ends: then it closes ln and them and gives nil. An
// error is ln's, or says that a fault has ended the server.
func (s *TCPServer) Serve(ctx context.Context, ln net.Listener) error {
	ctx, die := context.WithCancelCause(ctx)
	r := &tcpRun{TCPServer: s, ctx: ctx, die: die}
	defer r.serving.Wait()
	defer die(nil)
	defer ln.Close()
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	pool := make(chan struct{}, 8)
	for seen := 1; ; seen++ {
		conn, err := ln.Accept()
		switch {
		case errors.Is(context.Cause(ctx), errCrashed):
			return fmt.Errorf("serve: %w", errCrashed)
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("serve: %w", err)
		}
		c := conn.(*net.TCPConn)
		switch {
		case s.Faults.OneAtATime:
			r.serve(c)
		case s.Faults.PoolOf8:
			pool <- struct{}{}
			r.serving.Go(func() { r.serve(c); <-pool })
		default:
			r.serving.Go(func() { r.serve(c) })
		}
		if s.Faults.StopsAfter40 && seen == 40 {
			r.serving.Wait()
			return fmt.Errorf("serve: %w", errCrashed)
		}
	}
}

// A tcpRun is one call of Serve, and what its faults let connections share.
type tcpRun struct {
	*TCPServer
	ctx     context.Context
	die     context.CancelCauseFunc
	serving sync.WaitGroup

	mu     sync.Mutex
	shared []byte // SharedBuffer: what came from all clients and has no LF yet
	last   []byte // SharedSentence: the last that was complete
}

// serve serves one client from its sentence to its end. What goes wrong is that client's alone.
func (r *tcpRun) serve(c *net.TCPConn) {
	defer c.Close()
	stop := context.AfterFunc(r.ctx, func() { c.Close() })
	defer stop()
	f := &r.Faults
	s, err := r.read(c)
	for f.IgnoresEmpty && err == nil && s.ended && len(s.text) == 0 {
		s, err = r.read(c)
	}
	reset := errors.Is(err, syscall.ECONNRESET)
	switch {
	case r.ctx.Err() != nil:
		return
	case reset && f.DiesOnReset,
		err == io.EOF && len(s.text) == 0 && f.DiesOnEarlyClose,
		err == io.EOF && len(s.text) > 0 && f.DiesOnHalf,
		err == nil && len(s.text) == 0 && f.DiesOnEmpty:
		r.die(errCrashed)
		return
	case err != nil && (err != io.EOF || len(s.text) == 0 || f.IgnoresUnended),
		f.LeavesHalfClosed && halfClosed(c):
		return
	}
	if f.SharedSentence && !halfClosed(c) {
		s.text = r.share(s.text)
	}
	answer, err := r.answer(s)
	if err != nil {
		r.die(err)
		return
	}
	if err := r.send(c, answer); err != nil {
		if f.DiesOnBrokenPipe {
			r.die(errCrashed)
		}
		return
	}
	switch {
	case f.StaysOpen:
		io.Copy(io.Discard, c)
	case f.ResetsUnsent:
		c.SetLinger(0)
	case f.ClosesAtOnce:
	default:
		// Closing a socket that holds unread bytes resets the connection, and that may throw away the
		// answer on its way: end our direction first, and read what came too much.
		c.CloseWrite()
		c.SetDeadline(time.Now().Add(drainLimit))
		io.Copy(io.Discard, c)
	}
}

// A sentence is what was read for one.
type sentence struct {
	text  []byte // without its LF
	rest  []byte // read beyond the LF
	ended bool   // by LF
}

// read reads up to LF, in whatever pieces it comes. The error is io.EOF when the stream ended before.
func (r *tcpRun) read(c *net.TCPConn) (sentence, error) {
	f := &r.Faults
	limit := maxSentence
	switch {
	case f.StopsAt1024:
		limit = 1024
	case f.StopsAt8192:
		limit = 8192
	}
	var all []byte
	piece := make([]byte, 64<<10)
	for reads := 1; ; reads++ {
		c.SetReadDeadline(time.Now().Add(idleLimit))
		n, err := c.Read(piece[:min(len(piece), limit-len(all))])
		all = append(all, piece[:n]...)
		if f.SharedBuffer {
			all = r.join(piece[:n])
		}
		at := bytes.IndexByte(all, '\n')
		switch {
		case at >= 0 && (!f.ReadsToEOF || err != nil):
			if f.SharedBuffer {
				r.shared = nil
			}
			return sentence{all[:at], all[at+1:], true}, nil
		case err != nil:
			return sentence{text: all}, err
		case len(all) >= limit, f.OneRead, f.EightReads && reads == 8:
			return sentence{text: all}, nil
		}
	}
}

// join puts a piece behind those of all other clients.
func (r *tcpRun) join(piece []byte) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shared = append(r.shared, piece...)
	return bytes.Clone(r.shared)
}

// share keeps text where all clients' sentences are kept, and says after a while what stands there.
func (r *tcpRun) share(text []byte) []byte {
	r.mu.Lock()
	r.last = text
	r.mu.Unlock()
	r.pause(shareWait)
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// pause waits, so that a fault shows each time and not only when the server is slow.
func (r *tcpRun) pause(d time.Duration) {
	select {
	case <-time.After(d):
	case <-r.ctx.Done():
	}
}

func (r *tcpRun) answer(s sentence) ([]byte, error) {
	f := &r.Faults
	out, err := f.TextFaults.answer(s.text)
	if err != nil {
		return nil, err
	}
	if s.ended && !f.AnswersWithoutLF {
		out = append(out, '\n')
	}
	if f.AnswersSecond {
		out = append(out, Raise(s.rest)...)
	}
	if f.RepliesTwice {
		out = append(out, out...)
	}
	if f.SaysGoodbye {
		out = append(out, "bye\n"...)
	}
	return out, nil
}

// send writes the whole answer.
func (r *tcpRun) send(c *net.TCPConn, answer []byte) error {
	if r.Faults.SendsHalf {
		answer = answer[:min(len(answer), 32<<10)]
	}
	if r.Faults.DiesOnBrokenPipe {
		r.pause(pipeWait)
	}
	c.SetWriteDeadline(time.Now().Add(idleLimit))
	_, err := c.Write(answer)
	return err
}

// halfClosed says whether the client has ended its direction.
func halfClosed(c *net.TCPConn) bool {
	c.SetReadDeadline(time.Now().Add(halfWait))
	_, err := c.Read(make([]byte, 1))
	return errors.Is(err, io.EOF)
}
