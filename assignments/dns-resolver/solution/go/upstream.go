package main

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"
)

const upstreamPort = "53"

// ask gives the reply of a server to a question; an error when there is none in time.
func ask(address string, q question, wait time.Duration) (*message, error) {
	end := time.Now().Add(wait)
	m, err := overUDP(address, q, end)
	if err == nil && m.flags&flagTC != 0 {
		m, err = overTCP(address, q, end)
	}
	return m, err
}

// newID draws an id that cannot be foretold.
func newID() uint16 {
	var b [2]byte
	rand.Read(b[:])
	return binary.BigEndian.Uint16(b[:])
}

// overUDP asks from a socket of its own: so the port that a reply must come to is as hard to guess as the id.
func overUDP(address string, q question, end time.Time) (*message, error) {
	// Dial connects the socket: the kernel drops what comes from any other address or port.
	conn, err := net.Dial("udp", net.JoinHostPort(address, upstreamPort))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	conn.SetDeadline(end)
	id := newID()
	if _, err := conn.Write(write(id, 0, []question{q})); err != nil {
		return nil, err
	}
	b := make([]byte, 65535)
	for {
		n, err := conn.Read(b)
		if err != nil {
			return nil, err
		}
		// What does not match is left aside, and the right one is waited for.
		if m := match(b[:n], id, q); m != nil {
			return m, nil
		}
	}
}

func overTCP(address string, q question, end time.Time) (*message, error) {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(address, upstreamPort), time.Until(end))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	conn.SetDeadline(end)
	id := newID()
	if err := writeFrame(conn, write(id, 0, []question{q})); err != nil {
		return nil, err
	}
	for {
		b, err := readFrame(conn)
		if err != nil {
			return nil, err
		}
		if m := match(b, id, q); m != nil {
			if m.flags&flagTC != 0 {
				return nil, errors.New("a reply over TCP that is truncated")
			}
			return m, nil
		}
	}
}

// match gives the message, if it is a reply to this question that can be read.
func match(b []byte, id uint16, q question) *message {
	m := readHeader(b)
	if m == nil || m.id != id || m.flags&flagQR == 0 || m.opcode() != 0 {
		return nil
	}
	if m.parse(b) != nil {
		if m.flags&flagTC != 0 {
			return m // cut off in the middle: it says no more than that, and TCP asks again
		}
		return nil
	}
	if len(m.questions) != 1 || !m.questions[0].same(q) {
		return nil
	}
	return m
}

// readFrame reads a message with its length in two bytes before it, in whatever pieces it comes.
func readFrame(r io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(r, b)
	return b, err
}

// writeFrame writes both in one piece: some programs read the length and the message at once (RFC 7766 section 8).
func writeFrame(w io.Writer, b []byte) error {
	_, err := w.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...))
	return err
}
