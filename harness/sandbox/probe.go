package sandbox

import (
	"fmt"
	"io"
)

// A Finding is one thing that a machine can isolate, or cannot.
type Finding struct {
	What   string // "user namespaces", "memory limit"
	OK     bool
	Says   string // what it gives; or the step that failed and its errno
	Advice string // what to do when it is not OK, "" when nothing can be done
}

// WriteFindings prints findings as lines for a terminal.
func WriteFindings(w io.Writer, findings []Finding) error {
	for _, f := range findings {
		mark := "yes"
		if !f.OK {
			mark = "NO "
		}
		if _, err := fmt.Fprintf(w, "%s  %-22s %s\n", mark, f.What, f.Says); err != nil {
			return err
		}
		if f.OK || f.Advice == "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "     %-22s %s\n", "", f.Advice); err != nil {
			return err
		}
	}
	return nil
}

// Isolates says whether every wall that Namespaces needs is there.
func Isolates(findings []Finding) bool {
	for _, f := range findings {
		if f.What == whatRun {
			return f.OK
		}
	}
	return false
}

// whatRun is the finding that a command has run behind all walls.
const whatRun = "a sandboxed command"
