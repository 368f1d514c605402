package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wiregrade/wiregrade/grader/nearest"
	"github.com/wiregrade/wiregrade/grader/report"
	"github.com/wiregrade/wiregrade/harness"
	"github.com/wiregrade/wiregrade/harness/check"
)

// checkFlags are the flags of check and replay.
type checkFlags struct {
	assignment string
	format     string
	output     string
	run        string
	seed       uint64
	jobs       int
	capture    string
	verbose    bool
	isolation  isolationFlags
}

func newCheck() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "check [DIR]",
		Short: "Grade the submission in a folder",
		Long: `Check builds the submission in DIR (here by default) once, runs every check of
its assignment on a fresh process, and reports what it saw on the wire.

The submission says in its grader.yaml how it is built and run:

    assignment: http-server
    build: make          # optional
    run: ./server

Exit status: 0 every check passed, 1 the submission falls short, 2 a mistake in
the command line or in grader.yaml, 3 could not grade (not the submission's fault).`,
		Example: `grader check
grader check -a tcp-upper-server my-server
grader check --run 'methods/|conditional/' my-server
grader check --format html --output report.html my-server
grader check --capture captures my-server   # open with Wireshark`,
		Args: atMostOneFolder,
		RunE: func(c *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			if err := checkJobs(c, f.jobs); err != nil {
				return err
			}
			seeded := c.Flags().Changed("seed")
			return f.grade(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), dir, seeded)
		},
	}
	f.register(c)
	c.Flags().StringVar(&f.run, "run", "", "only the checks whose name matches this PATTERN (a regular expression)")
	return c
}

func (f *checkFlags) register(c *cobra.Command) {
	c.Flags().StringVarP(&f.assignment, "assignment", "a", "", "the ASSIGNMENT, where grader.yaml does not say it")
	f.registerReport(c)
	c.Flags().Uint64Var(&f.seed, "seed", 0, "repeat the choices of the run with this SEED")
	c.Flags().IntVar(&f.jobs, "jobs", 0, "run N checks at once (default twice the processors)")
	f.isolation.register(c)
}

// registerReport registers the flags that say how a report is shown.
func (f *checkFlags) registerReport(c *cobra.Command) {
	c.Flags().StringVar(&f.format, "format", "text", "the report's FORMAT: "+strings.Join(report.Formats(), ", "))
	c.Flags().StringVarP(&f.output, "output", "o", "", "write the report to this FILE")
	c.Flags().StringVar(&f.capture, "capture", "", "write one packet capture (pcapng) a check into this FOLDER")
	c.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "show the exchange of checks that passed, too")
}

func (f *checkFlags) grade(ctx context.Context, stdout, stderr io.Writer, dir string, seeded bool) error {
	if err := f.validate(); err != nil {
		return err
	}
	sub, err := readSubmission(dir, f.assignment)
	if err != nil {
		return err
	}
	match, err := f.match(sub.suite)
	if err != nil {
		return err
	}
	out, err := openOutputs(f, stdout, dir)
	if err != nil {
		return err
	}
	if !seeded {
		f.seed = randomSeed()
	}
	boxes, err := f.isolation.open(ctx)
	if err != nil {
		out.discard()
		return err
	}
	defer boxes.close()
	progress := newProgress(stderr, dir)
	run, err := harness.Grade(ctx, sub.suite, dir, sub.manifest, harness.Options{
		Seed: f.seed, Jobs: f.jobs, Match: match, BuildCache: buildCache(dir), Progress: progress.show,
		Sandboxes: boxes.provider,
	})
	progress.clear()
	if err != nil {
		out.discard()
	}
	var unisolated *harness.Unisolated
	switch {
	case errors.As(err, &unisolated):
		return boxes.unisolated(unisolated)
	case errors.Is(err, harness.ErrInterrupted):
		return &exitError{code: exitFault, text: "interrupted: nothing was graded"}
	case err != nil:
		return fault("%v", err)
	}
	run.Remarks = append(sub.remarks, run.Remarks...)
	if boxes.remark != "" {
		run.Remarks = append(run.Remarks, boxes.remark)
	}
	run.Only = f.run
	if err := out.write(f, run, dir); err != nil {
		return fault("%v", err)
	}
	switch {
	case run.Faulted():
		return &exitError{code: exitFault}
	case !run.Passed():
		return &exitError{code: exitShort}
	}
	return nil
}

func (f *checkFlags) validate() error {
	known := report.Formats()
	for _, k := range known {
		if k == f.format {
			return nil
		}
	}
	hint := "there are " + strings.Join(known, ", ")
	if n := nearest.To(f.format, known); n != "" {
		hint = fmt.Sprintf("did you mean %s? %s", n, hint)
	}
	return usage(hint, "unknown format %q", f.format)
}

// match compiles --run and sees that it selects something.
func (f *checkFlags) match(s *check.Suite) (func(string) bool, error) {
	if f.run == "" {
		return nil, nil
	}
	re, err := regexp.Compile(f.run)
	if err != nil {
		return nil, usage("it is a regular expression, such as 'methods/' or 'head'", "--run: %v", err)
	}
	names := checkNames(s)
	for _, n := range names {
		if re.MatchString(n) {
			return re.MatchString, nil
		}
	}
	hint := fmt.Sprintf("grader show %s lists the checks", s.Name)
	if n := nearest.To(f.run, names); n != "" {
		hint = fmt.Sprintf("did you mean %s? %s", n, hint)
	}
	return nil, usage(hint, "no check of %s matches %q", s.Name, f.run)
}

// randomSeed draws a seed that is short to type.
func randomSeed() uint64 {
	var b [4]byte
	rand.Read(b[:])
	return uint64(binary.NativeEndian.Uint32(b[:]))%1_000_000 + 1
}
