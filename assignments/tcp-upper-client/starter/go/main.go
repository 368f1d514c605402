// A TCP client. As handed out it connects, says so, and leaves without a word to the server.
package main

import (
	"bufio"
	"io"
	"log"
	"net"
	"os"
	"time"
)

func main() {
	address := net.JoinHostPort(env("HOST", "127.0.0.1"), env("PORT", "1030"))
	// The line as it is; it ends in '\n' unless the input stops before.
	line, err := bufio.NewReader(os.Stdin).ReadBytes('\n')
	if err != nil && err != io.EOF {
		log.Fatal(err)
	}

	conn, err := net.DialTimeout("tcp", address, 8*time.Second)
	if err != nil {
		log.Fatal(err) // prints on standard error and exits with 1
	}
	defer conn.Close()
	log.Printf("connected to %s with a line of %d bytes", address, len(line))

	// TODO: send the line, ended by LF, with conn.Write.
	// TODO: read the reply up to its LF or to the end of the stream. conn.Read gives what has arrived by now: it
	// may be a piece of the reply. A bufio.Reader helps.
	// TODO: print the reply on standard output.
	// TODO: no reply within 10 seconds in all (conn.SetDeadline), or none before the end: log.Fatal.
}

// env is an environment variable, or fallback when it is unset or empty.
func env(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}
