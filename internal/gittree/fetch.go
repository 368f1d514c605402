package gittree

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/grader/store"
)

// A Remote is a repository on another server, by git's smart HTTP.
type Remote struct {
	URL            string // without user and password
	User, Password string // "" for none
}

// Bounds of one fetch. A commit without its history packs to less than its files have.
const (
	maxPack = 128 << 20 // bytes
	maxTime = 90 * time.Second
)

// Fetch gets one commit, without its history, into a new bare repository at
// dir, which must be empty. It is asked for by its name, never by a branch's, so
// nothing that a student named reaches git as an argument. The password is in
// git's environment alone: not in an argument, a URL, a file or an error.
func Fetch(ctx context.Context, dir string, from Remote, commit string) (Repository, error) {
	r := Repository{Dir: dir}
	u, err := url.Parse(from.URL)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return r, errors.New("fetch: not the URL of a repository")
	}
	if !ValidCommit(commit) {
		return r, fmt.Errorf("fetch: %w: %s is not the full name of a commit", store.ErrInvalid, store.Quoted(commit))
	}
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	// An empty template: no hooks, no info/attributes.
	if _, err := r.output(ctx, 1000, "init", "--quiet", "--bare", "--template=", "--end-of-options", dir); err != nil {
		return r, fmt.Errorf("fetch: %w", err)
	}
	config := [][2]string{
		{"protocol.allow", "never"}, {"protocol." + u.Scheme + ".allow", "always"},
		{"http.followRedirects", "false"}, // the password is for this server
		{"http.lowSpeedLimit", "1000"}, {"http.lowSpeedTime", "20"},
		{"credential.helper", ""}, {"core.hooksPath", "/dev/null"}, {"core.askPass", ""},
		{"fetch.recurseSubmodules", "false"}, {"fetch.unpackLimit", "1"}, {"gc.auto", "0"}, {"maintenance.auto", "false"},
		{"core.bigFileThreshold", "16m"}, {"core.packedGitWindowSize", "16m"}, {"core.packedGitLimit", "256m"},
	}
	if from.Password != "" {
		secret := base64.StdEncoding.EncodeToString([]byte(from.User + ":" + from.Password))
		config = append(config, [2]string{"http." + u.Scheme + "://" + u.Host + "/.extraHeader", "Authorization: Basic " + secret})
	}
	// No git of today bounds what it fetches; the shell's ulimit does, in blocks of 512 bytes.
	args := []string{"-c", `ulimit -f "$0" && exec "$@"`, strconv.Itoa(maxPack / 512),
		"git", "fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--no-recurse-submodules", "--end-of-options", from.URL, commit}
	cmd := exec.CommandContext(ctx, "sh", args...)
	group(cmd)
	cmd.WaitDelay = 5 * time.Second
	cmd.Dir = dir
	cmd.Env = append(append(Env(), proxies()...), "GIT_DIR="+dir)
	for i, kv := range config {
		cmd.Env = append(cmd.Env, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", i, kv[0]), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", i, kv[1]))
	}
	cmd.Env = append(cmd.Env, fmt.Sprintf("GIT_CONFIG_COUNT=%d", len(config)))
	var complaint tail
	cmd.Stderr = &complaint
	err = cmd.Run()
	says := string(complaint.text)
	switch {
	case err == nil:
		return r, nil
	case strings.Contains(says, "signal 25") || strings.Contains(says, "File too large") || strings.Contains(says, "File size limit"):
		return r, fmt.Errorf("fetch: %w: its pack is over %d bytes", store.ErrTooLarge, maxPack)
	case ctx.Err() != nil:
		return r, fmt.Errorf("fetch: %w", ctx.Err())
	default:
		return r, fmt.Errorf("fetch: %w: %s", err, says)
	}
}
