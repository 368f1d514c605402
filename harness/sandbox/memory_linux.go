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
	var hidden looks
	for {
		select {
		case <-p.done:
			return
		case <-tick.C:
		}
		h := holdings(p.others(), false)
		hidden = hidden.next(h)
		used := memoryOf(h, l.Memory)
		if hidden.long() {
			used = max(used, l.Memory+1)
		}
		if used > l.Memory {
			p.mu.Lock()
			p.heavy = used
			p.mu.Unlock()
			p.signal()
			return
		}
	}
}

// looks counts how often in succession a process did not let itself be looked into: once may be while it
// executes another program.
type looks int

func (n looks) next(h held) looks {
	if !h.unknown {
		return 0
	}
	return n + 1
}

func (n looks) long() bool { return n >= 3 }

// pipeSize is what a pipe holds once a user has many: the kernel gives the first ones more, 64 MiB in all.
const pipeSize = 8 << 10

// memoryOf is the memory of processes together: what is shared counts once, and
// so do page tables, pipes, and files without a name, which memfd_create keeps in memory. Where a first sum,
// in which it counts as often as it is shared, is not above enough, that will do.
func memoryOf(h held, enough int64) int64 {
	files := int64(len(h.pipes)) * pipeSize
	for _, st := range h.files {
		files += st.Blocks * 512
	}
	sum := files
	for _, tid := range h.living {
		sum += fields(tid, "status", "RssAnon:", "RssShmem:", "VmPTE:")
	}
	if sum <= enough {
		return sum
	}
	sum = files
	living := distinct(h.living)
	for _, tid := range living {
		sum += fields(tid, "status", "VmPTE:")
	}
	// A mapped memfd counts twice here, and an honest one is far smaller than half.
	for i := 0; i < len(living) && sum <= enough; i++ {
		sum += fields(living[i], "smaps_rollup", "Pss_Anon:", "Pss_Shmem:")
	}
	return sum
}

// fields adds up numbers of KiB in a file of /proc/TID, in bytes.
func fields(tid int, file string, names ...string) (sum int64) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", tid, file))
	if err != nil {
		return 0
	}
	for _, name := range names {
		_, rest, _ := bytes.Cut(data, []byte("\n"+name))
		line, _, _ := bytes.Cut(rest, []byte("kB"))
		n, _ := strconv.ParseInt(string(bytes.TrimSpace(line)), 10, 64)
		sum += n << 10
	}
	return sum
}
