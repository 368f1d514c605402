package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/wiregrade/wiregrade/api"
	"github.com/wiregrade/wiregrade/grader/gradebook"
	"github.com/wiregrade/wiregrade/internal/client"
)

// gradebookFlags are the flags of gradebook.
type gradebookFlags struct {
	course, format, output string
}

func gradebookFormats() []string { return []string{"text", "csv", "canvas", "moodle", "json"} }

func newGradebook() *cobra.Command {
	var f gradebookFlags
	c := &cobra.Command{
		Use:   "gradebook",
		Short: "Show the marks of a course",
		Long: `Gradebook shows a course's marks as a table: all students' for staff, your own for
students. The other formats are for programs: csv has everything, canvas and moodle have
the columns that those platforms import, json is what the API answers.

In the table - is nothing handed in (or nothing graded yet), * is set by hand.`,
		Example: `grader gradebook
grader gradebook --course net-2026 --format canvas --output net-2026.csv`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return f.show(c.Context(), c.OutOrStdout())
		},
	}
	c.Flags().StringVar(&f.course, "course", "", "the COURSE, where it is not the only one")
	c.Flags().StringVar(&f.format, "format", "text", "the FORMAT: "+strings.Join(gradebookFormats(), ", "))
	c.Flags().StringVarP(&f.output, "output", "o", "", "write it to this FILE")
	return c
}

func (f *gradebookFlags) show(ctx context.Context, stdout io.Writer) error {
	if !slices.Contains(gradebookFormats(), f.format) {
		return usage(suggest(f.format, gradebookFormats()), "unknown format %q", f.format)
	}
	s, err := openSession()
	if err != nil {
		return err
	}
	course, err := s.oneCourse(ctx, f.course)
	if err != nil {
		return err
	}
	// The file is opened before the service is asked, and replaced whole.
	out, err := openOutputs(&checkFlags{output: f.output}, stdout, "")
	if err != nil {
		return err
	}
	data, err := f.read(ctx, s, course)
	if err != nil {
		out.discard()
		return err
	}
	if out.file == nil {
		if _, width := terminal(stdout); width > 0 {
			data = onTerminal(data)
		}
		_, err := stdout.Write(data)
		return err
	}
	_, err = out.file.Write(data)
	if err = out.close(err); err != nil {
		out.discard()
		return &exitError{exitFault, fmt.Sprintf("cannot write %s: %v", f.output, pathError(err, f.output)), ""}
	}
	fmt.Fprintf(stdout, "%s: wrote %s\n", client.Plain(course), f.output)
	return nil
}

func (f *gradebookFlags) read(ctx context.Context, s *session, course string) ([]byte, error) {
	layout := map[string]gradebook.Layout{"csv": gradebook.Plain, "canvas": gradebook.Canvas, "moodle": gradebook.Moodle}[f.format]
	if layout != "" {
		data, err := s.Gradebook(ctx, course, string(layout))
		if err != nil {
			return nil, served(err)
		}
		return data, nil
	}
	marks, err := s.Marks(ctx, course, "")
	if err != nil {
		return nil, served(err)
	}
	if f.format == "json" {
		data, err := json.MarshalIndent(struct {
			Course string      `json:"course"`
			Items  []api.Marks `json:"items"`
		}{course, append([]api.Marks{}, marks...)}, "", "  ")
		return append(data, '\n'), err
	}
	return marksTable(course, marks), nil
}

// marksTable is the marks for a reader.
func marksTable(course string, marks []api.Marks) []byte {
	var out bytes.Buffer
	if len(marks) == 0 {
		fmt.Fprintf(&out, "There is no student in %s yet.\n", client.Plain(course))
		return out.Bytes()
	}
	t := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	row := []string{"LOGIN", "NAME"}
	most := []string{"", "of"}
	for _, a := range marks[0].Assignments {
		row = append(row, client.Plain(a.Assignment))
		most = append(most, number(a.Max))
	}
	fmt.Fprintln(t, strings.Join(append(row, "PASSED", "PERCENT", "COURSE"), "\t"))
	fmt.Fprintln(t, strings.Join(append(most, "", "", ""), "\t"))
	passed := 0
	for _, m := range marks {
		row := []string{client.Plain(m.Login), cut(client.Plain(m.Name), 24)}
		for _, a := range m.Assignments {
			row = append(row, markCell(a))
		}
		word := "not passed"
		if m.Standing.Passed {
			word = "passed"
			passed++
		}
		row = append(row, fmt.Sprintf("%d of %d", m.Standing.Count, m.Standing.Of), fmt.Sprintf("%.0f %%", m.Standing.Percent), word)
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	t.Flush()
	var lines bytes.Buffer
	for line := range strings.Lines(out.String()) {
		fmt.Fprintln(&lines, strings.TrimRight(line, " \n"))
	}
	if len(marks) > 1 {
		fmt.Fprintf(&lines, "\n%d of %d passed the course.\n", passed, len(marks))
	}
	return lines.Bytes()
}

func markCell(a api.Mark) string {
	cell := "-"
	if a.Submission != "" || a.Overridden {
		cell = number(a.Points)
	}
	if a.Overridden {
		cell += " *"
	}
	if a.DaysLate > 0 {
		cell += fmt.Sprintf(" (%dd late)", a.DaysLate)
	}
	return cell
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// onTerminal makes lines from a server safe to show.
func onTerminal(data []byte) []byte {
	var out bytes.Buffer
	for line := range strings.Lines(string(data)) {
		for part := range slices.Chunk([]rune(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")), 500) {
			out.WriteString(client.Plain(string(part)))
		}
		out.WriteByte('\n')
	}
	return out.Bytes()
}
