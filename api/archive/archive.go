// Package archive reads what somebody uploads as the files of a submission.
package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/wiregrade/wiregrade/grader/store"
)

// Unpack reads a tar, tar.gz or zip as the files of a submission. Nothing
// touches the disk: files are kept in memory up to the limits, and what is not a file,
// folder or symbolic link is refused. Names are judged by Limits.Check.
func Unpack(data []byte, l store.Limits) ([]store.File, error) {
	b := &basket{limits: l}
	var err error
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		err = b.zip(data)
	case bytes.HasPrefix(data, []byte{0x1f, 0x8b}):
		var r io.Reader
		if r, err = gzip.NewReader(bytes.NewReader(data)); err == nil {
			// What unpacks to more than a submission may be is not read to its end.
			err = b.tar(&bounded{r: r, left: 2*l.Total + int64(l.Files)*1024})
		}
	default:
		err = b.tar(bytes.NewReader(data))
	}
	switch {
	case errors.Is(err, store.ErrInvalid) || errors.Is(err, store.ErrTooLarge):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: not a tar, tar.gz or zip that can be read", store.ErrInvalid)
	}
	return b.files, b.limits.Check(b.files)
}

// A basket collects files up to the limits.
type basket struct {
	limits store.Limits
	files  []store.File
	total  int64
}

func (b *basket) tar(r io.Reader) error {
	tr := tar.NewReader(r)
	for {
		h, err := tr.Next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		switch h.Typeflag {
		case tar.TypeDir, tar.TypeXGlobalHeader:
		case tar.TypeReg:
			mode := store.Regular
			if h.Mode&0o111 != 0 {
				mode = store.Executable
			}
			err = b.add(h.Name, mode, tr)
		case tar.TypeSymlink:
			err = b.add(h.Name, store.Link, strings.NewReader(h.Linkname))
		default:
			err = fmt.Errorf("%w: %s: neither a file nor a symbolic link", store.ErrInvalid, store.Quoted(h.Name))
		}
		if err != nil {
			return err
		}
	}
}

// entry begins an entry of a zip's directory.
var entry = []byte("PK\x01\x02")

func (b *basket) zip(data []byte) error {
	// The library reads the whole directory, each entry of which costs it several times its size. Folders, and a zip
	// inside this one, have entries as well.
	if bytes.Count(data, entry) > 4*b.limits.Files {
		return fmt.Errorf("%w: more than %d files", store.ErrTooLarge, b.limits.Files)
	}
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	for _, f := range zr.File {
		m := f.Mode()
		mode := store.Regular
		switch {
		case m.IsDir():
			continue
		case m&fs.ModeSymlink != 0:
			mode = store.Link
		case !m.IsRegular():
			return fmt.Errorf("%w: %s: neither a file nor a symbolic link", store.ErrInvalid, store.Quoted(f.Name))
		case m&0o111 != 0:
			mode = store.Executable
		}
		r, err := f.Open()
		if err != nil {
			return err
		}
		err = b.add(f.Name, mode, r)
		r.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *basket) add(name string, mode store.Mode, r io.Reader) error {
	name = strings.TrimPrefix(name, "./")
	// `tar c .` in a checkout brings its .git along; it is no part of the work.
	if name == ".git" || strings.HasPrefix(name, ".git/") || path.Base(name) == ".DS_Store" {
		return nil
	}
	if len(b.files) >= b.limits.Files {
		return fmt.Errorf("%w: more than %d files", store.ErrTooLarge, b.limits.Files)
	}
	room := min(b.limits.File, b.limits.Total-b.total)
	data, err := io.ReadAll(io.LimitReader(r, room+1))
	if err != nil {
		return err
	}
	if int64(len(data)) > room {
		return fmt.Errorf("%w: %s: at most %d bytes in a file and %d altogether", store.ErrTooLarge, store.Quoted(name), b.limits.File, b.limits.Total)
	}
	b.total += int64(len(data))
	b.files = append(b.files, store.File{Path: name, Mode: mode, Data: data})
	return nil
}

// bounded fails once more than left bytes were read.
type bounded struct {
	r    io.Reader
	left int64
}

// Read is for io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("%w: it unpacks to too much", store.ErrTooLarge)
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
