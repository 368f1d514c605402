// A resolver that begins at the root, from sockets up.
//
// main.go opens the port, serve.go serves clients, iterate.go goes from the root to the answer, understand.go says what a
// reply means, upstream.go asks one server, cache.go remembers, message.go, writer.go and name.go know what messages look
// like.
package main

import (
	"log"
	"net"
	"os"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("resolver: ")
	text, err := os.ReadFile(env("ROOT_HINTS", "named.root"))
	if err != nil {
		log.Fatal("ROOT_HINTS: ", err)
	}
	root, err := rootFrom(string(text))
	if err != nil {
		log.Fatal("ROOT_HINTS: ", err)
	}
	f := &front{
		resolver: &resolver{cache: newCache(root), silent: map[string]time.Time{}},
		running:  map[question]*search{},
	}
	here := net.JoinHostPort(env("HOST", "127.0.0.1"), env("PORT", "5353"))
	// Go sets SO_REUSEADDR on its own, so a resolver that is started again gets its port at once.
	ln, err := net.Listen("tcp", here)
	if err != nil {
		log.Fatal(err)
	}
	conn, err := net.ListenPacket("udp", here)
	if err != nil {
		log.Fatal(err)
	}
	go f.serveUDP(conn)
	f.serveTCP(ln)
}

// env is an environment variable, or fallback when it is unset or empty.
func env(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}
