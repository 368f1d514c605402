package check

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/sandbox"
)

// nothing is a program that waits for its end.
func nothing(ctx context.Context, _ *Env) int { <-ctx.Done(); return 0 }

// do runs body as a check whose submission is program.
func do(t *testing.T, clause grader.Clause, program Program, body func(*T)) Outcome {
	suite := &Suite{
		Assignment: grader.Assignment{Name: "a"}, Network: "tcp", Port: 80, Folders: []string{"ROOT"},
		Groups: []Group{{Name: "g", Checks: []Check{{Name: "c", Clause: clause, Says: "…", Run: body}}}},
	}
	box, err := sandbox.Loopback{}.New(t.Context())
	require.NoError(t, err)
	return Do(t.Context(), suite, suite.Items()[0], Setup{
		Sandbox: box, Command: sandbox.Command{Program: program}, Scratch: t.TempDir(),
		Patience: 500 * time.Millisecond, Total: 10 * time.Second, Startup: time.Second,
	})
}

// TestReadAndHand lets a suite put a transcript into words, and a check give the command of its run.
func TestReadAndHand(t *testing.T) {
	t.Parallel()
	run := func(read func(*grader.Transcript)) Outcome {
		suite := &Suite{
			Assignment: grader.Assignment{Name: "a"}, Network: "tcp", Port: 80, Read: read,
			Groups: []Group{{Name: "g", Checks: []Check{{Name: "c", Clause: Course("X"), Says: "…", Hand: "old", Run: func(t *T) {
				t.Note("seen")
				t.Hand("ask again " + t.Word(3))
			}}}}},
		}
		box, err := sandbox.Loopback{}.New(t.Context())
		require.NoError(t, err)
		return Do(t.Context(), suite, suite.Items()[0], Setup{Sandbox: box, Command: sandbox.Command{Program: nothing}, Scratch: t.TempDir(), Seed: 1})
	}
	out := run(func(tr *grader.Transcript) { tr.Events[0].Decoded = "meaning" })
	require.Equal(t, grader.Pass, out.Verdict)
	require.Equal(t, "meaning", out.Transcript.Events[0].Decoded)
	require.Regexp(t, "^ask again [a-z]{3}$", out.Hand)
	out = run(func(*grader.Transcript) { panic("bug") })
	require.Equal(t, grader.Fault, out.Verdict, "a mistake of the reader is ours")
}

