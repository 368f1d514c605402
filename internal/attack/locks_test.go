//go:build linux && (amd64 || arm64)

package attack

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/harness/sandbox"
)

// Two submissions at once: one locks whatever both can open, and the other finds that of what is shown read-only, by flock,
// which needs no right to write, and of devices. That is the channel that docs/security.md tells of; there is no other, and
// no keys.
func TestS4LocksAndKeys(t *testing.T) {
	var shown []string
	for _, line := range policy(t, "show") {
		shown = append(shown, strings.Fields(line)...)
	}
	places := strings.Join(append([]string{"/dev", "/tmp", "/run", "/var", "/proc/sys/kernel", "/etc"}, shown...), ",")
	profiles(t, func(t *testing.T, build bool) {
		holder, err := provider.New(t.Context())
		require.NoError(t, err)
		defer holder.Close()
		dir := t.TempDir()
		stdin, hold := pipe(t)
		defer hold.Close()
		said := door(t, holder)
		p, err := holder.Start(t.Context(), sandbox.Command{
			Line: compile(t, dir, "locks.py"), Args: []string{"hold", places}, Dir: dir, Stdin: stdin, Build: build,
			Env: []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp/home"},
		})
		require.NoError(t, err)
		out := said(p)
		require.Contains(t, out, "held: ", "%s", p.Stderr())
		o := try(t, attempt{file: "locks.py", args: []string{"try", places}, build: build})
		theirs := map[string]bool{}
		for line := range strings.Lines(out) {
			if inode, ok := strings.CutPrefix(line, "inode "); ok {
				theirs[inode] = true
			}
		}
		shared := map[string]bool{}
		for line := range strings.Lines(o.out) {
			inode, ok := strings.CutPrefix(line, "inode ")
			if !ok || !theirs[inode] {
				continue
			}
			_, path, _ := strings.Cut(strings.TrimSuffix(inode, "\n"), " ")
			shared[path] = true
			require.True(t, slices.ContainsFunc(shown, func(s string) bool { return path == s || strings.HasPrefix(path, s+"/") }) ||
				strings.HasPrefix(path, "/dev/") || strings.HasPrefix(path, "/etc/") || strings.HasPrefix(path, "/proc/sys/"), "both see the file %s", path)
		}
		require.Greater(t, len(shared), 50)
		taken := map[string]int{}
		for line := range strings.Lines(o.out) {
			fields := strings.Fields(line)
			if len(fields) != 4 || fields[0] != "refused" || fields[3] != "EAGAIN" {
				continue
			}
			require.True(t, fields[1] == "flock" || fields[1] == "fcntl" && strings.HasPrefix(fields[2], "/dev/"), line)
			require.True(t, shared[fields[2]], line)
			taken[fields[1]]++
		}
		require.Positive(t, taken["flock"], "flock on what is shown read-only works: when it does not any more, say so in docs/security.md")
		for _, ring := range []string{"thread", "process", "session", "user", "user session"} {
			require.Equal(t, "EPERM", o.said["add_key to "+ring], "the seccomp filter")
		}
		require.Equal(t, "EPERM", o.said["request_key"])
		require.Equal(t, "EPERM", o.said["keyctl"])
		for _, l := range []string{out, o.out} {
			require.Regexp(t, `(?m)^keys: (\[\]|no such file)$`, l)
		}
	})
}
