package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/report"
	"github.com/wiregrade/wiregrade/harness/netlab"
)

// outputs is where the report and the captures go. Both are opened before
// anything is graded, so that a mistake in a name costs no time. What stands
// there already may be a stranger's, with links to files of whoever grades:
// nothing is written but new files, which then take the place of old ones.
type outputs struct {
	stdout   io.Writer
	file     *os.File // of the report; nil writes to stdout
	folder   *os.Root // where file stands under another name; nil when it has its own
	name     string   // what file is to be called
	captures *os.Root // nil makes none
}

// partSuffix ends the name of a file that is being written.
const partSuffix = ".part"

// openOutputs opens what the flags name; submission is the graded folder, "" when there is none here.
func openOutputs(f *checkFlags, stdout io.Writer, submission string) (*outputs, error) {
	o := &outputs{stdout: stdout}
	if err := o.openCaptures(f.capture, submission); err != nil {
		return nil, err
	}
	if err := o.openReport(f.output, submission); err != nil {
		o.discard()
		return nil, err
	}
	return o, nil
}

func (o *outputs) openCaptures(dir, submission string) error {
	if dir == "" {
		return nil
	}
	refused := func(err error) error {
		return usage("name a folder that can be written; a link that leads out of the submission is not followed", "--capture: %v", pathError(err, dir))
	}
	root, err := openFolder(dir, submission, true)
	if err != nil {
		return refused(err)
	}
	const probe = ".probe" + partSuffix
	file, err := createIn(root, probe)
	if err != nil {
		root.Close()
		return refused(err)
	}
	file.Close()
	root.Remove(probe)
	o.captures = root
	return nil
}

func (o *outputs) openReport(path, submission string) error {
	if path == "" || path == "-" {
		return nil
	}
	refused := func(err error) error {
		return usage("name a file that can be written", "--output: %v", pathError(err, path))
	}
	stat := os.Stat
	if _, within := inside(path, submission); within {
		stat = os.Lstat
	}
	info, err := stat(path)
	switch {
	case err != nil:
	case info.IsDir():
		return usage("name a file", "--output: %s is a folder", path)
	case info.Mode()&os.ModeSymlink != 0: // in the submission: the report takes its place
	case !info.Mode().IsRegular():
		if _, within := inside(path, submission); within {
			return usage("name a file", "--output: %s is not a file", path)
		}
		// A file put in the place of /dev/null would break the machine.
		if o.file, err = os.OpenFile(path, os.O_WRONLY, 0); err != nil {
			return refused(err)
		}
		return nil
	}
	root, err := openFolder(filepath.Dir(path), submission, false)
	if err != nil {
		return refused(err)
	}
	name := filepath.Base(path)
	file, err := createIn(root, name+partSuffix)
	if err != nil {
		root.Close()
		return refused(err)
	}
	o.file, o.folder, o.name = file, root, name
	return nil
}

// openFolder opens a folder to write in, and makes it if told so. Below the
// submission's folder it follows no link that leads out of that.
func openFolder(dir, submission string, create bool) (*os.Root, error) {
	rel, within := inside(dir, submission)
	if !within {
		if create {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return nil, err
			}
		}
		return os.OpenRoot(dir)
	}
	top, err := os.OpenRoot(submission)
	if err != nil {
		return nil, err
	}
	defer top.Close()
	if create {
		if err := top.MkdirAll(rel, 0o755); err != nil {
			return nil, err
		}
	}
	return top.OpenRoot(rel)
}

// inside says how path is called below the folder submission, by whatever way it leads there.
func inside(path, submission string) (rel string, within bool) {
	top, err := os.Stat(submission)
	abs, absErr := filepath.Abs(path)
	if submission == "" || err != nil || absErr != nil {
		return "", false
	}
	for at := abs; ; at = filepath.Dir(at) {
		// The outermost counts: what stands below it is the submission's, also a link back to it.
		if info, err := os.Stat(at); err == nil && os.SameFile(info, top) {
			if rel, err = filepath.Rel(at, abs); err == nil {
				within = true
			}
		}
		if at == filepath.Dir(at) {
			return rel, within
		}
	}
}

// createIn makes a new file in the place of what has its name, which it does not follow.
func createIn(root *os.Root, name string) (*os.File, error) {
	root.Remove(name)
	return root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
}

// discard leaves no trace.
func (o *outputs) discard() {
	if o.file != nil {
		o.file.Close()
	}
	if o.folder != nil {
		o.folder.Remove(o.name + partSuffix)
		o.folder.Close()
	}
	if o.captures != nil {
		o.captures.Close()
	}
}

// close ends the file, and puts it in its place when all went well.
func (o *outputs) close(err error) error {
	if cerr := o.file.Close(); err == nil {
		err = cerr
	}
	if o.folder == nil {
		return err
	}
	if err == nil {
		err = o.folder.Rename(o.name+partSuffix, o.name)
	}
	if err != nil {
		o.folder.Remove(o.name + partSuffix)
	}
	o.folder.Close()
	return err
}

// write makes the report and the captures. A report replaces its file whole, so
// that nobody reads half of one.
func (o *outputs) write(f *checkFlags, run *grader.Run, dir string) error {
	if o.captures != nil {
		if err := writeCaptures(o.captures, run); err != nil {
			o.discard()
			return err
		}
		o.captures.Close()
	}
	opts := report.Options{Verbose: f.verbose, Dir: dir, Assignment: f.assignment}
	if o.file == nil {
		opts.Color, opts.Width = terminal(o.stdout)
		return report.Write(o.stdout, report.Format(f.format), run, opts)
	}
	if err := o.close(report.Write(o.file, report.Format(f.format), run, opts)); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	fmt.Fprintf(o.stdout, "%s: wrote %s\n", headline(run), f.output)
	return nil
}

// writeCaptures writes one file for each check that talked.
func writeCaptures(folder *os.Root, run *grader.Run) error {
	for i := range run.Results {
		if r := &run.Results[i]; len(r.Transcript.Events) > 0 {
			if err := writeCapture(folder, strings.ReplaceAll(r.Name, "/", "-")+".pcapng", r); err != nil {
				return fmt.Errorf("write the capture: %w", err)
			}
		}
	}
	return nil
}

func writeCapture(folder *os.Root, name string, r *grader.Result) error {
	file, err := createIn(folder, name+partSuffix)
	if err != nil {
		return err
	}
	err = netlab.WriteCapture(file, r)
	if cerr := file.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = folder.Rename(name+partSuffix, name)
	}
	return err
}

// pathError names the path that the user gave, not the one beside it that could not be opened.
func pathError(err error, path string) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		inner := pe
		for errors.As(inner.Err, &inner) {
		}
		pe.Op, pe.Path, pe.Err = "open", path, inner.Err
	}
	return err
}
