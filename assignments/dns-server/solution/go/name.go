package main

import (
	"errors"
	"strings"
)

const (
	maxLabel = 63
	maxName  = 255 // with the length bytes and the 0 at the end
)

// A name is a domain name as it goes over the wire: each label with its length before it, without the 0 at the end. The
// root is empty.
type name string

// fold gives what names are compared by: A to Z in small letters, and no other byte changed (RFC 4343). Length bytes
// stay as they are: none is as large as an A.
func (n name) fold() name {
	b := []byte(n)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return name(b)
}

// parent is the name one label up.
func (n name) parent() name { return n[1+n[0]:] }

// below says whether a folded name is zone or stands below it. Labels are compared, never the ends of strings.
func (n name) below(zone name) bool {
	for len(n) > len(zone) {
		n = n.parent()
	}
	return n == zone
}

// parseName reads a name as a master file writes it: @ is the origin, and what has no dot at its end is relative to it.
func parseName(text string, origin name) (name, error) {
	switch text {
	case "@":
		return origin, nil
	case ".":
		return "", nil
	}
	var out, label []byte
	absolute := false
	end := func() error {
		if len(label) == 0 || len(label) > maxLabel {
			return errors.New(text + " is no name: a label has 1 to 63 bytes")
		}
		out = append(append(out, byte(len(label))), label...)
		label = label[:0]
		return nil
	}
	for at := 0; at < len(text); {
		c, n, err := character(text[at:])
		if err != nil {
			return "", err
		}
		at += n
		if absolute = n == 1 && c == '.'; !absolute {
			label = append(label, c)
		} else if err := end(); err != nil {
			return "", err
		}
	}
	if !absolute {
		if err := end(); err != nil {
			return "", err
		}
		out = append(out, origin...)
	}
	if len(out)+1 > maxName {
		return "", errors.New(text + " is no name: it has more than 255 bytes")
	}
	return name(out), nil
}

// character reads one character of a token, \DDD and \X being one, and says how long it was.
func character(text string) (c byte, n int, err error) {
	if text[0] != '\\' {
		return text[0], 1, nil
	}
	if len(text) >= 2 && !strings.ContainsRune("0123456789", rune(text[1])) {
		return text[1], 2, nil
	}
	if len(text) >= 4 {
		if v, err := number(text[1:4], 8); err == nil {
			return byte(v), 4, nil
		}
	}
	return 0, 0, errors.New("broken escape in " + text)
}

// unescape gives the bytes of a token.
func unescape(text string) ([]byte, error) {
	var b []byte
	for text != "" {
		c, n, err := character(text)
		if err != nil {
			return nil, err
		}
		b, text = append(b, c), text[n:]
	}
	return b, nil
}
