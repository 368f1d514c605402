package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/wiregrade/wiregrade/harness"
	"github.com/wiregrade/wiregrade/harness/sandbox"
)

// isolationFlags say how much a submission is cut off from this machine.
type isolationFlags struct {
	require bool
	without bool
}

func (f *isolationFlags) register(c *cobra.Command) {
	c.Flags().BoolVar(&f.require, "require-isolation", false, "do not grade (exit 3) where this machine cannot isolate a submission")
	c.Flags().BoolVar(&f.without, "no-isolation", os.Getenv("WIREGRADE_NO_ISOLATION") != "", "grade on plain loopback, with your own rights, though this machine can isolate")
}

// A boxes is where the sandboxes of a run come from.
type boxes struct {
	provider sandbox.Provider
	remark   string // what the user ought to know, "" when everything is isolated
	why      error  // why this machine cannot isolate; nil when it can, or was told not to
	close    func()
}

// open starts the sandboxes, with all walls where the machine permits them.
func (f *isolationFlags) open(ctx context.Context) (*boxes, error) {
	if f.require && f.without {
		return nil, usage("leave one of them out", "--require-isolation and --no-isolation contradict each other")
	}
	const open = "not isolated from this machine, its files, network and other processes"
	loopback := &boxes{provider: sandbox.Loopback{}, remark: open + " (plain loopback)", close: func() {}}
	if f.without {
		return loopback, nil
	}
	n, err := sandbox.NewNamespaces(ctx)
	switch {
	case err == nil:
		b := &boxes{provider: n, close: func() { n.Close() }}
		if !n.Capped("memory") {
			b.remark = "memory is measured from time to time and not held by the kernel: there is no memory cgroup here; grader doctor says what to do"
		}
		return b, nil
	case ctx.Err() != nil:
		return nil, &exitError{code: exitFault, text: "interrupted: nothing was graded"}
	case f.require, os.Getuid() == 0:
		// Root's own rights are never a stranger's for want of walls: anybody
		// on this machine might bring that about.
		hint := "grader doctor says what it can, and what to do"
		if !f.require {
			hint += "; --no-isolation grades with root's rights all the same"
		}
		return nil, &exitError{exitFault, fmt.Sprintf("this machine cannot isolate a submission: %v", err), hint}
	}
	loopback.why = err
	loopback.remark = fmt.Sprintf("%s: %v; grader doctor says what to do", open, err)
	return loopback, nil
}

// unisolated says what to do where an assignment needs more than plain loopback.
func (b *boxes) unisolated(e *harness.Unisolated) error {
	hint := "leave --no-isolation out; grader doctor says what this machine can isolate"
	switch {
	case b.why != nil:
		hint = fmt.Sprintf("this machine gives none: %v; grader doctor says what to do", b.why)
	case os.Getenv("WIREGRADE_NO_ISOLATION") != "":
		hint = "leave --no-isolation out, and WIREGRADE_NO_ISOLATION unset; grader doctor says what this machine can isolate"
	}
	return &exitError{exitFault, e.Error(), hint}
}

// without says what grader check does for a user where nothing can be isolated.
func without(uid int) string {
	if uid == 0 {
		return "grader check does not grade them as root (exit status 3); --no-isolation grades them on plain loopback, with root's rights"
	}
	return "grader check grades them on plain loopback with your own rights, and says so; with --require-isolation it does not (exit status 3)"
}

func newDoctor() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Find out what this machine can isolate, and what to do about the rest",
		Long: `Doctor tries each wall of the sandbox and prints what this machine gives, or the
step that failed with its error and what to do.

Exit status: 0 submissions can be isolated here, 3 they cannot.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			findings := sandbox.Probe(c.Context())
			if err := sandbox.WriteFindings(c.OutOrStdout(), findings); err != nil {
				return fault("%v", err)
			}
			if !sandbox.Isolates(findings) {
				return &exitError{exitFault, "submissions cannot be isolated on this machine", without(os.Getuid())}
			}
			return nil
		},
	}
}
