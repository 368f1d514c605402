package api

import (
	"archive/tar"
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/api/door"
	"github.com/wiregrade/wiregrade/api/webhook"
	"github.com/wiregrade/wiregrade/grader/store"
)

// stall makes calls that say how long their bodies are and send nothing of them. It goes on
// once so many of them are read: then the server says 100.
func (x *site) stall(calls, read, length int, path string, headers ...string) (end func()) {
	x.Helper()
	lines := make(chan string, calls)
	var all []net.Conn
	for range calls {
		conn, err := net.Dial("tcp", x.srv.Listener.Addr().String())
		require.NoError(x, err)
		x.Cleanup(func() { conn.Close() })
		conn.SetDeadline(time.Now().Add(time.Minute))
		all = append(all, conn)
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n%s\r\n\r\n", Prefix+path, length, strings.Join(headers, "\r\n"))
		go func() {
			line, _ := bufio.NewReader(conn).ReadString('\n')
			lines <- line
		}()
	}
	for range read {
		require.Equal(x, "HTTP/1.1 100 Continue\r\n", <-lines)
	}
	return func() {
		for _, conn := range all {
			conn.Close()
		}
	}
}

// TestSlowBodies has small bodies that do not come, by strangers, with a hook key's id and by a
// student: others' uploads and GitHub's calls are not held up.
func TestSlowBodies(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.s.Hooks.GitHub = &webhook.GitHub{GitHubOptions: webhook.GitHubOptions{Secret: "a secret of the test's"}}
	x.s.Hooks.CI = &webhook.CI{}
	key, _, err := x.AddHookKey(t.Context(), store.HookKey{Course: x.Course.ID, Name: "ci"}, x.By)
	require.NoError(t, err)
	ping := `{"zen":"x"}`
	large := ping + strings.Repeat(" ", small)
	sign := func(body string) string {
		mac := hmac.New(sha256.New, []byte("a secret of the test's"))
		mac.Write([]byte(body))
		return "sha256=" + hex.EncodeToString(mac.Sum(nil))
	}
	const hand = "/courses/net/assignments/upper/submissions"
	const kind = "Content-Type: application/json"

	soon := func(path, body string, headers ...string) int {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, x.srv.URL+Prefix+path, strings.NewReader(body))
		require.NoError(t, err)
		for i := 0; i < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		res.Body.Close()
		return res.StatusCode
	}
	for i, slow := range [][]string{
		{githubHook, kind, "X-Hub-Signature-256: sha256=" + strings.Repeat("0", 64)},
		{ciHook, kind, "Webhook-Signature: v1,x", "Wiregrade-Key: " + string(key.ID)},
		{hand, "Content-Type: application/octet-stream", "Authorization: Bearer " + x.tokens["ann"]},
	} {
		end := x.stall(24, 3, 1000, slow[0], slow[1:]...)
		upload := tarball(tar.Header{Name: fmt.Sprint("file", i)})
		require.Equal(t, 201, soon(hand, upload, "Content-Type", "application/octet-stream", "Authorization", "Bearer "+x.tokens["bob"]), slow[0])
		require.Equal(t, 202, soon(githubHook, ping, "Content-Type", "application/json", "X-GitHub-Event", "ping", "X-GitHub-Delivery", fmt.Sprint(i), "X-Hub-Signature-256", sign(ping)), slow[0])
		end()
	}
	// GitHub's large calls, too: 24 are more than one address may have there.
	end := x.stall(24, 8, maxGitHub, githubHook, kind, "X-Hub-Signature-256: sha256="+strings.Repeat("0", 64))
	defer end()
	require.Equal(t, 202, soon(githubHook, large, "Content-Type", "application/json", "X-GitHub-Event", "ping", "X-GitHub-Delivery", "large", "X-Hub-Signature-256", sign(large)))
}

// TestSlowGivesWay has one more slow stranger than there is room for: the first is put out and told so.
func TestSlowGivesWay(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.s.Hooks.GitHub = &webhook.GitHub{}
	x.s.bodies.github.small.coming = door.NewCrowd(2)
	x.s.bodies.github.slack = time.Minute // this is not how it ends
	conn, err := net.Dial("tcp", x.srv.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(15 * time.Second)) // before its time is over
	head := "POST " + Prefix + githubHook + " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000\r\nX-Hub-Signature-256: sha256=" + strings.Repeat("0", 64) + "\r\n\r\n"
	fmt.Fprint(conn, head)
	in := bufio.NewReader(conn)
	line, err := in.ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "100 Continue")
	defer x.stall(2, 2, 1000, githubHook, "X-Hub-Signature-256: sha256="+strings.Repeat("0", 64))()
	_, err = in.ReadString('\n')
	require.NoError(t, err)
	res, err := http.ReadResponse(in, nil)
	require.NoError(t, err)
	require.Equal(t, 408, res.StatusCode)
}

// TestSlowBodyEnds has a body of GitHub's that does not come: its time is short.
func TestSlowBodyEnds(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.s.Hooks.GitHub = &webhook.GitHub{}
	x.s.bodies.github.slack = 50 * time.Millisecond
	res := x.announce(githubHook, 1000, "Content-Type: application/json", "X-Hub-Signature-256: sha256="+strings.Repeat("0", 64))
	require.Equal(t, 408, res.StatusCode)
	e := newBodies().github
	require.Equal(t, 5*time.Second, e.within(0, 20*time.Second))
	require.Equal(t, 20*time.Second, e.within(maxGitHub, 20*time.Second))
	require.Equal(t, 20*time.Second, e.within(-1, 20*time.Second))
}
