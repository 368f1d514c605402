package main

import (
	"fmt"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/wiregrade/wiregrade/grader/nearest"
)

func newReplay() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "replay CHECK [DIR]",
		Short: "Run one check again and show its whole exchange",
		Long: `Replay runs just the check named CHECK (group/name, as reports print it) on the
submission in DIR and shows every byte, also when it passes. With --seed it
repeats the very choices of an earlier run.`,
		Example: `grader replay methods/head-no-content my-server --seed 7`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) < 1 || len(args) > 2 {
				return usage("for example: grader replay methods/head-no-content my-server --seed 7", "replay takes the name of a check and a folder")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 2 {
				dir = args[1]
			}
			if err := checkJobs(c, f.jobs); err != nil {
				return err
			}
			sub, err := readSubmission(dir, f.assignment)
			if err != nil {
				return err
			}
			if err := f.only(args[0], sub); err != nil {
				return err
			}
			f.verbose = true
			return f.grade(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), dir, c.Flags().Changed("seed"))
		},
	}
	f.register(c)
	return c
}

// only selects the one check of that name.
func (f *checkFlags) only(name string, sub *folder) error {
	names := checkNames(sub.suite)
	for _, n := range names {
		if n == name {
			f.run = "^" + regexp.QuoteMeta(name) + "$"
			return nil
		}
	}
	hint := fmt.Sprintf("grader show %s lists the checks", sub.suite.Name)
	if n := nearest.To(name, names); n != "" {
		hint = fmt.Sprintf("did you mean %s? %s", n, hint)
	}
	return usage(hint, "%s has no check %q", sub.suite.Name, name)
}
