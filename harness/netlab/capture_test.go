package netlab

import (
	"bytes"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
)

// tshark reads a capture as Wireshark would and prints the fields of each packet.
func tshark(t *testing.T, r *grader.Result, args ...string) []string {
	var capture bytes.Buffer
	require.NoError(t, WriteCapture(&capture, r))
	file := filepath.Join(t.TempDir(), "check.pcapng")
	require.NoError(t, os.WriteFile(file, capture.Bytes(), 0o644))
	args = append([]string{"-r", file, "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"}, args...)
	out, err := exec.Command("tshark", args...).Output()
	require.NoError(t, err, "tshark reads the capture (Debian: tshark; make tools installs it)")
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func TestCaptureOfTCP(t *testing.T) {
	t.Parallel()
	answer := "HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" + strings.Repeat("x", 3000)
	r := &grader.Result{
		Rule:    grader.Rule{Name: "messages/length", Clause: grader.Clause{Document: "RFC 9112", Section: "6.3", Level: grader.Must}, Says: "count bytes"},
		Started: time.Now(),
		Transcript: grader.Transcript{
			Endpoints: []grader.Endpoint{{ID: 1, Network: "tcp", Ours: netip.MustParseAddrPort("127.0.0.1:40000"), Theirs: netip.MustParseAddrPort("127.0.0.1:8080"), Dialed: true}},
			Events: []grader.Event{
				{Seq: 1, Conn: 1, Kind: grader.Open, Dir: grader.Sent},
				{Seq: 2, At: time.Millisecond, Conn: 1, Kind: grader.Data, Dir: grader.Sent, Data: []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")},
				{Seq: 3, At: 2 * time.Millisecond, Conn: 1, Kind: grader.Data, Dir: grader.Got, Data: []byte(answer)},
				{Seq: 4, At: 3 * time.Millisecond, Conn: 1, Kind: grader.EOF, Dir: grader.Got},
				{Seq: 5, At: 4 * time.Millisecond, Conn: 1, Kind: grader.EOF, Dir: grader.Sent},
			},
		},
		Violations: []grader.Violation{{Event: 3, At: 2000, Len: 1, Want: "2 bytes", Got: "\x1b[31m3000"}},
	}
	packets := tshark(t, r, "-T", "fields", "-e", "tcp.flags.str", "-e", "tcp.len", "-e", "frame.comment")
	require.Len(t, packets, 3+1+3+2)
	require.Contains(t, packets[0], "S")
	require.Contains(t, packets[5], "violation of RFC 9112 §6.3 MUST: want 2 bytes, got \\x1b[31m3000", "the second segment holds byte 2000")
	require.NotContains(t, packets[4], "violation")

	require.Equal(t, []string{"200"}, tshark(t, r, "-Y", "http.response", "-T", "fields", "-e", "http.response.code"))
	// Nothing is malformed, out of order or wrongly summed.
	require.Equal(t, []string{""}, tshark(t, r, "-Y", "_ws.malformed || tcp.analysis.flags || ip.checksum.status == 0 || tcp.checksum.status == 0"))
}

func TestCaptureOfUDP(t *testing.T) {
	t.Parallel()
	r := &grader.Result{
		Rule:    grader.Rule{Name: "datagrams/upper", Says: "answer in upper case"},
		Started: time.Now(),
		Transcript: grader.Transcript{
			Endpoints: []grader.Endpoint{{ID: 1, Network: "udp", Ours: netip.MustParseAddrPort("127.0.0.1:40000"), Theirs: netip.MustParseAddrPort("127.0.0.1:12000"), Dialed: true}},
			Events: []grader.Event{
				{Seq: 1, Conn: 1, Kind: grader.Data, Dir: grader.Sent, Data: []byte("hello")},
				{Seq: 2, Conn: 1, Kind: grader.Data, Dir: grader.Got, Data: []byte("hello")},
			},
		},
		Violations: []grader.Violation{{Event: 2, Want: "HELLO", Got: "hello"}},
	}
	packets := tshark(t, r, "-T", "fields", "-e", "udp.dstport", "-e", "udp.payload", "-e", "frame.comment")
	require.Len(t, packets, 2)
	require.Equal(t, "12000\t68656c6c6f\t", packets[0])
	require.Contains(t, packets[1], "want HELLO, got hello")
	require.Equal(t, []string{""}, tshark(t, r, "-Y", "ip.checksum.status == 0 || udp.checksum.status == 0"))

	// That nothing came is shown by the packet before.
	r.Transcript.Events[1] = grader.Event{Seq: 2, Conn: 1, Kind: grader.Silent, Dir: grader.Got}
	r.Violations[0].Got = "nothing"
	packets = tshark(t, r, "-T", "fields", "-e", "frame.comment")
	require.Len(t, packets, 1)
	require.Contains(t, packets[0], "want HELLO, got nothing")
}
