package report

import (
	"regexp"
	"strings"

	"github.com/wiregrade/wiregrade/grader"
)

var (
	rfcName = regexp.MustCompile(`^RFC (\d+)$`)
	bepName = regexp.MustCompile(`^BEP (\d{1,4})$`)
	section = regexp.MustCompile(`^([0-9]+|[A-Z])(\.[0-9]+)*$`)
)

// clauseText names a clause as a reader looks it up.
func clauseText(c grader.Clause) string {
	if c.Document == grader.Course {
		return clean("the statement, section " + quoted(c.Section) + " " + string(c.Level))
	}
	if c.Section == "" {
		return clean(c.Document + " " + string(c.Level))
	}
	return clean(c.String())
}

func quoted(s string) string { return "“" + s + "”" }

// cite names a clause and says where it can be read.
func cite(c grader.Clause) string {
	if link := clauseLink(c); link != "" {
		return clauseText(c) + " · " + link
	}
	return clauseText(c)
}

// clauseLink is where the clause can be read, "" for the assignment's own
// statement and for documents whose place is not known.
func clauseLink(c grader.Clause) string {
	if m := rfcName.FindStringSubmatch(c.Document); m != nil {
		url := "https://www.rfc-editor.org/rfc/rfc" + m[1]
		switch {
		case !section.MatchString(c.Section):
			return url
		case c.Section[0] >= 'A':
			return url + "#appendix-" + c.Section
		}
		return url + "#section-" + c.Section
	}
	if m := bepName.FindStringSubmatch(c.Document); m != nil {
		return "https://www.bittorrent.org/beps/bep_" + strings.Repeat("0", 4-len(m[1])) + m[1] + ".html"
	}
	return ""
}
