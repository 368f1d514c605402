// Package report shows a graded run to a reader: a student at a terminal, a
// dashboard, a CI system, GitHub, Gradescope. Every format tells the same
// story: what each check concluded, under which clause, the exchange that
// shows it, what the reference answered, and how to see it again.
//
// What a submission sent, printed or was named is hostile until it went
// through Escape or its sibling for prose.
package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/wiregrade/wiregrade/grader"
)

// Options say how a report is made.
type Options struct {
	Color   bool   // colour the text format with ANSI sequences
	Width   int    // columns of the text format; 0 is 100
	Verbose bool   // show the exchange of passing checks too, and shorten nothing that fits a page
	Dir     string // the folder as the user would type it, for the line that repeats a check; "" leaves it out
	// Assignment is what the user named with -a, which that line must name again.
	Assignment string
}

// A Format names a way to write a report.
type Format string

// The formats.
const (
	Text       Format = "text"       // for a terminal
	JSON       Format = "json"       // schema grader.report/v1
	JUnit      Format = "junit"      // XML, as CI systems read it
	Markdown   Format = "markdown"   // for a pull request's check or a step summary of GitHub
	HTML       Format = "html"       // one file that needs nothing else
	Gradescope Format = "gradescope" // results.json of Gradescope
)

// A writer writes one format.
type writer struct {
	format Format
	write  func(io.Writer, *view) error
}

// writers are the formats, in the order in which help shows them.
func writers() []writer {
	return []writer{
		{Text, writeText},
		{JSON, writeJSON},
		{JUnit, writeJUnit},
		{Markdown, writeMarkdown},
		{HTML, writeHTML},
		{Gradescope, writeGradescope},
	}
}

// Formats gives the names of the formats that Write knows.
func Formats() []string {
	var names []string
	for _, w := range writers() {
		names = append(names, string(w.format))
	}
	return names
}

// Write writes the report on run to w. It fails on a format that is not among
// Formats, and when w does.
func Write(w io.Writer, f Format, run *grader.Run, o Options) error {
	for _, known := range writers() {
		if known.format == f {
			if err := known.write(w, newView(run, o)); err != nil {
				return fmt.Errorf("write %s report: %w", f, err)
			}
			return nil
		}
	}
	return fmt.Errorf("write report: unknown format %q, want one of %s", f, strings.Join(Formats(), ", "))
}
