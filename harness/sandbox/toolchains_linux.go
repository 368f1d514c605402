//go:build amd64 || arm64

package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// toolchains finds what programs need beside the system's own folders: the
// folders on PATH, the libraries beside them, and what variables name. A home
// folder itself is never among them.
func toolchains(p *policy) []string {
	var dirs []string
	add := func(dir string) {
		if clean := filepath.Clean(dir); filepath.IsAbs(dir) && isDir(clean) && !private(clean) && !slices.Contains(dirs, clean) {
			dirs = append(dirs, clean)
		}
	}
	for _, name := range p.toolchains {
		add(os.Getenv(name))
	}
	home, _ := os.UserHomeDir()
	add(filepath.Join(home, ".rustup")) // where rustup looks without its variable
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		parent := filepath.Dir(filepath.Clean(dir))
		switch filepath.Base(dir) {
		case "shims": // of pyenv, rbenv, …: they start what stands beside them
			add(parent)
		case "bin", "sbin":
			add(filepath.Join(parent, "lib"))
			add(filepath.Join(parent, "libexec"))
		}
		add(dir)
	}
	// The outer of two comes first, so that the inner is found to be there already.
	slices.Sort(dirs)
	return dirs
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// private says whether showing dir would show somebody's home, or a folder that others write.
func private(dir string) bool {
	home, err := os.UserHomeDir()
	if err == nil && strings.HasPrefix(filepath.Clean(home)+"/", strings.TrimSuffix(dir, "/")+"/") {
		return true
	}
	return within(dir, []string{"/tmp", "/var/tmp", "/dev", "/proc", "/sys", "/run", os.TempDir()})
}
