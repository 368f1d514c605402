//go:build linux && (amd64 || arm64)

package attackservice

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/pgtest"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
	"github.com/wiregrade/wiregrade/internal/storetest"
	"github.com/wiregrade/wiregrade/internal/tiny"
)

// dial opens a connection to the service that the test does not wait on for ever.
func (s *site) dial() net.Conn {
	s.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	require.NoError(s, err)
	s.Cleanup(func() { conn.Close() })
	require.NoError(s, conn.SetDeadline(time.Now().Add(90*time.Second)))
	return conn
}

// submissions is how many there are.
func (s *site) submissions() (n int) {
	s.Helper()
	require.NoError(s, s.pg.Pool().QueryRow(s.Context(), `SELECT count(*) FROM submissions`).Scan(&n))
	return n
}

// TestB6SlowLoris has 200 connections that begin a request and do not go on, and some that
// begin a body: the service ends them all, and answers others meanwhile.
func TestB6SlowLoris(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	var conns []net.Conn
	for i := range 200 {
		c := s.dial()
		begin := "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: " // no end of the header
		if i%4 == 0 {
			begin = "POST " + uploads + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer wgt_wrong\r\nContent-Length: 100000\r\n\r\nx"
		}
		if i%4 == 1 {
			begin = "" // says nothing at all
		}
		_, err := io.WriteString(c, begin)
		require.NoError(t, err)
		conns = append(conns, c)
	}
	// A body of who may hand in, that does not come.
	body := s.dial()
	_, err := fmt.Fprintf(body, "POST /api/v1/me/tokens HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", s.course.Tokens["ann"])
	require.NoError(t, err)
	conns = append(conns, body)
	for _, path := range []string{"/healthz", "/readyz", "/api/v1/me"} {
		begin := time.Now()
		status, _ := s.ask(s.course.Tokens["bob"], "GET", path, nil)
		require.Equal(t, 200, status)
		require.Less(t, time.Since(begin), 10*time.Second, "others are answered meanwhile")
	}
	for i, c := range conns {
		got, err := io.ReadAll(c)
		require.NoError(t, err, "connection %d: the service ends it", i)
		require.NotContains(t, string(got), "HTTP/1.1 2", i)
	}
	require.Zero(t, s.submissions())
}

// TestB6LyingLength has requests whose body is not as long as they say. What huma cannot read of a body it answers with 500.
func TestB6LyingLength(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	post := "POST " + uploads + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-tar\r\nAuthorization: Bearer " + s.course.Tokens["ann"] + "\r\n"
	for name, tt := range map[string]struct {
		rest string
		want []int
	}{
		"shorter than it says": {"Content-Length: 1000\r\n\r\nabc", []int{0, 400, 408, 500}},
		"ten terabytes":        {"Content-Length: 10995116277760\r\n\r\nabc", []int{413}},
		"negative":             {"Content-Length: -1\r\n\r\n", []int{400}},
		"no number":            {"Content-Length: 0x10\r\n\r\n", []int{400}},
		"two of them":          {"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", []int{400}},
		"length and chunks":    {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nx", []int{0, 400, 422, 500}},
		"a chunk of 2^64":      {"Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\nx", []int{0, 400, 422, 500}},
		"an unknown coding":    {"Transfer-Encoding: cow\r\n\r\n", []int{501}},
		// What is left over is a request by itself, of nobody.
		"longer than it says": {"Content-Length: 3\r\n\r\nabcGET /api/v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", []int{422}},
	} {
		c := s.dial()
		_, err := io.WriteString(c, post+tt.rest)
		require.NoError(t, err, name)
		if strings.HasPrefix(name, "shorter") {
			require.NoError(t, c.(*net.TCPConn).CloseWrite())
		}
		in := bufio.NewReader(c)
		status := 0
		res, err := http.ReadResponse(in, nil)
		if err == nil {
			status = res.StatusCode
			io.Copy(io.Discard, res.Body)
		}
		require.Contains(t, tt.want, status, name)
		if strings.HasPrefix(name, "longer") {
			res, err = http.ReadResponse(in, nil)
			require.NoError(t, err)
			require.Equal(t, 401, res.StatusCode, "the token was the first request's")
		}
	}
	require.Zero(t, s.submissions())
	require.NotContains(t, s.log.String(), "panic")
}

// counted counts what was read of it.
type counted struct{ n atomic.Int64 }

func (c *counted) Read(p []byte) (int, error) {
	clear(p)
	if c.n.Add(int64(len(p))) > 512<<20 {
		return 0, io.EOF
	}
	return len(p), nil
}

// TestB6HugeBody sends 512 MB without saying so: it is cut off early, on every way in.
func TestB6HugeBody(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	ann := s.course.Tokens["ann"]
	for path, most := range map[string]int64{
		uploads: 80 << 20, "/api/v1/me/tokens": 8 << 20, "/api/v1/hooks/ci": 32 << 20, "/api/v1/courses/net/members": 8 << 20,
	} {
		body := &counted{}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		req, err := http.NewRequestWithContext(ctx, "POST", s.URL+path, body)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+ann)
		req.Header.Set("Content-Type", "application/json")
		if res, err := http.DefaultClient.Do(req); err == nil { // else the service hung up
			require.GreaterOrEqual(t, res.StatusCode, 400, path)
			res.Body.Close()
		}
		cancel()
		require.Less(t, body.n.Load(), most, path)
	}
	require.Zero(t, s.submissions())
}

