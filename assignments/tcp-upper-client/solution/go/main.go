// A TCP client: sends one line from standard input and prints the server's reply.
package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

const limit = 8 * time.Second // for all of it: connecting, sending and the reply

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
	reply, err := ask(net.JoinHostPort(env("HOST", "127.0.0.1"), env("PORT", "1030")), strings.TrimSuffix(line, "\n"))
	if err != nil {
		return err
	}
	_, err = os.Stdout.WriteString("From Server: " + reply + "\n")
	return err
}

// ask returns the reply to sentence, without its LF.
func ask(address, sentence string) (string, error) {
	deadline := time.Now().Add(limit)
	conn, err := net.DialTimeout("tcp", address, limit)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	conn.SetDeadline(deadline)
	if _, err := io.WriteString(conn, sentence+"\n"); err != nil {
		return "", err
	}
	// The reply arrives in any pieces; it is whole at its LF or at the end of the stream.
	reply, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", err
	}
	if reply == "" && sentence != "" {
		return "", errors.New("the server closed without a reply")
	}
	return strings.TrimSuffix(reply, "\n"), nil
}

// env is an environment variable, or fallback when it is unset or empty.
func env(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}
