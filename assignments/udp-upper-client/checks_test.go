package udpupperclient

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/internal/faulttest"
	"github.com/wiregrade/wiregrade/reference/faults"
	"github.com/wiregrade/wiregrade/reference/upper"
)

// impatient is the reference client with limits that suit a test.
var impatient = upper.UDPClient{Resend: 200 * time.Millisecond, GiveUp: 800 * time.Millisecond}

// TestFaults proves that each fault is noticed by exactly these checks.
func TestFaults(t *testing.T) {
	t.Parallel()
	faulttest.Table{
		Suite:  Suite(),
		Faults: faults.Names[upper.UDPClientFaults](),
		Program: func(fault string) check.Program {
			c := impatient
			if fault != faulttest.Correct {
				require.NoError(t, faults.Set(&c.Faults, fault))
			}
			return program(c)
		},
		Caught: map[string][]string{
			"asks-nobody":       {"request/sends"},
			"asks-other-port":   {"request/sends"},
			"raises-itself":     {"request/sends"},
			"strips-blanks":     {"request/white-space"},
			"sends-all-input":   {"request/first-line"},
			"reads-to-eof":      {"request/keyboard"},
			"cuts-line-1024":    {"request/long-line"},
			"cuts-line-at-nul":  {"request/zero-byte"},
			"dies-on-not-ascii": {"request/utf-8"},
			"dies-on-not-utf-8": {"request/not-utf-8"},
			"skips-empty":       {"request/empty-line"},
			"needs-lf":          {"request/no-final-line-end"},
			"prints-its-own":    {"reply/prints"},
			"prints-literal":    {"reply/prints"},
			"prints-to-stderr":  {"reply/prints"},
			"prints-trailer":    {"reply/last-line"},
			"ends-with-1":       {"reply/exit-0"},
			"stays-after-reply": {"loss/lost", "reply/prints"},
			"cuts-reply-1024":   {"reply/long-reply"},
			"cuts-reply-at-nul": {"reply/zero-byte"},
			"reply-ascii-only":  {"reply/utf-8"},
			"reply-utf-8-only":  {"reply/not-utf-8"},
			"waits-forever":     {"loss/lost", "loss/never", "loss/nobody-there", "loss/strangers-keep-on"},
			"ends-with-0":       {"loss/never", "loss/nobody-there", "loss/strangers-keep-on"},
			"prints-prompt":     nil,
			"prints-plain":      nil,
			"sends-line-end":    {"request/no-line-end"},
			"sends-nul":         {"request/no-line-end"},
			"splits-line":       {"request/long-line"},
			"takes-any":         {"reply/stranger-address", "reply/stranger-port"},
			"takes-any-port":    {"reply/stranger-port"},
			"takes-any-address": {"reply/stranger-address"},
			"dies-on-stranger":  {"reply/stranger-address", "reply/stranger-port"},
			"resends-forever":   {"loss/never", "loss/nobody-there", "loss/strangers-keep-on"},
			"strangers-extend":  {"loss/strangers-keep-on"},
			"sends-once":        nil,
		},
	}.Run(t)
}
