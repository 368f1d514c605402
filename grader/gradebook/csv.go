package gradebook

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/wiregrade/wiregrade/grader/store"
)

// A Layout names the columns that a learning platform imports.
type Layout string

// The layouts.
const (
	Plain  Layout = "plain"  // everything that is known
	Canvas Layout = "canvas" // Canvas: "Student, ID, SIS User ID, SIS Login ID, Section", then assignments; a row of points possible
	Moodle Layout = "moodle" // Moodle: "Username, Email address", then assignments
)

// Canvas finds a student by the SIS login (our login), else by the name, and an
// assignment by its name, making it with the points possible where there is none. Moodle
// asks which column names the student: the user name or the e-mail address, and refuses
// a file in which one of them finds nobody. That is why both are there: an
// account of ours may have no address.

// WriteCSV writes the rows in the layout. It fails on a layout that is not one
// of the three, and when w does.
func WriteCSV(w io.Writer, l Layout, assignments []store.Assignment, rows []Row) error {
	out := csv.NewWriter(w)
	var head []string
	for _, a := range assignments {
		head = append(head, safe(a.Name))
	}
	switch l {
	case Plain:
		out.Write(append([]string{"login", "name", "email"}, append(head, "passed", "of", "percent", "pass")...))
	case Canvas:
		out.Write(append([]string{"Student", "ID", "SIS User ID", "SIS Login ID", "Section"}, head...))
		most := []string{"    Points Possible", "", "", "", ""}
		for i := range assignments {
			var points float64
			if len(rows) > 0 {
				points = rows[0].Cells[i].Max
			}
			most = append(most, number(points))
		}
		out.Write(most)
	case Moodle:
		out.Write(append([]string{"Username", "Email address"}, head...))
	default:
		return fmt.Errorf("write gradebook: unknown layout %q, want plain, canvas or moodle", l)
	}
	for _, r := range rows {
		var cells []string
		for _, c := range r.Cells {
			cell := ""
			// An empty cell is no mark; a 0 would be one.
			if c.Submission != "" || c.Overridden {
				cell = number(c.Got)
			}
			cells = append(cells, cell)
		}
		s := r.Student
		switch l {
		case Plain:
			out.Write(append([]string{safe(s.Login), safe(s.Name), safe(s.Email)}, append(cells,
				strconv.Itoa(r.Standing.Count), strconv.Itoa(r.Standing.Of), number(r.Standing.Percent), strconv.FormatBool(r.Standing.Passed))...))
		case Canvas:
			out.Write(append([]string{safe(s.Name), "", "", safe(s.Login), ""}, cells...))
		case Moodle:
			out.Write(append([]string{safe(s.Login), safe(s.Email)}, cells...))
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write gradebook: %w", err)
	}
	return nil
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// safe keeps a spreadsheet from taking a name that a student chose for a
// formula, and a terminal from taking it for a command.
func safe(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
