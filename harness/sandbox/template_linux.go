//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The keeper builds once, in its own mount namespace, what every sandbox sees
// of the machine. It covers /sys, which the keeper has no other use for.
const (
	base       = "/sys"
	baseShown  = base + "/shown" // mirrors the paths of the machine
	baseDev    = base + "/dev"
	baseRoot   = base + "/root" // where a sandbox mounts its own root
	baseVolume = base + "/volume"
	baseDetail = "size=4m,nr_inodes=4096,mode=0755"
)

// A template is what a sandbox's root is put together from.
type template struct {
	links  map[string]string // top-level symbolic links: /bin to usr/bin
	tops   []string          // names in baseShown
	mounts []string          // paths in baseShown that are mounts of their own
}

// etc are the files that are written instead of shown: the machine's own name its users and hosts.
var etc = map[string]string{
	"passwd":        "root:x:0:0:root:/:/bin/false\nsubmission:x:1000:1000:submission:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
	"group":         "root:x:0:\nsubmission:x:1000:\nnogroup:x:65534:\n",
	"hosts":         "127.0.0.1 localhost sandbox\n::1 localhost\n",
	"hostname":      "sandbox\n",
	"nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n",
	"resolv.conf":   "nameserver 127.0.0.1\n",
	markName:        "This is a sandbox of Wiregrade.\n",
}

// markName is the file in /etc by which a program can tell that it is in a
// sandbox. Nothing in there can take it away: /etc is read-only.
const markName = "wiregrade-sandbox"

func newTemplate(p *policy, toolchains, hidden []string) (*template, error) {
	t := &template{links: map[string]string{}}
	if err := unix.Mount("tmpfs", base, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, baseDetail); err != nil {
		return nil, failed("mount a tmpfs for the template", err)
	}
	for _, dir := range []string{baseShown, baseDev, baseRoot, baseVolume, baseShown + "/etc"} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return nil, failed("make the template's folders", errnoOf(err))
		}
	}
	for name, text := range etc {
		if err := os.WriteFile(filepath.Join(baseShown, "etc", name), []byte(text), 0o644); err != nil {
			return nil, failed("write the template's /etc", errnoOf(err))
		}
	}
	for _, path := range append(slices.Clone(p.show), toolchains...) {
		if err := t.show(path); err != nil {
			return nil, err
		}
	}
	if err := t.cover(hidden); err != nil {
		return nil, err
	}
	if err := bind(baseShown, baseShown); err != nil {
		return nil, failed("bind the template", err)
	}
	if err := setAttributes(baseShown, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV); err != nil {
		return nil, failed("make the template read-only", err)
	}
	entries, err := os.ReadDir(baseShown)
	if err != nil {
		return nil, failed("read the template", errnoOf(err))
	}
	for _, e := range entries {
		t.tops = append(t.tops, e.Name())
	}
	return t, t.devices(p.devices)
}

// show binds one path of the machine into the template; what is not there, or
// there already as part of another, is passed over.
func (t *template) show(path string) error {
	path = filepath.Clean(path)
	info, err := os.Lstat(path)
	if err != nil {
		return nil
	}
	if info.Mode()&fs.ModeSymlink != 0 && filepath.Dir(path) == "/" {
		target, err := os.Readlink(path)
		t.links[path[1:]] = target
		return failed("read the link "+path, errnoOf(err))
	}
	if slices.ContainsFunc(t.mounts, func(m string) bool { return strings.HasPrefix(path+"/", m+"/") }) {
		return nil
	}
	if info, err = os.Stat(path); err != nil {
		return nil
	}
	if top, _, _ := strings.Cut(path[1:], "/"); t.links[top] != "" {
		return nil // its target is shown
	}
	at := filepath.Join(baseShown, path)
	if err := makePoint(at, info.IsDir()); err != nil {
		return failed("make "+at, errnoOf(err))
	}
	t.mounts = append(t.mounts, path)
	return failed("bind "+path, bind(path, at))
}

// cover puts an empty file in the place of those that are not to be seen.
func (t *template) cover(hidden []string) error {
	empty := filepath.Join(base, "empty")
	if err := os.WriteFile(empty, nil, 0o444); err != nil {
		return failed("make an empty file", errnoOf(err))
	}
	for _, path := range hidden {
		at := filepath.Join(baseShown, path)
		if info, err := os.Lstat(at); err != nil || !info.Mode().IsRegular() {
			continue // not shown
		}
		if err := bind(empty, at); err != nil {
			return failed("cover "+path, err)
		}
	}
	return nil
}

func makePoint(at string, dir bool) error {
	if dir {
		return os.MkdirAll(at, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(at, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}

// devices makes the sandbox's /dev.
func (t *template) devices(names []string) error {
	for _, name := range names {
		if err := makePoint(filepath.Join(baseDev, name), false); err != nil {
			return failed("make /dev/"+name, errnoOf(err))
		}
		if err := bind("/dev/"+name, filepath.Join(baseDev, name)); err != nil {
			return failed("bind /dev/"+name, err)
		}
	}
	for name, target := range map[string]string{
		"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2", "shm": "/run/shm",
	} {
		if err := os.Symlink(target, filepath.Join(baseDev, name)); err != nil {
			return failed("make /dev/"+name, errnoOf(err))
		}
	}
	if err := bind(baseDev, baseDev); err != nil {
		return failed("bind the template's /dev", err)
	}
	return failed("make /dev read-only", setAttributes(baseDev, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NOEXEC))
}

func bind(from, to string) error { return unix.Mount(from, to, "", unix.MS_BIND|unix.MS_REC, "") }

// setAttributes adds attributes to a mount and all mounts below it.
func setAttributes(path string, set uint64) error {
	return unix.MountSetattr(unix.AT_FDCWD, path, unix.AT_RECURSIVE, &unix.MountAttr{Attr_set: set})
}

var sizeofMountAttr = unsafe.Sizeof(unix.MountAttr{})

// errnoOf is the system's error inside err.
func errnoOf(err error) error {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}
