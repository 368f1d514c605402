package gittree

import (
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader/store"
)

// A remote is a repository served by the real git http-backend to whoever has the password.
func remote(t *testing.T, r *repo) Remote {
	r.git("", "config", "uploadpack.allowAnySHA1InWant", "true")
	out, err := exec.CommandContext(t.Context(), "git", "--exec-path").Output()
	require.NoError(t, err)
	backend := &cgi.Handler{Path: filepath.Join(strings.TrimSpace(string(out)), "git-http-backend"), Env: []string{
		"GIT_PROJECT_ROOT=" + filepath.Dir(r.Dir), "GIT_HTTP_EXPORT_ALL=1", "HOME=/nonexistent", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"}}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("a redirect was followed: %s %v", r.URL, r.Header)
	}))
	t.Cleanup(elsewhere.Close)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if _, p, _ := req.BasicAuth(); p != "s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if strings.HasPrefix(req.URL.Path, "/moved.git") {
			http.Redirect(w, req, elsewhere.URL+req.URL.Path, http.StatusFound)
			return
		}
		backend.ServeHTTP(w, req)
	}))
	t.Cleanup(srv.Close)
	return Remote{URL: srv.URL + "/x.git", User: "x", Password: "s3cret"}
}

// TestFetch is not parallel: it puts another git before the real one, which
// notes its arguments and then is the real one.
func TestFetch(t *testing.T) {
	r := newRepo(t)
	commit := r.commit("100644 blob "+r.blob("one")+"\ta", "100644 blob "+r.blob("[submodule \"x\"]\n\tpath = x\n\turl = file:///etc\n")+"\t.gitmodules")
	from := remote(t, r)
	real, err := exec.LookPath("git")
	require.NoError(t, err)
	bin, notes := t.TempDir(), filepath.Join(t.TempDir(), "args")
	require.NoError(t, os.WriteFile(filepath.Join(bin, "git"), []byte("#!/bin/sh\necho \"$@\" >> "+notes+"\nexec "+real+" \"$@\"\n"), 0o755))
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))

	dir := t.TempDir()
	got, err := Fetch(t.Context(), dir, from, commit)
	require.NoError(t, err)
	tree, err := Read(t.Context(), got, commit, store.DefaultLimits())
	require.NoError(t, err)
	require.Len(t, tree.Files, 2)
	args, err := os.ReadFile(notes)
	require.NoError(t, err)
	require.Contains(t, string(args), "fetch")
	for _, secret := range []string{"s3cret", "eDpzM2NyZXQ="} {
		require.NotContains(t, string(args), secret)
		require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			f, err := os.Open(path)
			require.NoError(t, err)
			defer f.Close()
			data, err := io.ReadAll(f)
			require.NoError(t, err)
			require.NotContains(t, string(data), secret, path)
			return nil
		}))
	}
	require.NoDirExists(t, filepath.Join(dir, "hooks"))
}

func TestFetchRefuses(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	commit := r.commit("100644 blob " + r.blob("one") + "\ta")
	from := remote(t, r)
	for name, tt := range map[string]struct {
		from   Remote
		commit string
	}{
		"a wrong password":    {Remote{from.URL, "x", "wr0ng"}, commit},
		"a commit not there":  {from, strings.Repeat("a", 40)},
		"a branch":            {from, "main"},
		"an option":           {from, "--upload-pack=touch /tmp/ran"},
		"a redirect":          {Remote{strings.Replace(from.URL, "x.git", "moved.git", 1), "x", "s3cret"}, commit},
		"a file":              {Remote{"file://" + r.Dir, "", ""}, commit},
		"a path":              {Remote{r.Dir, "", ""}, commit},
		"a program":           {Remote{"ext::sh -c 'touch /tmp/ran'", "", ""}, commit},
		"a password in a URL": {Remote{strings.Replace(from.URL, "://", "://x:s3cret@", 1), "", ""}, commit},
	} {
		_, err := Fetch(t.Context(), t.TempDir(), tt.from, tt.commit)
		require.Error(t, err, name)
		for _, secret := range []string{"s3cret", "wr0ng"} {
			require.NotContains(t, err.Error(), secret, name)
		}
	}
}
