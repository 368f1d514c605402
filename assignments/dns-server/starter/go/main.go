// A name server. As handed out it answers NOTIMP to everything: dig shows it.
package main

import (
	"encoding/binary"
	"log"
	"net"
	"os"
)

const (
	flagQR = 0x8000 // this is a reply
	flagRD = 0x0100 // the client wants recursion
	opcode = 0x7800
	notImp = 4
)

// A zone is the records of the zone.
//
// TODO: a good form is a map from name to type to the records of that set. The best form of a name is the one on the wire,
// in small letters, without the 0 at its end, as a string: "\x03www\x0dnetworkutopia\x03com". It may be the key of a map, a
// dot may stand within a label, and the name above is n[1+n[0]:].
type zone struct{}

func readZone(path string) (zone, error) {
	// TODO: read the lines: see "Zone file" in the statement.
	_, err := os.Stat(path)
	return zone{}, err
}

// answer gives the reply to a message, nil for silence.
func answer(query []byte, z zone) []byte {
	// The header is six numbers of 16 bits, in network byte order.
	// TODO: fewer than 12 bytes end the whole server here. See "Malformed messages" in the statement.
	id, flags := binary.BigEndian.Uint16(query[0:]), binary.BigEndian.Uint16(query[2:])
	// TODO: what if this is a reply and no question? See "Responses".

	// TODO: read the question behind the header: a name, then type and class. A name is label after label, each with its
	// length before it, up to a length of 0. Look before each step whether the message has that many bytes still.
	// TODO: find the records: a name that is there with that type, a name without that type, and no such name are three
	// different answers. Then aliases, wildcards and delegations.
	reply := binary.BigEndian.AppendUint16(nil, id)
	reply = binary.BigEndian.AppendUint16(reply, flagQR|flags&(opcode|flagRD)|notImp)
	reply = append(reply, 0, 0, 0, 0, 0, 0, 0, 0) // how many entries the four sections have
	// TODO: repeat the question, set AA (0x0400), and add the sections.
	// TODO: more than 512 bytes do not go over UDP: see "UDP" and "Sizes".
	return reply
}

func main() {
	z, err := readZone(env("ZONE", "utopia.zone"))
	if err != nil {
		log.Fatal(err)
	}
	here := net.JoinHostPort(env("HOST", "127.0.0.1"), env("PORT", "5300"))
	udp, err := net.ListenPacket("udp", here)
	if err != nil {
		log.Fatal(err)
	}
	// TODO: TCP, at the same time and at the same port: a goroutine that accepts, and one for each connection. Every message
	// has its length before it there, and Read gives whatever has come by now; io.ReadFull waits for all of it.
	query := make([]byte, 65535)
	for {
		// ReadFrom gives one whole datagram and the address it came from.
		n, client, err := udp.ReadFrom(query)
		if err != nil {
			log.Print(err)
			continue
		}
		if reply := answer(query[:n], z); reply != nil {
			udp.WriteTo(reply, client)
		}
	}
}

// env is an environment variable, or fallback when it is unset or empty.
func env(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}
