// Grader grades network programs: it runs a submission against the reference
// implementation of its protocol and judges what it saw on the wire.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"

	"github.com/wiregrade/wiregrade/api/githost"
	"github.com/wiregrade/wiregrade/harness/sandbox"
)

// The exit statuses that scripts rely on.
const (
	exitPassed = 0 // every check passed; a weak one may stand
	exitShort  = 1 // the submission falls short
	exitUsage  = 2 // a mistake in the command line or in grader.yaml
	exitFault  = 3 // could not grade: ours or the machine's
)

// version is set by the linker for releases.
var version = "dev"

func main() {
	if status, ok := githost.Hook(os.Args); ok {
		os.Exit(status)
	}
	sandbox.Init() // as the keeper of its sandboxes the program is another one
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	out := &output{File: os.Stdout}
	root := newRoot()
	root.SetOut(out)
	err := fang.Execute(ctx, root,
		fang.WithVersion(version),
		// An error that comes of the output is told once, below.
		fang.WithErrorHandler(func(w io.Writer, _ fang.Styles, err error) {
			if out.fault() == nil {
				printError(w, err)
			}
		}),
	)
	if fault := out.fault(); fault != nil {
		printError(os.Stderr, fault)
		err = fault
	}
	return status(err)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "grader",
		Short: "Grade network programs by what they do on the wire",
		Long: `Wiregrade runs a network program in a sandbox against a reference
implementation of its protocol, records every byte, and judges what it saw
against the clauses of the standards.`,
		Example: `grader list
grader check my-server
grader check -a http-server --run 'methods/' my-server
grader replay methods/head-no-content my-server --seed 7`,
	}
	root.AddCommand(newCheck(), newReplay(), newList(), newShow(), newReference(), newDoctor(),
		newLogin(), newLogout(), newSubmit(), newStatus(), newRegrade(), newGradebook(),
		newServe(), newWork(), newMigrate())
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return flagError(c, err) })
	return root
}

// An exitError ends the program with a status of its own. Its text is for the user.
type exitError struct {
	code int
	text string // "" prints nothing: the report has said it
	hint string // what to do about it; may be empty
}

func (e *exitError) Error() string { return e.text }

func usage(hint, format string, args ...any) error {
	return &exitError{exitUsage, fmt.Sprintf(format, args...), hint}
}

func fault(format string, args ...any) error {
	return &exitError{exitFault, fmt.Sprintf(format, args...), "this is not the submission's fault; run it again, and tell the staff if it stays"}
}

// status is the exit status of an error. What is not ours comes from cobra: a usage error.
func status(err error) int {
	var e *exitError
	switch {
	case err == nil:
		return exitPassed
	case errors.As(err, &e):
		return e.code
	default:
		return exitUsage
	}
}

func printError(w io.Writer, err error) {
	var e *exitError
	if !errors.As(err, &e) {
		e = &exitError{text: err.Error(), hint: "grader --help lists the commands"}
	}
	if e.text == "" {
		return
	}
	fmt.Fprintf(w, "grader: %s\n", e.text)
	if e.hint != "" {
		fmt.Fprintf(w, "        %s\n", e.hint)
	}
}
