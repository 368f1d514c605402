// Clauses proves that every check cites a clause that is there: it reads a
// folder of the standards' texts (rfc9112.txt, bep03.txt) and the assignments'
// statements, and sees that each cited section exists and says MUST or SHOULD as the
// check does.
//
//	go run ./internal/clauses DIR
package main

import (
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/wiregrade/wiregrade/assignments"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/check"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: clauses DIR (a folder with rfc9112.txt and so on)")
		os.Exit(2)
	}
	proved, problems := prove(os.DirFS(os.Args[1]), assignments.All(), withoutKeyword)
	for _, p := range problems {
		fmt.Println(p)
	}
	fmt.Printf("%d clauses proved, %d problems\n", proved, len(problems))
	if len(problems) > 0 {
		os.Exit(1)
	}
}

// prove looks up the clause of every check. Each problem names the check and what is wrong with its citation.
func prove(texts fs.FS, suites []*check.Suite, without map[place]string) (proved int, problems []string) {
	documents := map[string]*document{}
	used := map[place]bool{}
	for _, s := range suites {
		headings := markdownHeadings(s.Statement)
		for _, item := range s.Items() {
			c := item.Rule.Clause
			var problem string
			if c.Document == grader.Course {
				if !headings[c.Section] {
					problem = "the statement has no heading " + c.Section
				}
			} else {
				d, ok := documents[c.Document]
				if !ok {
					d = readDocument(texts, c.Document)
					documents[c.Document] = d
				}
				problem = d.contradicts(c, without)
				used[place{c.Document, c.Section}] = true
			}
			if problem != "" {
				problems = append(problems, fmt.Sprintf("%s %s: %v: %s", s.Name, item.Rule.Name, c, problem))
				continue
			}
			proved++
		}
	}
	for p := range without {
		if !used[p] {
			problems = append(problems, fmt.Sprintf("%s §%s is listed as a requirement without the keyword, but no check cites it", p.document, p.section))
		}
	}
	return proved, problems
}

// contradicts says why the text does not bear the clause out, "" when it does.
func (d *document) contradicts(c grader.Clause, without map[place]string) string {
	if d == nil {
		return "no text of this document in the folder"
	}
	text, ok := d.section(c.Section)
	if !ok {
		return "there is no such section"
	}
	_, listed := without[place{c.Document, c.Section}]
	for _, word := range keywords[c.Level] {
		if strings.Contains(text, word) {
			if listed && c.Level == grader.Must {
				return "listed as a requirement without the keyword, but the section has it"
			}
			return ""
		}
	}
	if listed {
		return ""
	}
	return fmt.Sprintf("the section does not say %s", strings.Join(keywords[c.Level], " or "))
}

// keywords are the words of RFC 2119 that make a level.
var keywords = map[grader.Level][]string{
	grader.Must:   {"MUST", "SHALL", "REQUIRED"},
	grader.Should: {"SHOULD", "RECOMMENDED"},
	grader.May:    {"MAY", "OPTIONAL"},
}

func markdownHeadings(text string) map[string]bool {
	found := map[string]bool{}
	for line := range strings.Lines(text) {
		if h := strings.TrimLeft(line, "#"); h != line {
			found[strings.TrimSpace(h)] = true
		}
	}
	return found
}
