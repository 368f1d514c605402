package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/wiregrade/wiregrade/assignments"
	"github.com/wiregrade/wiregrade/harness/check"
)

func newList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the assignments",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ASSIGNMENT\tROLE\tPORT\tCHECKS\tPOINTS\tTITLE")
			for _, s := range assignments.All() {
				fmt.Fprintf(w, "%s\t%s\t%s %d\t%d\t%s\t%s\n", s.Name, s.Role, s.Network, s.Port, len(s.Items()), number(points(s)), s.Title)
			}
			return w.Flush()
		},
	}
}

func points(s *check.Suite) float64 {
	var sum float64
	for _, item := range s.Rubric {
		sum += item.Points
	}
	return sum
}

func newShow() *cobra.Command {
	var statement bool
	c := &cobra.Command{
		Use:     "show ASSIGNMENT",
		Short:   "Show an assignment: its points and checks, or its statement",
		Example: "grader show http-server\ngrader show http-server --statement",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("grader list shows their names", "show takes the name of one assignment")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			s, err := findSuite(args[0])
			if err != nil {
				return err
			}
			if statement {
				_, err := io.WriteString(c.OutOrStdout(), s.Statement)
				return err
			}
			return showChecks(c.OutOrStdout(), s)
		},
	}
	c.Flags().BoolVar(&statement, "statement", false, "print what the student reads (Markdown)")
	return c
}

func showChecks(w io.Writer, s *check.Suite) error {
	fmt.Fprintf(w, "%s: %s\n", s.Name, s.Title)
	env := slices.Concat([]string{"HOST", "PORT"}, s.Folders, s.Files)
	fmt.Fprintf(w, "a %s on %s port %d; in its environment: %s\n", s.Role, networks(s), s.Port, strings.Join(env, ", "))
	items := s.Items()
	for _, g := range s.Rubric {
		extra := ""
		if g.Extra {
			extra = ", extra credit"
		}
		fmt.Fprintf(w, "\n%s, %s points%s\n", g.Group, number(g.Points), extra)
		for _, item := range items {
			if !strings.HasPrefix(item.Rule.Name, g.Group+"/") {
				continue
			}
			fmt.Fprintf(w, "  %s\n      %s\n      %v", item.Rule.Name, item.Rule.Says, item.Rule.Clause)
			if item.Rule.Share == 0 {
				fmt.Fprint(w, ", advisory: never charged")
			}
			fmt.Fprintln(w)
		}
	}
	_, err := fmt.Fprintf(w, "\ngrader show %s --statement prints what the student reads.\n", s.Name)
	return err
}

// networks names what a suite's programs talk over: "TCP", "UDP and TCP".
func networks(s *check.Suite) string {
	if s.Also == "" {
		return strings.ToUpper(s.Network)
	}
	return strings.ToUpper(s.Network) + " and " + strings.ToUpper(s.Also)
}
