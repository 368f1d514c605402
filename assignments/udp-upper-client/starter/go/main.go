// A UDP client. As handed out it sends its line once and does not wait for the reply.
package main

import (
	"bufio"
	"io"
	"log"
	"net"
	"os"
)

func main() {
	address := net.JoinHostPort(env("HOST", "127.0.0.1"), env("PORT", "12000"))
	// The line as it is; it ends in '\n' unless the input stops before.
	line, err := bufio.NewReader(os.Stdin).ReadBytes('\n')
	if err != nil && err != io.EOF {
		log.Fatal(err)
	}
	// TODO: the line end is not part of what is sent.

	server, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		log.Fatal(err)
	}
	conn, err := net.ListenPacket("udp", ":0")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := conn.WriteTo(line, server); err != nil {
		log.Fatal(err)
	}
	log.Printf("sent %d bytes to %s", len(line), address)

	// TODO: wait for the reply and print it on standard output.
	//   - conn.ReadFrom waits for ever unless conn.SetReadDeadline was called. Datagrams get lost.
	//   - No reply after about a second: send again. After some tries give up: log.Fatal("no reply").
	//   - Anybody can send to this socket. Compare the address that ReadFrom returns, or use net.Dial.
}

// env is an environment variable, or fallback when it is unset or empty.
func env(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}
