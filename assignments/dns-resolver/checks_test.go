package dnsresolver

import (
	"context"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/internal/faulttest"
	"github.com/wiregrade/wiregrade/reference/dns"
	"github.com/wiregrade/wiregrade/reference/faults"
)

func TestMain(m *testing.M) {
	sandbox.Init()
	os.Exit(m.Run())
}

// isolated gives sandboxes with a network of their own.
func isolated(t *testing.T) sandbox.Provider {
	boxes, err := sandbox.NewNamespaces(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { boxes.Close() })
	return boxes
}

// TestReference holds the reference as it is handed out against all checks.
func TestReference(t *testing.T) {
	results, err := harness.Try(t.Context(), Suite(), Suite().Reference, harness.Options{Seed: 1, Sandboxes: isolated(t)})
	require.NoError(t, err)
	for _, r := range results {
		if r.Verdict != grader.Pass {
			t.Errorf("%s %s: %s %v", r.Verdict, r.Name, r.Reason, r.Violations)
		}
	}
}

// TestFaults proves that each fault is noticed by exactly these checks.
func TestFaults(t *testing.T) {
	// Each of some 10,000 checks makes folders and files: in memory that takes less.
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		t.Setenv("TMPDIR", "/dev/shm")
	}
	faulttest.Table{
		Suite: Suite(),
		Program: func(fault string) check.Program {
			var f dns.ResolverFaults
			if fault != faulttest.Correct {
				require.NoError(t, faults.Set(&f, fault))
			}
			return resolver(f, time.Second, 3*time.Second)
		},
		Faults:    faults.Names[dns.ResolverFaults](),
		Caught:    caught,
		Sandboxes: isolated(t),
		Patience:  2 * time.Second,
		Jobs:      8, // more would wait for each other: the reference's sockets are made one at a time
	}.Run(t)
}

// TestNothingEarnsNothing holds that no check passes for a resolver that does not answer.
func TestNothingEarnsNothing(t *testing.T) {
	boxes := isolated(t)
	for name, treat := range map[string]func(c net.Conn){
		"closes": func(c net.Conn) { c.Close() },
		"silent": func(net.Conn) {},
	} {
		t.Run(name, func(t *testing.T) {
			program := func(ctx context.Context, env *check.Env) int {
				address := net.JoinHostPort(env.Vars["HOST"], env.Vars["PORT"])
				ln, err := env.Listen(ctx, "tcp", address)
				if err != nil {
					return 1
				}
				context.AfterFunc(ctx, func() { ln.Close() })
				pc, err := env.ListenPacket(ctx, "udp", address)
				if err != nil {
					return 1
				}
				defer pc.Close()
				for {
					c, err := ln.Accept()
					if err != nil {
						return 0
					}
					context.AfterFunc(ctx, func() { c.Close() })
					treat(c)
				}
			}
			results, err := harness.Try(t.Context(), Suite(), program, harness.Options{Seed: 1, Sandboxes: boxes, Patience: 200 * time.Millisecond})
			require.NoError(t, err)
			for _, r := range results {
				if r.Verdict == grader.Pass || r.Verdict == grader.Fault {
					t.Errorf("%s: %s %s", r.Name, r.Verdict, r.Reason)
				}
			}
		})
	}
}
