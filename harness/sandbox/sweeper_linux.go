//go:build amd64 || arm64

package sandbox

import (
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// sweeperName is argv[0] of the program when it waits for the end of a
// harness, to remove what that leaves behind should it be killed.
const sweeperName = "wiregrade-sweeper"

// A sweeper is that process. It sees the end of the pipe on its standard
// input when the harness ends, however that comes about.
type sweeper struct {
	cmd  *exec.Cmd
	pipe *os.File
}

func startSweeper(tmp string, cgroups []string) (*sweeper, error) {
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, failed("make a pipe", errnoOf(err))
	}
	defer theirs.Close()
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = append([]string{sweeperName, tmp}, cgroups...)
	cmd.Env, cmd.Dir, cmd.Stdin = []string{"GOMAXPROCS=1"}, "/", theirs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // it outlives an interrupt at the terminal
	if err := cmd.Start(); err != nil {
		ours.Close()
		return nil, failed("start the sweeper", errnoOf(err))
	}
	return &sweeper{cmd, ours}, nil
}

// close tells the sweeper that there is nothing left to do.
func (s *sweeper) close() {
	if s == nil {
		return
	}
	s.pipe.Write([]byte{1})
	s.pipe.Close()
	s.cmd.Wait()
}

// sweepAfter is main of the sweeper. The kernel still ends the processes of a
// harness that was killed while this begins: their cgroups can be
// removed a moment later.
func sweepAfter(tmp string, cgroups []string) {
	if n, _ := io.ReadFull(os.Stdin, make([]byte, 1)); n == 1 {
		return
	}
	for range 500 {
		left := Sweep(tmp)
		for _, dir := range cgroups {
			left = sweepCgroups(dir) || left
		}
		if !left {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}
