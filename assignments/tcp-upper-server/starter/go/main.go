// A TCP server. As handed out it accepts every connection and closes it without a word.
package main

import (
	"log"
	"net"
	"os"
)

// serve serves one client: reads its sentence, answers it in upper case.
func serve(conn net.Conn) {
	defer conn.Close()
	// TODO: read up to the LF. conn.Read gives what has arrived by now: it may be one letter, or more than the
	// sentence, and err is io.EOF at the end of the stream. A bufio.Reader helps.
	// TODO: send the answer with conn.Write.
	// TODO: before closing, read the statement's hint on unread bytes.
}

func main() {
	// Go sets SO_REUSEADDR on its own, so a server that is started again gets its port at once.
	listener, err := net.Listen("tcp", net.JoinHostPort(env("HOST", "127.0.0.1"), env("PORT", "1030")))
	if err != nil {
		log.Fatal(err)
	}
	for {
		// A new connection for this client; the listener stays as it is.
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		// TODO: this serves one client after the other. One that says nothing must not stop the next.
		serve(conn)
	}
}

// env is an environment variable, or fallback when it is unset or empty.
func env(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}
