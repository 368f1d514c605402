// A DNS client from sockets up: client NAME TYPE asks the server at HOST and PORT one question.
//
// main.go reads the arguments, ask.go does the asking, message.go packs the query and takes the reply apart, text.go writes
// records as dig does.
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("client: ")
	if len(os.Args) != 3 {
		log.Fatal("usage: client NAME TYPE")
	}
	name, err := packName(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	rtype, err := typeNumber(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	question := binary.BigEndian.AppendUint16(name, rtype)
	question = binary.BigEndian.AppendUint16(question, classIN)
	reply, err := ask(net.JoinHostPort(env("HOST", "127.0.0.1"), env("PORT", "53")), question)
	if err != nil {
		log.Fatal(err)
	}
	var out strings.Builder
	for _, r := range reply.records {
		out.WriteString(r.String() + "\n")
	}
	if reply.rcode != 0 {
		out.WriteString(codeName(reply.rcode) + "\n")
	}
	fmt.Print(out.String())
	if reply.rcode != 0 {
		os.Exit(1)
	}
}

// env is an environment variable, or fallback when it is unset or empty.
func env(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}
