package fakegithub

import (
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/stretchr/testify/require"
)

// A Repo is a repository on the fake, filled by plumbing: also with what no porcelain would write.
type Repo struct {
	g    *GitHub
	Name string // owner/name
	dir  string
}

// Repo makes a repository of the course's account.
func (g *GitHub) Repo(name string) *Repo {
	g.Helper()
	r := &Repo{g, Owner + "/" + name, filepath.Join(g.dir, Owner, name+".git")}
	r.Git("", "init", "-q", "--bare", r.dir)
	// As on GitHub a commit may be fetched by its name.
	r.Git("", "config", "uploadpack.allowAnySHA1InWant", "true")
	r.Git("", "config", "http.receivepack", "false")
	return r
}

// Git runs git in the repository and gives what it prints.
func (r *Repo) Git(stdin string, args ...string) string {
	r.g.Helper()
	cmd := exec.Command("git", args...)
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@x", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@x"}
	if args[0] != "init" {
		cmd.Env = append(cmd.Env, "GIT_DIR="+r.dir)
	}
	out, err := cmd.CombinedOutput()
	require.NoError(r.g, err, "git %v: %s", args, out)
	return strings.TrimSpace(string(out))
}

// Blob stores a content.
func (r *Repo) Blob(data string) string { return r.Git(data, "hash-object", "-w", "--stdin") }

// Commit makes a commit of files on top of parent ("" for none) and puts the branch main there.
func (r *Repo) Commit(parent string, files map[string]string) string {
	lines := ""
	for name, data := range files {
		lines += "100644 blob " + r.Blob(data) + "\t" + name + "\n"
	}
	return r.Tree(parent, lines)
}

// Tree makes a commit of a tree as git mktree takes it.
func (r *Repo) Tree(parent, lines string) string {
	args := []string{"commit-tree", "-m", "x", r.Git(lines, "mktree", "--missing")}
	if parent != "" {
		args = append(args, "-p", parent)
	}
	sha := r.Git("", args...)
	r.Git("", "update-ref", "refs/heads/main", sha)
	return sha
}

// has says whether the repository of the request has the commit.
func (g *GitHub) has(r *http.Request, sha string) bool {
	cmd := exec.CommandContext(r.Context(), "git", "cat-file", "-e", sha+"^{commit}")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "GIT_DIR=" + filepath.Join(g.dir, r.PathValue("owner"), r.PathValue("repo")+".git")}
	return len(sha) == 40 && cmd.Run() == nil
}

// git serves a repository to who may read its contents.
func (g *GitHub) git(w http.ResponseWriter, r *http.Request) {
	_, secret, ok := r.BasicAuth()
	if !ok {
		w.Header().Set("WWW-Authenticate", `Basic realm="GitHub"`)
		http.Error(w, "a password is needed", http.StatusUnauthorized)
		return
	}
	if !g.may(w, r, secret, "contents", "read") {
		return
	}
	if strings.HasSuffix(r.URL.Path, "/git-upload-pack") {
		g.mu.Lock()
		g.fetches++
		g.mu.Unlock()
	}
	backend, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		g.refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	h := &cgi.Handler{Path: filepath.Join(strings.TrimSpace(string(backend)), "git-http-backend"), Dir: g.dir, Env: []string{
		"GIT_PROJECT_ROOT=" + g.dir, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=x", "GIT_PROTOCOL=" + r.Header.Get("Git-Protocol"), "HOME=/nonexistent",
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*",
	}}
	h.ServeHTTP(w, r)
}
