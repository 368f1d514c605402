// An HTTP server. As handed out it answers 501 Not Implemented to everything.
package main

import (
	"log"
	"net"
	"os"
	"strconv"
)

// root is the folder whose files are served.
var root = env("ROOT", ".")

// serve serves one connection.
func serve(conn net.Conn) {
	defer conn.Close()
	// TODO: read a request: its first line, its fields up to the empty line, then its body, whose length the
	// fields tell. conn.Read gives what has arrived by now: a piece of a line, or several requests at once. A
	// bufio.Reader keeps what is left over for the next request.
	buf := make([]byte, 65536)
	if _, err := conn.Read(buf); err != nil {
		return
	}

	// TODO: answer it: see "Methods" in the statement. Serve the files below root and nothing else.
	body := "Not Implemented\n"
	head := "HTTP/1.1 501 Not Implemented\r\n" +
		"Content-Type: text/plain\r\n" +
		"Content-Length: " + strconv.Itoa(len(body)) + "\r\n" + // counted in bytes
		"Connection: close\r\n" +
		"\r\n"
	// TODO: Date is missing. TODO: the answer to HEAD has no body.
	conn.Write([]byte(head + body))
	// TODO: HTTP/1.1 keeps the connection for the next request.
}

func main() {
	// Go sets SO_REUSEADDR on its own, so a server that is started again gets its port at once.
	listener, err := net.Listen("tcp", net.JoinHostPort(env("HOST", "127.0.0.1"), env("PORT", "8080")))
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("serving %s", root)
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		// TODO: one connection after the other is too little: a client that says nothing stops the next.
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
