package tcpupperclient

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/internal/faulttest"
	"github.com/wiregrade/wiregrade/reference/faults"
	"github.com/wiregrade/wiregrade/reference/upper"
)

// impatient is the reference client with a limit that suits a test.
var impatient = upper.TCPClient{GiveUp: 1500 * time.Millisecond}

// TestFaults proves that each fault is noticed by exactly these checks.
func TestFaults(t *testing.T) {
	t.Parallel()
	faulttest.Table{
		Suite:  Suite(),
		Faults: faults.Names[upper.TCPClientFaults](),
		Program: func(fault string) check.Program {
			c := impatient
			if fault != faulttest.Correct {
				require.NoError(t, faults.Set(&c.Faults, fault))
			}
			return program(c)
		},
		Caught: map[string][]string{
			"asks-nobody":          {"request/sends"},
			"asks-other-port":      {"request/sends"},
			"raises-itself":        {"request/sends"},
			"strips-blanks":        {"request/white-space"},
			"sends-all-input":      {"request/first-line"},
			"reads-to-eof":         {"request/keyboard"},
			"cuts-line-1024":       {"request/beyond-1024"},
			"cuts-line-at-nul":     {"request/zero-byte"},
			"dies-on-not-ascii":    {"request/utf-8"},
			"dies-on-not-utf-8":    {"request/not-utf-8"},
			"skips-empty":          {"request/empty-line"},
			"needs-lf":             {"request/no-final-line-end"},
			"prints-its-own":       {"reply/prints"},
			"prints-literal":       {"reply/prints"},
			"prints-to-stderr":     {"reply/prints"},
			"prints-trailer":       {"reply/last-line"},
			"ends-with-1":          {"reply/exit-0"},
			"stays-after-reply":    {"reply/prints"},
			"cuts-reply-1024":      {"reply/beyond-1024"},
			"cuts-reply-at-nul":    {"reply/zero-byte"},
			"reply-ascii-only":     {"reply/utf-8"},
			"reply-utf-8-only":     {"reply/not-utf-8"},
			"waits-forever":        {"robustness/silent", "robustness/slow"},
			"ends-with-0":          {"robustness/closed", "robustness/refused", "robustness/reset", "robustness/silent", "robustness/slow"},
			"prints-prompt":        nil,
			"prints-plain":         nil,
			"sends-no-lf":          {"request/empty-line", "request/line-end"},
			"sends-crlf":           {"request/line-end"},
			"sends-half":           {"request/64-kib"},
			"one-read":             {"reply/in-pieces", "robustness/reset-in-mid-reply"},
			"eight-reads":          {"reply/byte-by-byte"},
			"loses-unended":        {"reply/no-lf"},
			"cuts-reply-8192":      {"reply/64-kib"},
			"ends-with-0-on-reset": {"robustness/reset"},
			"limit-per-read":       {"robustness/slow"},
			"half-closes":          nil,
			"awaits-end":           nil,
		},
	}.Run(t)
}
