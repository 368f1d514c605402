// An authoritative name server from sockets up, over UDP and TCP.
//
// main.go opens the port, server.go decides what happens to a message, message.go and reply.go read and write messages,
// name.go and record.go know what is in them, master.go and zone.go hold the zone, lookup.go answers queries, update.go
// changes the zone.
package main

import (
	"log"
	"net"
	"os"
)

func main() {
	log.SetFlags(0)
	text, err := os.ReadFile(env("ZONE", "zone"))
	if err != nil {
		log.Fatal("server: ZONE: ", err)
	}
	z, err := readZone(string(text))
	if err != nil {
		log.Fatal("server: ZONE: ", err)
	}
	s := &server{}
	s.zone.Store(z)
	here := net.JoinHostPort(env("HOST", "127.0.0.1"), env("PORT", "5300"))
	// Go sets SO_REUSEADDR on its own, so a server that is started again gets its port at once.
	ln, err := net.Listen("tcp", here)
	if err != nil {
		log.Fatal("server: ", err)
	}
	conn, err := net.ListenPacket("udp", here)
	if err != nil {
		log.Fatal("server: ", err)
	}
	go s.serveUDP(conn)
	s.serveTCP(ln)
}

// env is an environment variable, or fallback when it is unset or empty.
func env(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}
