package http1

import (
	"slices"
	"strconv"
	"strings"
)

// spoilHead reads a request up to its empty line as the faults say.
func (c *conn) spoilHead(p *parser) (*Request, error) {
	f := c.Faults
	if f.ConnHalfLineBlocks {
		if err := p.need(1); err != nil {
			return nil, p.fail(err, Breach{})
		}
		c.gate <- struct{}{}
		defer func() { <-c.gate }()
	}
	req := &Request{}
	if err := p.requestLine(req); err != nil && !(f.LineMalformedServed && p.patchLine(req)) {
		return nil, err
	}
	if f.LineMalformedServed {
		req.Target, _, _ = cutSpace(req.Target)
	}
	if f.Target8000Refused && len(req.Target) > 4096 {
		return nil, p.fail(ErrStartLine, Breach{})
	}
	if f.TargetCut {
		req.Target = req.Target[:min(len(req.Target), 1024)]
	}
	fieldsAt := p.at
	if err := p.fields(&req.Header, &req.Message); err != nil {
		return nil, err
	}
	if f.Head8000Refused && p.at-fieldsAt > 4096 || f.FieldsManyRefused && len(req.Header) > 32 {
		return nil, p.fail(ErrHead, Breach{})
	}
	p.spoilFields(f, req)
	p.requestFraming(req)
	p.spoilFraming(f, req)
	return req, nil
}

// patchLine makes the best of a request line that is none: its first two words.
func (p *parser) patchLine(req *Request) bool {
	words := strings.Fields(string(p.buf[:p.at]))
	if len(words) < 2 || p.buf[p.at-1] != '\n' {
		return false
	}
	req.Method, req.Target, req.Version = words[0], words[1], "HTTP/1.1"
	return true
}

// understood are the fields that the server acts on or has heard of.
var understood = []string{
	"Host", "Connection", "Content-Length", "Transfer-Encoding", "Expect", "If-Match", "If-None-Match",
	"If-Modified-Since", "If-Unmodified-Since", "Content-Type", "Content-Range", "User-Agent", "Accept", "Trailer",
	"Range", "If-Range", "Accept-Encoding", "Accept-Language", "Referer", "Date", "Pragma", "Cache-Control",
}

// spoilFields overlooks fields, or reads their values wrongly.
func (p *parser) spoilFields(f Faults, req *Request) {
	var kept Header
	for _, field := range req.Header {
		line := string(p.buf[field.At : field.At+field.Len])
		_, raw, _ := strings.Cut(line, ":")
		if f.ValueNeedsSpace && !strings.HasPrefix(raw, " ") {
			continue
		}
		if f.NameCaseSensitive && !slices.Contains(understood, field.Name) {
			field.Name = "X-" + field.Name
		}
		if f.ValueNotTrimmed {
			field.Value = strings.TrimLeft(raw, " \t")
		}
		kept = append(kept, field)
	}
	req.Header = kept
}

// spoilFraming decides wrongly about the body.
func (p *parser) spoilFraming(f Faults, req *Request) {
	lengths := req.Header.Fields("Content-Length")
	coded := req.Header.Has("Transfer-Encoding")
	length := req.Header.Get("Content-Length")
	frame := func(framing Framing, length int64, forgiven rule) {
		req.Framing, req.length = framing, length
		p.breaches = slices.DeleteFunc(p.breaches, func(b Breach) bool { return b.rule == forgiven })
	}
	digits := length[:len(length)-len(strings.TrimLeft(length, "0123456789"))]
	number, _ := strconv.ParseInt(digits, 10, 32)
	switch {
	case f.LengthOverCoding && coded && isDigits(length) && length != "":
		frame(FramingLength, number, ruleLengthAndCoding)
	case f.CodingBothStaysOpen && coded && len(lengths) > 0:
		frame(req.Framing, 0, ruleLengthAndCoding)
	case f.CodingUnknownIgnored && coded && req.Framing == FramingBroken:
		frame(FramingNone, 0, ruleChunkedLast)
	case f.ChunksIgnored && req.Framing == FramingChunked:
		req.Framing = FramingNone
	case coded || len(lengths) == 0:
	case f.LengthNegativeAccepted && strings.HasPrefix(length, "-"), f.LengthEmptyAccepted && length == "":
		frame(FramingNone, 0, ruleLength)
	case f.LengthJunkAccepted && digits != "" && digits != length:
		frame(FramingLength, number, ruleLength)
	case f.LengthPlusAccepted && strings.HasPrefix(length, "+"):
		number, _ = strconv.ParseInt(length, 10, 32)
		frame(FramingLength, number, ruleLength)
	case f.LengthsFirstWins && len(lengths) > 1:
		frame(FramingLength, number, ruleLengthsUnlike)
	case f.LengthWraps && isDigits(length):
		var wrapped uint64
		for i := range len(length) {
			wrapped = wrapped*10 + uint64(length[i]-'0')
		}
		req.length = int64(wrapped)
	}
}

// spoilScreen refuses, or breaks down on, heads that are right; nil lets them pass.
func (c *conn) spoilScreen(req *Request) *reply {
	f := c.Faults
	if f.Version12Refused && req.Version == "HTTP/1.2" || f.ConnHost10 && req.Version == "HTTP/1.0" && !req.Header.Has("Host") {
		return refusal(400)
	}
	if f.ConnRefuses10 && req.Version == "HTTP/1.0" {
		return refusal(505)
	}
	for _, field := range req.Header {
		if f.ValueEmptyRefused && field.Value == "" && !strings.EqualFold(field.Name, "Content-Length") ||
			f.FieldUnknownRefused && !slices.ContainsFunc(understood, func(n string) bool { return strings.EqualFold(n, field.Name) }) {
			return refusal(400)
		}
		for i := range len(field.Value) {
			if f.ValueObsTextCrash && field.Value[i] >= 0x80 {
				c.crash()
				return &reply{drop: true}
			}
		}
	}
	return nil
}
