package dnsclient

import (
	"fmt"
	"strings"
)

// byHand is the command that shows a check by hand: a server in the background, the client, and the end of the server. The
// zone has the records of the answer; without any the server of the check cannot be had by hand, and there is no command.
func byHand(name, qtype string, records []string) string {
	if len(records) == 0 {
		return ""
	}
	zone := []string{"'test. 300 SOA a.test. b.test. 1 1 1 1 1'"}
	for _, r := range records {
		// A TTL of 0 stands for any.
		zone = append(zone, "'"+strings.Replace(r, " 0 IN ", " 300 IN ", 1)+"'")
	}
	return fmt.Sprintf(`printf '%%s\n' %s >/tmp/zone; ZONE=/tmp/zone grader reference dns --port 5300 & sleep 1; %s; echo "exit status $?"; kill $!`,
		strings.Join(zone, " "), client(name, qtype))
}

// watched is the command that shows the bytes that a client sends to a server that is silent.
func watched(name, qtype string) string {
	return fmt.Sprintf(`timeout 20 nc -u -l 127.0.0.1 5300 | od -An -tx1 -v & sleep 1; %s; wait`, client(name, qtype))
}

func client(name, qtype string) string {
	return fmt.Sprintf("HOST=127.0.0.1 PORT=5300 ./client %s %s", name, qtype)
}
