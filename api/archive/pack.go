package archive

import (
	"archive/tar"
	"compress/gzip"
	"fmt"
	"io"
	"time"

	"github.com/wiregrade/wiregrade/grader/store"
)

// Pack writes the files as a tar.gz that Unpack reads. Equal files give equal bytes.
func Pack(w io.Writer, files []store.File, at time.Time) error {
	gz := gzip.NewWriter(w)
	tw := tar.NewWriter(gz)
	for _, f := range files {
		h := &tar.Header{Name: f.Path, Mode: 0o644, Size: int64(len(f.Data)), ModTime: at.Truncate(time.Second), Typeflag: tar.TypeReg}
		switch f.Mode {
		case store.Executable:
			h.Mode = 0o755
		case store.Link:
			h.Mode, h.Size, h.Typeflag, h.Linkname = 0o777, 0, tar.TypeSymlink, string(f.Data)
		}
		if err := tw.WriteHeader(h); err != nil {
			return fmt.Errorf("pack %s: %w", store.Quoted(f.Path), err)
		}
		if h.Size == 0 {
			continue
		}
		if _, err := tw.Write(f.Data); err != nil {
			return fmt.Errorf("pack %s: %w", store.Quoted(f.Path), err)
		}
	}
	if err := tw.Close(); err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	if err := gz.Close(); err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	return nil
}
