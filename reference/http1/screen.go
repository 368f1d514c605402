package http1

import "strings"

// screen refuses a request whose head breaks a rule that a server must not overlook. nil lets it pass.
func (c *conn) screen(req *Request, p *parser) *reply {
	if isVersion(req.Version) && req.Version[5] != '1' {
		if c.Faults.Version3Is400 {
			return refusal(400)
		}
		if !c.Faults.Version3Accepted {
			return refusal(505)
		}
	}
	if c.Faults.Any() {
		if rep := c.spoilScreen(req); rep != nil {
			return rep
		}
	}
	for _, coding := range req.Header.List("Transfer-Encoding") {
		name, _, _ := strings.Cut(coding, ";")
		name = strings.TrimRight(name, " \t")
		known := strings.EqualFold(name, "chunked")
		if c.Faults.CodingCaseSensitive {
			known = name == "chunked"
		}
		// A name that is none is malformed, which the breaches say.
		if !known && isToken(name) && !c.Faults.CodingUnknownIgnored {
			return refusal(501)
		}
	}
	for _, b := range p.breaches {
		if c.refuses(b.rule) {
			return refusal(400)
		}
	}
	if !c.hostRight(req) {
		return refusal(400)
	}
	return nil
}

// refuses says whether a breach of the rule in a request's head is answered with 400. The rest is tolerated:
// RFC 9112 §2.2 allows LF alone, and wants an empty line before the request overlooked.
func (c *conn) refuses(r rule) bool {
	switch f := c.Faults; r {
	case ruleLineEnd, ruleVersionKnown, ruleDuplicate, ruleLengthRepeated:
		return false
	case ruleLeadingLine:
		return f.LeadingLineRefused
	case ruleNameSpace:
		return !f.SpaceColonAccepted
	case ruleColon:
		return !f.ColonMissingAccepted
	case ruleValue:
		return !f.FieldNULAccepted
	case ruleVersionForm:
		return !f.VersionAnyAccepted
	case ruleRequestLine:
		return !f.LineMalformedServed
	case ruleTarget: // a backslash is no character of a target
		return !f.LineMalformedServed && !f.TraversalBackslash
	}
	return true
}

// refusesBody says whether the framing of a chunked body broke a rule that cannot be overlooked: a line end that
// other readers of the stream would take otherwise is one, unlike in the head.
func (c *conn) refusesBody(p *parser, req *Request) bool {
	for _, b := range p.breaches {
		if b.At >= req.BodyAt && b.rule != ruleChunkSpace && b.rule != ruleTrailerFraming && b.rule != ruleDuplicate {
			return true
		}
	}
	return false
}

// hostRight judges the Host fields (RFC 9112 §3.2).
func (c *conn) hostRight(req *Request) bool {
	hosts := req.Header.Values("Host")
	if len(hosts) == 0 {
		return req.Version == "HTTP/1.0" || c.Faults.HostMissingAccepted
	}
	if len(hosts) > 1 && !c.Faults.HostTwiceAccepted {
		return false
	}
	return isAuthority(hosts[0]) || c.Faults.HostInvalidAccepted
}

// waits says whether the client waits for 100 before it sends the body (RFC 9110 §10.1.1).
func (c *conn) waits(req *Request, p *parser) bool {
	if req.Version == "HTTP/1.0" && !c.Faults.ContinueTo10 || len(p.buf) > p.at {
		return false
	}
	bodied := req.Framing == FramingChunked || req.Framing == FramingLength && req.length != 0
	if c.Faults.ContinueCase {
		return bodied && req.Header.Get("Expect") == "100-continue"
	}
	return bodied && req.Header.Lists("Expect", "100-continue")
}