// TestB6ForwardedFor: who asks with made-up tokens too often is slowed down, whatever address they claim; others are not.
func TestB6ForwardedFor(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	var refused int
	for i := range 1300 { // twice the limit: the window may turn over once
		status, _ := s.ask("wrong", "GET", "/api/v1/me", nil, "X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i%250), "X-Real-IP", fmt.Sprintf("203.0.113.%d", i%250),
			"Forwarded", "for=192.0.2.1", "True-Client-IP", fmt.Sprint("192.0.2.", i%250))
		if status == http.StatusTooManyRequests {
			refused++
			break
		}
		require.Equal(t, 401, status)
	}
	require.Equal(t, 1, refused)
	status, _ := s.ask(s.course.Tokens["ann"], "GET", "/api/v1/me", nil)
	require.Equal(t, 200, status, "a token that was idle")
	require.NotContains(t, s.log.String(), "198.51.100.", "an address that was only claimed is not logged as one")
}

// TestB6BehindProxy: behind a proxy that is named, it is the one who floods that is slowed down.
func TestB6BehindProxy(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil, netip.MustParsePrefix("127.0.0.0/8"))
	ask := func(token, said string) int {
		status, _ := s.ask(token, "GET", "/api/v1/me", nil, "X-Forwarded-For", said)
		return status
	}
	status := 0
	for i := 0; i < 1300 && status != 429; i++ { // twice the limit: the window may turn over once
		status = ask("wrong", fmt.Sprintf("203.0.113.%d, 198.51.100.7", i%250))
	}
	require.Equal(t, 429, status)
	require.Equal(t, 401, ask("wrong", "198.51.100.8"), "another behind the same proxy")
	require.Equal(t, 200, ask(s.course.Tokens["ann"], "198.51.100.7"))
}

// TestB6TenThousandPushes has one student push 10,000 times while others wait: they
// are one place in line, and the others are served before the second of theirs.
func TestB6TenThousandPushes(t *testing.T) {
	t.Parallel()
	pg := pgtest.Store(t)
	q, err := queue.New(pg)
	require.NoError(t, err)
	w := storetest.NewWorld(t, pg, q)
	first := w.MustSubmit(t, w.Ann, "first")
	worker := postgres.Worker{Name: "w", Slots: 1, Version: "v1"}
	running, ok, err := q.Claim(t.Context(), worker, 1)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, first.ID, running.Submission.ID)
	waits := w.MustSubmit(t, w.Bob, "bob")
	const pushes = 10_000
	begin := time.Now()
	for i := range pushes {
		_, _, err := q.Submit(t.Context(), w.Hand(w.Ann, fmt.Sprint("push ", i)))
		require.NoError(t, err)
	}
	t.Logf("%d pushes in %v, %v each", pushes, time.Since(begin), time.Since(begin)/pushes)
	place, err := w.Place(t.Context(), w.Of(w.Bob), waits.ID)
	require.NoError(t, err)
	require.Zero(t, place.Ahead, "Bob waited before them")
	late := w.Hand(w.Eve, "eve")
	late.Course, late.Assignment = w.Other.ID, w.OtherTask.ID
	_, _, err = q.Submit(t.Context(), late)
	require.NoError(t, err)
	var entries int
	require.NoError(t, pg.Pool().QueryRow(t.Context(), `SELECT count(*) FROM line`).Scan(&entries))
	require.Equal(t, 4, entries, "Ann's that runs, her newest, Bob's and Eve's")
	var served []store.ID
	begin = time.Now()
	for range 2 {
		turn, ok, err := q.Claim(t.Context(), worker, 1)
		require.NoError(t, err)
		require.True(t, ok)
		served = append(served, turn.Submission.Person)
		require.NoError(t, q.Finish(t.Context(), turn, &grader.Run{}, store.Phases{}))
	}
	require.ElementsMatch(t, []store.ID{w.Bob.ID, w.Eve.ID}, served)
	require.Less(t, time.Since(begin), 10*time.Second, "and soon")
	require.NoError(t, q.Finish(t.Context(), running, &grader.Run{}, store.Phases{}))
	turn, ok, err := q.Claim(t.Context(), worker, 1)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, fmt.Sprint("push ", pushes-1), turn.Submission.Commit, "her newest")
}

// TestB7ClockSetBack: times are the database's; a lease of a time that has yet to come is nobody's.
func TestB7ClockSetBack(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	sub := s.upload("ann", map[string]string{"grader.yaml": "assignment: " + tiny.Name + "\nrun: echo right\n"})
	turn, ok, err := s.q.Claim(t.Context(), postgres.Worker{Name: "w", Slots: 1}, 1)
	require.NoError(t, err)
	require.True(t, ok)
	// The database's clock went back an hour, and the worker is gone.
	_, err = s.pg.Pool().Exec(t.Context(), `UPDATE line SET renewed = renewed + interval '1 hour'`)
	require.NoError(t, err)
	swept, err := s.q.Sweep(t.Context(), time.Minute)
	require.NoError(t, err)
	require.Equal(t, 1, swept.Lost, "its student does not wait for an hour")
	again, ok, err := s.q.Claim(t.Context(), postgres.Worker{Name: "v", Slots: 1}, 1)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, sub, again.Submission.ID)
	require.ErrorIs(t, s.q.Finish(t.Context(), turn, &grader.Run{}, store.Phases{}), store.ErrLease)
	require.NoError(t, s.q.Finish(t.Context(), again, &grader.Run{}, store.Phases{}))

	// What a client says about time is not asked: the time of handing in is the database's.
	var off float64
	require.NoError(t, s.pg.Pool().QueryRow(t.Context(), `SELECT abs(extract(epoch FROM clock_timestamp() - received))::float8 FROM submissions`).Scan(&off))
	require.Less(t, off, 120.0)
}
