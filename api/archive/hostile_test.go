package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader/store"
)

func zipped(t *testing.T, write func(w *zip.Writer)) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	write(w)
	require.NoError(t, w.Close())
	return out.Bytes()
}

// TestHostile hands in what an archive can hold to write elsewhere, or to fill memory (attacks E2). It is not parallel: it
// counts what is allocated.
func TestHostile(t *testing.T) {
	file := func(w *tar.Writer, name string) {
		w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: 1})
		w.Write([]byte("x"))
	}
	special := func(kind byte) []byte {
		return pack(func(w *tar.Writer) {
			w.WriteHeader(&tar.Header{Name: "a", Typeflag: kind, Linkname: "/etc/passwd", Mode: 0o644, Devmajor: 1, Devminor: 5})
		})
	}
	named := func(name string) [2][]byte {
		return [2][]byte{
			pack(func(w *tar.Writer) { file(w, name) }),
			zipped(t, func(w *zip.Writer) { w.CreateHeader(&zip.FileHeader{Name: name, NonUTF8: true}) }),
		}
	}
	type try struct {
		data []byte
		want error
		says string
	}
	tries := map[string]try{
		"a hardlink": {special(tar.TypeLink), store.ErrInvalid, "neither a file"},
		"a device":   {special(tar.TypeBlock), store.ErrInvalid, "neither a file"},
		"a terminal": {special(tar.TypeChar), store.ErrInvalid, "neither a file"},
		"a FIFO":     {special(tar.TypeFifo), store.ErrInvalid, "neither a file"},
		"a zipped FIFO": {zipped(t, func(w *zip.Writer) {
			h := &zip.FileHeader{Name: "a"}
			h.SetMode(fs.ModeNamedPipe | 0o644)
			w.CreateHeader(h)
		}), store.ErrInvalid, "neither a file"},
		"through a link": {pack(func(w *tar.Writer) {
			w.WriteHeader(&tar.Header{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "/tmp"})
			file(w, "l/x")
		}), store.ErrInvalid, "below another file"},
		"a link in the place of a file": {pack(func(w *tar.Writer) {
			file(w, "l")
			w.WriteHeader(&tar.Header{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "/tmp"})
		}), store.ErrInvalid, "twice"},
		"a sparse file of a terabyte":         {sparse(t, "pax"), store.ErrTooLarge, "at most"},
		"a sparse file of a terabyte, of old": {sparse(t, "gnu"), store.ErrInvalid, "neither a file"},
		"a thousand times its size": {pack(func(w *tar.Writer) {
			w.WriteHeader(&tar.Header{Name: "a", Size: 256 << 20})
			io.CopyN(w, zeros{}, 256<<20)
		}), store.ErrTooLarge, "at most"},
		"a thousand times its size in a zip": {zipped(t, func(w *zip.Writer) { f, _ := w.Create("a"); io.CopyN(f, zeros{}, 256<<20) }), store.ErrTooLarge, "at most"},
		"hundreds of thousands of folders": {pack(func(w *tar.Writer) {
			many(3e5, func(i int) { w.WriteHeader(&tar.Header{Name: fmt.Sprint(i, "/"), Typeflag: tar.TypeDir}) })
		}), store.ErrTooLarge, "too much"},
		"as many zip entries": {zipped(t, func(w *zip.Writer) { many(1e5, func(i int) { w.CreateHeader(&zip.FileHeader{Name: fmt.Sprint(i)}) }) }), store.ErrTooLarge, "more than 5000 files"},
		"as many folders in a zip": {zipped(t, func(w *zip.Writer) {
			many(1e5, func(i int) { w.CreateHeader(&zip.FileHeader{Name: fmt.Sprint(i, "/")}) })
		}), store.ErrTooLarge, "more than 5000 files"},
		"cut off": {pack(func(w *tar.Writer) { file(w, "a") })[:30], store.ErrInvalid, "not a tar"},
	}
	for name, says := range map[string]string{
		"../a": "not a path", "a/../../b": "not a path", "/etc/passwd": "not a path", "a//b": "not a path", "./../a": "not a path",
		"caf\xe9": "not a path", "\xff\xfe/\x80": "not a path", "a\x1b[2J": "control character", "a\nb": "control character",
		".Git/config": "a .git inside", "sub/.git/hooks/post-checkout": "a .git inside",
	} {
		for i, data := range named(name) {
			tries[fmt.Sprintf("%q, %d", name, i)] = try{data, store.ErrInvalid, says}
		}
	}
	for name, tt := range tries {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Unpack(tt.data, store.DefaultLimits())
		runtime.ReadMemStats(&after)
		require.ErrorIs(t, err, tt.want, name)
		require.ErrorContains(t, err, tt.says, name)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(256<<20), name)
		require.NotContains(t, err.Error(), "\x1b", name)
	}
	// A file whose name only means something elsewhere is a file.
	for i, data := range named(`..\..\a`) {
		files, err := Unpack(data, store.DefaultLimits())
		require.NoError(t, err, i)
		require.Equal(t, `..\..\a`, files[0].Path)
	}
}

func many(n int, f func(i int)) {
	for i := range n {
		f(i)
	}
}

// sparse is a tar of a terabyte that is not there.
func sparse(t *testing.T, format string) []byte {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a"), nil, 0o644))
	require.NoError(t, os.Truncate(filepath.Join(dir, "a"), 1<<40))
	out, err := exec.CommandContext(t.Context(), "tar", "--format="+format, "-S", "-C", dir, "-cf", "-", "a").Output()
	require.NoError(t, err)
	return out
}
