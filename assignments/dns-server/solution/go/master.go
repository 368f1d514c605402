package main

import (
	"errors"
	"fmt"
	"strings"
)

// A scanner gives the entries of a master file (RFC 1035 section 5): one a line, or several lines in parentheses.
type scanner struct {
	text string
	line int
}

// entry gives the words of the next entry, none at the end; blank says that it begins with white space, and so goes on
// with the owner before.
func (s *scanner) entry() (words []string, blank bool, err error) {
	depth, start := 0, true
	for s.text != "" {
		c := s.text[0]
		switch {
		case c == '\n':
			s.line++
			s.text = s.text[1:]
			if len(words) > 0 && depth == 0 {
				return words, blank, nil
			}
			start = start || depth == 0
			continue
		case c == ' ' || c == '\t' || c == '\r':
			if start && len(words) == 0 && depth == 0 {
				blank = true
			}
			s.text = s.text[1:]
			start = false
			continue
		case c == ';':
			end := strings.IndexByte(s.text, '\n')
			if end < 0 {
				end = len(s.text)
			}
			s.text = s.text[end:]
			continue
		}
		if start && len(words) == 0 && depth == 0 {
			blank = false
		}
		start = false
		switch c {
		case '(':
			depth++
			s.text = s.text[1:]
		case ')':
			if depth--; depth < 0 {
				return nil, false, errors.New("a parenthesis is closed that was not opened")
			}
			s.text = s.text[1:]
		default:
			word, err := s.word()
			if err != nil {
				return nil, false, err
			}
			words = append(words, word)
		}
	}
	if depth > 0 {
		return nil, false, errors.New("a parenthesis is not closed")
	}
	return words, blank, nil
}

// word takes a word, or what stands between two quotes; its escapes stay.
func (s *scanner) word() (string, error) {
	quoted := s.text[0] == '"'
	if quoted {
		s.text = s.text[1:]
	}
	for i := 0; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '\\':
			i++
		case quoted && c == '"':
			word := s.text[:i]
			s.text = s.text[i+1:]
			return word, nil
		case quoted && c == '\n':
			return "", errors.New("a quote is not closed")
		case !quoted && strings.IndexByte(" \t\r\n;()\"", c) >= 0:
			word := s.text[:i]
			s.text = s.text[i:]
			return word, nil
		}
	}
	if quoted {
		return "", errors.New("a quote is not closed")
	}
	word := s.text
	s.text = ""
	return word, nil
}

// readZone reads a master file.
func readZone(text string) (*zone, error) {
	s := &scanner{text: text, line: 1}
	m := master{}
	for {
		line := s.line
		words, blank, err := s.entry()
		if err == nil && len(words) == 0 {
			break
		}
		if err == nil {
			err = m.entry(words, blank)
		}
		if err != nil {
			return nil, fmt.Errorf("the entry at line %d: %w", line, err)
		}
	}
	var apex []name
	for _, r := range m.records {
		if r.rtype == typeSOA {
			apex = append(apex, r.owner.fold())
		}
	}
	if len(apex) != 1 {
		return nil, fmt.Errorf("want one SOA, got %d", len(apex))
	}
	for _, r := range m.records {
		if !r.owner.fold().below(apex[0]) {
			return nil, fmt.Errorf("%q lies outside of the zone", r.owner)
		}
	}
	return newZone(apex[0], m.records), nil
}

// A master is what is known of a master file so far.
type master struct {
	origin  name
	owner   name
	owned   bool
	ttl     uint32
	timed   bool
	records []record
}

func (m *master) entry(words []string, blank bool) (err error) {
	switch directive := strings.ToUpper(words[0]); {
	case directive == "$ORIGIN" && len(words) == 2:
		m.origin, err = parseName(words[1], m.origin)
		return err
	case directive == "$TTL" && len(words) == 2:
		m.timed = true
		m.ttl, err = seconds(words[1])
		return err
	case strings.HasPrefix(directive, "$"):
		return errors.New(words[0] + " is not known here")
	}
	if !blank {
		if m.owner, err = parseName(words[0], m.origin); err != nil {
			return err
		}
		m.owned, words = true, words[1:]
	}
	if !m.owned {
		return errors.New("the first record has no owner")
	}
	return m.record(words)
}

func (m *master) record(words []string) (err error) {
	r := record{owner: m.owner, class: classIN, ttl: m.ttl}
	timed := m.timed
	for range 2 { // TTL and class come in either order, and both may be missing
		if len(words) > 0 && strings.EqualFold(words[0], "IN") {
			words = words[1:]
		} else if len(words) > 0 && words[0] != "" && '0' <= words[0][0] && words[0][0] <= '9' {
			if r.ttl, err = seconds(words[0]); err != nil {
				return err
			}
			words, timed = words[1:], true
		}
	}
	if len(words) == 0 {
		return errors.New("no type")
	}
	if !timed {
		return errors.New("no TTL: neither here nor by $TTL")
	}
	word := strings.ToUpper(words[0])
	rtype, known := types[word]
	if !known {
		v, err := number(strings.TrimPrefix(word, "TYPE"), 16)
		if err != nil {
			return errors.New("unknown type " + words[0])
		}
		rtype = uint16(v)
	}
	r.rtype = rtype
	if r.data, err = parseData(rtype, words[1:], m.origin); err != nil {
		return err
	}
	m.records = append(m.records, r)
	return nil
}
