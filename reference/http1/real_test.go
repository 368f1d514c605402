package http1

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func mkfifo(t *testing.T, name string) { require.NoError(t, syscall.Mkfifo(name, 0o644)) }

// serve starts a correct server of a folder on a port of this machine.
func serve(t *testing.T, files map[string]string) (url, root string) {
	root = t.TempDir()
	for name, content := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(content), 0o644))
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &Server{Root: root}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ln) }()
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		require.NoError(t, <-done)
	})
	return "http://" + ln.Addr().String(), root
}

var realFiles = map[string]string{
	"a.txt": "hello\n", "big.bin": strings.Repeat("0123456789abcdef", 512<<10), "mid.bin": strings.Repeat("0123456789abcdef", 8<<10), "dir/index.html": "<a href=\"b.html\">b</a>\n", "dir/b.html": "<p>b\n",
}

// net/http is the second opinion on what the server sends.
func TestNetHTTP(t *testing.T) {
	url, root := serve(t, realFiles)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	do := func(method, path string, body io.Reader, header ...string) (*http.Response, string) {
		req, err := http.NewRequestWithContext(t.Context(), method, url+path, body)
		require.NoError(t, err)
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		resp, err := client.Do(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp, string(b)
	}
	resp, body := do("GET", "/a.txt", nil)
	require.Equal(t, 200, resp.StatusCode)
	require.Equal(t, "hello\n", body)
	_, err := http.ParseTime(resp.Header.Get("Date"))
	require.NoError(t, err)
	again, _ := do("GET", "/a.txt", nil, "If-None-Match", "W/"+resp.Header.Get("ETag"))
	require.Equal(t, 304, again.StatusCode)
	again, _ = do("GET", "/a.txt", nil, "If-Modified-Since", resp.Header.Get("Last-Modified"))
	require.Equal(t, 304, again.StatusCode)
	again, body = do("HEAD", "/big.bin", nil)
	require.EqualValues(t, 8<<20, again.ContentLength)
	require.Empty(t, body)
	_, body = do("GET", "/big.bin", nil)
	require.Equal(t, realFiles["big.bin"], body)
	_, body = do("GET", "/dir", nil) // follows the redirect
	require.Contains(t, body, "href")
	again, _ = do("PUT", "/x/y.bin", io.MultiReader(strings.NewReader(realFiles["big.bin"]))) // chunked, for its length is unknown
	require.Equal(t, 201, again.StatusCode)
	stored, err := os.ReadFile(filepath.Join(root, "x/y.bin"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(stored, []byte(realFiles["big.bin"])))
	again, _ = do("DELETE", "/x/y.bin", nil)
	require.Equal(t, 204, again.StatusCode)
	_, body = do("POST", "/form", strings.NewReader("a=1&b=%20"), "Expect", "100-continue")
	require.Equal(t, "a=1\nb= \n", body)

	var group sync.WaitGroup
	for range 32 {
		group.Go(func() {
			resp, err := client.Get(url + "/mid.bin")
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if n, err := io.Copy(io.Discard, resp.Body); n != 128<<10 || err != nil {
				t.Errorf("want %d bytes, got %d: %v", 128<<10, n, err)
			}
		})
	}
	group.Wait()
}

// The reference client is understood by net/http's server.
func TestClientAndNetHTTP(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.Write([]byte(r.Method + " " + r.Host + " " + r.RequestURI + " " + string(b)))
		w.(http.Flusher).Flush() // so that the answer is chunked
	})}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	defer func() { srv.Close(); <-done }()
	c := &Client{}
	defer c.Close()
	host := ln.Addr().String()
	for range 2 {
		resp, err := c.Do(t.Context(), Call{Method: "PUT", URL: "http://" + host + "/a%20b?q#f", Body: []byte("body"), Expect: true})
		require.NoError(t, err)
		require.Empty(t, resp.Breaches)
		require.Equal(t, FramingChunked, resp.Framing)
		require.Equal(t, "PUT "+host+" /a%20b?q body", string(resp.Body))
	}
}