// TestHandOfASuite: the suite's command is asked for the message that led to the violation, and to the end without one.
func TestHandOfASuite(t *testing.T) {
	t.Parallel()
	echo := func(ctx context.Context, env *Env) int {
		pc, err := env.ListenPacket(ctx, "udp", net.JoinHostPort(env.Vars["HOST"], env.Vars["PORT"]))
		if err != nil {
			return 1
		}
		stop := context.AfterFunc(ctx, func() { pc.Close() })
		defer stop()
		b := make([]byte, 100)
		for {
			n, from, err := pc.ReadFrom(b)
			if err != nil {
				return 0
			}
			pc.WriteTo(b[:n], from)
		}
	}
	run := func(hand func(*grader.Transcript, int) string, body func(*T)) Outcome {
		suite := &Suite{
			Assignment: grader.Assignment{Name: "a", Role: grader.Server}, Network: "udp", Port: 53, Hand: hand,
			Groups: []Group{{Name: "g", Checks: []Check{{Name: "c", Clause: Course("X"), Says: "…", Hand: "old", Run: body}}}},
		}
		box, err := sandbox.Loopback{}.New(t.Context())
		require.NoError(t, err)
		return Do(t.Context(), suite, suite.Items()[0], Setup{
			Sandbox: box, Command: sandbox.Command{Program: echo}, Scratch: t.TempDir(),
			Patience: time.Second, Total: 10 * time.Second, Startup: 5 * time.Second,
		})
	}
	again := func(tr *grader.Transcript, seq int) string { return "again " + string(tr.Events[seq-1].Data) }
	two := func(t *T) (first Datagram) {
		s := t.Socket()
		s.Ask("one")
		first = s.Take("an echo")
		t.Socket().Ask("two")
		return first
	}
	require.Equal(t, "again two", run(again, func(t *T) { two(t) }).Hand)
	require.Equal(t, "again one", run(again, func(t *T) { t.Fail(At(two(t), 0, 1), "a", "b") }).Hand)
	require.Equal(t, "again two", run(again, func(t *T) { two(t); t.Fail(t.Note("seen"), "a", "b") }).Hand)
	require.Equal(t, "mine", run(again, func(t *T) { two(t); t.Hand("mine") }).Hand)
	require.Equal(t, "old", run(again, func(*T) {}).Hand)
	require.Equal(t, "old", run(func(*grader.Transcript, int) string { return "" }, func(t *T) { two(t) }).Hand)
	require.Equal(t, grader.Fault, run(func(*grader.Transcript, int) string { panic("bug") }, func(t *T) { two(t) }).Verdict)
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	fail := func(t *T) { t.Fail(t.Note("seen"), "a", "b") }
	missing := func(t *T) { t.Missing(Mark{}, "an answer", ErrSilence) }
	judged := func(t *T) { t.Judge(); missing(t) }
	for name, tt := range map[string]struct {
		clause grader.Clause
		body   func(*T)
		want   grader.Verdict
	}{
		"pass":                     {Course("X"), func(*T) {}, grader.Pass},
		"a MUST broken":            {Course("X"), fail, grader.Fail},
		"a SHOULD not kept":        {CourseShould("X"), fail, grader.Weak},
		"a MAY not kept":           {May("RFC 1", "1"), fail, grader.Weak},
		"missing on the way":       {Course("X"), missing, grader.Blocked},
		"missing when judged":      {Course("X"), judged, grader.Fail},
		"blocked":                  {Course("X"), func(t *T) { t.Block("another matter") }, grader.Blocked},
		"a panic of ours":          {Course("X"), func(*T) { panic("bug") }, grader.Fault},
		"a folder nobody declared": {Course("X"), func(t *T) { t.Folder("MAILDIR") }, grader.Fault},
		"never ready":              {Course("X"), func(t *T) { t.Dial() }, grader.Blocked},
		"violation among clients": {Course("X"), func(t *T) {
			t.Together(4, func(i int) {
				if i == 2 {
					t.Fail(Mark{}, "a", fmt.Sprint(i))
				}
				t.Block("client %d", i)
			})
		}, grader.Fail},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := do(t, tt.clause, nothing, tt.body)
			require.Equal(t, tt.want, out.Verdict, out.Reason)
		})
	}
}

func TestNeverReadyIsNoStart(t *testing.T) {
	t.Parallel()
	out := do(t, Course("X"), func(context.Context, *Env) int { return 3 }, func(t *T) { t.Dial() })
	require.ErrorContains(t, out.Start, "exit status 3")
	require.Equal(t, grader.Blocked, out.Verdict)
}

// A submission may leave anything in a folder it can write. None of it leads the harness astray.
func TestFolderIsSafe(t *testing.T) {
	t.Parallel()
	out := do(t, Course("X"), nothing, func(ct *T) {
		f := ct.Folder("ROOT")
		f.Write("deep/a.txt", []byte("a"))
		data, _, ok := f.Read("deep/a.txt")
		require.True(t, ok)
		require.Equal(t, "a", string(data))

		secret := filepath.Join(t.TempDir(), "secret")
		require.NoError(t, os.WriteFile(secret, []byte("secret"), 0o600))
		require.NoError(t, os.Symlink(secret, filepath.Join(f.Path, "link")))
		_, _, ok = f.Read("link")
		require.False(t, ok, "a link out of the folder is not followed")

		require.NoError(t, syscall.Mkfifo(filepath.Join(f.Path, "fifo"), 0o644))
		_, _, ok = f.Read("fifo")
		require.False(t, ok, "a FIFO does not hold up the harness")

		require.Equal(t, "../beside.txt", f.Beside("beside.txt", []byte("b")))
		require.FileExists(t, filepath.Join(f.Path, "../beside.txt"))
	})
	require.Equal(t, grader.Pass, out.Verdict, out.Reason)
}
