package check

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/wiregrade/wiregrade/grader"
)

// maxFile bounds what is read back from a folder that the submission may write.
const maxFile = 64 << 20

// A Folder is a folder that the check and the submission share. No symbolic
// link that the submission leaves in it leads the harness out of it.
type Folder struct {
	t    *T
	Path string
	root *os.Root
}

// Write makes or replaces a file and the folders it stands in. The file is
// made under a name that nobody has and then takes its place: whatever the
// submission has put there, a FIFO or a link, is not opened.
func (f *Folder) Write(name string, data []byte) {
	if dir := path.Dir(name); dir != "." {
		f.Mkdir(dir)
	}
	fresh := path.Join(path.Dir(name), "."+strings.ToLower(rand.Text()))
	err := writeFresh(f.root, fresh, data)
	f.check("write "+name, err)
	f.give(fresh)
	f.check("write "+name, f.root.Rename(fresh, name))
}

func writeFresh(dir *os.Root, name string, data []byte) error {
	file, err := dir.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

// Mkdir makes a folder and those it stands in.
func (f *Folder) Mkdir(name string) {
	f.check("make the folder "+name, f.root.MkdirAll(name, 0o755))
	f.give(name)
}

// give hands what was written to a submission that runs already, where that
// is another user. Only names within the folder are followed.
func (f *Folder) give(name string) {
	o, ok := f.t.setup.Sandbox.(interface{ Owner() (id int, ok bool) })
	if !ok {
		return
	}
	id, ok := o.Owner()
	for ; ok && name != "." && name != "/"; name = path.Dir(name) {
		f.check("give away "+name, f.root.Lchown(name, id, id))
	}
}

// Date sets when a file was last changed.
func (f *Folder) Date(name string, at time.Time) {
	f.check("date "+name, f.root.Chtimes(name, at, at))
}

// ours are the errors of the machine. Any other is what a program made of a
// folder that is its to write: no file where there was one, a folder in its
// place, no right to write, or no room left.
var ours = []error{syscall.EIO, syscall.EROFS, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.EDQUOT}

// check ends the check when a step on the folder failed: as a fault of ours
// before any program of the submission has run, or when the machine is to blame.
func (f *Folder) check(step string, err error) {
	if err == nil {
		return
	}
	f.t.mu.Lock()
	ran := len(f.t.processes) > 0
	f.t.mu.Unlock()
	if !ran || slices.ContainsFunc(ours, func(e error) bool { return errors.Is(err, e) }) {
		faulty("%s: %w", step, err)
	}
	name := filepath.Base(filepath.Dir(f.Path))
	f.t.absent(f.t.Note("could not %s in %s", step, name), name+" as the grader left it", "something that the program changed: "+reason(err))
}

// reason is an error without the paths of this machine.
func reason(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return "a path that leads out of the folder"
}

// Beside writes a file next to the folder, where no client may get. It
// returns the name relative to the folder: "../name".
func (f *Folder) Beside(name string, data []byte) string {
	full := filepath.Join(filepath.Dir(f.Path), name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o755), os.WriteFile(full, data, 0o644)); err != nil {
		faulty("write beside the folder: %w", err)
	}
	return "../" + name
}

// ReadBeside returns the content of a file that Beside wrote, and the mark of
// it in the transcript, as Read does.
func (f *Folder) ReadBeside(name string) (data []byte, at Mark, ok bool) {
	parent, err := os.OpenRoot(filepath.Dir(f.Path))
	if err != nil {
		faulty("open the folder beside: %w", err)
	}
	defer parent.Close()
	return f.readIn(parent, name)
}

// Read returns a file's content and the mark of it in the transcript. ok is
// false when there is no such file, or something else than a plain file.
func (f *Folder) Read(name string) (data []byte, at Mark, ok bool) { return f.readIn(f.root, name) }

func (f *Folder) readIn(dir *os.Root, name string) (data []byte, at Mark, ok bool) {
	data, err := readPlain(dir, name)
	switch {
	case err == nil:
		return data, Mark{Event: f.t.rec.Note(grader.Note, "the file "+name, data)}, true
	case errors.Is(err, fs.ErrNotExist):
		return nil, f.t.Note("the file %s: not there", name), false
	default:
		return nil, f.t.Note("the file %s: not a plain file that can be read", name), false
	}
}

func readPlain(dir *os.Root, name string) ([]byte, error) {
	// A FIFO in its place must not hold up the harness.
	file, err := dir.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, fs.ErrInvalid)
	}
	return io.ReadAll(io.LimitReader(file, maxFile))
}

// Exists says whether there is anything under the name, without a record.
func (f *Folder) Exists(name string) bool {
	_, err := f.root.Lstat(name)
	return err == nil
}

// File writes the file that the submission finds under the environment name, such as ZONE, and shows it in the
// transcript. It is there before the submission starts, and stays as it is.
func (t *T) File(name string, data []byte) {
	path := t.file(name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644)); err != nil {
		faulty("write the file %s: %w", name, err)
	}
	t.mu.Lock()
	if t.written == nil {
		t.written = map[string]bool{}
	}
	t.written[name] = true
	t.mu.Unlock()
	t.rec.Note(grader.Note, "the file "+name, data)
}

// file is where a file of the suite stands: alone in a folder.
func (t *T) file(name string) string {
	if !slices.Contains(t.suite.Files, name) {
		faulty("file %s is not one of the suite's", name)
	}
	return filepath.Join(t.setup.Scratch, name, strings.ToLower(name))
}
