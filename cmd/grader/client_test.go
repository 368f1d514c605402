package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/api"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/report"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/internal/client"
)

// TestLostAnswer has a service that takes a submission in and cannot say so: it is asked
// again under the same key, until the first call has ended.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	var keys []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		switch keys = append(keys, r.Header.Get("Idempotency-Key")); len(keys) {
		case 1:
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		case 2, 3:
			w.Header().Set("Retry-After", "1")
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusConflict)
			io.WriteString(w, `{"status":409,"detail":"the first call is still under way"}`)
		default:
			io.WriteString(w, `{"id":"00000000-0000-0000-0000-000000000001","state":"waiting"}`)
		}
	}))
	defer srv.Close()
	c := client.New(srv.URL, "wgt_x")
	c.Pause = time.Millisecond
	s := &session{c, "ann"}
	sub, err := s.handIn(t.Context(), place{"net", api.Assignment{Name: "word"}}, []byte("x"))
	require.NoError(t, err)
	require.Equal(t, "waiting", standing(sub))
	require.Len(t, keys, 4)
	require.GreaterOrEqual(t, len(keys[0]), 16)
	for _, key := range keys {
		require.Equal(t, keys[0], key)
	}
}

// TestRecordWithoutSense shows records that no service of ours would send.
func TestRecordWithoutSense(t *testing.T) {
	t.Parallel()
	run := &grader.Run{Submission: "\x1b[2J", Remarks: []string{"\x1b[2J"}, Assignment: grader.Assignment{Name: "x", Title: "\x1b[2J", Role: grader.Server, Rubric: []grader.Item{{Group: "g", Points: -1}}}}
	for _, v := range []grader.Violation{{Event: 1, At: -5, Len: 1 << 40}, {Event: 1, At: 1 << 40, Len: -3}, {Event: -7}, {Event: 99}} {
		run.Results = append(run.Results, grader.Result{
			Rule: grader.Rule{Name: "g/x", Share: 1e300, Says: "\x1b[2J", Hand: "\x1b[2J"}, Verdict: grader.Fail, Reason: "\x1b[2J", Exit: "\x1b[2J", Stderr: "\x1b[2J", Violations: []grader.Violation{v},
			Transcript: grader.Transcript{Events: []grader.Event{{Seq: -1, Conn: 77, Kind: grader.Data, Says: "\x1b[2J", Data: []byte("\x1b[2J"), Cut: -1}}},
		})
	}
	for _, f := range report.Formats() {
		var out bytes.Buffer
		if err := rendered(func() error { return report.Write(&out, report.Format(f), run, report.Options{}) }); err != nil {
			require.ErrorContains(t, err, "makes no sense", f)
		}
		require.NotContains(t, out.String(), "\x1b", f)
	}
	require.ErrorContains(t, rendered(func() error { panic("index") }), "makes no sense")
}

// TestReferenceListens dials as soon as the reference says that it listens, and starts another on the port.
func TestReferenceListens(t *testing.T) {
	t.Parallel()
	box, err := sandbox.Loopback{}.New(t.Context())
	require.NoError(t, err)
	defer box.Close()
	port, err := box.Port("tcp", 0)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	at := strconv.Itoa(int(port))
	first := exec.CommandContext(ctx, "grader", "reference", "tcp-upper", "--port", at)
	stderr, err := first.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, first.Start())
	line, err := bufio.NewReader(stderr).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "grader: tcp-upper listens on tcp 127.0.0.1:"+at+"\n", line)
	conn, err := net.Dial("tcp", "127.0.0.1:"+at)
	require.NoError(t, err, "it said so")
	conn.Close()

	out, err := exec.CommandContext(ctx, "grader", "reference", "tcp-upper", "--port", at).CombinedOutput()
	var exit *exec.ExitError
	require.True(t, errors.As(err, &exit))
	require.Equal(t, exitShort, exit.ExitCode())
	require.Equal(t, "grader: cannot listen on tcp 127.0.0.1:"+at+": address already in use\n        --host and --port name another place\n", string(out))
	require.NoError(t, first.Process.Signal(syscall.SIGTERM))
	io.Copy(io.Discard, stderr)
	first.Wait()
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	here := time.FixedZone("here", 3600)
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, here)
	for s, want := range map[string]string{
		"2026-03-01":                "2026-03-01T00:00:00+01:00",
		"2026-03-01T10:30":          "2026-03-01T10:30:00+01:00",
		"2026-03-01 10:30":          "2026-03-01T10:30:00+01:00",
		"2026-03-01T10:30:00Z":      "2026-03-01T10:30:00Z",
		"36h":                       "2026-03-01T00:00:00+01:00",
		"7d":                        "2026-02-23T12:00:00+01:00",
		"0d":                        "2026-03-02T12:00:00+01:00",
		"-1h":                       "",
		"-1d":                       "",
		"d":                         "",
		"1.5d":                      "",
		"9999999999d":               "",
		"":                          "",
		"yesterday":                 "",
		"2026-13-01":                "",
		"2026-03-01T10:30:00+02:00": "2026-03-01T10:30:00+02:00",
	} {
		got, ok := parseTime(s, now)
		require.Equal(t, want != "", ok, s)
		if ok {
			require.Equal(t, want, got.Format(time.RFC3339), s)
		}
	}
}
