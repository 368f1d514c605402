package http1

import (
	"strconv"
	"strings"
)

// statusLine reads a response's first line (RFC 9112 §4). What is not quite one is still read when it begins with
// "HTTP" and a three-digit word follows.
func (p *parser) statusLine(m *Response) error {
	line, from, err := p.startLine(ruleStrayLine)
	if err != nil {
		return err
	}
	version, rest, _ := cutSpace(line)
	code, reason, gap := cutSpace(rest)
	status, bad := strconv.Atoi(code)
	if len(line) < 4 || !strings.EqualFold(line[:4], "HTTP") || bad != nil || len(code) != 3 || !isDigits(code) {
		return p.garbage(ruleStatusLine.at(from, len(line), "HTTP/1.1 and a status code of three digits", quote(line)))
	}
	p.version(version, from)
	switch {
	case gap == "":
		p.note(ruleReasonSpace.at(from+len(line), 0, "a space after "+code, "the end of the line"))
	case !strings.HasPrefix(line, version+" "+code+" "):
		p.note(ruleStatusLine.at(from, len(line), "single spaces", quote(line)))
	case !isText(reason):
		p.note(ruleReason.at(from+len(line)-len(reason), len(reason), "visible characters", quote(reason)))
	}
	m.Version, m.Status, m.Reason = version, status, reason
	return nil
}

// requestHead reads a request up to the empty line and decides about its body.
func (p *parser) requestHead() (*Request, error) {
	m := &Request{}
	if err := p.requestLine(m); err != nil {
		return nil, err
	}
	if err := p.fields(&m.Header, &m.Message); err != nil {
		return nil, err
	}
	p.requestFraming(m)
	return m, nil
}

// requestLine reads a request's first line (RFC 9112 §3). What is not quite one is still read when its last word
// begins with "HTTP" and two words stand before it.
func (p *parser) requestLine(m *Request) error {
	line, from, err := p.startLine(ruleLeadingLine)
	if err != nil {
		return err
	}
	method, rest, _ := cutSpace(line)
	i := strings.LastIndexAny(rest, " \t")
	if method == "" || i < 0 || !strings.HasPrefix(strings.ToUpper(rest[i+1:]), "HTTP") {
		return p.garbage(ruleRequestLine.at(from, len(line), "a method, a target and HTTP/1.1", quote(line)))
	}
	target, version := strings.Trim(rest[:i], " \t"), rest[i+1:]
	if line != method+" "+target+" "+version {
		p.note(ruleRequestLine.at(from, len(line), "single spaces", quote(line)))
	}
	if !isToken(method) {
		p.note(ruleMethod.at(from, len(method), "a token", quote(method)))
	}
	if !isTarget(target) {
		p.note(ruleTarget.at(from+strings.Index(line, target), len(target), "characters of a URI", quote(target)))
	}
	p.version(version, from+len(line)-len(version))
	m.Method, m.Target, m.Version = method, target, version
	return nil
}

// startLine reads the first line that is not empty; empty ones before it break the rule.
func (p *parser) startLine(empty rule) (line string, from int, err error) {
	for {
		// What is left of the limit, so that empty lines without end are not taken either.
		if line, from, err = p.line(p.limits.StartLine-p.at, ErrStartLine, ruleHeadEnd); err != nil || line != "" {
			return line, from, err
		}
		p.note(empty.at(from, p.at-from, "a start line", "an empty line"))
	}
}

func (p *parser) version(v string, at int) {
	switch {
	case !isVersion(v):
		p.note(ruleVersionForm.at(at, len(v), "HTTP/1.1", quote(v)))
	case v != "HTTP/1.1" && v != "HTTP/1.0":
		p.note(ruleVersionKnown.at(at, len(v), "HTTP/1.1", quote(v)))
	}
}

// singles are the fields that a message has once at most. Content-Length has rules of its own.
var singles = []string{"Host", "Date", "Content-Type", "Content-Location", "ETag", "Last-Modified", "Location", "If-Modified-Since"}

// fields reads field lines up to and with the empty line (RFC 9112 §5).
func (p *parser) fields(h *Header, m *Message) error {
	start, folding := p.at, false
	for {
		line, at, err := p.line(p.limits.Head-(p.at-start), ErrHead, ruleHeadEnd)
		if err != nil {
			return err
		}
		if line == "" {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if !folding {
				p.note(ruleLeadingSpace.at(at, len(line), "a field name at the start of the line", quote(line)))
				continue // RFC 9112 §2.2: such a line is ignored
			}
			last := &(*h)[len(*h)-1]
			last.Value = strings.Trim(last.Value+" "+strings.Trim(line, " \t"), " \t")
			last.Len = at + len(line) - last.At
			p.note(ruleFold.at(at, len(line), "a field name at the start of the line", quote(line)))
			p.value(strings.Trim(line, " \t"), at)
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if folding = ok; !ok {
			p.note(ruleColon.at(at, len(line), "a colon", quote(line)))
			continue
		}
		if len(*h) == p.limits.Count {
			return p.fail(ErrHead, Breach{})
		}
		if bare := strings.TrimRight(name, " \t"); bare != name {
			p.note(ruleNameSpace.at(at+len(bare), len(name)-len(bare), quote(bare+":"), quote(name+":")))
			name = bare
		}
		if !isToken(name) {
			p.note(ruleName.at(at, len(name), "a token", quote(name)))
		}
		value = strings.Trim(value, " \t")
		p.value(value, at)
		*h = append(*h, Field{Name: name, Value: value, At: at, Len: len(line)})
	}
	for _, name := range singles {
		if found := h.Fields(name); len(found) > 1 {
			p.note(ruleDuplicate.at(found[1].At, found[1].Len, "one "+name, strconv.Itoa(len(found))+" of them"))
		}
	}
	m.BodyAt = p.at
	return nil
}

// value judges the characters of a field's value, whose line begins at byte at.
func (p *parser) value(value string, at int) {
	if !isText(value) {
		p.note(ruleValue.at(at, len(value), "no control characters", quote(value)))
	}
}

// cutSpace splits off the first word of s; gap is the whitespace behind it.
func cutSpace(s string) (word, rest, gap string) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return s, "", ""
	}
	rest = strings.TrimLeft(s[i:], " \t")
	return s[:i], rest, s[i : len(s)-len(rest)]
}

// quote shows bytes from the wire, not too many.
func quote(s string) string {
	if len(s) > 60 {
		s = s[:60] + "..."
	}
	return strconv.QuoteToASCII(s)
}
