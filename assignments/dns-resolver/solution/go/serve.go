package main

import (
	"log"
	"net"
	"sync"
	"time"
)

const (
	plain     = 512              // bytes that every client takes over UDP
	payload   = 1232             // bytes over UDP that come through nearly everywhere in one piece
	patience  = 30 * time.Second // that a TCP connection may be silent
	atOnce    = 5000             // questions over UDP
	atOnceOne = 100              // questions of one connection
)

// A front serves clients.
type front struct {
	resolver *resolver
	mu       sync.Mutex
	running  map[question]*search
}

// A search is under way for all who ask the same at one time: many equal questions upstream would be as many chances for
// a forger.
type search struct {
	done  chan struct{}
	found *found
	err   error
}

func (f *front) together(q question) (*found, error) {
	f.mu.Lock()
	s := f.running[q]
	if s == nil {
		s = &search{done: make(chan struct{})}
		f.running[q] = s
		go func() {
			s.found, s.err = f.resolver.resolve(q.name, q.rtype, newWork(questions))
			f.mu.Lock()
			delete(f.running, q)
			f.mu.Unlock()
			close(s.done)
		}()
	}
	f.mu.Unlock()
	<-s.done
	return s.found, s.err
}

// handle gives the reply to a message, nil for silence.
func (f *front) handle(b []byte, tcp bool) []byte {
	req := readHeader(b)
	if req == nil || req.flags&flagQR != 0 {
		return nil // there is no id to answer to; or a reply: two servers must not answer each other for ever
	}
	rcode, answer, authority := f.answer(req, b)
	limit := 0xffff
	if !tcp {
		limit = plain
		if req.opt != nil {
			limit = max(plain, min(int(req.opt.class), payload)) // less than 512 counts as 512
		}
	}
	var additional []record
	if req.opt != nil {
		// The upper bits of a code stand in the OPT's TTL. Version 0, no flags.
		additional = []record{{rtype: typeOPT, class: payload, ttl: uint32(rcode>>4) << 24}}
	}
	flags := flagQR | req.flags&(15<<11|flagRD) | flagRA | uint16(rcode&15)
	out := write(req.id, flags, req.questions, answer, authority, additional)
	if len(out) > limit {
		// The client asks again over TCP, and takes nothing from this one.
		out = write(req.id, flags|flagTC, req.questions, nil, nil, additional)
	}
	return out
}

func (f *front) answer(req *message, b []byte) (rcode int, answer, authority []record) {
	if req.opcode() != 0 {
		return notImp, nil, nil
	}
	if req.parse(b) != nil {
		return formErr, nil, nil
	}
	if req.opt != nil && req.opt.ttl>>16&0xff != 0 {
		return badVers, nil, nil
	}
	if len(req.questions) != 1 {
		req.questions = nil
		return formErr, nil, nil
	}
	q := req.questions[0]
	if q.qclass != classIN || q.rtype == typeAXFR || q.rtype == typeIXFR || q.rtype == typeANY || q.rtype == typeOPT {
		return refused, nil, nil
	}
	var got *found
	var err error
	if req.flags&flagRD != 0 {
		got, err = f.together(q)
	} else if got, err = f.resolver.resolve(q.name, q.rtype, newWork(0)); err != nil {
		return refused, nil, nil // it is not known here, and the client does not want us to ask
	}
	if err != nil {
		log.Print(err)
		return servFail, nil, nil
	}
	if got.soa != nil {
		authority = []record{*got.soa}
	}
	return got.rcode, got.records, authority
}

func (f *front) serveUDP(conn net.PacketConn) {
	slots := make(chan struct{}, atOnce)
	buf := make([]byte, 65535)
	for {
		n, client, err := conn.ReadFrom(buf)
		if err != nil {
			continue // somebody did not wait for the reply
		}
		select {
		case slots <- struct{}{}:
		default:
			continue // too many at once: the client asks again later
		}
		b := append([]byte(nil), buf[:n]...)
		go func() {
			defer func() { <-slots }()
			if out := f.handle(b, false); out != nil {
				conn.WriteTo(out, client) // a client that cannot be reached is no reason to leave the others alone
			}
		}()
	}
}

func (f *front) serveTCP(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			// No descriptor left: those that are served now will give theirs back.
			log.Print(err)
			time.Sleep(50 * time.Millisecond)
			continue
		}
		go f.connection(conn)
	}
}

// connection answers the messages of one connection, each as it is ready.
func (f *front) connection(conn net.Conn) {
	defer conn.Close()
	slots := make(chan struct{}, atOnceOne)
	var writing sync.Mutex
	var open sync.WaitGroup
	defer open.Wait()
	for {
		conn.SetReadDeadline(time.Now().Add(patience))
		b, err := readFrame(conn)
		if err != nil {
			return // the client has asked all it wants, or is gone or too slow
		}
		slots <- struct{}{}
		open.Add(1)
		go func() {
			defer open.Done()
			if out := f.handle(b, true); out != nil {
				writing.Lock()
				conn.SetWriteDeadline(time.Now().Add(patience))
				writeFrame(conn, out)
				writing.Unlock()
			}
			<-slots
		}()
	}
}
