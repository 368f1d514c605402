package http1

import (
	"path"
	"path/filepath"
	"strings"
)

// leaves says whether a fault is on that leads out of Root.
func (f Faults) leaves() bool {
	return f.TraversalPlain || f.TraversalEncoded || f.TraversalSlash || f.TraversalBackslash || f.TraversalTwice ||
		f.TraversalStripped || f.TraversalAbsolute || f.TraversalPrefix || f.TraversalPut || f.TraversalDelete
}

// unescape decodes a segment of a path.
func (c *conn) unescape(segment string) (name string, ok bool) {
	name, ok = unescape(segment)
	f := c.Faults
	if !f.Any() {
		return name, ok
	}
	switch {
	case f.EscapesKept, f.EscapeBrokenServed && !ok:
		return segment, true
	case f.EscapeBrokenCrash && !ok, f.NULCrash && strings.IndexByte(name, 0) >= 0:
		c.crash()
	case f.EscapesTwice && ok:
		if twice, ok := unescape(name); ok {
			name = twice
		}
	case f.EscapesLatin1 && name != segment:
		name = latin1(name)
	case f.PlusIsSpace:
		name = strings.ReplaceAll(name, "+", " ")
	case f.NULCut:
		name, _, _ = strings.Cut(name, "\x00")
	}
	return name, ok
}

// spoilTarget finds the file that a path means as the faults say; done is false when none of them has to do with
// it.
func (c *conn) spoilTarget(p, method string) (t target, rep *reply, done bool) {
	f := c.Faults
	if f.PutNotDecoded && method == "PUT" && strings.Contains(p, "%") && !strings.Contains(p, "..") && len(p) > 1 {
		return target{path: strings.Trim(p, "/")}, nil, true
	}
	if !f.leaves() {
		return t, nil, false
	}
	decoded, _ := unescape(p)
	twice, _ := unescape(decoded)
	slashed := strings.ReplaceAll(decoded, `\`, "/")
	stripped := strings.ReplaceAll(decoded, "../", "")
	encodedSlash := strings.Contains(strings.ToLower(p), "%2f")
	base := c.base()
	outside := ""
	switch {
	case f.TraversalPlain && climbs(p), f.TraversalPut && method == "PUT" && climbs(p),
		f.TraversalDelete && method == "DELETE" && climbs(p):
		outside = decoded
	case f.TraversalEncoded && climbs(decoded) && !climbs(p) && !encodedSlash, f.TraversalSlash && climbs(decoded) && encodedSlash:
		outside = decoded
	case f.TraversalBackslash && climbs(slashed) && slashed != decoded:
		outside = slashed
	case f.TraversalTwice && climbs(twice) && !climbs(decoded):
		outside = twice
	case f.TraversalStripped && climbs(stripped) && !climbs(p):
		outside = stripped
	case f.TraversalPrefix && climbs(decoded) && strings.HasPrefix(filepath.Join(base, decoded), base):
		outside = decoded
	case f.TraversalAbsolute && strings.HasPrefix(p, "//"):
		if rest, ok := strings.CutPrefix(path.Clean(decoded[1:]), filepath.Dir(base)+"/"); ok {
			return target{outer: rest}, nil, true
		}
	}
	if outside == "" {
		return t, nil, false
	}
	// Join stops at the top, which stands for the folder that Root lies in.
	return target{outer: strings.TrimPrefix(path.Join("/", filepath.Base(base), outside), "/")}, nil, true
}

// climbs says whether a path's dots lead above where it starts.
func climbs(p string) bool {
	depth := 0
	for segment := range strings.SplitSeq(p, "/") {
		switch segment {
		case "", ".":
		case "..":
			if depth--; depth < 0 {
				return true
			}
		default:
			depth++
		}
	}
	return false
}

// getOuter, putOuter and deleteOuter act outside of Root.
func (c *conn) getOuter(t target) *reply {
	content, err := c.outer.ReadFile(t.outer)
	if err != nil {
		return refusal(404)
	}
	rep := &reply{status: 200, body: content, file: true}
	rep.add("Content-Type", "application/octet-stream")
	return rep
}

func (c *conn) putOuter(t target, content []byte) *reply {
	if !c.Faults.TraversalPut || c.outer.WriteFile(t.outer, content, 0o666) != nil {
		return refusal(409)
	}
	return stored(true)
}

func (c *conn) deleteOuter(t target) *reply {
	if !c.Faults.TraversalDelete || c.outer.Remove(t.outer) != nil {
		return refusal(404)
	}
	return &reply{status: 204}
}
