package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader/store"
)

func pack(write func(*tar.Writer)) []byte {
	var out bytes.Buffer
	gz := gzip.NewWriter(&out)
	w := tar.NewWriter(gz)
	write(w)
	w.Close()
	gz.Close()
	return out.Bytes()
}

// TestBombs unpacks what grows: beyond the limits nothing is read, let alone kept.
func TestBombs(t *testing.T) {
	t.Parallel()
	limits := store.Limits{Files: 10, File: 1 << 10, Total: 4 << 10, Path: 100}
	file := func(w *tar.Writer, name string, size int64) {
		w.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o644})
		io.CopyN(w, zeros{}, size)
	}
	for name, bomb := range map[string][]byte{
		"one file": pack(func(w *tar.Writer) { file(w, "a", 2<<10) }),
		"many files": pack(func(w *tar.Writer) {
			for i := range 20 {
				file(w, fmt.Sprint(i), 1)
			}
		}),
		"together": pack(func(w *tar.Writer) {
			for i := range 9 {
				file(w, fmt.Sprint(i), 1000)
			}
		}),
		// What is left out must be read to be passed over.
		"in what is left out": pack(func(w *tar.Writer) { file(w, ".git/objects", 1<<20) }),
	} {
		_, err := Unpack(bomb, limits)
		require.ErrorIs(t, err, store.ErrTooLarge, name)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.Create("zeros")
	require.NoError(t, err)
	io.CopyN(w, zeros{}, 1<<20)
	require.NoError(t, z.Close())
	_, err = Unpack(out.Bytes(), limits)
	require.ErrorIs(t, err, store.ErrTooLarge)
}

// FuzzUnpack: whatever is sent, what comes out is within the limits.
func FuzzUnpack(f *testing.F) {
	f.Add(pack(func(w *tar.Writer) {
		w.WriteHeader(&tar.Header{Name: "a/b", Mode: 0o755})
		w.WriteHeader(&tar.Header{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "/"})
	}))
	f.Add([]byte("PK\x03\x04"))
	limits := store.Limits{Files: 10, File: 1 << 10, Total: 4 << 10, Path: 100}
	f.Fuzz(func(t *testing.T, data []byte) {
		files, err := Unpack(data, limits)
		if err == nil {
			require.NoError(t, limits.Check(files))
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestPack(t *testing.T) {
	t.Parallel()
	files := []store.File{
		{Path: "empty", Mode: store.Regular, Data: []byte{}},
		{Path: strings.Repeat("long/", 60) + "ä", Mode: store.Regular, Data: []byte("x")},
		{Path: "run", Mode: store.Executable, Data: []byte("#!/bin/sh\n")},
		{Path: "sub/link", Mode: store.Link, Data: []byte("../run")},
	}
	var once, twice bytes.Buffer
	at := time.Unix(1e9, 5)
	require.NoError(t, Pack(&once, files, at))
	require.NoError(t, Pack(&twice, files, at))
	require.Equal(t, once.Bytes(), twice.Bytes())
	got, err := Unpack(once.Bytes(), store.DefaultLimits())
	require.NoError(t, err)
	require.Equal(t, files, got)
}
