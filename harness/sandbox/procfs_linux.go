package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// adoptOrphans makes processes whose parent ended children of this process,
// so that a daemon cannot leave our sight by forking twice.
var adoptOrphans = sync.OnceFunc(func() { unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) })

// orphans lists the processes that left their group and were handed to us:
// those whose environment bears token. It is asked once the sandbox's own
// processes have ended, since they bear it too. A process that also wiped its
// environment, or made it unreadable (PR_SET_DUMPABLE), is beyond what plain loopback can find: a
// child that was handed to us may be a daemon of something else that this program started, such as git, and is not
// ended on a suspicion.
func orphans(token string) []int {
	var found []int
	for _, pid := range children() {
		environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err == nil && bytes.Contains(environ, []byte(token)) {
			found = append(found, pid)
		}
	}
	return found
}

// killOrphans ends what orphans finds, and what that leaves behind.
func killOrphans(token string) error {
	// Each round ends one generation: the children of what it killed are handed to us next.
	for range 100 {
		found := orphans(token)
		if len(found) == 0 {
			return nil
		}
		for _, pid := range found {
			syscall.Kill(pid, syscall.SIGKILL)
			syscall.Wait4(pid, nil, 0, nil)
		}
	}
	return errors.New("a process of the submission keeps starting new ones")
}

// reapGroup collects the dead of a group whose leader has ended, so that no
// zombie stays with us. Live members are on their way out by SIGKILL.
func reapGroup(pgid int) {
	for {
		pid, err := syscall.Wait4(-pgid, nil, 0, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
	}
}

func children() []int { return childrenOf("self") }

// descendants lists a process and the processes below it.
func descendants(pid int) []int {
	all := []int{pid}
	for i := 0; i < len(all) && i < 1000; i++ {
		all = append(all, childrenOf(strconv.Itoa(all[i]))...)
	}
	return all
}

// socketsOf is the set of inodes of the sockets that the processes hold.
func socketsOf(pids []int) map[uint32]bool {
	inodes := map[uint32]bool{}
	for _, pid := range pids {
		dir := fmt.Sprintf("/proc/%d/fd", pid)
		files, _ := os.ReadDir(dir)
		for _, f := range files {
			link, err := os.Readlink(filepath.Join(dir, f.Name()))
			number, isSocket := strings.CutPrefix(link, "socket:[")
			if err != nil || !isSocket {
				continue
			}
			inode, _ := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 32)
			inodes[uint32(inode)] = true
		}
	}
	return inodes
}

func childrenOf(pid string) []int {
	tasks, _ := filepath.Glob("/proc/" + pid + "/task/*/children")
	var pids []int
	for _, task := range tasks {
		list, err := os.ReadFile(task)
		if err != nil {
			continue
		}
		for _, f := range strings.Fields(string(list)) {
			if pid, err := strconv.Atoi(f); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// groupProcesses lists the processes of a process group.
func groupProcesses(pgid int) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if s, ok := readStat(pid); ok && s.pgrp == pgid {
			pids = append(pids, pid)
		}
	}
	return pids
}

// A procStat is what we need of /proc/PID/stat.
type procStat struct {
	state byte
	pgrp  int
	cpu   int64 // user and system time in clock ticks
}

func readStat(pid int) (procStat, bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return procStat{}, false
	}
	// The command's name may hold spaces and brackets: fields count from the last one.
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(f) < 13 {
		return procStat{}, false
	}
	pgrp, _ := strconv.Atoi(f[2])
	utime, _ := strconv.ParseInt(f[11], 10, 64)
	stime, _ := strconv.ParseInt(f[12], 10, 64)
	return procStat{f[0][0], pgrp, utime + stime}, true
}

// queued adds up the time that the threads of processes sat in the run queue.
func queued(pids []int) time.Duration {
	var sum time.Duration
	for _, pid := range pids {
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		for _, t := range threads {
			b, err := os.ReadFile(t)
			if err != nil {
				continue
			}
			if f := strings.Fields(string(b)); len(f) >= 2 {
				ns, _ := strconv.ParseInt(f[1], 10, 64)
				sum += time.Duration(ns)
			}
		}
	}
	return sum
}

// work says how much processor time processes have used, in clock ticks, and
// whether any of them runs or waits for a disk right now.
func work(pids []int) (ticks int64, busy bool) {
	for _, pid := range pids {
		if s, ok := readStat(pid); ok {
			ticks += s.cpu
			busy = busy || s.state == 'R' || s.state == 'D'
		}
	}
	return ticks, busy
}
