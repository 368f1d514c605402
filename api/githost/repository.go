package githost

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cgi"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/internal/gittree"
)

// settings are git's, all of them from the environment: they hold for
// repositories that were made by an earlier version, too, and nothing that stands in
// a repository or on the machine can be told from outside.
func (h *Host) settings() []string {
	config := [][2]string{
		{"core.hooksPath", filepath.Join(h.run, "hooks")},
		{"safe.directory", "*"}, // the folder may have come from a backup
		{"http.receivepack", "true"},
		{"http.getanyfile", "false"},
		{"receive.advertisePushOptions", "true"},
		{"receive.maxInputSize", strconv.FormatInt(h.MaxPush, 10)},
		{"receive.denyDeletes", "true"},
		{"receive.shallowUpdate", "true"}, // a shallow clone of the starter is as good as another
		{"receive.autogc", "false"},       // see tidy
		{"transfer.fsckObjects", "true"},
		{"core.bigFileThreshold", "16m"}, // above it a file is streamed and not held
		{"pack.threads", "1"},
		{"gc.autoDetach", "false"},
	}
	env := append(gittree.Env(), "GIT_CONFIG_COUNT="+strconv.Itoa(len(config)),
		"GIT_PROJECT_ROOT="+h.Dir, "GIT_HTTP_EXPORT_ALL=1",
		"GIT_ALLOC_LIMIT=128m") // a pack of some bytes can unpack to gigabytes
	for i, kv := range config {
		env = append(env, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", i, kv[0]), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", i, kv[1]))
	}
	return env
}

// path is where the repository stands below Dir. It is made of ids: no name that somebody chose gets to the disk.
func (t *target) path() string {
	return fmt.Sprintf("%s/%s/%s.git", t.course.ID, t.assignment.ID, t.owner)
}

// repository makes the repository when it is used first.
func (h *Host) repository(ctx context.Context, t *target) error {
	dir := filepath.Join(h.Dir, filepath.FromSlash(t.path()))
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return err
	}
	half, err := os.MkdirTemp(parent, "new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(half)
	cmd := exec.CommandContext(ctx, "git", "init", "--quiet", "--bare", "--template=", "--initial-branch="+Branch, half)
	cmd.Env = h.env
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("git init: %w: %s", err, out)
	}
	// In one step, so that one which was interrupted is not taken for a repository.
	if err := os.Rename(half, dir); err != nil {
		if _, there := os.Stat(dir); there == nil {
			return nil // somebody else's first request was faster
		}
		return err
	}
	return nil
}

// full says whether the repository takes no more.
func (h *Host) full(t *target) bool {
	var size int64
	filepath.WalkDir(filepath.Join(h.Dir, filepath.FromSlash(t.path())), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				size += info.Size()
			}
		}
		return nil
	})
	return size > h.MaxRepository
}

// tidy packs the repository's objects after a push, where there are many. The pusher does not wait for it.
func (h *Host) tidy(t *target) {
	h.tidying.Go(func() {
		h.unpack <- struct{}{}
		defer func() { <-h.unpack }()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, "git", "gc", "--auto", "--quiet")
		cmd.Env = h.env
		cmd.Dir = filepath.Join(h.Dir, filepath.FromSlash(t.path()))
		if out, err := cmd.CombinedOutput(); err != nil {
			h.Log.Warn("git gc", "repository", t.path(), "error", err, "output", string(out))
		}
	})
}

// fetch lists branches and serves fetches.
func (h *Host) fetch(w http.ResponseWriter, r *http.Request, t *target, x wish) {
	if x.push && h.full(t) {
		say(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("your repository here has more than %d MB and takes no more: ask the staff to empty it; what was graded stays", h.MaxRepository>>20))
		return
	}
	p := h.pace(w)
	defer p.end()
	r.Body = http.MaxBytesReader(w, p.body(r.Body), 16<<20)
	h.backendHandler(nil).ServeHTTP(p, h.request(r, x.url("/"+t.path())))
}

// backendHandler is git http-backend with more in its environment.
func (h *Host) backendHandler(env []string) *cgi.Handler {
	return &cgi.Handler{
		Path: h.backend, Root: "/", Dir: h.Dir, Env: append(env, h.env...),
		Stderr: &complaints{h}, Logger: slog.NewLogLogger(h.Log.Handler(), slog.LevelInfo),
	}
}

// request is what git http-backend gets of a request: of the headers only those
// that the protocol has, and none of the token.
func (h *Host) request(r *http.Request, u *url.URL) *http.Request {
	q := r.Clone(r.Context())
	q.URL = u
	q.Header = http.Header{}
	for _, name := range []string{"Content-Type", "Content-Encoding"} {
		if v := r.Header.Get(name); v != "" {
			q.Header.Set(name, v)
		}
	}
	switch v := r.Header.Get("Git-Protocol"); v {
	case "version=1", "version=2":
		q.Header.Set("Git-Protocol", v)
	}
	// net/http/cgi refuses a chunked body; git reads one without a length to its end.
	if len(q.TransferEncoding) > 0 {
		q.TransferEncoding, q.ContentLength = nil, -1
	}
	return q
}

// complaints are what git http-backend writes to its standard error.
type complaints struct{ h *Host }

// Write is for io.Writer.
func (c *complaints) Write(p []byte) (int, error) {
	if text := strings.TrimSpace(string(p[:min(len(p), 500)])); text != "" {
		c.h.Log.Warn("git http-backend", "says", text)
	}
	return len(p), nil
}
