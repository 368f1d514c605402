package main

import "strings"

// target is what a request is about: a path below the root, cut into decoded names, and a query.
type target struct {
	names  []string
	folder bool // the path ends with a slash
	query  string
}

// parseTarget reads the origin form (/path?query) and the absolute form (http://host/path?query).
func parseTarget(s string) (t target, no *refusal) {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] == 0x7f || s[i] == '#' {
			return t, &refusal{400, "malformed target"}
		}
	}
	if s[0] != '/' {
		if len(s) < 7 || !strings.EqualFold(s[:7], "http://") {
			return t, &refusal{400, "want a path or an http URI"}
		}
		end := strings.IndexAny(s[7:]+"/", "/?")
		if end == 0 || s[7] == ':' || !isAuthority(s[7:7+end]) {
			return t, &refusal{400, "malformed authority"}
		}
		if s = s[7+end:]; !strings.HasPrefix(s, "/") {
			s = "/" + s
		}
	}
	path, query, _ := strings.Cut(s, "?")
	t.query = query
	// Cut first, then decode, and decode once: %2F is a slash inside a name, and no file has such a name.
	for _, part := range strings.Split(path, "/") {
		name, ok := unescape(part, false)
		t.folder = name == "" || name == "." || name == ".."
		switch {
		case !ok || strings.Contains(name, "\x00"):
			return t, &refusal{400, "malformed path"}
		case strings.Contains(name, "/"):
			return t, &refusal{404, "no such file"}
		case name == "..":
			if len(t.names) == 0 {
				return t, &refusal{404, "no such file"}
			}
			t.names = t.names[:len(t.names)-1]
		case !t.folder:
			t.names = append(t.names, name)
		}
	}
	return t, nil
}

// path writes the names back as an absolute path that holds no character with a meaning of its own.
func (t target) path() string {
	var b strings.Builder
	for _, name := range t.names {
		b.WriteByte('/')
		for i := 0; i < len(name); i++ {
			if c := name[i]; isAlnum(c) || strings.IndexByte("-._~", c) >= 0 {
				b.WriteByte(c)
			} else {
				b.WriteString("%" + string("0123456789ABCDEF"[c>>4]) + string("0123456789ABCDEF"[c&15]))
			}
		}
	}
	return b.String()
}

// unescape decodes %XX, and + as a space where a form is read. It reports whether every escape was whole.
func unescape(s string, plus bool) (string, bool) {
	if strings.IndexByte(s, '%') < 0 && !plus {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+' && plus:
			b = append(b, ' ')
		case s[i] == '%':
			if i+2 >= len(s) {
				return "", false
			}
			high, low := hexDigit(s[i+1]), hexDigit(s[i+2])
			if high < 0 || low < 0 {
				return "", false
			}
			b = append(b, byte(high<<4|low))
			i += 2
		default:
			b = append(b, s[i])
		}
	}
	return string(b), true
}

func hexDigit(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// isAuthority reports whether s is a host with or without a port. The empty one is right in a Host field.
func isAuthority(s string) bool {
	host, port := s, ""
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		host, port = s[:i], s[i+1:]
	}
	if port != "" && !allDigits(port) {
		return false
	}
	if strings.HasPrefix(host, "[") {
		inner := strings.Trim(host, "[]")
		return host == "["+inner+"]" && inner != "" && strings.Trim(inner, "0123456789abcdefABCDEFvV:.") == ""
	}
	for i := 0; i < len(host); i++ {
		if !isAlnum(host[i]) && strings.IndexByte("-._~!$&'()*+,;=%", host[i]) < 0 {
			return false
		}
	}
	return true
}
