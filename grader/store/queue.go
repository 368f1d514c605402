package store

import (
	"context"
	"fmt"
	"time"

	"github.com/wiregrade/wiregrade/grader"
)

// A Class says how urgent a run is. A lower one goes first.
type Class int

// The classes.
const (
	Interactive Class = 1 // a student waits for it
	LateClass   Class = 2 // after the due date
	Regrading   Class = 3 // nobody waits for it
)

// A NewSubmission is what somebody hands in.
type NewSubmission struct {
	Course     ID
	Assignment ID
	Person     ID
	Source     Source
	Commit     string    // with a commit, the same one is taken once only
	Delivery   string    // likewise
	Digest     []byte    // of the delivery, where it is kept as one; see Delivery.Digest
	Received   time.Time // zero: now
	Files      []File
	// Waive lets it in although it is closed or over the limit; for staff.
	Waive bool
	// By is staff that hands in for the person, and why; zero when it is the person.
	By Change
}

// A Refusal says why a submission is not taken, in words for the student.
type Refusal struct {
	Reason string // one of the Refused constants
	Says   string
	Next   time.Time // when it would be taken; zero when that is not known
}

// The reasons for a refusal.
const (
	RefusedNotOpen = "not-open"
	RefusedClosed  = "closed"
	RefusedLimit   = "limit"
)

// Error is the refusal in words for the student.
func (r *Refusal) Error() string { return r.Says }

// A Selection says which submissions are graded again. Empty fields select all.
type Selection struct {
	Assignment ID
	Submission ID
	Verdict    grader.Verdict // some check of the counted run ended so; Fault: there is none, since a run was a fault of ours
	Check      string         // that check; with Verdict, both of the same result
	Since      time.Time      // received at or after
	Until      time.Time      // received before
	Version    string         // graded by another version than this
}

// A Place is where a submission stands in line.
type Place struct {
	State   State
	Ahead   int           // runs that start before it, by the order of this moment
	Own     bool          // a run of the same student is under way: it starts when that has ended, though there be slots
	Slots   int           // runs that the workers alive do at once which have its suite; 0 when there is none
	Wait    time.Duration // until it starts, as measured of late
	Known   bool          // Wait is known: there are workers, and runs of the suites in question to measure by
	Measure string        // in words, what Wait was worked out from
}

// String says the place in words.
func (p Place) String() string {
	before := fmt.Sprintf("waiting, %d before it", p.Ahead)
	if p.Own {
		before = "waiting for the same student's run that is under way"
		if p.Ahead > 0 {
			before += fmt.Sprintf(", %d more before it", p.Ahead)
		}
	}
	switch {
	case p.State != StateWaiting:
		return string(p.State)
	case p.Slots == 0:
		return before + "; no worker that grades it is running"
	case !p.Known:
		return before
	default:
		return fmt.Sprintf("%s, about %v", before, p.Wait.Round(time.Second))
	}
}

// A Queue takes submissions in and has them graded.
type Queue interface {
	// Submit stores the submission and puts it in line, both or neither. first
	// is false when this commit or delivery was taken before: the answer is
	// that submission; ErrOtherCall when the delivery was kept with another digest. A *Refusal says why it is not taken. A newer submission
	// takes the place of the same student's that is still waiting.
	Submit(ctx context.Context, n NewSubmission) (sub Submission, first bool, err error)
	// Regrade puts the selected submissions within the scope in line again, and says how many.
	Regrade(ctx context.Context, s Scope, sel Selection, by Change) (int, error)
	// Matching says how many submissions Regrade would put in line.
	Matching(ctx context.Context, s Scope, sel Selection) (int, error)
	// Place says where a submission stands.
	Place(ctx context.Context, s Scope, submission ID) (Place, error)
}
