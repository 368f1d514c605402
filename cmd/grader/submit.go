package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/wiregrade/wiregrade/api"
	"github.com/wiregrade/wiregrade/api/archive"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/harness"
	"github.com/wiregrade/wiregrade/harness/submission"
	"github.com/wiregrade/wiregrade/internal/client"
)

// submitFlags are the flags of submit; those of check say how the report is shown.
type submitFlags struct {
	checkFlags
	course string
	noWait bool
}

func newSubmit() *cobra.Command {
	var f submitFlags
	c := &cobra.Command{
		Use:   "submit [DIR]",
		Short: "Hand in the submission in a folder",
		Long: `Submit hands in the folder DIR (here by default) to the course's service, waits for
its turn, shows the progress, and prints the report as grader check does.

The course and the assignment are those of --course and -a, else of grader.yaml
(course: …, assignment: …), else the only ones that you have. Ctrl-C stops the waiting,
not the grading: grader status shows how it went. --no-wait waits for nothing.

Exit status: 0 every check passed (or --no-wait), 1 the submission falls short, 2 a
mistake, or the service did not take it, 3 not graded, which is not the submission's fault.`,
		Example: `grader submit
grader submit --course net-2026 -a http-server my-server
grader submit --no-wait my-server
grader submit --format html --output report.html my-server`,
		Args: atMostOneFolder,
		RunE: func(c *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return f.submit(c.Context(), c.OutOrStdout(), c.ErrOrStderr(), dir)
		},
	}
	c.Flags().StringVar(&f.course, "course", "", "the COURSE, where it is not the only one")
	c.Flags().StringVarP(&f.assignment, "assignment", "a", "", "the ASSIGNMENT, where grader.yaml does not say it")
	c.Flags().BoolVar(&f.noWait, "no-wait", false, "hand in, say the place in line, and end")
	f.registerReport(c)
	return c
}

func (f *submitFlags) submit(ctx context.Context, stdout, stderr io.Writer, dir string) error {
	if err := f.validate(); err != nil {
		return err
	}
	if f.noWait && (f.output != "" || f.capture != "") {
		return usage("leave --no-wait out, or ask later: grader status ID", "with --no-wait there is no report to write")
	}
	m, err := readManifest(dir, false)
	if err != nil {
		return err
	}
	s, err := openSession()
	if err != nil {
		return err
	}
	to, err := s.find(ctx, f.wanted(dir, m))
	if err != nil {
		return err
	}
	if role := roleOf(to.assignment.Suite); m.Guess != "" {
		if m, err = readManifest(dir, role == grader.Client); err != nil {
			return err
		}
		fmt.Fprintf(stderr, "grader: %s\n", guessed(m))
	}
	data, err := pack(stderr, dir, to)
	if err != nil {
		return err
	}
	out, err := openOutputs(&f.checkFlags, stdout, dir)
	if err != nil {
		return err
	}
	sub, err := s.handIn(ctx, to, data)
	if err != nil {
		out.discard()
		return err
	}
	if sub.Lateness != nil {
		fmt.Fprintf(stderr, "grader: %s\n", client.Plain(sub.Lateness.Says))
	}
	id := short(string(sub.ID))
	if f.noWait {
		out.discard()
		_, err := fmt.Fprintf(stdout, "submission %s: %s\ngrader status %s shows how it goes\n", id, standing(sub), id)
		return err
	}
	run, err := s.await(ctx, stderr, dir, to.course, sub)
	if err != nil {
		out.discard()
		return err
	}
	return f.show(out, run, dir)
}

// show writes the report, and says by the exit status what stands in it.
func (f *checkFlags) show(out *outputs, run *grader.Run, dir string) error {
	if err := rendered(func() error { return out.write(f, run, dir) }); err != nil {
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

// rendered runs f. A record from a server may hold anything, such as an offset beyond its bytes.
func rendered(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("the record that the service sent makes no sense")
		}
	}()
	return f()
}

// wanted is where the flags and the manifest want it handed in.
func (f *submitFlags) wanted(dir string, m submission.Manifest) wanted {
	w := wanted{course: f.course, assignment: f.assignment, wrongCourse: flagWrong, wrongAssignment: flagWrong}
	inFile := func(key string) func(hint, text string) error {
		return func(hint, text string) error { return usage(hint, "%v", m.Wrong(dir, key, text)) }
	}
	if w.course == "" && m.Course != "" {
		w.course, w.wrongCourse = m.Course, inFile("course")
	}
	if w.assignment == "" && m.Assignment != "" {
		w.assignment, w.wrongAssignment = m.Assignment, inFile("assignment")
	}
	return w
}

// roleOf is the role of a suite that this program knows, else a server's.
func roleOf(suite string) grader.Role {
	if s, err := findSuite(suite); err == nil {
		return s.Role
	}
	return grader.Server
}

