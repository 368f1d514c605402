package http1

import "strings"

// isToken says whether s is a token (RFC 9110 §5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		if !isTokenChar(s[i]) {
			return false
		}
	}
	return s != ""
}

func isTokenChar(c byte) bool {
	return isAlpha(c) || isDigit(c) || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// isText says whether s has no control character but the tab: the characters of a field value (RFC 9110 §5.5)
// and of a reason (RFC 9112 §4).
func isText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// isTarget says whether s has only characters that a request target may have (RFC 9112 §3.2, RFC 3986 §2). A
// percent sign is not followed further: whether an escape is whole is for the server to judge.
func isTarget(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlpha(c) && !isDigit(c) && strings.IndexByte("-._~:/?[]@!$&'()*+,;=%", c) < 0 {
			return false
		}
	}
	return s != ""
}

// isVersion says whether s is an HTTP-version (RFC 9112 §2.3).
func isVersion(s string) bool {
	return len(s) == len("HTTP/1.1") && s[:5] == "HTTP/" && isDigit(s[5]) && s[6] == '.' && isDigit(s[7])
}

// isAuthority says whether s is a host with an optional port, or empty (RFC 9110 §7.2, RFC 3986 §3.2).
func isAuthority(s string) bool {
	host, port := s, ""
	if i := strings.LastIndexByte(s, ':'); i > strings.LastIndexByte(s, ']') {
		host, port = s[:i], s[i+1:]
	}
	if !isDigits(port) {
		return false
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		return ok && inner != "" && strings.Trim(inner, "0123456789abcdefABCDEFvV:.") == ""
	}
	return host == "" || isTarget(host) && !strings.ContainsAny(host, ":/?[]@")
}

// isDigits says whether s has only decimal digits; it may be empty.
func isDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// hexDigits gives the run of hexadecimal digits that s begins with, and the rest.
func hexDigits(s string) (digits, rest string) {
	n := 0
	for n < len(s) && isHex(s[n]) {
		n++
	}
	return s[:n], s[n:]
}

// skipExtensions checks chunk extensions (RFC 9112 §7.1.1) and says whether they match the grammar, and whether
// there is whitespace that the grammar has for history's sake only.
func skipExtensions(s string) (ok, spaced bool) {
	rest := s
	trim := func() {
		t := strings.TrimLeft(rest, " \t")
		spaced = spaced || t != rest
		rest = t
	}
	name := func() bool {
		n := 0
		for n < len(rest) && isTokenChar(rest[n]) {
			n++
		}
		rest = rest[n:]
		return n > 0
	}
	for trim(); rest != ""; trim() {
		if rest[0] != ';' {
			return false, spaced
		}
		rest = rest[1:]
		if trim(); !name() {
			return false, spaced
		}
		if trim(); !strings.HasPrefix(rest, "=") {
			continue
		}
		rest = rest[1:]
		if trim(); strings.HasPrefix(rest, `"`) {
			if rest, ok = skipQuoted(rest); !ok {
				return false, spaced
			}
		} else if !name() {
			return false, spaced
		}
	}
	return true, spaced
}

// skipQuoted gives what follows the quoted string (RFC 9110 §5.6.4) that s begins with.
func skipQuoted(s string) (rest string, ok bool) {
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return s[i+1:], true
		case c == '\\':
			i++
			if i == len(s) || !isText(s[i:i+1]) {
				return "", false
			}
		case !isText(s[i : i+1]):
			return "", false
		}
	}
	return "", false
}

func isAlpha(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isHex(c byte) bool   { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
