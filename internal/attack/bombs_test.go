//go:build linux && (amd64 || arm64)

package attack

import (
	"cmp"
	"context"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/assignments"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/score"
	"github.com/wiregrade/wiregrade/harness"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/submission"
)

// httpBomb is a server whose only answer is BOMB, a Python expression for the pieces of it.
const httpBomb = `
import gzip, os, socket, threading
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((os.environ["HOST"], int(os.environ["PORT"]))); s.listen()
def serve(c):
    try:
        c.recv(65536)
        for piece in BOMB: c.sendall(piece)
    except OSError: pass
    c.close()
while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
`

// Each is some 64 MiB at most, but for those that go on for ever.
var httpBombs = map[string]string{
	"a field of 10 MB":            `[b"HTTP/1.1 200 OK\r\nX: " + b"a" * 10_000_000 + b"\r\nContent-Length: 0\r\n\r\n"]`,
	"a status line without end":   `iter(lambda: b"HTTP/1.1 200 " + b"a" * 65536, None)`,
	"a million fields":            `[b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1_000_000 + b"\r\n"]`,
	"a chunk of 2^63":             `[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8000000000000000\r\n", b"x" * 65536]`,
	"a chunk of 2^64 - 1":         `[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", b"x" * 65536]`,
	"a chunk extension for ever":  `[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;"] + [b"a" * 65536] * 1000`,
	"a body of 2^63 - 1":          `[b"HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n"] + [b"x" * 65536] * 1000`,
	"a body of -1":                `[b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"]`,
	"a million answers, no wait":  `[b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000] * 20`,
	"ten million tiny chunks":     `[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"] + [b"1\na\n" * 10_000] * 1000`,
	"a folded field for ever":     `[b"HTTP/1.1 200 OK\r\nA: b\r\n"] + [b" c\r\n" * 10_000] * 200`,
	"chunks of a negative length": `[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", b"x" * 65536]`,
	"gzip in gzip, never opened":  `[b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n" % len(gzip.compress(gzip.compress(bytes(64 << 20)))), gzip.compress(gzip.compress(bytes(64 << 20)))]`,
	"a trailer of many megabytes": `[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"] + [b"A: b\r\n" * 10_000] * 500`,
}

// dnsBomb is a server whose only answer is BOMB, an expression of q, the query.
const dnsBomb = `
import os, socket, threading
at = (os.environ["HOST"], int(os.environ["PORT"]))
t = socket.socket(); t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); t.bind(at); t.listen()
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(at)
def streams():
    while True:
        c = t.accept()[0]
        try:
            q = c.recv(65536)[2:]; c.sendall(b"\xff\xff" + (BOMB) * 1); c.sendall(b"\xff" * 200_000)
        except OSError: pass
        c.close()
threading.Thread(target=streams, daemon=True).start()
while True:
    q, who = u.recvfrom(65536)
    try: u.sendto((BOMB)[:65000], who)
    except OSError: pass
`

var dnsBombs = map[string]string{
	"a name that points at itself":      `q[:2] + b"\x84\x00\x00\x01\x00\x01\x00\x00\x00\x00" + b"\xc0\x0c\x00\x01\x00\x01" + b"\xc0\x12\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04abcd"`,
	"two names that point at another":   `q[:2] + b"\x84\x00\x00\x01\x00\x01\x00\x00\x00\x00" + b"\x01a\xc0\x14\x00\x01\x00\x01" + b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04abcd"`,
	"pointers to pointers, 30,000 deep": `q[:2] + b"\x84\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00" + b"".join((0xc000 | max(11, (n - 2) & 0x3fff)).to_bytes(2, "big") for n in range(13, 60000, 2))`,
	"65,535 records that are not there": `q[:2] + b"\x84\x00" + b"\xff\xff" * 4 + q[12:]`,
	"data longer than the message":      `q[:2] + b"\x84\x00\x00\x01\x00\x01\x00\x00\x00\x00" + q[12:] + b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\xff\xffab"`,
	"a length that is negative":         `q[:2] + b"\x84\x00\x00\x01\x00\x01\x00\x00\x00\x00" + q[12:] + b"\xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x01\x00\x02\xff\xff"`,
	"noise of 60 kB":                    `q[:2] + os.urandom(60000)`,
}

// dnsFlood answers every query with messages that nobody asked for, over both transports, for as long as anybody listens.
const dnsFlood = `
import os, socket, struct, threading
at = (os.environ["HOST"], int(os.environ["PORT"]))
t = socket.socket(); t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); t.bind(at); t.listen()
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(at)
def other(q): return struct.pack(">H", struct.unpack(">H", q[:2])[0] ^ 0x5555) + b"\x84" + q[3:] + bytes(30000)
def stream(c):
    try:
        m = other(c.recv(65536)[2:])
        while True: c.sendall(struct.pack(">H", len(m)) + m)
    except OSError: pass
def streams():
    while True: threading.Thread(target=stream, args=(t.accept()[0],), daemon=True).start()
threading.Thread(target=streams, daemon=True).start()
q, who = u.recvfrom(65536)
m = other(q)
while True: u.sendto(m, who)
`

