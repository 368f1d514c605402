package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader/store"
)

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://grader.example.org":         "https://grader.example.org",
		"https://grader.example.org/":        "https://grader.example.org",
		"https://example.org/net/api/v1/":    "https://example.org/net",
		"http://127.0.0.1:8080":              "http://127.0.0.1:8080",
		"http://localhost:8080":              "http://localhost:8080",
		"http://[::1]:8080":                  "http://[::1]:8080",
		"http://grader.example.org":          "",
		"http://127.0.0.1.example.org":       "",
		"http://localhost.example.org":       "",
		"grader.example.org":                 "",
		"ftp://grader.example.org":           "",
		"https://":                           "",
		"https://ann:secret@example.org":     "",
		"https://grader.example.org?x=y":     "",
		"https://grader.example.org/#x":      "",
		"https://grader.example.org:notport": "",
	} {
		got, err := CheckURL(address, false)
		require.Equal(t, want, got, address)
		require.Equal(t, want == "", err != nil, address)
		if err != nil {
			require.NotContains(t, err.Error(), "secret")
		}
	}
	_, err := CheckURL("http://grader.example.org", true)
	require.NoError(t, err)
}

// server answers everything by h.
func server(t *testing.T, h http.HandlerFunc) *Client {
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	c := New(srv.URL, "wgt_secret")
	c.Pause = time.Millisecond
	return c
}

