// Package harness runs one suite of checks on one submission. It knows no
// protocol: it builds, starts a fresh process for each check, runs many checks
// at once, and asks the reference the same where a submission falls short.
package harness

import (
	"runtime"
	"time"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/sandbox"
)

// Options say how a submission is graded. The zero value is what grader check does.
type Options struct {
	Seed      uint64
	Jobs      int                    // checks that run at once; 0 means twice the processors
	Match     func(name string) bool // which checks to run, by full name; nil means all
	Sandboxes sandbox.Provider       // nil means plain loopback
	// Patience is how long one wait lasts before "nothing came"; 0 means 5 s.
	Patience time.Duration
	// BuildCache is a folder for HOME and the toolchains' caches of builds, kept
	// for the next build of the same submission; "" uses one that is removed.
	BuildCache string
	// Progress is told of each check that ended, from one goroutine at a time; may be nil.
	Progress func(Progress)

	deadline time.Duration // for one check, whatever it hangs on; 0 means hard
}

// Progress is how far a run has come.
type Progress struct {
	Phase   string // "build" or "check"
	Done    int    // checks that ended, of Total
	Total   int
	Name    string // of the check that just ended
	Verdict grader.Verdict
}

const (
	startup      = 10 * time.Second // for a server to open its port: the statements say so
	total        = 40 * time.Second // for one check
	hard         = 5 * time.Minute  // for one check with all time given back that a program waited for a processor
	givenBack    = 20 * time.Minute // to a submission by the waits of all checks together
	giveUp       = 5 * time.Second  // for a check to see that it is over
	buildTimeout = 3 * time.Minute
)

func (o Options) withDefaults() Options {
	if o.Jobs <= 0 {
		o.Jobs = 2 * runtime.NumCPU()
	}
	if o.Match == nil {
		o.Match = func(string) bool { return true }
	}
	if o.Sandboxes == nil {
		o.Sandboxes = sandbox.Loopback{}
	}
	if o.Patience == 0 {
		o.Patience = 5 * time.Second
	}
	if o.deadline == 0 {
		o.deadline = hard
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	return o
}
