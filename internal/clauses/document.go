package main

import (
	"io/fs"
	"regexp"
	"strings"
)

// A document is the text of a standard, cut at its headings.
type document struct {
	sections map[string]string // by number ("9.3.2"), or by title where there are no numbers
}

// readDocument reads "RFC 9112" from rfc9112.txt and "BEP 3" from bep03.txt; nil when it is not there.
func readDocument(texts fs.FS, name string) *document {
	kind, number, _ := strings.Cut(strings.ToLower(name), " ")
	if kind == "bep" && len(number) == 1 {
		number = "0" + number
	}
	data, err := fs.ReadFile(texts, kind+number+".txt")
	if err != nil {
		return nil
	}
	return parseDocument(string(data))
}

var (
	numbered = regexp.MustCompile(`^ {0,12}([0-9]+(?:\.[0-9]+)*|[A-Z](?:\.[0-9]+)+)\.? +([A-Za-z"0-9].*)$`)
	leader   = regexp.MustCompile(`(\. ?){3,} *[0-9]*$|\s[0-9]+$`) // "....... 12" of a table of contents
	ruled    = regexp.MustCompile(`^-{4,}$`)
	// RFC 2136 and RFC 2308 write "   3.6 - Zone Identity", and number paragraphs below such headings.
	dashed    = regexp.MustCompile(`^ {0,3}([0-9]+(?:\.[0-9]+)*) - [A-Z]`)
	paragraph = regexp.MustCompile(`^ {3}([0-9]+(?:\.[0-9]+){2,})\. [A-Z]`)
	// RFC 3597 has no table of contents: "3.  Transparency", alone at the margin.
	spaced = regexp.MustCompile(`^([0-9]+)\.  [A-Z]`)
)

// parseDocument cuts a text at its headings. A heading is a numbered line
// whose number and title the table of contents has too, or that stands
// alone; where a text has no numbers it is a line underlined with dashes.
func parseDocument(text string) *document {
	lines := strings.Split(text, "\n")
	times := map[string]int{}
	for _, l := range lines {
		if n, title, ok := heading(l); ok {
			times[n+" "+title]++
		}
	}
	d := &document{sections: map[string]string{}}
	current, body := "", []string{}
	end := func() {
		if current != "" {
			d.sections[current] = strings.Join(body, "\n")
		}
		body = nil
	}
	for i, l := range lines {
		if n := old(lines, i, current); n != "" {
			end()
			current = n
		} else if n, title, ok := heading(l); ok && (times[n+" "+title] > 1 || alone(lines, i, n)) {
			end()
			current = n
		} else if i+1 < len(lines) && len(times) < 5 && l != "" && ruled.MatchString(lines[i+1]) {
			end()
			current = strings.TrimSpace(l)
		}
		body = append(body, l)
	}
	end()
	return d
}

// old recognises the headings of RFCs that have them in a form of their own; "" when line i is none. current is the
// section that it stands in.
func old(lines []string, i int, current string) string {
	before := i > 0 && strings.TrimSpace(lines[i-1]) == ""
	after := i+1 < len(lines) && strings.TrimSpace(lines[i+1]) == ""
	if m := dashed.FindStringSubmatch(lines[i]); m != nil && before {
		return m[1]
	}
	if m := spaced.FindStringSubmatch(lines[i]); m != nil && before && after {
		return m[1]
	}
	if m := paragraph.FindStringSubmatch(lines[i]); m != nil && before {
		above := m[1][:strings.LastIndex(m[1], ".")]
		if current == above || strings.HasPrefix(current, above+".") {
			return m[1]
		}
	}
	return ""
}

// alone recognises the heading of a section too deep for the table of
// contents: a dotted number at the margin, between empty lines.
func alone(lines []string, i int, number string) bool {
	return strings.Contains(number, ".") && lines[i][0] != ' ' &&
		i > 0 && lines[i-1] == "" && i+1 < len(lines) && lines[i+1] == ""
}

// heading reads a line as a section's number and title, without the page
// that a table of contents adds.
func heading(line string) (number, title string, ok bool) {
	m := numbered.FindStringSubmatch(strings.TrimLeft(line, " +-*o"))
	if m == nil {
		return "", "", false
	}
	title = strings.TrimSpace(leader.ReplaceAllString(m[2], ""))
	title = strings.ToLower(strings.Join(strings.Fields(strings.TrimRight(title, ". ")), " "))
	return m[1], title, title != ""
}

// section is the text of a section without its subsections.
func (d *document) section(name string) (string, bool) {
	s, ok := d.sections[name]
	return s, ok
}
