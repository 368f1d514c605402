// A DNS client. As handed out it sends a header without a question and does not wait for the reply.
package main

import (
	"encoding/binary"
	"log"
	"net"
	"os"
)

var types = map[string]uint16{
	"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "CAA": 257,
}

// packQuery gives the bytes of a query.
func packQuery(name, rtype string) []byte {
	// The header is six numbers of 16 bits, in network byte order.
	const id = 1
	// TODO: draw the id: rand.Read of crypto/rand. See "Header" in the statement, also for the bit RD, 0x0100.
	var b []byte
	for _, v := range []uint16{id, 0, 0, 0, 0, 0} {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	// TODO: one question: the name, then types[rtype], then 1. A name is label after label, each with its length before it,
	// and a 0 at the end: "\x03www\x0dnetworkutopia\x03com\x00". The third number above counts it.
	// TODO: a type may be written TYPE65280 as well.
	return b
}

// printRecords prints the records of the answer section.
func printRecords(reply []byte) {
	// TODO: read the header of 12 bytes and go past the question; then each record has a name, type, class, a TTL of 32 bits, a
	// length, and that many bytes of data. See "Output". A function that reads a name at a place, and says where it ends, is
	// the heart of it: see "Names" for pointers. Look before each step whether the reply has that many bytes still.
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: client NAME TYPE")
	}
	address := net.JoinHostPort(env("HOST", "127.0.0.1"), env("PORT", "53"))
	query := packQuery(os.Args[1], os.Args[2])

	// Dial connects the socket: the kernel drops what comes from any other address or port.
	conn, err := net.Dial("udp", address)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := conn.Write(query); err != nil {
		log.Fatal(err)
	}
	log.Printf("sent %d bytes to %s", len(query), address)

	// TODO: wait for the reply and print its records.
	//   - conn.Read waits for ever unless conn.SetReadDeadline was called. Datagrams get lost: see "Waiting".
	//   - Not everything that comes is the reply: see "Strangers".
	//   - TC set, 0x0200? Ask again over TCP: see "Truncation". io.ReadFull waits for all of a message.
	//   - The code is in the last four bits of the second number: see "Response codes" and "Exit status".
	printRecords(nil)
	log.Fatal("no reply was waited for")
}

// env is an environment variable, or fallback when it is unset or empty.
func env(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}