// pack makes the archive of the folder, and says what is in it.
func pack(stderr io.Writer, dir string, to place) ([]byte, error) {
	files, skipped, err := client.Folder(dir, store.DefaultLimits())
	var large *client.TooLargeError
	switch {
	case errors.As(err, &large):
		return nil, usage(fmt.Sprintf("leave out what is built or downloaded; the most is in %s", filepath.Join(dir, client.Plain(large.Most))), "%v", large)
	case errors.Is(err, store.ErrInvalid):
		return nil, usage("rename or remove it", "%v", err)
	case err != nil:
		return nil, usage("", "%v", err)
	}
	for _, name := range skipped {
		fmt.Fprintf(stderr, "grader: left out %s: neither a file nor a link\n", client.Plain(name))
	}
	var out bytes.Buffer
	if err := archive.Pack(&out, files, time.Unix(0, 0)); err != nil {
		return nil, fault("%v", err)
	}
	fmt.Fprintf(stderr, "grader: handing in %s (%s, %s) to %s\n", dir, plural(len(files), "file"), bytesOf(out.Len()), to)
	return out.Bytes(), nil
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func bytesOf(n int) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	default:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
}

// handIn sends the archive.
func (s *session) handIn(ctx context.Context, to place, data []byte) (api.Submission, error) {
	sub, err := s.Submit(ctx, to.course, to.assignment.Name, data)
	var p *client.Problem
	switch {
	case ctx.Err() != nil:
		return sub, &exitError{exitFault, "interrupted", "grader status shows whether it was handed in"}
	case errors.As(err, &p) && p.Status == 404:
		return sub, usage("ask your teacher to enrol you", "you cannot hand in to %s", to)
	case err != nil:
		return sub, served(err)
	}
	return sub, nil
}

// await follows a submission to the end of its grading, and gives what its run recorded.
func (s *session) await(ctx context.Context, stderr io.Writer, dir, course string, sub api.Submission) (*grader.Run, error) {
	id := string(sub.ID)
	p := newProgress(stderr, dir)
	said := ""
	news := func(e client.Event) {
		switch {
		case e.Step != nil:
			p.show(harness.Progress{Phase: e.Step.Phase, Done: e.Step.Done, Total: total(e.Step), Name: client.Plain(e.Step.Check), Verdict: e.Step.Verdict})
		case e.State != nil && !client.Ended(e.State.State):
			now := standing(*e.State)
			p.show(harness.Progress{Phase: waiting, Name: now})
			if p.width == 0 && now != said {
				fmt.Fprintf(stderr, "grader: submission %s: %s\n", short(id), now)
				said = now
			}
		}
	}
	news(client.Event{State: &sub})
	if !client.Ended(sub.State) {
		var err error
		if sub, err = s.Follow(ctx, course, id, news); err != nil {
			p.clear()
			e := &exitError{exitFault, "interrupted: submission " + short(id) + " is graded all the same", "grader status " + short(id) + " shows it"}
			if ctx.Err() == nil {
				errors.As(served(err), &e)
				e.hint = "submission " + short(id) + " is handed in; grader status " + short(id) + " shows it"
			}
			return nil, e
		}
	}
	p.clear()
	switch sub.State {
	case store.StateFault:
		return nil, &exitError{exitFault, "the grader failed on submission " + short(id) + ": this is not its fault, and costs nothing", "the staff has been told; grader status shows when it was graded again"}
	case store.StateReplaced:
		return nil, &exitError{exitFault, "submission " + short(id) + " was not graded: a newer one of yours took its place in line", "grader status shows the newer one"}
	}
	return s.record(ctx, course, sub)
}

// record reads what the run that counts recorded.
func (s *session) record(ctx context.Context, course string, sub api.Submission) (*grader.Run, error) {
	runs, err := s.Runs(ctx, course, string(sub.ID))
	if err != nil {
		return nil, served(err)
	}
	for _, r := range runs {
		if !r.Counted {
			continue
		}
		run, err := s.Record(ctx, course, string(r.ID))
		if err != nil {
			return nil, served(err)
		}
		if sub.Late {
			says, err := s.late(ctx, course, sub)
			if err != nil {
				return nil, err
			}
			run.Remarks = append(run.Remarks, says)
		}
		return run, nil
	}
	return nil, fault("the service has no report on submission %s", short(string(sub.ID)))
}

// late is in words what being late costs a submission.
func (s *session) late(ctx context.Context, course string, sub api.Submission) (string, error) {
	sub, err := s.Submission(ctx, course, string(sub.ID)) // only the one has it
	switch {
	case err != nil:
		return "", served(err)
	case sub.Lateness == nil: // the due date was moved since
		return "handed in after the due date of then: grader status shows the points", nil
	default:
		return sub.Lateness.Says + ". It is so if this one counts; grader status shows what does", nil
	}
}

// standing is in words where a submission stands.
func standing(s api.Submission) string {
	switch {
	case s.State == store.StateWaiting && s.Place != nil:
		p := store.Place{State: s.State, Ahead: s.Place.Ahead, Slots: s.Place.Slots}
		if s.Place.Wait != nil {
			p.Known = true
			p.Wait = time.Duration(min(max(*s.Place.Wait, 0), 1e6) * float64(time.Second))
		}
		return p.String()
	case s.State == store.StateFault:
		return "not graded: a fault of ours, not yours"
	case s.State == store.StateReplaced:
		return "replaced by a newer one"
	default:
		return client.Plain(string(s.State))
	}
}

// total is how many checks there are; 0 where the service does not tell, since some are hidden.
func total(s *api.Step) int {
	if s.Total <= 0 {
		return 0
	}
	return max(s.Total, s.Done)
}