func run(t *testing.T, dir string, args ...string) string {
	_, err := exec.LookPath(args[0])
	require.NoError(t, err, "this test needs %s: apt-get install %s", args[0], args[0])
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir = dir
	var errors bytes.Buffer
	cmd.Stderr = &errors
	out, err := cmd.Output()
	require.NoError(t, err, "%v: %s", args, errors.String())
	return string(out)
}

func TestCurl(t *testing.T) {
	url, root := serve(t, realFiles)
	dir := t.TempDir()
	curl := func(args ...string) string {
		// -q: no configuration of the user's; no proxy either.
		return run(t, dir, append([]string{"curl", "-q", "-sS", "--noproxy", "*", "--max-time", "30"}, args...)...)
	}
	status := func(args ...string) string { return curl(append(args, "-o", "/dev/null", "-w", "%{http_code}")...) }
	require.Equal(t, "hello\n", curl(url+"/a.txt"))
	require.Equal(t, "hello\n", curl("-0", url+"/a.txt"))
	require.Contains(t, curl("-I", url+"/a.txt"), "Content-Length: 6\r\n")
	require.Equal(t, "hello\nhello\n", curl(url+"/a.txt", url+"/a.txt"))
	require.Equal(t, "10", curl(url+"/a.txt", url+"/a.txt", "-o", "one", "-o", "two", "-w", "%{num_connects}"), "one connection for both")
	require.Equal(t, "404", status(url+"/none"))
	require.Equal(t, "200", status("-L", url+"/dir"))
	require.Equal(t, "400", status("--path-as-is", url+"/../../etc/passwd"))
	require.Equal(t, "400", status("-H", "Host:", url+"/a.txt"))
	require.Equal(t, "501", status("-X", "get", url+"/a.txt"))
	require.Equal(t, "405", status("-d", "a=b", url+"/a.txt"))
	require.Equal(t, "a=1\nb=x y\n", curl("-d", "a=1", "--data-urlencode", "b=x y", url+"/form"))
	require.Equal(t, "a=1\nb=x y\n", curl("-G", "-d", "a=1", "--data-urlencode", "b=x y", url+"/form"))
	require.Equal(t, "a=1\n", curl("-d", "a=1", "-H", "Transfer-Encoding: chunked", url+"/form"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "up"), []byte(realFiles["big.bin"]), 0o644))
	require.Equal(t, "201", status("-T", "up", "-H", "Expect: 100-continue", url+"/n/up"))
	require.Equal(t, "204", status("-T", "up", url+"/n/up"))
	stored, err := os.ReadFile(filepath.Join(root, "n/up"))
	require.NoError(t, err)
	require.Equal(t, len(realFiles["big.bin"]), len(stored))
	require.Equal(t, "204", status("-X", "DELETE", url+"/n/up"))
	curl("-o", "kept", "--etag-save", "tag", url+"/a.txt")
	require.Equal(t, "304", status("--etag-compare", "tag", url+"/a.txt"))
	require.Equal(t, "304", status("-R", "-z", "kept", url+"/a.txt"))
}

func TestWget(t *testing.T) {
	url, _ := serve(t, realFiles)
	dir := t.TempDir()
	wget := func(args ...string) string {
		return run(t, dir, append([]string{"wget", "--no-config", "--no-proxy", "-q", "-t", "1", "-T", "30"}, args...)...)
	}
	require.Equal(t, "hello\n", wget("-O", "-", url+"/a.txt"))
	require.Equal(t, "a=b\n", wget("-O", "-", "--post-data", "a=b", url+"/form"))
	wget("-r", "-nH", url+"/dir/") // follows the link on the page
	b, err := os.ReadFile(filepath.Join(dir, "dir/b.html"))
	require.NoError(t, err)
	require.Equal(t, realFiles["dir/b.html"], string(b))
	wget("-N", url+"/big.bin")
	wget("-N", url+"/big.bin") // not modified
	info, err := os.Stat(filepath.Join(dir, "big.bin"))
	require.NoError(t, err)
	require.EqualValues(t, 8<<20, info.Size())
}
