package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/wiregrade/wiregrade/api"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/nearest"
	"github.com/wiregrade/wiregrade/grader/store"
)

// regradeFlags select what is graded again.
type regradeFlags struct {
	course, assignment, student, submission string
	verdict, check, since, until            string
	outdated, yes                           bool
	why                                     string
}

func newRegrade() *cobra.Command {
	var f regradeFlags
	c := &cobra.Command{
		Use:   "regrade",
		Short: "Grade submissions again (staff)",
		Long: `Regrade has a course's submissions graded again, those that every filter selects;
without one, all of them. It says how many there are and asks before it does. They
wait behind what students hand in meanwhile, a result that is there stays until
the new one takes its place, and the audit trail keeps who did it, and --why.

A time is 2026-03-02, 2026-03-02T12:00 (here), RFC 3339, or so long ago: 36h, 7d.`,
		Example: `grader regrade -a http-server --check methods/head-no-content --why "it was wrong"
grader regrade --student ann
grader regrade --since 2d --verdict fault --yes
grader regrade --outdated`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return f.regrade(c.Context(), c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&f.course, "course", "", "the COURSE, where it is not the only one")
	c.Flags().StringVarP(&f.assignment, "assignment", "a", "", "of this ASSIGNMENT")
	c.Flags().StringVar(&f.student, "student", "", "of the student with this LOGIN")
	c.Flags().StringVar(&f.submission, "submission", "", "the one with this ID (whole)")
	c.Flags().StringVar(&f.verdict, "verdict", "", "in which some check ended so: "+strings.Join(verdictNames(), ", "))
	c.Flags().StringVar(&f.check, "check", "", "in which this CHECK was played; with --verdict, ended so")
	c.Flags().StringVar(&f.since, "since", "", "handed in at this TIME or later")
	c.Flags().StringVar(&f.until, "until", "", "handed in before this TIME")
	c.Flags().BoolVar(&f.outdated, "outdated", false, "graded by another version than the service is now")
	c.Flags().StringVar(&f.why, "why", "", "the REASON, kept in the audit trail")
	c.Flags().BoolVarP(&f.yes, "yes", "y", false, "do not ask")
	return c
}

func verdictNames() []string {
	return []string{string(grader.Pass), string(grader.Fail), string(grader.Weak), string(grader.Blocked), string(grader.Fault)}
}

func (f *regradeFlags) regrade(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) error {
	sel, err := f.selection(time.Now())
	if err != nil {
		return err
	}
	s, err := openSession()
	if err != nil {
		return err
	}
	course, err := s.oneCourse(ctx, f.course)
	if err != nil {
		return err
	}
	if err := f.checkAssignment(ctx, s, course); err != nil {
		return err
	}
	dry := sel
	dry.DryRun = true
	n, err := s.Regrade(ctx, course, "", dry)
	if err != nil {
		return served(err)
	}
	if n == 0 {
		fmt.Fprintf(stdout, "No submission of %s is selected, or those that are wait already.\n", course)
		f.hint(stdout)
		return nil
	}
	if !f.yes {
		yes, err := ask(ctx, stdin, stderr, fmt.Sprintf("Grade %s of %s again?", plural(n, "submission"), course))
		if err != nil {
			return err
		}
		if !yes {
			fmt.Fprintln(stdout, "Nothing is graded again.")
			return nil
		}
	}
	if n, err = s.Regrade(ctx, course, f.why, sel); err != nil {
		return served(err)
	}
	fmt.Fprintf(stdout, "%s of %s in line to be graded again.\n", plural(n, "submission"), course)
	return nil
}

// checkAssignment names the nearest of an assignment that the course does not have.
func (f *regradeFlags) checkAssignment(ctx context.Context, s *session, course string) error {
	if f.assignment == "" {
		return nil
	}
	all, err := s.Assignments(ctx, course)
	if err != nil {
		return served(err)
	}
	var names []string
	for _, a := range all {
		if a.Name == f.assignment {
			return nil
		}
		names = append(names, a.Name)
	}
	return usage(suggest(f.assignment, names), "no assignment %q in %s", f.assignment, course)
}

// hint says when the name of a check may be why nothing was selected.
func (f *regradeFlags) hint(w io.Writer) {
	s, err := findSuite(f.assignment)
	if err != nil || f.check == "" {
		return
	}
	names := checkNames(s)
	for _, n := range names {
		if n == f.check {
			return
		}
	}
	if n := nearest.To(f.check, names); n != "" {
		fmt.Fprintf(w, "%s has no check %q; did you mean %s?\n", s.Name, f.check, n)
	}
}

func (f *regradeFlags) selection(now time.Time) (api.Regrade, error) {
	sel := api.Regrade{Assignment: f.assignment, Login: f.student, Submission: store.ID(f.submission), Check: f.check, Outdated: f.outdated}
	if f.verdict != "" {
		known := false
		for _, v := range verdictNames() {
			known = known || v == f.verdict
		}
		if !known {
			return sel, usage(suggest(f.verdict, verdictNames()), "unknown verdict %q", f.verdict)
		}
		sel.Verdict = grader.Verdict(f.verdict)
	}
	for _, x := range []struct {
		flag, value string
		to          **time.Time
	}{{"since", f.since, &sel.Since}, {"until", f.until, &sel.Until}} {
		if x.value == "" {
			continue
		}
		t, ok := parseTime(x.value, now)
		if !ok {
			return sel, usage("a time is 2026-03-02, 2026-03-02T12:00, or so long ago: 36h, 7d", "--%s: %q is no time", x.flag, x.value)
		}
		*x.to = &t
	}
	if sel.Since != nil && sel.Until != nil && !sel.Since.Before(*sel.Until) {
		return sel, usage("", "--since is not before --until")
	}
	return sel, nil
}

// parseTime reads a point in time, or how long ago it is.
func parseTime(s string, now time.Time) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, now.Location()); err == nil {
			return t, true
		}
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 && n < 100_000 {
			return now.AddDate(0, 0, -n), true
		}
		return time.Time{}, false
	}
	d, err := time.ParseDuration(s)
	return now.Add(-d), err == nil && d >= 0
}

// ask asks whoever sits at the terminal; where nobody does, --yes must say it.
func ask(ctx context.Context, stdin io.Reader, stderr io.Writer, question string) (bool, error) {
	if f, ok := stdin.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return false, usage("--yes does it without being asked", "%s There is nobody to ask", question)
	}
	fmt.Fprintf(stderr, "%s [y/N] ", question)
	typed := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(io.LimitReader(stdin, 100)).ReadString('\n')
		typed <- line
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(stderr)
		return false, nil
	case line := <-typed:
		line = strings.ToLower(strings.TrimSpace(line))
		return line == "y" || line == "yes", nil
	}
}
