// A UDP server that answers every datagram in upper case.
package main

import (
	"errors"
	"net"
	"os"
)

// largest is more than any datagram UDP over IP can carry; a smaller buffer would cut one off without a word.
const largest = 65535

func main() {
	conn, err := net.ListenPacket("udp", net.JoinHostPort(env("HOST", "127.0.0.1"), env("PORT", "12000")))
	if err != nil {
		os.Stderr.WriteString("server: " + err.Error() + "\n")
		os.Exit(1)
	}
	buf := make([]byte, largest)
	for {
		n, sender, err := conn.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		raise(buf[:n])
		// One sender that cannot be reached is no reason to leave the others alone.
		if _, err := conn.WriteTo(buf[:n], sender); err != nil {
			os.Stderr.WriteString("server: " + err.Error() + "\n")
		}
	}
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
