package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// A floor is the least that grading an assignment's submission once takes: it is started, asked one thing and killed.
type floor struct {
	assignment string
	network    string
	folder     func(dir string) (env string, err error) // fills a folder, and names what of it the submission is given
	ask        func(c net.Conn) error
}

// floors are the assignments that are measured.
var floors = []floor{
	{"http-server", "tcp", webFolder, askWeb},
	{"dns-server", "udp", zoneFolder, askName},
}

func webFolder(dir string) (string, error) {
	return "ROOT=" + dir, os.WriteFile(filepath.Join(dir, "a.txt"), []byte("hello\n"), 0o644)
}

func askWeb(c net.Conn) error {
	io.WriteString(c, "GET /a.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil || !strings.Contains(line, " 200 ") {
		return fmt.Errorf("the floor's request: %q, %w", line, err)
	}
	return nil
}

const benchZone = `$ORIGIN bench.example.
$TTL 300
@ IN SOA ns hostmaster ( 1 7200 3600 1209600 300 )
  IN NS ns
ns IN A 10.0.0.1
`

func zoneFolder(dir string) (string, error) {
	path := filepath.Join(dir, "zone")
	return "ZONE=" + path, os.WriteFile(path, []byte(benchZone), 0o644)
}

func askName(c net.Conn) error {
	const name = "\x02ns\x05bench\x07example\x00"
	query := []byte("\x12\x34\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00" + name + "\x00\x01\x00\x01")
	if _, err := c.Write(query); err != nil {
		return fmt.Errorf("the floor's question: %w", err)
	}
	reply := make([]byte, 512)
	n, err := c.Read(reply)
	if err != nil || !bytes.HasPrefix(reply[:n], query[:2]) || !bytes.Contains(reply[:n], []byte{10, 0, 0, 1}) {
		return fmt.Errorf("the floor's question: %q, %w", reply[:n], err)
	}
	return nil
}
