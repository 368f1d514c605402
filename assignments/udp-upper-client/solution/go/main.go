// A UDP client: sends one line from standard input and prints the server's reply.
package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

const (
	tries = 5
	wait  = time.Second // that one try waits for its reply
)

var errNoReply = errors.New("no reply")

func main() {
	if err := run(); err != nil {
		os.Stderr.WriteString("client: " + err.Error() + "\n")
		os.Exit(1)
	}
}

func run() error {
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil && err != io.EOF {
		return err
	}
	// A connected UDP socket receives from this address and port and from nobody else.
	conn, err := net.Dial("udp", net.JoinHostPort(env("HOST", "127.0.0.1"), env("PORT", "12000")))
	if err != nil {
		return err
	}
	defer conn.Close()
	reply, err := ask(conn, []byte(strings.TrimSuffix(line, "\n")))
	if err != nil {
		return err
	}
	_, err = os.Stdout.WriteString("From Server: " + string(reply) + "\n")
	return err
}

// ask sends line up to tries times and returns the first reply.
func ask(conn net.Conn, line []byte) ([]byte, error) {
	buf := make([]byte, 65535)
	for i := 0; i < tries; i++ {
		deadline := time.Now().Add(wait)
		conn.SetReadDeadline(deadline)
		// A refusal is the network's answer to the try before; this one may still do better.
		if _, err := conn.Write(line); err != nil && !errors.Is(err, syscall.ECONNREFUSED) {
			return nil, err
		}
		for {
			n, err := conn.Read(buf)
			if err == nil {
				return buf[:n], nil
			}
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if !errors.Is(err, syscall.ECONNREFUSED) {
				return nil, err
			}
			// Nobody listens there now. Wait out this try: the server may be about to start.
			time.Sleep(time.Until(deadline))
		}
	}
	return nil, errNoReply
}

// env is an environment variable, or fallback when it is unset or empty.
func env(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}
