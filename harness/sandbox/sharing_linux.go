//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
)

// Every harness that runs as root takes a block of user numbers for itself,
// above those that systemd and useradd hand out.
const (
	firstUser  = 1879048192
	blockUsers = 4096
	blockCount = 1024
)

// sharing decides which user a submission is, and gives it access to the
// folders of the harness.
//
// A harness that is root has a slot, a user number of its own, for every
// submission that runs. An ordinary user's submissions are that user outside, although not inside: with
// another number they could leave files in the assignment's folder which the
// harness can neither read nor remove.
type sharing struct {
	first int          // number of slot 0; 0 without slots
	block net.Listener // holds the block while we live

	mu   sync.Mutex
	free []int
	next int
	open map[string]bool // folders that everybody may read already
}

func newSharing() (*sharing, error) {
	s := &sharing{next: 1, open: map[string]bool{}}
	if os.Getuid() != 0 {
		return s, nil
	}
	for i := range blockCount {
		ln, err := net.Listen("unix", fmt.Sprintf("@wiregrade-users-%d", i))
		if err == nil {
			s.block, s.first = ln, firstUser+i*blockUsers
			return s, nil
		}
	}
	return nil, errors.New("all user numbers for sandboxes are taken")
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

// prepare finds a slot for a command and lets that user at its folders.
func (s *sharing) prepare(l *launch) (err error) {
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
		err = errors.Join(err, giveAway(dir, s.first+l.Slot))
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
