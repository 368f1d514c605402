package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/sandbox"
)

// build runs the submission's build command in tree, once, and keeps the tail of what it prints.
func build(ctx context.Context, o Options, scratch, tree, line string) (grader.Build, error) {
	b := grader.Build{Command: line}
	start := time.Now()
	box, err := o.Sandboxes.New(ctx)
	if err != nil {
		return b, fmt.Errorf("make a sandbox for the build: %w", err)
	}
	defer box.Close()
	cache := o.BuildCache
	unlock, ok := lockFolder(cache)
	if ok {
		defer unlock()
	} else { // none, or another run builds with it right now
		cache = filepath.Join(scratch, "build")
	}
	tmp := filepath.Join(scratch, "tmp")
	env, err := buildEnvironment(cache, tmp)
	if err != nil {
		return b, err
	}
	// What a build prints is one text for the student, whichever stream a tool chose.
	p, err := box.Start(ctx, sandbox.Command{
		Line: "exec 1>&2\n" + line, Dir: tree, Env: env, Build: true, Writable: []string{tree, cache, tmp},
	})
	if errors.Is(err, sandbox.ErrLongLine) {
		b.Failed, b.Output = true, err.Error()
		return b, nil
	}
	if err != nil {
		return b, fmt.Errorf("start the build: %w", err)
	}
	timeout := time.NewTimer(buildTimeout)
	defer timeout.Stop()
	select {
	case <-p.Done():
	case <-timeout.C:
		p.Kill()
		b.Failed = true
	}
	b.Millis = millis(start)
	b.Output = string(p.Stderr())
	exit := p.Exit()
	deep := sandbox.Repair(tree)
	if ctx.Err() != nil {
		return b, ErrInterrupted
	}
	switch {
	case b.Failed:
		b.Output += fmt.Sprintf("\n(stopped: the build took longer than %v)", buildTimeout)
	case exit.Code != 0 || exit.Flooded:
		b.Failed = true
		b.Output += fmt.Sprintf("\n(%v)", exit)
	case deep != nil:
		b.Failed = true
		b.Output += fmt.Sprintf("\n(%v)", deep)
	}
	return b, nil
}

// kept are the variables of the harness's own environment that programs need
// to run at all; everything else, tokens above all, stays outside.
var kept = []string{"PATH", "JAVA_HOME", "GOROOT", "DOTNET_ROOT", "RUSTUP_HOME", "PYENV_ROOT"}

func baseEnvironment() []string {
	env := []string{"LANG=C.UTF-8", "LC_ALL=C.UTF-8", "TZ=UTC"}
	for _, name := range kept {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	// rustc finds its toolchain below HOME, which is another one here.
	if _, ok := os.LookupEnv("RUSTUP_HOME"); !ok {
		if home, err := os.UserHomeDir(); err == nil {
			if _, err := os.Stat(filepath.Join(home, ".rustup")); err == nil {
				env = append(env, "RUSTUP_HOME="+filepath.Join(home, ".rustup"))
			}
		}
	}
	return env
}

// buildEnvironment gives the build a HOME, a TMPDIR and caches of its own, and tells the toolchains not to ask the network.
func buildEnvironment(cache, tmp string) ([]string, error) {
	env := baseEnvironment()
	for _, v := range []struct{ name, dir string }{
		{"HOME", "home"}, {"XDG_CACHE_HOME", "cache"}, {"GOCACHE", "go-build"}, {"GOPATH", "go"},
		{"CARGO_HOME", "cargo"}, {"npm_config_cache", "npm"},
	} {
		dir := filepath.Join(cache, v.dir)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("make the build's folders: %w", err)
		}
		env = append(env, v.name+"="+dir)
	}
	if err := os.MkdirAll(tmp, 0o755); err != nil {
		return nil, fmt.Errorf("make the build's folders: %w", err)
	}
	return append(env, "TMPDIR="+tmp, "GOPROXY=off", "GOTOOLCHAIN=local", "GOFLAGS=-buildvcs=false", "CARGO_NET_OFFLINE=true", "npm_config_offline=true"), nil
}

// runEnvironment is what every process of the submission has, before the assignment's own variables.
func runEnvironment(scratch string) []string {
	home := filepath.Join(scratch, "home")
	os.MkdirAll(home, 0o755)
	return append(baseEnvironment(), "HOME="+home, "TMPDIR="+home, "PYTHONDONTWRITEBYTECODE=1")
}
