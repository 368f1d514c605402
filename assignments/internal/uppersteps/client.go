// Package uppersteps holds the steps that the checks of the two upper clients share: what a client prints, and that it ends.
package uppersteps

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/upper"
)

const (
	// GiveUp is how long a client may take, with a second for its start.
	GiveUp = 11 * time.Second
	// lastLook is for a client whose time is up.
	lastLook = 200 * time.Millisecond
)

// JudgeOutput fails the check unless some line that the client printed ends with reply.
// What comes after that line is the business of reply/last-line.
func JudgeOutput(t *check.T, e check.Ended, reply string) {
	if !Printed(e, reply) {
		t.Fail(e.Output, "a line that ends with "+upper.Excerpt([]byte(reply)), got(e))
	}
}

// Printed says whether some line that the client printed ends with reply.
func Printed(e check.Ended, reply string) bool {
	for line := range strings.Lines(e.Stdout) {
		if strings.HasSuffix(strings.TrimRight(line, "\r\n"), reply) {
			return true
		}
	}
	return false
}

// got reads what a client left behind.
func got(e check.Ended) string {
	s := upper.Excerpt(bytes.TrimRight([]byte(e.Stdout), "\r\n"))
	if e.Code != 0 {
		s += fmt.Sprintf("; %v", e.Exit)
	}
	return s
}

// JudgeGivenUp waits until the client has ended, at most until end, and fails
// the check when it runs on or says that it succeeded.
func JudgeGivenUp(t *check.T, client *check.Run, end time.Time) {
	JudgeFailed(t, AwaitEnd(t, client, end))
}

// AwaitEnd fails the check unless the client ends in time.
func AwaitEnd(t *check.T, client *check.Run, end time.Time) check.Ended {
	if !client.Ends(max(lastLook, time.Until(end))) {
		t.Fail(t.Note("the client still runs"), "the end of the client within 10 seconds", fmt.Sprintf("it still runs after %v", GiveUp))
	}
	return client.Wait(0)
}

// JudgeFailed fails the check when the client says that it succeeded.
func JudgeFailed(t *check.T, e check.Ended) {
	t.Require(e.Code != 0, e.Status, "an exit status other than 0, since no reply came", e.Exit.String())
}

// Capitals gives what the server of these assignments answers.
func Capitals(s string) string { return string(upper.Raise([]byte(s))) }
