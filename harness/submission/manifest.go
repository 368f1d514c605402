// Package submission reads what a student hands in: a folder with any program
// and a grader.yaml that says how it is built and run.
package submission

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/wiregrade/wiregrade/grader/nearest"
)

// ManifestName is the file that a submission describes itself in.
const ManifestName = "grader.yaml"

// A Manifest says how a submission is built and run. Both commands are given
// to sh in the submission's folder.
type Manifest struct {
	Assignment string                    `yaml:"assignment"` // may be empty
	Build      string                    `yaml:"build"`      // may be empty
	Run        string                    `yaml:"run"`
	Course     string                    `yaml:"course"` // of the service it is handed in to; may be empty
	Guess      string                    `yaml:"-"`      // the file by which the commands were guessed, "" when grader.yaml says them
	at         map[string]token.Position // where the values of the keys stand
}

// Wrong is a mistake in the value of a key of the manifest in dir, told with its place.
func (m Manifest) Wrong(dir, key, problem string) *ManifestError {
	at := m.at[key]
	return &ManifestError{File: filepath.Join(dir, ManifestName), Line: at.Line, Column: at.Column, Problem: problem}
}

// A ManifestError is a mistake in a grader.yaml, where it stands and what to do.
type ManifestError struct {
	File         string
	Line, Column int // 1-based; 0 when the file as a whole is meant
	Problem      string
}

// Error reads like a compiler's message: file:line:column: problem.
func (e *ManifestError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Problem)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Problem)
}

// ErrNoManifest says that the folder has neither a grader.yaml nor a file by
// which to guess one.
var ErrNoManifest = errors.New("no grader.yaml, and no Makefile, main.py, server.py, client.py, go.mod, Cargo.toml, pom.xml or package.json to guess the command from")

// maxManifest bounds a grader.yaml; real ones are some 100 bytes.
const maxManifest = 64 << 10

// maxCommand bounds run and build, which a shell reads. What needs more room is a script of the submission.
const maxCommand = 4 << 10

var manifestKeys = []string{"assignment", "course", "build", "run"}

// ReadManifest reads dir's grader.yaml. Without one it guesses the commands
// by the usual file names; client says which of the two names is tried first.
func ReadManifest(dir string, client bool) (Manifest, error) {
	file := filepath.Join(dir, ManifestName)
	data, err := readInside(dir, ManifestName, maxManifest+1)
	var outside *outsideError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return guess(dir, client)
	case errors.As(err, &outside):
		return Manifest{}, &ManifestError{File: file, Problem: outside.Error()}
	case err != nil:
		return Manifest{}, fmt.Errorf("read the manifest: %w", err)
	case len(data) > maxManifest:
		return Manifest{}, &ManifestError{File: file, Problem: "too large: a manifest has three short lines"}
	}
	return parse(file, data)
}

// An outsideError says that a file of the submission is a link out of it, or no file.
type outsideError struct{}

func (*outsideError) Error() string { return "not a plain file inside the folder" }

// readInside reads at most limit bytes of a file of the submission. It does
// not follow a link out of the folder: what stands there, and what an error message
// would repeat of it, belongs to whoever runs the grader.
func readInside(dir, name string, limit int64) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if _, err := root.Lstat(name); err != nil {
		return nil, err
	}
	info, err := root.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return nil, &outsideError{}
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

func parse(file string, data []byte) (Manifest, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) // as some editors write it
	var m Manifest
	if err := yaml.UnmarshalWithOptions(data, &m, yaml.Strict()); err != nil {
		return Manifest{}, place(file, err)
	}
	if strings.TrimSpace(m.Run) == "" {
		return Manifest{}, &ManifestError{File: file, Problem: "no run: add a line such as\n    run: ./server"}
	}
	if strings.ContainsRune(m.Run+m.Build, 0) {
		return Manifest{}, &ManifestError{File: file, Problem: "a command holds a NUL character"}
	}
	m.at = places(data)
	for _, key := range []string{"build", "run"} {
		command := map[string]string{"build": m.Build, "run": m.Run}[key]
		if len(command) > maxCommand {
			at := m.at[key]
			return Manifest{}, &ManifestError{file, at.Line, at.Column, fmt.Sprintf(
				"the %s command has %d bytes, of at most %d: put it in a script of its own, such as %s: sh %s.sh", key, len(command), maxCommand, key, key)}
		}
	}
	return m, nil
}

// places says where the values of the keys stand in a manifest that was parsed before.
func places(data []byte) map[string]token.Position {
	at := map[string]token.Position{}
	f, err := parser.ParseBytes(data, 0)
	if err != nil {
		return at
	}
	for _, key := range manifestKeys {
		path, err := yaml.PathString("$." + key)
		if err != nil {
			continue
		}
		if node, err := path.FilterFile(f); err == nil && node != nil && node.GetToken() != nil && node.GetToken().Position != nil {
			at[key] = *node.GetToken().Position
		}
	}
	return at
}

// place turns the YAML library's error into a message with line and column.
func place(file string, err error) error {
	out := &ManifestError{File: file, Problem: err.Error()}
	var ye yaml.Error
	if !errors.As(err, &ye) {
		return out
	}
	out.Problem = ye.GetMessage()
	if strings.HasPrefix(out.Problem, "cannot unmarshal") {
		out.Problem = "this is to be plain text, such as run: ./server"
	}
	if t := ye.GetToken(); t != nil && t.Position != nil {
		out.Line, out.Column = t.Position.Line, t.Position.Column
		var unknown *yaml.UnknownFieldError
		if errors.As(err, &unknown) {
			out.Problem = fmt.Sprintf("unknown key %q", t.Value)
			if n := nearest.To(t.Value, manifestKeys); n != "" {
				out.Problem += fmt.Sprintf("; did you mean %q?", n)
			} else {
				out.Problem += "; there are assignment, course, build and run"
			}
		}
	}
	return out
}
