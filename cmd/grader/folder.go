package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/submission"
)

// A folder is a submission as it was found: which assignment, and how to run it.
type folder struct {
	suite    *check.Suite
	manifest submission.Manifest
	remarks  []string
}

// readSubmission reads dir's grader.yaml and finds the assignment, which the flag overrides.
func readSubmission(dir, assignment string) (*folder, error) {
	if err := isFolder(dir); err != nil {
		return nil, err
	}
	var f folder
	var err error
	if assignment != "" {
		if f.suite, err = findSuite(assignment); err != nil {
			return nil, err
		}
	}
	if f.manifest, err = readManifest(dir, f.suite != nil && f.suite.Role == grader.Client); err != nil {
		return nil, err
	}
	if f.manifest.Guess != "" {
		f.remarks = append(f.remarks, guessed(f.manifest))
	}
	if f.suite == nil {
		if f.manifest.Assignment == "" {
			return nil, usage("name it with -a, or in grader.yaml (assignment: http-server); grader list shows them", "%s does not say which assignment it is", dir)
		}
		if f.suite, err = findSuite(f.manifest.Assignment); err != nil {
			var e *exitError
			errors.As(err, &e)
			e.text = f.manifest.Wrong(dir, "assignment", e.text).Error()
			return nil, e
		}
	} else if f.manifest.Assignment != "" && f.manifest.Assignment != f.suite.Name {
		f.remarks = append(f.remarks, fmt.Sprintf("graded as %s, though grader.yaml says %s", f.suite.Name, f.manifest.Assignment))
	}
	return &f, nil
}

func isFolder(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return usage("", "no such folder: %s", dir)
	case err != nil:
		return usage("", "%v", err)
	case !info.IsDir():
		return usage("name the folder that it is in", "%s is not a folder", dir)
	}
	return nil
}

// readManifest reads dir's grader.yaml, or guesses one; client says for which role.
func readManifest(dir string, client bool) (submission.Manifest, error) {
	if err := isFolder(dir); err != nil {
		return submission.Manifest{}, err
	}
	m, err := submission.ReadManifest(dir, client)
	var bad *submission.ManifestError
	switch {
	case errors.As(err, &bad):
		return m, usage("", "%v", bad)
	case errors.Is(err, submission.ErrNoManifest):
		return m, usage(noManifestHint(dir), "%s: %v", dir, err)
	case err != nil:
		return m, usage("", "%v", err)
	}
	return m, nil
}

func guessed(m submission.Manifest) string {
	s := fmt.Sprintf("no grader.yaml; guessed from %s: run: %s", m.Guess, m.Run)
	if m.Build != "" {
		s += fmt.Sprintf(" (build: %s)", m.Build)
	}
	return s
}

// noManifestHint points at submissions that stand one folder deeper.
func noManifestHint(dir string) string {
	found, _ := filepath.Glob(filepath.Join(dir, "*", submission.ManifestName))
	if len(found) == 0 {
		return "add a grader.yaml with a line such as\n            run: ./server"
	}
	for i := range found {
		found[i] = filepath.Dir(found[i])
	}
	return "there are submissions in " + strings.Join(found, ", ")
}

// cacheAge is how long the caches of a folder's builds are kept after its last build.
const cacheAge = 14 * 24 * time.Hour

// buildCache is the folder of the build caches of the submission in dir, so
// that the next build is quick; "" where the system names no place for it.
// Caches that were not used for cacheAge are removed. WIREGRADE_BUILD_CACHE
// names a folder for all builds instead: for one's own submissions only, since a build can
// spoil what the next one takes from it.
func buildCache(dir string) string {
	if shared := os.Getenv("WIREGRADE_BUILD_CACHE"); shared != "" {
		return shared
	}
	base, err := os.UserCacheDir()
	abs, absErr := filepath.Abs(dir)
	if err != nil || absErr != nil {
		return ""
	}
	base = filepath.Join(base, "wiregrade", "build")
	own := filepath.Join(base, fmt.Sprintf("%x", sha256.Sum256([]byte(abs)))[:16])
	if os.MkdirAll(own, 0o755) != nil {
		return ""
	}
	now := time.Now()
	os.Chtimes(own, now, now)
	entries, _ := os.ReadDir(base)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > cacheAge {
			os.RemoveAll(filepath.Join(base, e.Name()))
		}
	}
	return own
}
