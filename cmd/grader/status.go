package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/wiregrade/wiregrade/api"
	"github.com/wiregrade/wiregrade/internal/client"
)

// statusFlags are the flags of status.
type statusFlags struct {
	checkFlags
	course string
	most   int
	watch  bool
}

func newStatus() *cobra.Command {
	var f statusFlags
	c := &cobra.Command{
		Use:   "status [SUBMISSION]",
		Short: "Show what you handed in, where it stands in line, and your points",
		Long: `Status shows your courses' assignments with the points that count, and your latest
submissions to each with their state and score. With the beginning of a SUBMISSION's id
it shows the report on that one as submit does, and waits for it first.

--watch shows the list anew until nothing waits or runs any more.`,
		Example: `grader status
grader status --watch
grader status --course net-2026 -a http-server -n 20
grader status 4f1c22aa --verbose`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("for example: grader status 4f1c22aa", "status takes one submission, not %d", len(args))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.validate(); err != nil {
				return err
			}
			if f.most < 1 || f.most > 500 {
				return usage("1 to 500", "-n %d is out of range", f.most)
			}
			s, err := openSession()
			if err != nil {
				return err
			}
			if len(args) == 1 {
				return f.one(c.Context(), s, c.OutOrStdout(), c.ErrOrStderr(), args[0])
			}
			return f.list(c.Context(), s, c.OutOrStdout())
		},
	}
	c.Flags().StringVar(&f.course, "course", "", "this COURSE only")
	c.Flags().StringVarP(&f.assignment, "assignment", "a", "", "this ASSIGNMENT only")
	c.Flags().IntVarP(&f.most, "number", "n", 5, "show the latest N submissions to each assignment")
	c.Flags().BoolVarP(&f.watch, "watch", "w", false, "show it anew until nothing waits or runs")
	f.registerReport(c)
	return c
}

// An entry is an assignment with what the person has of it.
type entry struct {
	place
	mark api.Mark
	subs []api.Submission
}

// look reads what the flags ask for, by course.
func (f *statusFlags) look(ctx context.Context, s *session) ([]entry, error) {
	login, err := s.me(ctx)
	if err != nil {
		return nil, err
	}
	courses, err := s.courses(ctx, f.course, flagWrong)
	if err != nil {
		return nil, err
	}
	var all []entry
	var names []string
	for _, course := range courses {
		assignments, err := s.Assignments(ctx, course)
		if err != nil {
			return nil, served(err)
		}
		marks, err := s.Marks(ctx, course, login)
		if err != nil {
			return nil, served(err)
		}
		for _, a := range assignments {
			names = append(names, a.Name)
			if f.assignment != "" && a.Name != f.assignment {
				continue
			}
			e := entry{place: place{course, a}, mark: markOf(marks, login, a.Name)}
			if e.subs, err = s.Submissions(ctx, course, a.Name, login, f.most); err != nil {
				return nil, served(err)
			}
			for i := range e.subs {
				if client.Ended(e.subs[i].State) {
					continue
				}
				// Only the one has its place in line.
				if e.subs[i], err = s.Submission(ctx, course, string(e.subs[i].ID)); err != nil {
					return nil, served(err)
				}
			}
			all = append(all, e)
		}
	}
	if f.assignment != "" && len(all) == 0 {
		return nil, usage(suggest(f.assignment, names), "no assignment %q in %s", f.assignment, plainList(courses))
	}
	return all, nil
}

func markOf(marks []api.Marks, login, assignment string) api.Mark {
	for _, m := range marks {
		if m.Login != login {
			continue
		}
		for _, x := range m.Assignments {
			if x.Assignment == assignment {
				return x
			}
		}
	}
	return api.Mark{}
}

// refresh is how often --watch looks.
const refresh = 3 * time.Second

