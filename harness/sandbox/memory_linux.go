//go:build amd64 || arm64

package sandbox

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// weigh ends a process that uses more memory than is allowed, with all that it
// has started, where no cgroup does: it looks from time to time, so that for
// a moment it may have been more.
func (p *nsProcess) weigh(l limits) {
	tick := time.NewTicker(often)
	defer tick.Stop()
	for {
		select {
		case <-p.done:
			return
		case <-tick.C:
		}
		if used := memoryOf(p.processes(), l.Memory); used > l.Memory {
			p.mu.Lock()
			p.heavy = used
			p.mu.Unlock()
			p.signal()
			return
		}
	}
}

// memoryOf is the memory of processes together: what is shared counts once, and
// so do files without a name, which memfd_create keeps in memory. Where a first sum,
// in which it counts as often as it is shared, is not above enough, that will do.
func memoryOf(pids []int, enough int64) int64 {
	var files int64
	for _, st := range deleted(pids) {
		files += st.Blocks * 512
	}
	sum := files
	for _, pid := range pids {
		sum += field(pid, "status", "RssAnon:") + field(pid, "status", "RssShmem:")
	}
	if sum <= enough {
		return sum
	}
	// A mapped memfd counts twice here, and an honest one is far smaller than half.
	sum = files
	for _, pid := range pids {
		sum += field(pid, "smaps_rollup", "Pss_Anon:") + field(pid, "smaps_rollup", "Pss_Shmem:")
	}
	return sum
}

// field is a number of KiB in a file of /proc/PID, in bytes.
func field(pid int, file, name string) int64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(data, []byte("\n"+name))
	line, _, _ := bytes.Cut(rest, []byte("kB"))
	n, _ := strconv.ParseInt(string(bytes.TrimSpace(line)), 10, 64)
	return n << 10
}
