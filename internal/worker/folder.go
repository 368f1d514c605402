package worker

import (
	"fmt"
	"os"
	"path"

	"github.com/wiregrade/wiregrade/grader/store"
)

// materialise writes the files below dir. Links are made last, and everything goes through an
// os.Root: whatever the tree says, nothing is written outside it.
func materialise(dir string, files []store.File) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("write the submission: %w", err)
	}
	defer root.Close()
	for _, links := range []bool{false, true} {
		for _, f := range files {
			if (f.Mode == store.Link) != links {
				continue
			}
			if err := write(root, f); err != nil {
				return fmt.Errorf("write the submission: %w", err)
			}
		}
	}
	return nil
}

func write(root *os.Root, f store.File) error {
	if dir := path.Dir(f.Path); dir != "." {
		if err := root.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	switch f.Mode {
	case store.Link:
		return root.Symlink(string(f.Data), f.Path)
	case store.Executable:
		return root.WriteFile(f.Path, f.Data, 0o755)
	default:
		return root.WriteFile(f.Path, f.Data, 0o644)
	}
}
