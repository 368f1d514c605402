package report

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
)

// TestPrintfSendsTheSameBytes runs the made-up commands in a shell, with cat in the place of nc.
func TestPrintfSendsTheSameBytes(t *testing.T) {
	var all []byte
	for c := range 256 {
		all = append(all, byte(c))
	}
	for _, sent := range []string{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "-n it's 100% \\r\\n $HOME `id` !! \"", "%s\\", string(all), "01\x00123\xff7", "##[error]x"} {
		r := &grader.Result{Transcript: dialed("tcp", 80).send(sent).Transcript}
		command := handCommand(grader.Server, r)
		require.True(t, strings.HasSuffix(command, " | nc -w2 $HOST $PORT"), command)
		for _, c := range command {
			require.True(t, c >= ' ' && c < 0x7f, "%q", command)
		}
		for _, shell := range []string{"sh", "bash"} {
			if _, err := exec.LookPath(shell); err != nil {
				continue
			}
			out, err := exec.Command(shell, "-c", strings.ReplaceAll(command, "nc -w2 $HOST $PORT", "cat")).Output()
			require.NoError(t, err)
			require.Equal(t, sent, string(out))
		}
	}
}

func TestHandCommand(t *testing.T) {
	own := grader.Rule{Hand: "dig @$HOST -p $PORT example.test"}
	for _, tt := range []struct {
		name string
		role grader.Role
		r    grader.Result
		want string
	}{
		{"the check's own", grader.Server, grader.Result{Rule: own}, own.Hand},
		{"one datagram", grader.Server, grader.Result{Transcript: dialed("udp", 53).send("hi").Transcript}, "printf 'hi' | nc -u -w1 $HOST $PORT"},
		{"two datagrams", grader.Server, grader.Result{Transcript: dialed("udp", 53).send("hi").send("ho").Transcript}, ""},
		{"two writes", grader.Server, grader.Result{Transcript: dialed("tcp", 53).send("hi").got("!").send("ho").Transcript}, "printf 'hiho' | nc -w2 $HOST $PORT"},
		{"two connections", grader.Server, grader.Result{Transcript: dialed("tcp", 53, 53).send("hi").Transcript}, ""},
		{"too long", grader.Server, grader.Result{Transcript: dialed("tcp", 53).send(strings.Repeat("a", handBytes)).Transcript}, ""},
		{"nothing sent", grader.Server, grader.Result{Transcript: dialed("tcp", 53).got("hi").Transcript}, ""},
		{"a client", grader.Client, grader.Result{Transcript: dialed("tcp", 53).send("hi").Transcript}, ""},
		{"a client's own", grader.Client, grader.Result{Rule: own}, own.Hand},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, handCommand(tt.role, &tt.r))
		})
	}
}

func TestReplayCommand(t *testing.T) {
	run := &grader.Run{Seed: 7}
	r := &grader.Result{Rule: grader.Rule{Name: "a/b"}}
	require.Equal(t, "grader replay a/b --seed 7", replayCommand(run, r, Options{Dir: ""}))
	require.Equal(t, "grader replay a/b -a dns-server . --seed 7", replayCommand(run, r, Options{Dir: ".", Assignment: "dns-server"}))
	r.Seed = 9
	require.Equal(t, `grader replay a/b 'it'\''s mine' --seed 9`, replayCommand(run, r, Options{Dir: "it's mine"}))
	require.Equal(t, `grader replay a/b '-x' --seed 9`, replayCommand(run, r, Options{Dir: "-x"}))
	require.Equal(t, `grader replay a/b '\x1b[31m$(id)' --seed 9`, replayCommand(run, r, Options{Dir: "\x1b[31m$(id)"}))
}

func TestClauseLink(t *testing.T) {
	for _, tt := range []struct{ document, section, text, link string }{
		{"RFC 9112", "2.2", "RFC 9112 §2.2 MUST", "https://www.rfc-editor.org/rfc/rfc9112#section-2.2"},
		{"RFC 9110", "A", "RFC 9110 §A MUST", "https://www.rfc-editor.org/rfc/rfc9110#appendix-A"},
		{"RFC 768", "", "RFC 768 MUST", "https://www.rfc-editor.org/rfc/rfc768"},
		{"BEP 3", "peer protocol", "BEP 3 §peer protocol MUST", "https://www.bittorrent.org/beps/bep_0003.html"},
		{grader.Course, "Forms", "the statement, section “Forms” MUST", ""},
		{"POSIX", "bind", "POSIX §bind MUST", ""},
	} {
		c := grader.Clause{Document: tt.document, Section: tt.section, Level: grader.Must}
		require.Equal(t, tt.text, clauseText(c))
		require.Equal(t, tt.link, clauseLink(c))
	}
}
