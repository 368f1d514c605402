// A UDP server. As handed out it sends every datagram back unchanged.
package main

import (
	"log"
	"net"
	"os"
)

// answer returns the bytes to send back for the bytes received.
func answer(data []byte) []byte {
	// TODO: raise the ASCII letters. The data need not be UTF-8: see the statement.
	return data
}

func main() {
	conn, err := net.ListenPacket("udp", net.JoinHostPort(env("HOST", "127.0.0.1"), env("PORT", "12000")))
	if err != nil {
		log.Fatal(err)
	}
	// What does not fit into the buffer is lost.
	buf := make([]byte, 2048)
	for {
		// ReadFrom gives one whole datagram and the address it came from.
		n, sender, err := conn.ReadFrom(buf)
		if err != nil {
			log.Fatal(err)
		}
		if _, err := conn.WriteTo(answer(buf[:n]), sender); err != nil {
			// TODO: this ends the server. Should one sender be able to do that?
			log.Fatal(err)
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
