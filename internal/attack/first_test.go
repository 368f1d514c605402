//go:build linux && (amd64 || arm64)

package attack

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// PID 1 of a sandbox has a copy of the keeper's memory, and all capabilities in the sandbox's user namespace. As root it
// is another user inside than the program. As an ordinary user it is the same one, and what stands before it is what the
// kernel asks of whoever looks into a process: at least its capabilities, of which the program has none. What needs no more
// than the same user is stopped by /proc being read-only. That the keeper is not dumpable, nor is PID 1 thereby, stands behind these two: nothing in here can tell whether it does.
func TestF4FirstProcess(t *testing.T) {
	profiles(t, func(t *testing.T, build bool) {
		o := try(t, attempt{file: "first.py", build: build})
		require.NotEqual(t, strings.Repeat("0", 16), o.said["1 CapPrm"])
		require.Equal(t, strings.Repeat("0", 16), o.said["self CapPrm"])
		same := os.Getuid() != 0
		require.Equal(t, same, o.said["1 uid"] == o.said["self uid"])
		require.Equal(t, same, o.said["1 user"] == o.said["self user"])
		tried := 0
		for name, got := range o.said {
			if !strings.Contains(name, "/proc/1") {
				continue
			}
			tried++
			switch path := name[strings.LastIndexByte(name, '/')+1:]; {
			case strings.HasPrefix(name, "write "):
				require.Contains(t, []string{"EACCES", "EROFS"}, got, name)
			case same && path == "fd": // the names, not what they stand for
				require.Regexp(t, `^ALLOWED \['\d+'\]$`, got, name)
			default:
				require.Contains(t, []string{"EACCES", "EPERM", "ENOENT"}, got, name)
			}
		}
		require.Greater(t, tried, 40)
		for _, base := range []string{"/proc/1", "/proc/1/task/1"} {
			for _, name := range []string{"environ", "mem", "maps", "exe", "ns/user"} {
				require.Equal(t, "EACCES", o.said[base+"/"+name], name)
			}
		}
	})
}
