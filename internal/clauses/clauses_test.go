package main

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
)

const text = `
Table of Contents

  1. Introduction ........................ 1
    1.1. Sending ......................... 2
    1.2  Receiving ....................... 3

1. Introduction

This says nothing that binds.

1.1. Sending

A sender MUST send.
1. This line of a list is no heading.

1.1.1. Deeper

A sender SHOULD wait.

1.2  Receiving

Take what comes, as always.
`

func suite(clauses ...grader.Clause) []*check.Suite {
	s := &check.Suite{Assignment: grader.Assignment{Name: "a"}, Statement: "# A\n\n### Port\n"}
	var g check.Group
	for _, c := range clauses {
		g.Checks = append(g.Checks, check.Check{Name: "c", Clause: c})
	}
	s.Groups = []check.Group{g}
	return []*check.Suite{s}
}

func TestProve(t *testing.T) {
	texts := fstest.MapFS{"rfc7.txt": {Data: []byte(text)}}
	proved, problems := prove(texts, suite(
		check.Must("RFC 7", "1.1"), check.Should("RFC 7", "1.1.1"), check.Course("Port"),
	), nil)
	require.Empty(t, problems)
	require.Equal(t, 3, proved)

	listed := map[place]string{{"RFC 7", "1.2"}: "older than the keywords"}
	proved, problems = prove(texts, suite(check.Must("RFC 7", "1.2")), listed)
	require.Empty(t, problems)
	require.Equal(t, 1, proved)
	_, problems = prove(texts, suite(check.Must("RFC 7", "1.1")), listed)
	require.Len(t, problems, 1, "what nobody cites is not listed")

	for want, c := range map[string]grader.Clause{
		"does not say MUST":   check.Must("RFC 7", "1.1.1"),
		"does not say SHOULD": check.Should("RFC 7", "1.1"),
		"no such section":     check.Must("RFC 7", "3"),
		"no text":             check.Must("RFC 8", "1"),
		"no heading":          check.Course("Ports"),
	} {
		proved, problems := prove(texts, suite(c), nil)
		require.Zero(t, proved)
		require.Len(t, problems, 1)
		require.Contains(t, problems[0], want)
	}
}

// TestOldHeadings holds that the sections of RFC 2136, RFC 2308 and RFC 3597 are found.
func TestOldHeadings(t *testing.T) {
	d := parseDocument(`
3.  Transparency

Alone at the margin.

   3.4 - Process Update Section

   3.4.1 - Prescan

   Read all of it first.

   3.4.1.1. Any record.
   It MUST be read.

   9.1.2. A number that belongs elsewhere is no heading.

   3.4.2 - Update
`)
	for name, has := range map[string]string{"3": "margin", "3.4.1": "first", "3.4.1.1": "elsewhere", "3.4.2": "Update"} {
		text, ok := d.section(name)
		require.True(t, ok, name)
		require.Contains(t, text, has, name)
	}
	_, ok := d.section("9.1.2")
	require.False(t, ok)
}