func (f *statusFlags) list(ctx context.Context, s *session, stdout io.Writer) error {
	_, width := terminal(stdout)
	tick := time.NewTicker(refresh)
	defer tick.Stop()
	var last []byte
	for {
		all, err := f.look(ctx, s)
		if err != nil {
			return err
		}
		var out bytes.Buffer
		busy := writeStatus(&out, s, all, time.Now())
		text := out.Bytes()
		if f.watch && width > 0 {
			text = append(over(stdout, last), fitted(text, width)...)
		}
		if !bytes.Equal(text, last) { // in a log, only what is new
			if _, err := stdout.Write(text); err != nil {
				return err
			}
		}
		if !f.watch || !busy {
			return nil
		}
		last = text
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// over takes a terminal back to where the list before began, and clears it; to
// the top when that has left the screen.
func over(stdout io.Writer, last []byte) []byte {
	lines := bytes.Count(last, []byte("\n"))
	switch {
	case lines == 0:
		return nil
	case lines >= height(stdout):
		return []byte("\x1b[H\x1b[J")
	default:
		return fmt.Appendf(nil, "\x1b[%dF\x1b[J", lines)
	}
}

// fitted cuts lines at the terminal's edge: a wrapped one would be two when it is drawn over.
func fitted(text []byte, width int) []byte {
	var out bytes.Buffer
	for line := range strings.Lines(string(text)) {
		if r := []rune(strings.TrimSuffix(line, "\n")); len(r) >= width {
			line = string(r[:width-1]) + "\n"
		}
		out.WriteString(line)
	}
	return out.Bytes()
}

// writeStatus writes the list, and says whether something in it waits or runs.
func writeStatus(w io.Writer, s *session, all []entry, now time.Time) (busy bool) {
	fmt.Fprintf(w, "%s at %s\n", client.Plain(s.login), client.Plain(s.Base()))
	if len(all) == 0 {
		fmt.Fprintln(w, "\nThere is no assignment yet.")
		return false
	}
	course, nothing := "", true
	for _, e := range all {
		if e.course != course {
			course = e.course
			fmt.Fprintf(w, "\n%s\n", client.Plain(course))
		}
		fmt.Fprintf(w, "  %s\n", strings.Join(heading(e, now), " · "))
		t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
		for _, sub := range e.subs {
			nothing = false
			busy = busy || !client.Ended(sub.State)
			fmt.Fprintf(t, "    %s\t%s\t%s\n", short(string(sub.ID)), moment(sub.Received, now), strings.Join(details(sub, e.mark), ", "))
		}
		t.Flush()
	}
	if nothing {
		fmt.Fprintln(w, "\nYou handed nothing in yet: grader submit does, with the folder that you are in.")
	}
	return busy
}

// heading is an assignment in one line.
func heading(e entry, now time.Time) []string {
	parts := []string{client.Plain(e.assignment.Name)}
	switch {
	case e.mark.Submission != "" || e.mark.Overridden:
		parts = append(parts, fmt.Sprintf("%s of %s points", number(e.mark.Points), number(e.mark.Max)))
		if e.mark.Passed {
			parts = append(parts, "passed")
		}
		if e.mark.Overridden {
			parts = append(parts, "set by hand")
		}
		if e.mark.DaysLate > 0 {
			parts = append(parts, plural(e.mark.DaysLate, "day")+" late")
		}
		if e.mark.GraceDays > 0 {
			parts = append(parts, plural(e.mark.GraceDays, "grace day")+" spent")
		}
	case len(e.subs) == 0:
		parts = append(parts, "nothing handed in")
	default:
		parts = append(parts, "no points yet")
	}
	if o := e.assignment.Opens; o != nil && o.After(now) {
		parts = append(parts, "opens "+moment(*o, now))
	}
	if d := e.assignment.Due; d != nil {
		if d.After(now) {
			parts = append(parts, "due "+moment(*d, now)+" (in "+span(d.Sub(now))+")")
		} else {
			parts = append(parts, "was due "+moment(*d, now))
		}
	}
	return parts
}

// details is how far a submission is.
func details(sub api.Submission, mark api.Mark) []string {
	parts := []string{standing(sub)}
	if sub.Score != nil {
		parts = append(parts, fmt.Sprintf("%s of %s", number(sub.Score.Points), number(sub.Score.Max)))
	}
	switch {
	case sub.Lateness != nil:
		parts = append(parts, client.Plain(sub.Lateness.Says))
	case sub.Late:
		parts = append(parts, "late")
	}
	if sub.ID == mark.Submission && !mark.Overridden {
		parts = append(parts, "counts")
	}
	return parts
}

// moment is a time as people here say it.
func moment(t, now time.Time) string {
	t, now = t.Local(), now.Local()
	switch {
	case t.Format(time.DateOnly) == now.Format(time.DateOnly):
		return "today " + t.Format("15:04")
	case t.Year() == now.Year():
		return t.Format("Mon 2 Jan 15:04")
	default:
		return t.Format("2 Jan 2006 15:04")
	}
}

// span is a time to come, roughly.
func span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return plural(int(d/(24*time.Hour)), "day")
	case d >= 2*time.Hour:
		return plural(int(d/time.Hour), "hour")
	default:
		return plural(max(1, int(d/time.Minute)), "minute")
	}
}

// one shows the report on one submission, once it is graded.
func (f *statusFlags) one(ctx context.Context, s *session, stdout, stderr io.Writer, id string) error {
	if f.watch {
		return usage("with a submission's id it is waited for without", "--watch is for the list")
	}
	sub, course, err := f.search(ctx, s, strings.ToLower(id))
	if err != nil {
		return err
	}
	out, err := openOutputs(&f.checkFlags, stdout, "")
	if err != nil {
		return err
	}
	run, err := s.await(ctx, stderr, "submission "+short(string(sub.ID)), course, sub)
	if err != nil {
		out.discard()
		return err
	}
	return f.show(out, run, "")
}

// search finds the person's submission whose id begins so.
func (f *statusFlags) search(ctx context.Context, s *session, id string) (api.Submission, string, error) {
	var found api.Submission
	var course string
	if len(id) < 4 || strings.Trim(id, "0123456789abcdef-") != "" {
		return found, "", usage("grader status lists them", "%q is no id of a submission: the first 8 characters are enough", id)
	}
	wide := *f
	wide.most = 500
	all, err := wide.look(ctx, s)
	if err != nil {
		return found, "", err
	}
	for _, e := range all {
		for _, sub := range e.subs {
			switch {
			case !strings.HasPrefix(string(sub.ID), id):
			case course != "":
				return found, "", usage("say more of the id", "several submissions begin with %s", id)
			default:
				found, course = sub, e.course
			}
		}
	}
	if course == "" {
		return found, "", usage("grader status lists them", "you have no submission that begins with %s", id)
	}
	return found, course, nil
}
