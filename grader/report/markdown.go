package report

import (
	"fmt"
	"html"
	"io"
	"regexp"
	"strings"

	"github.com/wiregrade/wiregrade/grader"
)

// markdownBytes keeps a report below the 65,535 characters that GitHub allows
// the summary of a check run.
const markdownBytes = 60000

// writeMarkdown writes Markdown as GitHub renders it. Text of a submission
// stands in code only, where nothing is a link, a mention, a tag or a diagram.
func writeMarkdown(w io.Writer, v *view) error {
	var s strings.Builder
	fmt.Fprintf(&s, "## %s: %s\n\n", prose(v.Assignment.Name), prose(outOf(v.points)))
	if origin := v.origin(); len(origin) > 0 {
		for i, part := range origin {
			origin[i] = prose(part)
		}
		s.WriteString("Graded: " + strings.Join(origin, " · ") + "\n\n")
	}
	for _, r := range v.Remarks {
		fmt.Fprintf(&s, "- %s\n", prose(clean(r)))
	}
	if len(v.Remarks) > 0 {
		s.WriteString("\n")
	}
	if v.Problem != "" {
		fmt.Fprintf(&s, "**%s**\n\n", prose(clean(v.Problem)))
		if lines := v.detail(); lines != nil {
			s.WriteString(fence("text", strings.Join(tail(lines, detailLines), "\n")))
		}
	} else {
		v.markdownChecks(&s)
	}
	_, err := io.WriteString(w, s.String())
	return err
}

func (v *view) markdownChecks(s *strings.Builder) {
	s.WriteString("| | group | checks | points |\n|---|---|---:|---:|\n")
	for _, g := range v.groups {
		points := ""
		if g.Max > 0 {
			points = number(g.Got) + " of " + number(g.Max)
			if g.extra {
				points += ", extra credit"
			}
		}
		mark, _ := sign(g.worst())
		fmt.Fprintf(s, "| %s | %s | %d/%d | %s |\n", mark, prose(g.Name), g.Passed, g.Total, points)
	}
	fmt.Fprintf(s, "\n%s.", v.summary())
	if v.first != nil {
		fmt.Fprintf(s, " Look first at %s.", codeSpan(clean(v.first.Name)))
	}
	s.WriteString("\n\n")
	left := 0
	for _, g := range v.groups {
		folded := foldBlocked(g.checks)
		for _, c := range g.checks {
			same := folded[c.Reason]
			var part string
			switch {
			case !v.shows(c):
				continue
			case c.Verdict == grader.Blocked && len(same) > 1:
				if same[0] == c {
					part = v.markdownBlocked(same)
				}
			default:
				part = v.markdownCheck(c)
			}
			if s.Len()+len(part) > markdownBytes {
				left++
				continue
			}
			s.WriteString(part)
		}
	}
	if left > 0 {
		fmt.Fprintf(s, "%s more did not fit here; `grader check` shows all of them.\n", plural(left, "check"))
	}
}

func (v *view) markdownBlocked(same []*check) string {
	var names []string
	for _, c := range same {
		names = append(names, clean(c.Name))
	}
	return fmt.Sprintf("<details><summary>○ <b>%s blocked</b></summary>\n\n%s</details>\n\n", plural(len(same), "check"),
		fence("text", clean(same[0].Reason)+"\n\n"+strings.Join(names, "\n")))
}

func (v *view) markdownCheck(c *check) string {
	var s strings.Builder
	mark, _ := sign(c.Verdict)
	open := ""
	if c == v.first {
		open = " open"
	}
	// A summary stands in an HTML block, where Markdown is not read: entities suffice.
	fmt.Fprintf(&s, "<details%s><summary>%s %s <b>%s</b> — %s</summary>\n\n", open, mark, c.Verdict, inHTML(c.Name), inHTML(c.Says))
	if link := clauseLink(c.Clause); link != "" {
		fmt.Fprintf(&s, "[%s](%s)\n\n", prose(clauseText(c.Clause)), link)
	} else {
		s.WriteString(prose(clauseText(c.Clause)) + "\n\n")
	}
	b := &block{v: v, width: 92}
	var rows []row
	if c.Reason != "" {
		rows = append(rows, b.labelled(reasonLabel(c.Verdict), normal, clean(c.Reason))...)
	}
	if rows = append(rows, b.evidence(c)...); len(rows) > 0 {
		s.WriteString(fence("text", plainText(rows, "")))
	}
	commands := c.replay
	if c.hand != "" {
		commands += "\n" + c.hand
	}
	s.WriteString(fence("sh", commands) + "</details>\n\n")
	return s.String()
}

// fence puts text into a code block whose fence is longer than any in text.
func fence(lang, text string) string {
	ticks := max(3, longestRun(text, '`')+1)
	bars := strings.Repeat("`", ticks)
	return bars + lang + "\n" + strings.TrimSuffix(text, "\n") + "\n" + bars + "\n\n"
}

// codeSpan puts one line into a code span.
func codeSpan(text string) string {
	ticks := strings.Repeat("`", longestRun(text, '`')+1)
	if strings.Trim(text, " ") == "" {
		return ""
	}
	return ticks + " " + text + " " + ticks
}

func longestRun(s string, c byte) int {
	longest, n := 0, 0
	for i := range len(s) {
		if s[i] != c {
			n = 0
			continue
		}
		n++
		longest = max(longest, n)
	}
	return longest
}

var harmless = regexp.MustCompile(`^[\pL\pN][\pL\pN ,.;:'()§“”·%/-]*$`)

// prose gives one line as Markdown. A line with anything that Markdown or
// GitHub could take for more than text becomes code.
func prose(text string) string {
	if harmless.MatchString(text) && !strings.Contains(text, "//") && !strings.Contains(strings.ToLower(text), "www.") {
		return text
	}
	return codeSpan(text)
}

// inHTML gives one line as text in HTML in Markdown: what is no letter, digit or
// plain punctuation is an entity, and a mention is broken.
func inHTML(text string) string {
	s := html.EscapeString(clean(text))
	return strings.NewReplacer("@", "&#64;&#8203;", "`", "&#96;", "*", "&#42;", "_", "&#95;", "[", "&#91;", "]", "&#93;", "://", "&#58;//").Replace(s)
}
