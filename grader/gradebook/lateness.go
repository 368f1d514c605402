package gradebook

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/grader/store"
)

// A Lateness is what being late costs a submission, if it is the one that counts. It is so as things
// stand: grace days are spent in the order in which assignments are due, and what counts for one that is due
// earlier may change.
type Lateness struct {
	Days    int     // late, begun; 0 is in time
	Grace   int     // grace days that it uses
	Had     int     // grace days that the student had for it
	Charged int     // days that stay late
	Factor  float64 // what those leave of its points, 0 to 1
	Given   bool    // the course has grace days
}

// Left is how many grace days are left after it.
func (l Lateness) Left() int { return l.Had - l.Grace }

// Earlier lists the assignments whose marks Lateness needs: those that are due before the one.
func Earlier(all []store.Assignment, one store.ID) []store.ID {
	var ids []store.ID
	for _, i := range order(all) {
		if all[i].ID == one {
			return ids
		}
		ids = append(ids, all[i].ID)
	}
	return nil
}

// Lateness works out what it costs the person to have handed in to the assignment, which is one of the
// facts', at the time.
func (f Facts) Lateness(person, assignment store.ID, received time.Time) Lateness {
	l := Lateness{Had: f.Course.GraceDays, Factor: 1, Given: f.Course.GraceDays > 0}
	for _, i := range order(f.Assignments) {
		a := &f.Assignments[i]
		if a.ID == assignment {
			l.Days = a.Late.DaysLate(f.deadline(person, a), received)
			l.Grace, l.Charged, l.Factor = a.Late.Pay(l.Had, l.Days)
			return l
		}
		l.Had -= f.cell(person, a, l.Had).Grace
	}
	return l
}

// String says it to the student, "" when it is in time.
func (l Lateness) String() string {
	if l.Days == 0 {
		return ""
	}
	var says []string
	switch {
	case l.Grace == 1 && l.Had == 1:
		says = append(says, "uses your last grace day")
	case l.Grace > 0:
		says = append(says, fmt.Sprintf("uses %d of your %s", l.Grace, days(l.Had, "grace day")), left(l.Left())+" left after it")
	case l.Had > 0:
		says = append(says, fmt.Sprintf("%s, for which your %s do not make up: none is used", days(l.Days, "day"), days(l.Had, "grace day")))
	case l.Given:
		says = append(says, fmt.Sprintf("%s, and none of your grace days is left", days(l.Days, "day")))
	default:
		says = append(says, days(l.Days, "day"))
	}
	switch {
	case l.Factor == 0:
		says = append(says, "it gets no points")
	case l.Factor < 1:
		says = append(says, fmt.Sprintf("%s charged: %s %% of its points", days(l.Charged, "day"), strconv.FormatFloat(float64(int((1-l.Factor)*1e4+0.5))/100, 'f', -1, 64)))
	case l.Grace == 0:
		says = append(says, "it costs nothing")
	}
	return "late: " + strings.Join(says, "; ")
}

func left(n int) string {
	switch n {
	case 0:
		return "none is"
	case 1:
		return "1 is"
	default:
		return fmt.Sprintf("%d are", n)
	}
}

func days(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
