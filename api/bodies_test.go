package api

import (
	"archive/tar"
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/api/door"
	"github.com/wiregrade/wiregrade/api/webhook"
)

// announce sends the head of a call with a large body, and nothing of the body.
func (x *site) announce(path string, size int64, headers ...string) *http.Response {
	x.Helper()
	conn, err := net.Dial("tcp", x.srv.Listener.Addr().String())
	require.NoError(x, err)
	x.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n%s\r\n\r\n", Prefix+path, size, strings.Join(headers, "\r\n"))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(x, err)
	return res
}

// TestUnread has calls whose bodies are never asked for: they are answered by their heads.
func TestUnread(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	const kind = "Content-Type: application/json"
	signature := "X-Hub-Signature-256: sha256=" + strings.Repeat("0a", 32)
	require.Equal(t, 404, x.announce(githubHook, 24<<20, kind, signature).StatusCode, "GitHub is not set up")
	x.s.Hooks.GitHub = &webhook.GitHub{}
	for _, bad := range []string{"X: y", "X-Hub-Signature-256: x", "X-Hub-Signature-256: sha256=" + strings.Repeat("g", 64), signature + "0"} {
		require.Equal(t, 401, x.announce(githubHook, 24<<20, kind, bad).StatusCode, bad)
	}
	require.Equal(t, 404, x.announce(ciHook, 24<<20, kind, "Webhook-Signature: v1,x", "Wiregrade-Key: x").StatusCode)
	x.s.Hooks.CI = &webhook.CI{}
	require.Equal(t, 401, x.announce(ciHook, 24<<20, kind, "Webhook-Signature: v1,x", "Wiregrade-Key: x").StatusCode)
	const hand = "/courses/net/assignments/upper/submissions"
	bearer := "Authorization: Bearer " + x.tokens["ann"]
	require.Equal(t, 413, x.announce(hand, maxUpload+1, bearer).StatusCode)
	require.Equal(t, 401, x.announce(hand, maxUpload, kind).StatusCode)
}

// TestCrowd has more large bodies at once than there is room for.
func TestCrowd(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	dir := t.TempDir()
	x.s.Spool = dir
	few := &entry{
		large: way{place: door.New(2, 3, time.Millisecond)}, small: way{place: door.New(2, 2, time.Millisecond)}, memory: door.New(3, 3, time.Millisecond),
		slack: time.Minute, pace: light,
	}
	x.s.bodies.people = few
	post := func(as, body string) answer {
		return x.do(as, "POST", "/courses/net/assignments/upper/submissions", body, "Content-Type", "application/octet-stream")
	}
	small := tarball(tar.Header{Name: "a"})
	large := small + strings.Repeat("\x00", 2*light) // a tail after the archive's end
	var out []func()
	enter := func(d *door.Door, who string) {
		leave, err := d.Enter(t.Context(), who)
		require.NoError(t, err)
		out = append(out, leave)
	}
	for range 2 {
		enter(few.large.place, string(x.Ann.ID))
	}
	a := post("ann", large)
	require.Equal(t, 429, a.StatusCode, a.body)
	require.NotEmpty(t, a.Header.Get("Retry-After"))
	require.Equal(t, 201, post("ann", small).StatusCode, "a small one stands in nobody's way")
	a = post("bob", large)
	require.NotContains(t, []int{429, 503}, a.StatusCode, a.body)
	enter(few.large.place, string(x.Eve.ID))
	require.Equal(t, 503, post("bob", large).StatusCode, "all of the places on the disk are taken")
	for range 3 {
		enter(few.memory, "")
	}
	a = post("bob", small)
	require.Equal(t, 503, a.StatusCode, "what is small may unpack to much: %s", a.body)
	require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"))
	for _, leave := range out {
		leave()
	}
	require.Equal(t, 201, post("bob", tarball(tar.Header{Name: "b"})).StatusCode)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
	// Without a length it is read up to the most that there may be.
	req, err := http.NewRequestWithContext(t.Context(), "POST", x.srv.URL+Prefix+"/courses/net/assignments/upper/submissions", io.LimitReader(zeros{}, maxUpload+1))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+x.tokens["ann"])
	req.Header.Set("Content-Type", "application/octet-stream")
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	res.Body.Close()
	require.Equal(t, 413, res.StatusCode)
}
