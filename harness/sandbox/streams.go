//go:build unix

package sandbox

import (
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// streams are the standard streams of a process of the operating system.
type streams struct {
	stdout, stderr output

	source  io.Reader // of standard input, may be nil
	in      *os.File  // our ends; in is nil without a source
	outs    [2]*os.File
	theirs  [3]*os.File // the process's ends
	bytes   budget
	allowed int64
	flooded atomic.Bool
	copies  sync.WaitGroup
}

// drain is how long output may still come after the process has ended: what
// it wrote is in the pipe already, so this only bounds a child that left the
// group and holds the pipe open.
const drain = 500 * time.Millisecond

// openStreams makes the pipes. kill is called once when the process writes more than it may.
func openStreams(c Command, kill func()) (*streams, error) {
	s := &streams{
		stdout: output{max: keepStdout},
		stderr: output{max: keepStderr, tail: true},
		source: c.Stdin, allowed: maxOutput,
	}
	if c.MaxOutput > 0 {
		s.allowed = c.MaxOutput
	}
	s.bytes.left.Store(s.allowed)
	s.bytes.over = func() { s.flooded.Store(true); kill() }
	var err error
	if c.Stdin != nil {
		s.theirs[0], s.in, err = os.Pipe()
	} else {
		s.theirs[0], err = os.Open(os.DevNull)
	}
	for i := range s.outs {
		if err == nil {
			s.outs[i], s.theirs[i+1], err = os.Pipe()
		}
	}
	if err != nil {
		s.abandon()
		return nil, err
	}
	return s, nil
}

// started lets go of the process's ends and copies until they are all closed.
func (s *streams) started() {
	closeFiles(s.theirs[:])
	if s.in != nil {
		go func() {
			io.Copy(s.in, s.source) // a program that does not read its input is no fault
			s.in.Close()
		}()
	}
	s.copies.Go(func() { s.bytes.copy(&s.stdout, s.outs[0]) })
	s.copies.Go(func() { s.bytes.copy(&s.stderr, s.outs[1]) })
}

// abandon closes everything when no process was started.
func (s *streams) abandon() { closeFiles(append(append(s.theirs[:], s.outs[:]...), s.in)) }

// finish waits for the last output of a process that has ended.
func (s *streams) finish() {
	late := time.AfterFunc(drain, func() {
		for _, f := range s.outs {
			f.SetReadDeadline(time.Now())
		}
	})
	s.copies.Wait()
	late.Stop()
	closeFiles(s.outs[:])
	if s.in != nil {
		s.in.SetWriteDeadline(time.Now())
	}
}

// closeSource lets go of standard input's source.
func (s *streams) closeSource() {
	if r, ok := s.source.(io.Closer); ok {
		r.Close()
	}
}

// written is how many bytes the process has put out.
func (s *streams) written() int64 { return s.allowed - s.bytes.left.Load() }

func closeFiles(files []*os.File) error {
	var err error
	for _, f := range files {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}
