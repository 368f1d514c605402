//go:build amd64 || arm64

package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/bits"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Every harness that runs as root takes a block of user numbers for itself:
// above those that systemd and useradd hand out, where the machine has them;
// in a container with fewer, above those of people.
const (
	firstUser  = 1879048192
	blockUsers = 4096
	blockCount = 1024
	lowUser    = 16384
)

// sharing decides which user a submission is, and gives it access to the
// folders of the harness.
//
// A harness that is root has a slot, a user number of its own, for every
// submission that runs. Root of a user namespace with few numbers, and root without the
// capabilities to map users, has none and is like an ordinary user. An ordinary user's submissions are that user outside, although not inside: with
// another number they could leave files in the assignment's folder which the
// harness can neither read nor remove.
type sharing struct {
	first int      // number of slot 0; 0 without slots
	block *os.File // holds a lock on the block while we live

	mu   sync.Mutex
	free []int
	next int
	open map[string]bool // folders that everybody may read already
}

func newSharing() (*sharing, error) {
	s := &sharing{next: 1, open: map[string]bool{}}
	if os.Getuid() != 0 || !mayMapUsers() {
		return s, nil
	}
	users, groups := idMap("/proc/self/uid_map"), idMap("/proc/self/gid_map")
	var blocks []int
	for i := range blockCount {
		blocks = append(blocks, firstUser+i*blockUsers)
	}
	for first := lowUser; first+blockUsers < 65534; first += blockUsers {
		blocks = append(blocks, first)
	}
	var there bool
	var dir string
	for _, first := range blocks {
		if !users.has(first, blockUsers) || !groups.has(first, blockUsers) {
			continue
		}
		if !there {
			var err error
			if dir, err = lockDir(); err != nil {
				return nil, err
			}
			there = true
		}
		f, err := os.OpenFile(filepath.Join(dir, strconv.Itoa(first)), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
		if err != nil {
			return nil, failed("claim a block of user numbers in "+dir, errnoOf(err))
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			s.block, s.first = f, first
			return s, nil
		}
		f.Close()
	}
	if there {
		return nil, errors.New("all user numbers for sandboxes are taken")
	}
	return s, nil // root of a user namespace that has too few
}

// lockDir is the folder in which blocks of user numbers are claimed. Nobody
// but root may write there, so nobody else can claim them all.
func lockDir() (string, error) {
	var first error
	// Root of a user namespace may not write the first two.
	own := fmt.Sprintf("wiregrade-users-%d", inodeOf("/proc/self/ns/user"))
	for _, dir := range []string{"/run/wiregrade-users", "/var/lib/wiregrade-users", filepath.Join(os.TempDir(), own)} {
		err := os.Mkdir(dir, 0o700)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			first = errors.Join(first, err)
			continue
		}
		info, err := os.Lstat(dir)
		if err != nil {
			return "", err
		}
		if st, ok := info.Sys().(*syscall.Stat_t); !ok || !info.IsDir() || int(st.Uid) != os.Getuid() || info.Mode().Perm()&0o022 != 0 {
			first = errors.Join(first, fmt.Errorf("%s is not root's alone", dir))
			continue
		}
		return dir, nil
	}
	return "", fmt.Errorf("claim a block of user numbers: %w", first)
}

// mayMapUsers says whether we may give a user namespace more than one user.
func mayMapUsers() bool {
	status, err := os.ReadFile("/proc/self/status")
	_, rest, ok := bytes.Cut(status, []byte("\nCapEff:\t"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	caps, perr := strconv.ParseUint(string(line), 16, 64)
	const need = 1<<unix.CAP_SETUID | 1<<unix.CAP_SETGID | 1<<unix.CAP_CHOWN | 1<<unix.CAP_DAC_OVERRIDE | 1<<unix.CAP_FOWNER
	return err == nil && ok && perr == nil && bits.OnesCount64(caps&need) == bits.OnesCount64(need)
}

// idRanges are the numbers that exist in our user namespace: first, count.
type idRanges [][2]int

func idMap(path string) (r idRanges) {
	text, _ := os.ReadFile(path)
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) != 3 {
			continue
		}
		first, err := strconv.Atoi(f[0])
		count, cerr := strconv.Atoi(f[2])
		if err == nil && cerr == nil {
			r = append(r, [2]int{first, count})
		}
	}
	return r
}

// has says whether one range has all the numbers of a block.
func (r idRanges) has(first, count int) bool {
	for _, x := range r {
		if x[0] <= first && first+count <= x[0]+x[1] {
			return true
		}
	}
	return false
}

func (s *sharing) close() {
	if s.block != nil {
		s.block.Close()
	}
}

// users is the user or group map of the keeper: it is root in its own user
// namespace and the caller outside, and has the slots.
func (s *sharing) users(own int) []syscall.SysProcIDMap {
	m := []syscall.SysProcIDMap{{ContainerID: 0, HostID: own, Size: 1}}
	if s.first > 0 {
		m = append(m, syscall.SysProcIDMap{ContainerID: 1, HostID: s.first + 1, Size: blockUsers - 1})
	}
	return m
}

// prepare finds a slot for a command and lets that user at its folders, which
// the harness finds at where.
func (s *sharing) prepare(l *launch, where func(dir string) string) (err error) {
	if s.first == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.free); n > 0 {
		l.Slot, s.free = s.free[n-1], s.free[:n-1]
	} else if s.next < blockUsers {
		l.Slot = s.next
		s.next++
	} else {
		return errors.New("no user number is left for another process")
	}
	for _, dir := range l.Writable {
		err = errors.Join(err, giveAway(where(dir), s.first+l.Slot))
		delete(s.open, dir)
	}
	for _, dir := range l.Readable {
		if !s.open[dir] {
			err = errors.Join(err, openToAll(dir))
			s.open[dir] = true
		}
	}
	return err
}

func (s *sharing) release(slot int) {
	if slot == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, slot)
}
