// Package grader holds the vocabulary of the system: what an assignment is,
// what a submission did on the wire, which clause of which standard that
// broke, and what it is worth. It imports only the standard library and does
// no input or output.
package grader

import (
	"fmt"
	"time"
)

// A Verdict is the outcome of one check.
type Verdict string

// The verdicts. Only Pass earns a check's points in full.
const (
	Pass    Verdict = "pass"
	Fail    Verdict = "fail"    // a MUST was broken
	Weak    Verdict = "weak"    // a SHOULD was not kept, or an advisory rule
	Blocked Verdict = "blocked" // never reached the rule: no points, no accusation
	Fault   Verdict = "fault"   // ours; never charged to the student
)

// A Level says how strongly a clause speaks.
type Level string

// The levels of RFC 2119.
const (
	Must   Level = "MUST"
	Should Level = "SHOULD"
	May    Level = "MAY"
)

// Course is the Document of a rule that the assignment's own statement makes.
const Course = "course"

// A Clause is a place in a standard, or in the assignment's statement, that a
// check enforces.
type Clause struct {
	Document string // "RFC 9112", "BEP 3" or Course
	Section  string // "9.3.2"; for a course rule the heading in the statement
	Level    Level
}

// String gives the clause as people write it: RFC 9112 §2.2 MUST.
func (c Clause) String() string {
	return fmt.Sprintf("%s §%s %s", c.Document, c.Section, c.Level)
}

// A Role says which end of the protocol a submission plays.
type Role string

// The roles.
const (
	Server Role = "server"
	Client Role = "client"
)

// An Assignment is what a course hands out.
type Assignment struct {
	Name   string // "http-server": its folder and what grader.yaml says
	Title  string
	Role   Role
	Rubric []Item // in the order in which reports show the groups
}

// An Item gives the points for one group of checks.
type Item struct {
	Group  string
	Points float64
	Extra  bool `json:",omitempty"` // extra credit: what is earned counts, and nobody has to earn it
}

// A Rule is what a report says about a check whatever its outcome.
type Rule struct {
	Name   string // "framing/head-no-content": group and check
	Clause Clause
	Says   string  // the rule in one sentence a student can act on
	Share  float64 // its part of the group's points, 0 to 1; 0 for an advisory check
	Hand   string  // a command that shows it by hand, with $HOST and $PORT; may be empty
}

// A Violation says which event broke the clause of its check. Want and Got are
// short readings, not sentences; sentences are rendered, never stored.
type Violation struct {
	Event int    // Seq of the event that shows it; 0 when none does
	At    int    // offset in that event's Data of the first offending byte
	Len   int    // how many bytes offend; 0 marks the event as a whole
	Want  string // what the clause asks for
	Got   string // what was seen
}

// A Result is what one check concluded about one submission.
type Result struct {
	Rule
	Verdict    Verdict
	Violations []Violation
	Reason     string     // why it is blocked or at fault, in words for the student
	Transcript Transcript // what was exchanged with the submission
	Reference  Transcript // what the reference answered to the same stimulus; empty unless there is something to compare
	Exit       string     // how the submission's process ended, "" while it ran to the end of the check
	Usage      Usage      // what the submission's processes used
	Stderr     string     // the tail of its standard error
	Seed       uint64     // repeats the check's choices
	Started    time.Time
	Millis     float64 // wall time of the check
}

// A Usage is what a submission's processes used, as far as the sandbox can tell.
type Usage struct {
	CPU    time.Duration
	Memory int64 // bytes at the peak: of all together where a cgroup counts them, else of the largest
	OOM    bool  // the kernel ended a process of it for want of memory
	Left   int   // processes that were still there when the command ended by itself
	Output int64 // bytes on standard output and standard error
}

// Plus is what two commands of one check used: the higher of their peaks, and the sum of all else.
func (u Usage) Plus(v Usage) Usage {
	return Usage{u.CPU + v.CPU, max(u.Memory, v.Memory), u.OOM || v.OOM, u.Left + v.Left, u.Output + v.Output}
}

// A Run is one grading of one submission.
type Run struct {
	Assignment Assignment
	Submission string // the folder, archive or commit as the user named it
	Seed       uint64
	Isolation  string   // "loopback" or "namespaces"
	Remarks    []string // what the user ought to know: a guessed command, missing isolation
	Build      Build
	Problem    string // why the submission could not be graded at all, "" otherwise: no build, no start, no port
	Detail     string // the lines that show Problem: the tail of the build's output or of standard error
	Results    []Result
	Started    time.Time
	Only       string // the pattern that selected the checks, "" for all
	Millis     float64
}

// A Build says how the build went.
type Build struct {
	Command string // "" when there was nothing to build
	Failed  bool
	Output  string // the tail of what it printed
	Millis  float64
}

// Faulted says whether some result is a fault of ours, so that the run does not count.
func (r *Run) Faulted() bool {
	for _, res := range r.Results {
		if res.Verdict == Fault {
			return true
		}
	}
	return false
}

// Passed says whether every check passed; a weak result may stand.
func (r *Run) Passed() bool {
	if r.Problem != "" {
		return false
	}
	for _, res := range r.Results {
		if res.Verdict != Pass && res.Verdict != Weak {
			return false
		}
	}
	return true
}
