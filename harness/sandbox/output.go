package sandbox

import (
	"io"
	"sync"
	"sync/atomic"
)

// output keeps what a process prints: the beginning, or the tail.
type output struct {
	mu   sync.Mutex
	tail bool
	max  int
	data []byte
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.tail {
		o.data = append(o.data, p[:min(len(p), o.max-len(o.data))]...)
		return len(p), nil
	}
	o.data = append(o.data, p[max(0, len(p)-o.max):]...)
	if extra := len(o.data) - o.max; extra > 0 {
		o.data = append(o.data[:0], o.data[extra:]...)
	}
	return len(p), nil
}

func (o *output) bytes() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]byte(nil), o.data...)
}

// budget counts the bytes of both streams and calls over once when they exceed what is allowed.
type budget struct {
	left atomic.Int64
	once sync.Once
	over func()
}

func (b *budget) copy(dst io.Writer, src io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		n, err := src.Read(buf)
		dst.Write(buf[:n])
		if b.left.Add(-int64(n)) < 0 {
			b.once.Do(b.over)
		}
		if err != nil {
			return
		}
	}
}

const (
	keepStdout = 1 << 20
	keepStderr = 8 << 10
	maxOutput  = 16 << 20
)
