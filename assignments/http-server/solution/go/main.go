// An HTTP/1.1 origin server from sockets up, after RFC 9110 and RFC 9112.
//
// main.go opens the port, conn.go lives with one connection, request.go and body.go read what a client sends,
// target.go says which file is meant, answer.go decides, files.go, form.go and conditional.go know the resources.
package main

import (
	"errors"
	"net"
	"os"
	"time"
)

func main() {
	if err := run(); err != nil {
		os.Stderr.WriteString("server: " + err.Error() + "\n")
		os.Exit(1)
	}
}

func run() error {
	// An os.Root opens nothing outside its folder, whatever the name says and wherever a link points.
	root, err := os.OpenRoot(env("ROOT", "."))
	if err != nil {
		return err
	}
	// Go sets SO_REUSEADDR on its own, so a server that is started again gets its port at once.
	listener, err := net.Listen("tcp", net.JoinHostPort(env("HOST", "127.0.0.1"), env("PORT", "8080")))
	if err != nil {
		return err
	}
	for {
		c, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			// No descriptor left: those that are served now will give theirs back.
			os.Stderr.WriteString("server: " + err.Error() + "\n")
			time.Sleep(50 * time.Millisecond)
			continue
		}
		go newConn(c.(*net.TCPConn), site{root}).serve()
	}
}

// env is an environment variable, or fallback when it is unset or empty.
func env(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}
