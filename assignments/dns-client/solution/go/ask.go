package main

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"log"
	"net"
	"os"
	"time"
)

// waits is how long each datagram is waited for; then the next one goes out.
var waits = []time.Duration{time.Second, 2 * time.Second, 3 * time.Second}

const (
	patience = 5 * time.Second // for the whole exchange over TCP
	aMoment  = 50 * time.Millisecond
)

// ask gives the reply to a question: over UDP, and over TCP when it does not fit.
func ask(server string, question []byte) (*reply, error) {
	r, err := askUDP(server, question)
	if err != nil || !r.truncated {
		return r, err
	}
	return askTCP(server, question)
}

// newID draws an id that nobody can guess: that is what keeps forgers out.
func newID() uint16 {
	var b [2]byte
	rand.Read(b[:])
	return binary.BigEndian.Uint16(b[:])
}

func askUDP(server string, question []byte) (*reply, error) {
	// Dial connects the socket: the kernel drops what comes from any other address or port.
	conn, err := net.Dial("udp", server)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	id := newID()
	for _, wait := range waits {
		conn.Write(query(id, question)) // an error may be that of an earlier datagram; the next may get through
		if r := await(conn, id, question, time.Now().Add(wait)); r != nil {
			return r, nil
		}
	}
	return nil, errors.New("no reply")
}

// await gives the reply to the query, nil when the time is up. Everything else that comes is left aside.
func await(conn net.Conn, id uint16, question []byte, end time.Time) *reply {
	conn.SetReadDeadline(end)
	b := make([]byte, 65535)
	for {
		n, err := conn.Read(b)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err != nil {
			// Nobody listens there, says the server's machine. Anybody could say that: the time goes on.
			time.Sleep(min(aMoment, time.Until(end)))
			continue
		}
		if !matches(b[:n], id, question) {
			continue
		}
		r, err := parse(b[:n])
		if err == nil {
			return r
		}
		log.Print("a reply that cannot be read: ", err)
	}
}

func askTCP(server string, question []byte) (*reply, error) {
	conn, err := net.DialTimeout("tcp", server, patience)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	id := newID()
	// The length and the message in one piece: some servers read both at once (RFC 7766 section 8).
	message := query(id, question)
	if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...)); err != nil {
		return nil, err
	}
	for {
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return nil, err
		}
		b := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, b); err != nil {
			return nil, err
		}
		if matches(b, id, question) {
			return parse(b)
		}
	}
}
