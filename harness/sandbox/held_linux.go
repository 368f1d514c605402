//go:build amd64 || arm64

package sandbox

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// held is what the processes of a sandbox have that no folder shows.
type held struct {
	living  []int                     // of each process one thread that has its memory: the first may have ended
	files   map[[2]uint64]unix.Stat_t // open without a name: unlinked, or of memfd_create
	mapped  map[[2]uint64]bool        // on a disk, without a name, mapped and no longer open; only root may ask for their size
	pipes   map[uint64]bool           // by inode
	unknown bool                      // a process does not let itself be looked into
}

// holdings finds out what processes hold; what is mapped is looked for where disk says so. None of the processes may be ours.
func holdings(pids []int, disk bool) held {
	h := held{files: map[[2]uint64]unix.Stat_t{}, mapped: map[[2]uint64]bool{}, pipes: map[uint64]bool{}}
	for _, pid := range pids {
		threads := threadsOf(pid)
		i := slices.IndexFunc(threads, func(tid int) bool { return hasMemory(pid, tid) })
		if i < 0 {
			continue // it has ended
		}
		first := threads[i]
		h.living = append(h.living, first)
		for _, tid := range threads {
			// A thread may have descriptors of its own; most have not.
			if tid == first || !same(first, tid, kcmpFiles) {
				h.open(pid, tid)
			}
		}
	}
	if disk {
		for _, tid := range h.living {
			h.maps(tid)
		}
		for file := range h.files {
			delete(h.mapped, file)
		}
	}
	return h
}

// threadsOf are the threads of a process, the first one first.
func threadsOf(pid int) (tids []int) {
	entries, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	for _, e := range entries {
		if tid, err := strconv.Atoi(e.Name()); err == nil {
			tids = append(tids, tid)
		}
	}
	return tids
}

func hasMemory(pid, tid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/status", pid, tid))
	return err == nil && bytes.Contains(status, []byte("\nVmRSS:"))
}

// open adds what a thread holds by descriptors. Those of a program that nobody may read (mode 0111) are not shown.
func (h *held) open(pid, tid int) {
	dir := fmt.Sprintf("/proc/%d/task/%d/fd/", pid, tid)
	files, err := os.ReadDir(dir)
	denied := os.IsPermission(err)
	for _, f := range files {
		var st unix.Stat_t
		if err := unix.Stat(dir+f.Name(), &st); err != nil {
			denied = denied || err == unix.EACCES || err == unix.EPERM
			continue
		}
		switch kind := st.Mode & unix.S_IFMT; {
		case kind == unix.S_IFREG && st.Nlink == 0:
			h.files[[2]uint64{st.Dev, st.Ino}] = st
		case kind == unix.S_IFIFO:
			h.pipes[st.Ino] = true
		}
	}
	// What has ended meanwhile is not shown either.
	if denied && hasMemory(pid, tid) {
		h.unknown = true
	}
}

// maps adds the files on a disk that are mapped and have no name any more.
func (h *held) maps(tid int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", tid))
	if err != nil {
		h.unknown = h.unknown || os.IsPermission(err) && hasMemory(tid, tid)
		return
	}
	var root unix.Stat_t // on which /tmp and /dev/shm are
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) < 7 || f[len(f)-1] != "(deleted)" {
			continue
		}
		var major, minor uint32
		ino, err := strconv.ParseUint(f[4], 10, 64)
		if _, scan := fmt.Sscanf(f[3], "%x:%x", &major, &minor); scan != nil || err != nil {
			continue
		}
		if root.Ino == 0 && unix.Stat(fmt.Sprintf("/proc/%d/root/", tid), &root) != nil {
			root.Dev = memoryDevice()
		}
		dev := unix.Mkdev(major, minor)
		if dev == memoryDevice() || dev == root.Dev {
			continue
		}
		var st unix.Stat_t
		switch err := unix.Stat(fmt.Sprintf("/proc/%d/map_files/%s", tid, f[0]), &st); {
		case err == nil && st.Nlink == 0 && st.Mode&unix.S_IFMT == unix.S_IFREG:
			h.files[[2]uint64{st.Dev, st.Ino}] = st
		case err == unix.EPERM || err == unix.EACCES:
			h.mapped[[2]uint64{dev, ino}] = true
		}
	}
}

// memoryDevice is that of the file system on which the kernel keeps memfd files and shared memory.
var memoryDevice = sync.OnceValue(func() uint64 {
	fd, err := unix.MemfdCreate("", unix.MFD_CLOEXEC)
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return 0
	}
	return st.Dev
})

// What kcmp compares.
const (
	kcmpMemory = 1
	kcmpFiles  = 2
)

// compare orders two threads by where the kernel keeps what they have of a kind: 0 is the same. Where that may
// not be asked, by number.
func compare(a, b, kind int) int {
	order, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(a), uintptr(b), uintptr(kind), 0, 0, 0)
	switch {
	case errno != 0 || order == 3:
		return a - b
	case order == 1:
		return -1
	case order == 2:
		return 1
	}
	return 0
}

func same(a, b, kind int) bool { return compare(a, b, kind) == 0 }

// distinct leaves one of those threads that have the same memory: after vfork a program's child has its parent's.
func distinct(tids []int) []int {
	order := func(a, b int) int { return compare(a, b, kcmpMemory) }
	tids = slices.SortedFunc(slices.Values(tids), order)
	return slices.CompactFunc(tids, func(a, b int) bool { return same(a, b, kcmpMemory) })
}
