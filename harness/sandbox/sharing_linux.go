//go:build amd64 || arm64

package sandbox

import (
	"syscall"
)

// sharing gives the users of sandboxes access to the folders of the harness.
type sharing struct {
	slots bool // whether each running submission is a user of its own
}

// users is the user or group map of the keeper: it is root in its own user
// namespace, and nobody but the caller outside.
func (s *sharing) users(own int) []syscall.SysProcIDMap {
	return []syscall.SysProcIDMap{{ContainerID: 0, HostID: own, Size: 1}}
}

func (s *sharing) prepare(Command) (slot int, err error) { return 0, nil }

func (s *sharing) release(int) {}
