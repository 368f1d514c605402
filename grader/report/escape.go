package report

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Escape gives bytes from the wire as one line of text that is safe to show
// anywhere text is shown. Printable ASCII and printable UTF-8 stand for
// themselves; CR, LF and TAB are \r, \n and \t; a backslash is doubled; any
// other byte that is not part of a printable character is \xNN; characters
// that hide, reorder or pile onto their neighbours (format and bidirectional
// controls, separators, combining marks) are \u{N}. The bytes can be had back
// from it.
func Escape(b []byte) string {
	var s strings.Builder
	for i := 0; i < len(b); {
		text, n := glyph(b, i)
		s.WriteString(text)
		i += n
	}
	return s.String()
}

// glyph gives the text for the character at b[i] and how many bytes it stands for.
func glyph(b []byte, i int) (string, int) {
	switch c := b[i]; {
	case c == '\r':
		return `\r`, 1
	case c == '\n':
		return `\n`, 1
	case c == '\t':
		return `\t`, 1
	case c == '\\':
		return `\\`, 1
	case c == '#' && logCommand(b, i):
		return `\x23`, 1
	case c < ' ' || c == 0x7f:
		return fmt.Sprintf(`\x%02x`, c), 1
	case c < utf8.RuneSelf:
		return string(rune(c)), 1
	}
	r, n := utf8.DecodeRune(b[i:])
	switch {
	case r == utf8.RuneError && n == 1:
		return fmt.Sprintf(`\x%02x`, b[i]), 1
	case !unicode.IsPrint(r), hidden(r):
		return fmt.Sprintf(`\u{%x}`, r), n
	}
	return string(r), n
}

// logCommand says whether the # at b[i] is the second one of a command that a
// CI system obeys wherever in a line of a log it stands: ##[error] of GitHub's
// runner, ##vso[…] of Azure Pipelines, ##teamcity[…].
func logCommand(b []byte, i int) bool {
	if i == 0 || b[i-1] != '#' {
		return false
	}
	rest := b[i+1:]
	return bytes.HasPrefix(rest, []byte("[")) || bytes.HasPrefix(rest, []byte("vso[")) || bytes.HasPrefix(rest, []byte("teamcity["))
}

// hidden says whether a printable character is not seen as a character of its
// own: marks that pile onto the one before, and fillers drawn as nothing.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) || r == '\u2800'
}

// clean is Escape for prose of ours that may quote the wire, such as what was
// wanted and seen: a backslash stands as it is, since such prose quotes bytes
// as Go does.
func clean(s string) string {
	b := []byte(s)
	var out strings.Builder
	for i := 0; i < len(b); {
		text, n := glyph(b, i)
		if b[i] == '\\' {
			text = `\`
		}
		out.WriteString(text)
		i += n
	}
	return out.String()
}

// cleanLines gives what a program printed as lines that are safe to show. Tabs
// become spaces; empty lines at either end are left out.
func cleanLines(s string) []string {
	s = strings.Trim(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	if strings.TrimSpace(s) == "" {
		return nil
	}
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(clean(strings.ReplaceAll(l, "\t", "    ")), " ")
	}
	return lines
}

// tail gives the last n lines, the first of them saying how many were left out.
func tail(lines []string, n int) []string {
	if len(lines) <= n {
		return lines
	}
	rest := lines[len(lines)-n+1:]
	return append([]string{fmt.Sprintf("⋯ %d lines before", len(lines)-n+1)}, rest...)
}

// columns is how many columns of a terminal s takes. East Asian wide
// characters and pictographs take two.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n++
		if wide(r) {
			n++
		}
	}
	return n
}

func wide(r rune) bool {
	return r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xa960 && r <= 0xa97c ||
		r >= 0xac00 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f ||
		r >= 0xff00 && r <= 0xff60 || r >= 0xffe0 && r <= 0xffe6 || r >= 0x1f300 && r <= 0x1faff ||
		r >= 0x20000 && r <= 0x3fffd)
}
