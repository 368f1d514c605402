package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/wiregrade/wiregrade/grader/nearest"
)

// flagError names the flag that was probably meant.
func flagError(c *cobra.Command, err error) error {
	hint := fmt.Sprintf("%s --help lists the flags", c.CommandPath())
	if _, name, ok := strings.Cut(err.Error(), "unknown flag: --"); ok {
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if n := nearest.To(name, names); n != "" {
			hint = fmt.Sprintf("did you mean --%s? %s", n, hint)
		}
	}
	return usage(hint, "%s", strconvWords.ReplaceAllString(err.Error(), "not a whole number"))
}

// strconvWords are the words of a Go function that nobody outside of Go knows.
var strconvWords = regexp.MustCompile(`strconv\.\w+: parsing ".*?": .*`)

// checkJobs refuses a --jobs that says nothing; left out it has its default.
func checkJobs(c *cobra.Command, jobs int) error {
	if jobs < 1 && c.Flags().Changed("jobs") {
		return usage("leave it out for twice the processors", "--jobs %d is less than one", jobs)
	}
	return nil
}

// atMostOneFolder is the positional argument of check: a folder, here by default.
func atMostOneFolder(c *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usage("quote the folder's name if it holds blanks", "%s takes one folder, not %d: %s", c.CommandPath(), len(args), strings.Join(args, ", "))
	}
	return nil
}
