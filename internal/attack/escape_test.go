//go:build linux && (amd64 || arm64)

package attack

import (
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestE7E1ForbiddenCalls(t *testing.T) {
	profiles(t, func(t *testing.T, build bool) {
		o := try(t, attempt{file: "calls.c", build: build})
		works := map[string]bool{"socket(AF_INET)": true, "socket(AF_INET6)": true, "socket(AF_UNIX)": true, "socket(AF_NETLINK, ROUTE)": true, "fork": true, "sync": true, "syncfs": true, "prctl(DUMPABLE, 1)": true}
		absent := map[string]bool{"clone3": true, "io_uring_setup": true, "io_uring_enter": true, "io_uring_register": true,
			"io_setup": true, "statmount": true, "listmount": true, "listns": true, "memfd_secret": true}
		for _, line := range policy(t, "deny") {
			for _, call := range strings.Fields(line)[1:] {
				tried := slices.ContainsFunc(slices.Collect(maps.Keys(o.said)), func(name string) bool { return name == call })
				require.True(t, tried || runtime.GOARCH != "amd64", "%s is not tried", call)
			}
		}
		for name, got := range o.said {
			want := "EPERM" // by the seccomp filter, or for want of the capability
			switch {
			case works[name]:
				want = "ALLOWED"
			case absent[name]:
				want = "ENOSYS"
			case name == "socket(AF_INET, SOCK_RAW)":
				want = "EPERM" // no CAP_NET_RAW
			case name == "fallocate":
				want = "EOPNOTSUPP"
			case strings.HasPrefix(name, "socket"):
				want = "EAFNOSUPPORT"
			}
			require.Equal(t, want, got, name)
		}
	})
}

func TestE7ForeignABI(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("there is no other ABI to try")
	}
	for _, file := range []string{"foreign.c", "x32.c"} {
		o := try(t, attempt{file: file})
		require.Equal(t, syscall.SIGSYS, o.exit.Signal, "the filter ends the process")
		require.Empty(t, o.out)
	}
}

func TestE6B5Network(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	abstract := "wiregrade-attack-" + strconv.Itoa(os.Getpid())
	un, err := net.Listen("unix", "@"+abstract)
	require.NoError(t, err)
	defer un.Close()
	path := filepath.Join(t.TempDir(), "socket")
	up, err := net.Listen("unix", path)
	require.NoError(t, err)
	defer up.Close()
	profiles(t, func(t *testing.T, build bool) {
		o := try(t, attempt{file: "network.py", build: build, args: []string{fmt.Sprint(ln.Addr().(*net.TCPAddr).Port), abstract, path}})
		require.Contains(t, o.out, "devices: ['lo'] routes: 0 ipv6 routes beside lo: 0")
		for name, want := range map[string]string{
			"host loopback": "ECONNREFUSED", "192.0.2.1": "ENETUNREACH", "2001:db8::1": "ENETUNREACH", "udp 192.0.2.1": "ENETUNREACH",
			"abstract socket": "ECONNREFUSED", "path socket": "ENOENT", "unix sockets": "0", "listeners": "0",
			"new address": "EPERM", "new route": "EPERM", "new link": "EPERM",
		} {
			require.Equal(t, want, o.said[name], name)
		}
		require.Contains(t, []string{"EACCES", "EPERM", "EROFS"}, o.said["ip_forward"])
	})
}

func TestS1F3F4Files(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "hidden-checks")
	require.NoError(t, os.WriteFile(secret, []byte("token"), 0o644))
	t.Setenv("GRADER_TOKEN", "token")
	profiles(t, func(t *testing.T, build bool) {
		o := try(t, attempt{file: "look.py", build: build, args: []string{strconv.Itoa(os.Getpid()), secret}})
		any := func(name string, want ...string) { require.Contains(t, want, o.said[name], name) }
		any("read /etc/shadow", "ENOENT")
		any("read "+secret, "ENOENT")
		any("read /root/.ssh/id_rsa", "ENOENT", "EACCES")
		any("read /var/lib/private", "ENOENT")
		any("read /proc/1/environ", "EACCES")
		any("read /proc/1/mem", "EACCES")
		any("read /proc/kcore", "EACCES", "EPERM", "ENOENT")
		any("write /usr/bin/forged", "EROFS")
		any("write /etc/passwd", "EROFS", "EACCES")
		any("write /dev/forged", "EROFS", "EACCES")
		if !build {
			any("write ./results.json", "EROFS")
		}
		any("write /proc/1/mem", "EROFS", "EACCES")
		any("write /proc/sys/kernel/core_pattern", "EACCES", "EPERM", "EROFS")
		any("write /proc/sysrq-trigger", "EACCES", "EPERM", "EROFS", "ENOENT")
		any("write /proc/1/oom_score_adj", "EROFS", "EACCES")
		any("write /proc/self/autogroup", "EROFS")
		any("PID 1's descriptors", "EACCES", "ENOENT")
		any("write /sys/fs/cgroup/forged", "ENOENT")
		for _, link := range []string{"root", "cwd"} {
			any("list /proc/1/"+link+"/", "EACCES")
		}
		any("list /sys/fs", "ENOENT")
		any("list /mnt", "ENOENT")
		any("kill the harness", "ESRCH")
		require.Equal(t, "2", o.said["processes"], "PID 1 and itself")
		require.Equal(t, "[0, 1, 2]", o.said["descriptors"])
		require.NotContains(t, o.said["environment"], "TOKEN")
		for _, set := range []string{"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"} {
			require.Equal(t, strings.Repeat("0", 16), o.said[set], set)
		}
		require.Equal(t, "1", o.said["NoNewPrivs"])
		require.Equal(t, "2", o.said["Seccomp"])
		require.Equal(t, "1000 1000 1000 1000", o.said["uid"])
		for _, call := range []string{"setuid", "seteuid", "setgid"} {
			any(call, "EPERM", "EINVAL")
		}
		any("set-uid program", "ALLOWED []")
		any("device", "EPERM")
		require.Equal(t, "['/']", o.said["cgroups"], "the cgroup namespace")
		for path, want := range map[string]string{"/": "nodev,nosuid,rw", "/proc": "nodev,noexec,nosuid,ro", "/usr": "nodev,nosuid,ro", "/dev": "nodev,noexec,nosuid,ro", o.root: "nodev,nosuid,rw"} {
			require.Equal(t, want, o.said["mount "+path], path)
		}
		require.Zero(t, o.exit.Code)
	})
}
