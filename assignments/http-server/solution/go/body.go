package main

import (
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
)

// body reads the content of one request and not a byte more. Reading begins with the 100 that a client may be
// waiting for.
type body struct {
	conn    *conn
	chunked bool
	left    int64 // of the content, or of the current chunk
	total   int64 // of the chunks up to now
	expect  bool  // the client sent Expect: 100-continue
	begun   bool
	done    bool
	err     error // stays: behind a broken chunk nothing can be read
}

// drain reads the body of a request that needs none, and says what is wrong with it.
func (b *body) drain() *refusal {
	_, err := io.Copy(io.Discard, b)
	return asRefusal(err)
}

func (b *body) Read(p []byte) (n int, err error) {
	if b.done {
		return 0, io.EOF
	}
	if b.err == nil {
		n, b.err = b.read(p)
	}
	return n, b.err
}

func (b *body) read(p []byte) (int, error) {
	if !b.begun {
		b.begun = true
		if b.expect && b.conn.in.Buffered() == 0 {
			if _, err := io.WriteString(b.conn, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
				return 0, err
			}
		}
	}
	if b.chunked && b.left == 0 {
		if err := b.nextChunk(); err != nil {
			return 0, early(err)
		}
		if b.done {
			return 0, nil
		}
	}
	n, err := b.conn.in.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if err != nil {
		return n, early(err)
	}
	if b.left == 0 && b.chunked {
		return n, b.endChunk()
	}
	b.done = b.left == 0
	return n, nil
}

// nextChunk reads the line before a chunk; after the last chunk also the trailer section, which is dropped.
func (b *body) nextChunk() error {
	line, err := readLine(b.conn.in, 400)
	if err != nil {
		return err
	}
	digits, _, extended := strings.Cut(line, ";")
	if extended {
		digits = strings.TrimRight(digits, " \t")
	}
	if digits == "" || strings.Trim(digits, "0123456789abcdefABCDEF") != "" {
		return bad("malformed chunk size")
	}
	size, err := strconv.ParseInt(digits, 16, 64)
	if b.total += size; err != nil || size > maxBody || b.total > maxBody {
		return &refusal{413, "body too large"}
	}
	b.left = size
	if size == 0 {
		_, err = readFields(b.conn.in)
		b.done = err == nil
	}
	return err
}

// endChunk reads the CRLF behind the data of a chunk.
func (b *body) endChunk() error {
	line, err := readLine(b.conn.in, 400)
	if err == nil && line != "" {
		err = bad("chunk longer than its size")
	}
	return early(err)
}

// early makes an error that the client is told of the end of the stream inside a body, and of its silence. io.EOF would
// say that the body is whole.
func early(err error) error {
	switch {
	case err == io.EOF:
		return bad("the body ends early")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &refusal{408, "the body does not go on"}
	}
	return err
}
