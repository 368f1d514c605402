package http1

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// A Server is an origin server of the files below Root, and of /form. Its fields must not change while it serves.
type Server struct {
	Root   string           // the document root; PUT and DELETE write in it
	Faults Faults           // what it does wrong
	Now    func() time.Time // the clock behind Date; nil is time.Now
	Idle   time.Duration    // how long a client may be silent, or not read; 0 is 30 s

	once    sync.Once
	opened  error
	root    *os.Root
	outer   *os.Root // the folder that Root lies in; for faults that leave Root
	writing sync.Mutex
	state
}

// state is what all connections share.
type state struct {
	mu       sync.Mutex
	open     map[net.Conn]bool
	ears     map[net.Listener]bool
	accepted int
	ended    error // why it serves no more; errClosed after Close
	serving  sync.WaitGroup

	gate chan struct{} // ConnHalfLineBlocks: held while half a head is there
	swap chan []byte   // ContentMixed: one connection's reply on its way to another
	tags int           // EtagEachTime: how many were given

	cache map[string][]byte // ContentStale: files as they were first read
}

var (
	errClosed  = errors.New("server closed")
	errCrashed = errors.New("server crashed, as its faults say")
)

// Serve answers the connections that ln takes, each on its own, until Close: then it gives nil. It returns when
// the last connection has ended. An error is the listener's, or says that Root cannot be opened, or that a fault
// has ended the server.
func (s *Server) Serve(ln net.Listener) error {
	s.once.Do(s.start)
	if s.opened != nil {
		return fmt.Errorf("serve: %w", s.opened)
	}
	if !s.listen(ln) {
		ln.Close()
		return nil
	}
	defer s.serving.Wait()
	for {
		c, err := ln.Accept()
		if errors.Is(err, syscall.ECONNABORTED) {
			continue // that client went away before it was taken; the next one did not
		}
		if err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.ended == errClosed {
				return nil
			}
			if s.ended != nil {
				return s.ended
			}
			return fmt.Errorf("serve: %w", err)
		}
		if !s.admit(c) {
			c.Close()
			continue
		}
		serve := func() {
			defer s.dismiss(c)
			newConn(s, c).serve()
		}
		if s.Faults.ConnOneAtATime {
			serve()
			s.serving.Done()
			continue
		}
		go func() { defer s.serving.Done(); serve() }()
	}
}

// Close stops listening, ends every connection and waits until all of them are done. A closed server cannot serve
// again.
func (s *Server) Close() error {
	s.once.Do(s.start)
	s.end(errClosed)
	s.serving.Wait()
	if s.opened != nil {
		return nil
	}
	if s.outer != nil {
		s.outer.Close()
	}
	return s.root.Close()
}

func (s *Server) start() {
	s.open, s.ears = map[net.Conn]bool{}, map[net.Listener]bool{}
	s.cache = map[string][]byte{}
	s.gate, s.swap = make(chan struct{}, 1), make(chan []byte)
	if s.root, s.opened = os.OpenRoot(s.Root); s.opened != nil {
		return
	}
	if s.Faults.leaves() {
		s.outer, s.opened = os.OpenRoot(filepath.Dir(s.base()))
	}
}

// base is the absolute path of Root.
func (s *Server) base() string {
	abs, err := filepath.Abs(s.Root)
	if err != nil {
		return s.Root
	}
	return abs
}

// end closes everything without waiting, so that a connection may call it; the first reason stands.
func (s *Server) end(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended == nil || why == errClosed {
		s.ended = why
	}
	for ln := range s.ears {
		ln.Close()
	}
	for c := range s.open {
		c.Close()
	}
}

func (s *Server) listen(ln net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil {
		return false
	}
	s.ears[ln] = true
	return true
}

// admit counts a connection in; dismiss counts it out.
func (s *Server) admit(c net.Conn) bool {
	s.mu.Lock()
	s.accepted++
	crash := s.Faults.ConnSixteen && s.accepted > 16
	full := s.Faults.ConnEight && len(s.open) == 8
	ok := s.ended == nil && !crash && !full
	if ok {
		s.open[c] = true
		s.serving.Add(1)
	}
	s.mu.Unlock()
	if crash {
		s.end(errCrashed)
	}
	return ok
}

func (s *Server) dismiss(c net.Conn) {
	c.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
}

func (s *Server) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

func (s *Server) idle() time.Duration {
	if s.Idle == 0 {
		return 30 * time.Second
	}
	return s.Idle
}
