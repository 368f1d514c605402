package webhook

import (
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/store"
)

// TestWhereItConnects has a name that means this machine, and an address of it:
// what counts is where a connection goes, whatever was looked at before.
func TestWhereItConnects(t *testing.T) {
	t.Parallel()
	srv := httptest.NewTLSServer(nil)
	defer srv.Close()
	plain := httptest.NewServer(nil)
	defer plain.Close()
	port := srv.URL[strings.LastIndex(srv.URL, ":"):]
	for _, url := range []string{srv.URL, "https://localhost" + port, plain.URL} {
		_, err := Addresses{}.client().Get(url)
		require.ErrorIs(t, err, ErrInside, url)
	}
	allowed := Addresses{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	_, err := allowed.client().Get(srv.URL)
	require.ErrorContains(t, err, "certificate")
	_, err = allowed.client().Get(plain.URL)
	require.NoError(t, err)
}

func TestValidRemote(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"net-course/ann", "a/b.c_d-e"} {
		require.True(t, validRemote(good), good)
	}
	for _, bad := range []string{"", "a", "a/", "/b", "a/b/c", "../b", "a/..", "a/.", "-u/b", "a/-b", "a/b?x", "a/b#x", "a/b c", "a/b\nc", "a@b/c", "a/b%2f", strings.Repeat("a", 101) + "/b"} {
		require.False(t, validRemote(bad), bad)
	}
}

func TestAnnotations(t *testing.T) {
	t.Parallel()
	files := []store.File{
		{Path: "src/server.c", Mode: store.Regular, Data: []byte(strings.Repeat("x\n", 20))},
		{Path: "app.py", Mode: store.Regular, Data: []byte("import x\n")},
		{Path: "link", Mode: store.Link, Data: []byte("/etc/passwd")},
	}
	run := &grader.Run{Problem: "the build failed", Build: grader.Build{Failed: true, Output: strings.Join([]string{
		"gcc -c src/server.c",
		"src/server.c:12:5: error: expected ';'\x1b[31m",
		"./src/server.c:13: warning: unused",
		"/tmp/wiregrade-1/work/src/server.c:14:1: note: here",
		"src/server.c:12:5: error: expected ';'\x1b[31m",
		"src/server.c:999:1: error: past its end",
		"src/server.c:0:1: error: before its start",
		"/usr/include/stdio.h:3:1: error: not the student's",
		"link:1:1: error: a link",
		`  File "app.py", line 1, in <module>`,
	}, "\n")}}
	var got []string
	for _, a := range annotations(run, files) {
		got = append(got, a.GetPath()+" "+a.GetAnnotationLevel()+" "+a.GetMessage())
	}
	require.Equal(t, []string{
		"src/server.c failure error: expected ';' [31m", "src/server.c warning warning: unused", "src/server.c warning note: here", "app.py failure the build failed",
	}, got)
	run.Build.Output = ""
	for i := range 500 {
		run.Build.Output += "app.py:1:" + strings.Repeat("1", i%9+1) + ": e" + strings.Repeat("x", i) + "\n"
	}
	require.Len(t, annotations(run, files), most)
}

func TestClip(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 40000)
	for _, n := range []int{maxSummary, maxSummary - 1, 140} {
		c := clip(long, n)
		require.LessOrEqual(t, len(c), n)
		require.True(t, utf8.ValidString(c))
		require.Greater(t, len(c), n-6)
	}
	require.Equal(t, "short", clip("short", 140))
	require.Equal(t, "`a'b [x](y)`", prose("a`b\x1b[x](y)\n"))
}
