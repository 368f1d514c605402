package main

import (
	"encoding/binary"
	"io"
	"log"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	plain    = 512              // bytes that every client takes over UDP
	payload  = 1232             // bytes over UDP that come through nearly everywhere in one piece
	patience = 30 * time.Second // that a TCP connection may be silent
)

type server struct {
	zone     atomic.Pointer[zone] // replaced as a whole: who took it goes on with what he took
	updating sync.Mutex
}

// handle gives the reply to a message, nil for silence.
func (s *server) handle(b []byte, tcp bool) []byte {
	if len(b) < headerLen {
		return nil // there is no id to answer to
	}
	req := &request{id: binary.BigEndian.Uint16(b), flags: binary.BigEndian.Uint16(b[2:])}
	if req.flags&flagQR != 0 {
		return nil // a reply: two servers must not answer each other for ever
	}
	r := s.reply(req, b)
	limit := 0xffff
	if !tcp {
		limit = plain
		if req.opt != nil {
			limit = max(plain, min(int(req.opt.class), payload)) // less than 512 counts as 512
		}
	}
	return r.pack(limit)
}

func (s *server) reply(req *request, b []byte) *reply {
	err := req.parse(b)
	op := req.opcode()
	switch {
	case op != opQuery && op != opUpdate:
		return &reply{to: req, rcode: notImp}
	case err != nil:
		return &reply{to: req, rcode: formErr}
	case req.opt != nil && req.opt.ttl>>16&0xff != 0:
		return &reply{to: req, rcode: badVers}
	case op == opQuery:
		return s.zone.Load().answer(req)
	}
	s.updating.Lock()
	defer s.updating.Unlock()
	rcode, next := s.zone.Load().update(req)
	s.zone.Store(next)
	return &reply{to: req, rcode: rcode}
}

func (s *server) serveUDP(conn net.PacketConn) {
	buf := make([]byte, 65535)
	for {
		n, client, err := conn.ReadFrom(buf)
		if err != nil {
			continue // somebody did not wait for the reply
		}
		if r := s.handle(buf[:n], false); r != nil {
			conn.WriteTo(r, client) // a client that cannot be reached is no reason to leave the others alone
		}
	}
}

func (s *server) serveTCP(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			// No descriptor left: those that are served now will give theirs back.
			log.Print(err)
			time.Sleep(50 * time.Millisecond)
			continue
		}
		go s.connection(conn)
	}
}

// connection answers the messages of one connection, each with its length in two bytes before it.
func (s *server) connection(conn net.Conn) {
	defer conn.Close()
	for {
		conn.SetDeadline(time.Now().Add(patience))
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		b := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, b); err != nil {
			return
		}
		r := s.handle(b, true)
		if r == nil {
			continue
		}
		// In one piece: some clients read the length and the message at once (RFC 7766 section 8).
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(r))), r...)); err != nil {
			return
		}
	}
}
