package main

import (
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
)

// An output is where the program writes, and what went wrong with it. Most of
// what is printed has nobody who looks at its error; the program looks once, at its end.
type output struct {
	*os.File

	mu  sync.Mutex
	err error
}

// Write is for io.Writer.
func (o *output) Write(p []byte) (int, error) {
	n, err := o.File.Write(p)
	o.note(err)
	return n, err
}

// WriteString is for io.StringWriter; the file's own would pass by unseen.
func (o *output) WriteString(s string) (int, error) { return o.Write([]byte(s)) }

// ReadFrom is for io.ReaderFrom, likewise.
func (o *output) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.Copy(o.File, r)
	o.note(err)
	return n, err
}

func (o *output) note(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.err = err
	}
}

// fault is what ends the program when something could not be written, else nil.
func (o *output) fault() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		return nil
	}
	why := o.err.Error()
	var errno syscall.Errno
	if errors.As(o.err, &errno) {
		why = errno.Error()
	}
	return &exitError{exitFault, "cannot write the output: " + why, ""}
}
