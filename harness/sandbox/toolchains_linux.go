//go:build amd64 || arm64

package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
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

// graders finds this program and what else is a grader in the folders that
// sandboxes see: with it a submission could have the reference answer. They
// are found by name in the folders of programs, and this one by its inode too.
func graders() []string {
	self, err := os.Executable()
	if err != nil {
		return nil
	}
	own, err := os.Stat(self)
	if err != nil {
		return nil
	}
	st, _ := own.Sys().(*syscall.Stat_t)
	found := []string{self}
	add := func(path string) {
		if real, err := filepath.EvalSymlinks(path); err == nil && !slices.Contains(found, real) {
			found = append(found, real)
		}
	}
	add(self)
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin") {
		add(filepath.Join(dir, "grader"))
		add(filepath.Join(dir, filepath.Base(self)))
		if st == nil || st.Nlink < 2 {
			continue
		}
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if info, err := e.Info(); err == nil && os.SameFile(info, own) {
				add(filepath.Join(dir, e.Name()))
			}
		}
	}
	return found
}
