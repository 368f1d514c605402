package main

import "strings"

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

// parseName reads a full name as the root hints have it.
func parseName(text string) (name, bool) {
	var out []byte
	if text = strings.TrimSuffix(text, "."); text != "" {
		for _, label := range strings.Split(text, ".") {
			if len(label) == 0 || len(label) > maxLabel {
				return "", false
			}
			out = append(append(out, byte(len(label))), label...)
		}
	}
	return name(out), len(out)+1 <= maxName
}
