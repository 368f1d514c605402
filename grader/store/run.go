package store

import (
	"context"
	"time"

	"github.com/wiregrade/wiregrade/grader"
)

// A RunStatus says how a run ended, if it did.
type RunStatus string

// The statuses.
const (
	RunRunning  RunStatus = "running"
	RunDone     RunStatus = "done"
	RunFault    RunStatus = "fault"    // ours: it does not count
	RunLost     RunStatus = "lost"     // its worker went away
	RunReturned RunStatus = "returned" // its worker was stopped and handed it back
)

// Phases says where a run's time went.
type Phases struct {
	Wait   time.Duration `json:"wait"`   // in line
	Fetch  time.Duration `json:"fetch"`  // files from the store to the disk
	Build  time.Duration `json:"build"`  // the submission's own
	Checks time.Duration `json:"checks"` // all else of the grading
}

// A Run is one grading of one submission, as it is stored.
type Run struct {
	ID         ID
	Submission ID
	Version    string // of the grader
	Seed       uint64
	Isolation  string
	Status     RunStatus
	Counted    bool   // the one of its submission's runs that makes the score
	Problem    string // why it could not be graded, or what our fault was
	Worker     string
	Started    time.Time
	Ended      time.Time // zero while it runs
	Phases     Phases
}

// An Outcome is one check's result without its transcript: what a score is made from.
type Outcome struct {
	Check   string
	Verdict grader.Verdict
	Share   float64
	Millis  float64
}

// A Graded is a submission with what its counted run found.
type Graded struct {
	Submission Submission
	Run        Run
	Outcomes   []Outcome
}

// Results gives the outcomes in the form that score.Of takes.
func (g *Graded) Results() []grader.Result {
	results := make([]grader.Result, len(g.Outcomes))
	for i, o := range g.Outcomes {
		results[i] = grader.Result{Rule: grader.Rule{Name: o.Check, Share: o.Share}, Verdict: o.Verdict, Millis: o.Millis}
	}
	return results
}

// A Progress is one step of a run, for those who watch it.
type Progress struct {
	Seq     int64
	Run     ID
	At      time.Time
	Phase   string // "fetch", "build", "check"
	Done    int
	Total   int
	Check   string // the one that just ended
	Verdict grader.Verdict
}

// Runs reads runs and their results. They are written by workers.
type Runs interface {
	Run(ctx context.Context, s Scope, id ID) (Run, error)
	// RunsOf lists the runs of a submission, the latest first.
	RunsOf(ctx context.Context, s Scope, submission ID) ([]Run, error)
	// Report gives all that a run found, transcripts included; ErrNotFound until it has ended.
	Report(ctx context.Context, s Scope, run ID) (*grader.Run, error)
	// Graded lists the graded submissions to an assignment within the scope,
	// each with its counted run, by person and time.
	Graded(ctx context.Context, s Scope, assignment ID) ([]Graded, error)
	// GradedOf gives those of the submissions that are graded, within the scope, likewise.
	GradedOf(ctx context.Context, s Scope, submissions []ID) ([]Graded, error)
	// Steps gives a run's progress after seq.
	Steps(ctx context.Context, s Scope, run ID, after int64) ([]Progress, error)
	// Watch sends whenever something about the submission may have changed: its place, a
	// run's progress, its end. It is a hint to look again, never the news itself; the first comes at once.
	// The channel is closed when ctx ends.
	Watch(ctx context.Context, s Scope, submission ID) (<-chan struct{}, error)
}