// TestHostile has services that are none, or mean harm.
func TestHostile(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the token went to another host: %s", r.Header.Get("Authorization"))
	}))
	defer elsewhere.Close()
	for name, tt := range map[string]struct {
		h    http.HandlerFunc
		says string
	}{
		"a page":        {func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>hello") }, "an answer that cannot be understood"},
		"a proxy":       {func(w http.ResponseWriter, r *http.Request) { http.Error(w, "<h1>bad", 502) }, "got 502 Bad Gateway"},
		"a redirection": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL+"/there", 307) }, "a redirection (307)"},
		"an endless answer": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		}, "more than 16 MiB"},
		"escapes": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(422)
			io.WriteString(w, `{"detail":"\u001b]0;x\u0007\u202egnihton","status":200}`)
		}, `\x1b]0;x\x07\u{202e}gnihton`},
		"validation": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(422)
			io.WriteString(w, `{"detail":"validation failed","errors":[{"location":"body.name","message":"too \u001b[1m long"}]}`)
		}, `validation failed; name: too \x1b[1m long`},
		"a half answer": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, `{"items":[`)
		}, "cannot reach"},
		"nothing": {func(w http.ResponseWriter, r *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			conn.Close()
		}, "cannot reach"},
		"endless heads": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 1<<20))
		}, "cannot reach"},
		"an endless list": {func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"items":[{"name":"x"}],"next":"%d"}`, time.Now().UnixNano())
		}, "a list without an end"},
	} {
		_, err := server(t, tt.h).Courses(t.Context())
		require.ErrorContains(t, err, tt.says, name)
		require.NotContains(t, err.Error(), "\x1b", name)
		require.NotContains(t, err.Error(), "wgt_secret", name)
	}
	_, err := server(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `{"items":[],"next":"same"}`) }).Courses(t.Context())
	require.NoError(t, err)
}

// TestPaths: what a server calls a thing stays one part of a path.
func TestPaths(t *testing.T) {
	t.Parallel()
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "/api/v1/courses/..%2Fme%3F/assignments", r.URL.EscapedPath())
		require.Equal(t, "Bearer wgt_secret", r.Header.Get("Authorization"))
		io.WriteString(w, `{"items":[]}`)
	})
	_, err := c.Assignments(t.Context(), "../me?")
	require.NoError(t, err)
}

// TestFollow has streams that break, and one that never brings an end.
func TestFollow(t *testing.T) {
	t.Parallel()
	asked := 0
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch asked {
		case 1:
			io.WriteString(w, ": alive\n\nevent: state\ndata: {\"id\":\"x\",\"state\":\"waiting\"}\n\nevent: step\ndata: {\"phase\":\"check\",\"done\":1,\"total\":2}\n\nevent: step\ndata: {\"pha")
		case 2:
			http.Error(w, "restarting", 503)
		case 3:
			io.WriteString(w, "event: news\ndata: {}\n\nevent: state\ndata: nonsense\n\n")
		default:
			io.WriteString(w, "event: state\r\ndata: {\"id\":\"x\",\r\ndata: \"state\":\"graded\"}\r\n\r\n")
		}
	})
	var steps, states int
	last, err := c.Follow(t.Context(), "net", "x", func(e Event) {
		if e.Step != nil {
			steps++
		} else {
			states++
		}
	})
	require.NoError(t, err)
	require.Equal(t, store.StateGraded, last.State)
	require.Equal(t, []int{1, 2, 4}, []int{steps, states, asked})

	c = server(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, ": alive\n\n") })
	_, err = c.Follow(t.Context(), "net", "x", func(Event) {})
	require.ErrorContains(t, err, "cannot reach")
	c = server(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "data: "+strings.Repeat("x", 2*maxEvent)+"\n\n")
	})
	_, err = c.Follow(t.Context(), "net", "x", func(Event) {})
	require.Error(t, err)
	asked = 0
	c = server(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(404)
		io.WriteString(w, `{"detail":"not found"}`)
	})
	_, err = c.Follow(t.Context(), "net", "x", func(Event) {})
	var p *Problem
	require.ErrorAs(t, err, &p)
	require.Equal(t, 1, asked, "what is refused is not asked for again")

	ctx, cancel := context.WithCancel(t.Context())
	c = server(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "event: state\ndata: {\"state\":\"running\"}\n\n")
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	_, err = c.Follow(ctx, "net", "x", func(Event) { cancel() })
	require.ErrorIs(t, err, context.Canceled)
}

func TestFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name, text string, mode os.FileMode) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), mode))
	}
	put("grader.yaml", "run: ./server\n", 0o644)
	put("server", "x", 0o755)
	put(".git/config", "secret", 0o644)
	put("sub/.git", "gitdir: elsewhere", 0o644)
	put("sub/empty", "", 0o600)
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(dir, "link")))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o644))
	files, skipped, err := Folder(dir, store.DefaultLimits())
	require.NoError(t, err)
	require.Equal(t, []string{"fifo"}, skipped)
	require.Equal(t, []store.File{
		{Path: "grader.yaml", Mode: store.Regular, Data: []byte("run: ./server\n")},
		{Path: "link", Mode: store.Link, Data: []byte("/etc/passwd")},
		{Path: "server", Mode: store.Executable, Data: []byte("x")},
		{Path: "sub/empty", Mode: store.Regular, Data: []byte{}},
	}, files, "a link is handed in as a link, never what it points to")

	put("target/a", strings.Repeat("x", 700), 0o644)
	put("target/b", strings.Repeat("x", 700), 0o644)
	var large *TooLargeError
	_, _, err = Folder(dir, store.Limits{Files: 100, File: 1000, Total: 1000, Path: 100})
	require.ErrorAs(t, err, &large)
	require.Equal(t, "target", large.Most)
	_, _, err = Folder(dir, store.Limits{Files: 4, File: 1000, Total: 10000, Path: 100})
	require.ErrorAs(t, err, &large)
	_, _, err = Folder(dir, store.Limits{Files: 100, File: 500, Total: 10000, Path: 100})
	require.ErrorAs(t, err, &large)
	require.Contains(t, large.Error(), `"target/a"`)
	_, _, err = Folder(filepath.Join(dir, "none"), store.DefaultLimits())
	require.True(t, errors.Is(err, os.ErrNotExist))
}

// TestRecord has records with words that would be shown as they are.
func TestRecord(t *testing.T) {
	t.Parallel()
	const good = `{"Assignment":{"Name":"http","Role":"server","Rubric":[{"Group":"words"}]},"Isolation":"namespaces","Results":[{"Name":"words/one","Verdict":"fail","Clause":{"Document":"RFC 9110","Section":"9.3","Level":"MUST"},` +
		`"Transcript":{"Endpoints":[{"Network":"tcp"}],"Events":[{"Kind":"data","Dir":"got"}]}}]}`
	for from, to := range map[string]string{
		"": "", "http": `\u001b`, "words": `\u001b`, "words/one": `\u001b`,
		"server": "king", "namespaces": `\u001b[2J`, "fail": `\u001b[2J`, "RFC": `\u001b`, "9.3": `\u202e`, "MUST": "OUGHT",
		"tcp": `\u001b`, "data": `\u001b`, "got": `\u001b`,
	} {
		c := server(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, strings.Replace(good, from, to, 1)) })
		_, err := c.Record(t.Context(), "net", "x")
		if from == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, "words that this version does not know", from)
	}
}
