package http1

import "strings"

// A target is what a request asks for.
type target struct {
	method string
	form   bool   // /form
	star   bool   // the whole server, of OPTIONS
	path   string // the name below ROOT, decoded, without empty or dot segments; "." is ROOT itself
	folder bool   // it ended with a slash
	query  string // as it came
	outer  string // a fault: the name below the folder that ROOT lies in
}

// target reads a request target: origin-form, absolute-form, or a star with OPTIONS (RFC 9112 §3.2).
func (c *conn) target(req *Request, method string) (target, *reply) {
	raw := req.Target
	if raw == "*" && method == "OPTIONS" && !c.Faults.MethodOptionsRefused {
		return target{star: true}, nil
	}
	if raw[0] != '/' {
		var ok bool
		if raw, ok = c.absolute(raw); !ok {
			return target{}, refusal(400)
		}
	}
	path, query, _ := strings.Cut(raw, "?")
	if c.Faults.QueryInName && path != "/form" {
		path = raw
	}
	if c.Faults.Any() {
		if t, rep, done := c.spoilTarget(path, method); done {
			t.query = query
			return t, rep
		}
	}
	t, rep := c.resolve(path)
	t.query = query
	return t, rep
}

// absolute gives the path and query of a target in absolute-form. Which host it names does not matter to a server
// that has the same files for all of them.
func (c *conn) absolute(raw string) (string, bool) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if c.Faults.AbsoluteFormAsPath {
		return "/" + raw, true
	}
	if !ok || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") || c.Faults.AbsoluteFormRefused {
		return "", false
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	if rest[:end] == "" || !isAuthority(rest[:end]) {
		return "", false
	}
	if rest = rest[end:]; !strings.HasPrefix(rest, "/") {
		rest = "/" + rest
	}
	return rest, true
}

// resolve finds the name below ROOT that a path means. It splits before it decodes and decodes once, so that
// nothing decoded is taken for structure.
func (c *conn) resolve(path string) (target, *reply) {
	var t target
	var names []string
	segments := strings.Split(path[1:], "/")
	for i, segment := range segments {
		name, ok := c.unescape(segment)
		if !ok || strings.IndexByte(name, 0) >= 0 {
			return t, refusal(400)
		}
		t.folder = i == len(segments)-1
		switch {
		case name == "" && t.folder, name == ".":
		case name == "..":
			if len(names) == 0 {
				return t, refusal(400) // above ROOT
			}
			names = names[:len(names)-1]
		case name == "" || strings.ContainsAny(name, `/\`):
			return t, refusal(404) // no file has such a name, or it would mean another file elsewhere
		default:
			names = append(names, name)
			t.folder = false
		}
	}
	t.path = strings.Join(names, "/")
	t.form = t.path == "form" && !t.folder
	if t.path == "" {
		t.path, t.folder = ".", true
	}
	return t, nil
}

// unescape decodes percent escapes, once (RFC 3986 §2.1). ok is false when one is broken.
func unescape(s string) (decoded string, ok bool) {
	if strings.IndexByte(s, '%') < 0 {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b = append(b, s[i])
			continue
		}
		if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
			return "", false
		}
		b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
		i += 2
	}
	return string(b), true
}

func unhex(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// escape writes the name of a file as a path: everything but unreserved characters and slashes is escaped.
func escape(name string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		if isAlpha(c) || isDigit(c) || strings.IndexByte("-._~/", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}
