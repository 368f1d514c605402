// A resolver. As handed out it answers SERVFAIL to everything: dig shows it.
package main

import (
	"encoding/binary"
	"log"
	"net"
	"os"
)

const (
	flagQR   = 0x8000 // this is a reply
	flagRD   = 0x0100 // the client wants recursion
	opcode   = 0x7800
	servFail = 2
)

// readHints gives the addresses of the root's servers.
func readHints(path string) ([]string, error) {
	// TODO: read the lines: see "Root hints" in the statement. What you need are the addresses of the A records.
	_, err := os.Stat(path)
	return nil, err
}

// ask asks one server, and gives its reply.
func ask(address, name string, rtype uint16) []byte {
	// TODO: net.Dial("udp", ...) gives a new socket for each question and checks the address; SetDeadline limits the time. The id
	// comes from crypto/rand: see "Randomness", and "Matching" for the rest.
	// TODO: when TC is set, ask again over TCP.
	return nil
}

// resolve gives the code and the records that answer a question.
func resolve(name string, rtype uint16, roots []string) (code uint16, records [][]byte) {
	// TODO: ask a root server. Its reply has no answer, but NS records in the authority section and addresses in the additional
	// one: ask one of those, and so on, until there is an answer: see "Iteration". That loop is the assignment.
	// TODO: then the cache: a map from name and type to the records and the time when they end, with a sync.Mutex. Keep
	// delegations as well.
	// TODO: then aliases, servers without an address or without an answer, and a limit on everything.
	return servFail, nil
}

// answer gives the reply to a client's message, nil for silence.
func answer(query []byte, roots []string) []byte {
	// The header is six numbers of 16 bits, in network byte order.
	// TODO: fewer than 12 bytes end the whole resolver here. See "Messages that are broken" in the statement.
	id, flags := binary.BigEndian.Uint16(query[0:]), binary.BigEndian.Uint16(query[2:])
	// TODO: what if this is a reply and no question?

	// TODO: read the question behind the header: a name, then type and class. You need the same function for the replies of
	// servers, where names are compressed: give it the whole message and the place, and let it say where the name ends.
	code, _ := resolve("", 0, roots)
	reply := binary.BigEndian.AppendUint16(nil, id)
	reply = binary.BigEndian.AppendUint16(reply, flagQR|flags&(opcode|flagRD)|code)
	// TODO: RA, 0x0080, and the question; then the records, with their counts here.
	return append(reply, 0, 0, 0, 0, 0, 0, 0, 0)
}

func main() {
	roots, err := readHints(env("ROOT_HINTS", "named.root"))
	if err != nil {
		log.Fatal(err)
	}
	udp, err := net.ListenPacket("udp", net.JoinHostPort(env("HOST", "127.0.0.1"), env("PORT", "5353")))
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
		// TODO: while you wait for a server here, nobody else is served: a goroutine for each question helps, with a copy of
		// its bytes.
		if reply := answer(query[:n], roots); reply != nil {
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