// upperFlood answers a datagram with others without end.
const upperFlood = `
import os, socket
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind((os.environ["HOST"], int(os.environ["PORT"])))
q, who = u.recvfrom(65536)
while True: u.sendto(b"x" * 60000, who)
`

// dnsClientBomb asks with BOMB for a while, over both transports and many connections.
const dnsClientBomb = `
import os, socket, struct, time
at = (os.environ["HOST"], int(os.environ["PORT"]))
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
q = os.urandom(2) + b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01"
end, n, kept = time.monotonic() + 2, 0, []
while time.monotonic() < end:
    m = (BOMB)[:60000]
    try:
        u.sendto(m, at); n += 1
        if n % 50 == 0:
            c = socket.create_connection(at); c.sendall(struct.pack(">H", len(m)) + m); kept.append(c)
    except OSError: pass
`

// A bomb is a program, and the checks of an assignment that meet it.
type parserBomb struct{ assignment, name, program, checks string }

func parserBombs() (all []parserBomb) {
	for name, b := range httpBombs {
		all = append(all, parserBomb{"http-server", name, strings.ReplaceAll(httpBomb, "BOMB", b), `^messages/content-(bytes|large)$`})
	}
	for name, b := range dnsBombs {
		all = append(all, parserBomb{"dns-server", name, strings.ReplaceAll(dnsBomb, "BOMB", b), `^answers/whole-set$|^transport/tcp$`})
	}
	return append(all,
		// It is the same reader that reads queries.
		parserBomb{"dns-client", "queries for ever", strings.ReplaceAll(dnsClientBomb, "BOMB", dnsBombs["noise of 60 kB"]), `^query/name$|^answers/line$`},
		parserBomb{"dns-server", "replies for ever", dnsFlood, `^answers/whole-set$|^transport/(udp-burst|tcp-pipelined)$|^robustness/goes-on$`},
		parserBomb{"udp-upper-server", "datagrams for ever", upperFlood, `^robustness/|^clients/at-once$`},
	)
}

// What a program sends to blow up the oracle that reads it is its own failure: the grading ends, nothing of ours breaks
// or grows, a sandbox beside is served, and there are no points for it.
func TestB4ParserBombs(t *testing.T) {
	for _, b := range parserBombs() {
		t.Run(b.assignment+"/"+b.name, func(t *testing.T) {
			i := slices.IndexFunc(assignments.All(), func(s *check.Suite) bool { return s.Name == b.assignment })
			require.GreaterOrEqual(t, i, 0)
			suite := assignments.All()[i]
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(dir+"/program.py", []byte(b.program), 0o644))
			beside := neighbour(t)
			before := look(t)
			start := peak(t)
			// Not a measure of speed: a check that reads for ever is given up as a fault after five minutes.
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
			defer cancel()
			run, err := harness.Grade(ctx, suite, dir, submission.Manifest{Run: "exec python3 program.py"}, harness.Options{
				Seed: 42, Patience: time.Second, Sandboxes: provider, Match: regexp.MustCompile(b.checks).MatchString,
			})
			require.NoError(t, err)
			before.same(t)
			beside()
			require.NotEmpty(t, run.Results)
			require.False(t, run.Faulted(), "%+v", run.Results)
			for _, r := range run.Results {
				require.Contains(t, []grader.Verdict{grader.Fail, grader.Blocked}, r.Verdict, r.Name)
			}
			require.Zero(t, score.Of(suite.Rubric, run.Results).Got)
			require.Less(t, peak(t)-start, 400<<10, "KiB that the harness has grown by")
		})
	}
}

// No oracle unpacks anything or nests readers, and every protocol that there is has its bombs above: who adds another
// meets this test.
func TestB4EveryOracleHasItsBombs(t *testing.T) {
	for _, dir := range []string{"../../reference", "../../assignments"} {
		require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() && d.Name() == "solution" {
				return cmp.Or(err, filepath.SkipDir)
			}
			if !strings.HasSuffix(path, ".go") {
				return nil
			}
			source, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			require.NoError(t, err)
			for _, i := range source.Imports {
				require.NotRegexp(t, `"(compress/|archive/|mime|encoding/(xml|json|asn1|gob))`, i.Path.Value, path)
			}
			return nil
		}))
	}
	// TCP's lines for ever are among the cheats (B3).
	bombed := map[string]bool{"tcp": true}
	for _, b := range parserBombs() {
		protocol, _, _ := strings.Cut(b.assignment, "-")
		bombed[protocol] = true
	}
	for _, s := range assignments.All() {
		protocol, _, _ := strings.Cut(s.Name, "-")
		require.True(t, bombed[protocol], "no bomb for %s", s.Name)
	}
}

// peak is the most memory that this process has had, in KiB.
func peak(t *testing.T) int {
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindStringSubmatch(string(status))
	require.NotNil(t, m)
	kib, err := strconv.Atoi(m[1])
	require.NoError(t, err)
	return kib
}
