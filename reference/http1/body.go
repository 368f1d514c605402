package http1

import (
	"bytes"
	"io"
	"strconv"
	"strings"
)

// responseFraming decides how the body of a response ends: the list in RFC 9112 §6.3, in its order.
func (p *parser) responseFraming(m *Response, method string) {
	if m.Status/100 == 1 || m.Status == 204 {
		p.forbid(m.Header, "Content-Length", ruleLengthForbidden)
		p.forbid(m.Header, "Transfer-Encoding", ruleCodingForbidden)
	}
	switch {
	case method == "HEAD", m.Status/100 == 1, m.Status == 204, m.Status == 304:
		// The fields describe a body that is not here: they are judged, and not used.
		p.framing(&m.Message)
		m.Framing = FramingNone
	case method == "CONNECT" && m.Status/100 == 2:
		m.Framing = FramingNone
	default:
		chunked, coded := p.framing(&m.Message)
		if coded && !chunked || !coded && !m.Header.Has("Content-Length") {
			m.Framing = FramingClose
		}
	}
}

// requestFraming decides how the body of a request ends. Without a field that says so there is none.
func (p *parser) requestFraming(m *Request) {
	if chunked, coded := p.framing(&m.Message); coded && !chunked {
		f := m.Header.Fields("Transfer-Encoding")[0]
		p.note(ruleChunkedLast.at(f.At, f.Len, "chunked as the last coding", quote(f.Value)))
		m.Framing = FramingBroken
	}
}

func (p *parser) forbid(h Header, name string, r rule) {
	for _, f := range h.Fields(name) {
		p.note(r.at(f.At, f.Len, "no "+name, quote(f.Name+": "+f.Value)))
	}
}

// framing judges Transfer-Encoding and Content-Length and sets the framing that they give. coded says that there
// is a Transfer-Encoding, chunked that chunked is its last coding.
func (p *parser) framing(m *Message) (chunked, coded bool) {
	codings := m.Header.Fields("Transfer-Encoding")
	lengths := m.Header.Fields("Content-Length")
	if len(codings) > 0 {
		if m.Version == "HTTP/1.0" {
			p.note(ruleCodingVersion.at(codings[0].At, codings[0].Len, "no Transfer-Encoding", quote(codings[0].Value)))
		}
		if len(lengths) > 0 {
			p.note(ruleLengthAndCoding.at(lengths[0].At, lengths[0].Len, "no Content-Length", quote(lengths[0].Value)))
		}
		if chunked = p.codings(m.Header, codings[0]); chunked {
			m.Framing = FramingChunked
		}
		return chunked, true
	}
	if len(lengths) > 0 {
		p.length(m, lengths)
	}
	return false, false
}

// codings judges the list of transfer codings and says whether chunked ends it.
func (p *parser) codings(h Header, first Field) (chunked bool) {
	list := h.List("Transfer-Encoding")
	if len(list) == 0 {
		p.note(ruleCodingList.at(first.At, first.Len, "the name of a coding", "an empty list"))
	}
	count := 0
	for _, coding := range list {
		name, _, parameters := strings.Cut(coding, ";")
		name = strings.TrimRight(name, " \t")
		if !isToken(name) {
			p.note(ruleCodingList.at(first.At, first.Len, "the name of a coding", quote(coding)))
		}
		if chunked = strings.EqualFold(name, "chunked"); chunked {
			count++
			if parameters {
				p.note(ruleChunkedParameter.at(first.At, first.Len, "chunked", quote(coding)))
			}
		}
	}
	if count > 1 {
		p.note(ruleChunkedTwice.at(first.At, first.Len, "chunked once", strconv.Itoa(count)+" times"))
	}
	return chunked
}

// length judges the Content-Length fields (RFC 9110 §8.6, RFC 9112 §6.3 rule 5).
func (p *parser) length(m *Message, fields []Field) {
	m.Framing = FramingLength
	first, members := "", 0
	for _, f := range fields {
		for member := range strings.SplitSeq(f.Value, ",") {
			member = strings.Trim(member, " \t")
			if member == "" || !isDigits(member) {
				p.note(ruleLength.at(f.At, f.Len, "decimal digits", quote(f.Value)))
				m.Framing = FramingBroken
				return
			}
			member = strings.TrimLeft(member, "0")
			if members++; members > 1 && member != first {
				p.note(ruleLengthsUnlike.at(f.At, f.Len, "one length", quote(f.Value)+" after another"))
				m.Framing = FramingBroken
				return
			}
			first = member
		}
	}
	if members > 1 {
		p.note(ruleLengthRepeated.at(fields[0].At, fields[0].Len, "one number", strconv.Itoa(members)+" equal ones"))
	}
	if m.length = -1; len(first) < 19 {
		m.length, _ = strconv.ParseInt("0"+first, 10, 64)
	} // else beyond any limit: -1 tells body so
}

// body reads what the framing announces.
func (p *parser) body(m *Message) error {
	switch m.Framing {
	case FramingLength:
		if m.length < 0 || m.length > p.limits.Body {
			return p.fail(ErrBody, Breach{})
		}
		want := int(m.length)
		err := p.need(want)
		have := min(want, len(p.buf)-p.at)
		m.Body = bytes.Clone(p.buf[p.at : p.at+have])
		if p.at += have; err != nil {
			return p.fail(err, ruleShort.at(p.at, 0, strconv.Itoa(want)+" bytes", strconv.Itoa(have)+" bytes and the end of the stream"))
		}
	case FramingChunked:
		return p.chunks(m)
	case FramingClose:
		for {
			if int64(len(p.buf)-p.at) > p.limits.Body {
				return p.fail(ErrBody, Breach{})
			}
			if err := p.fill(); err == io.EOF {
				break
			} else if err != nil {
				m.Body = bytes.Clone(p.buf[p.at:])
				return p.fail(err, Breach{})
			}
		}
		m.Body = bytes.Clone(p.buf[p.at:])
		p.at = len(p.buf)
	}
	return nil
}

// maxChunks bounds what chunks cost beside their data: a body in pieces of one byte is ten times as large in memory.
const maxChunks = 1 << 20

// chunks reads a chunked body and its trailer (RFC 9112 §7.1).
func (p *parser) chunks(m *Message) error {
	bodyAt := m.BodyAt
	for spare := p.limits.Head; ; {
		line, from, err := p.line(spare, ErrHead, ruleChunksUnended)
		if err != nil {
			return err
		}
		digits, extension := hexDigits(line)
		if after := strings.TrimLeft(extension, " \t"); digits == "" || after != "" && after[0] != ';' {
			return p.garbage(ruleChunkSize.at(from, len(line), "hexadecimal digits", quote(line)))
		}
		if ok, spaced := skipExtensions(extension); !ok {
			p.note(ruleChunkExtension.at(from, len(line), "; name or ; name=value", quote(extension)))
		} else if spaced {
			p.note(ruleChunkSpace.at(from+len(digits), len(extension), "no whitespace", quote(extension)))
		}
		significant := strings.TrimLeft(digits, "0")
		spare -= len(line) - len(significant) // what a chunk costs beyond the size of its data is bounded for all together
		if len(significant) > 15 || spare <= 0 {
			return p.fail(ErrBody, Breach{})
		}
		size64, _ := strconv.ParseInt("0"+significant, 16, 64)
		if size64 > p.limits.Body-int64(len(m.Body)) {
			return p.fail(ErrBody, Breach{})
		}
		if len(m.Chunks) == maxChunks {
			return p.fail(ErrBody, Breach{})
		}
		size := int(size64)
		m.Chunks = append(m.Chunks, Chunk{At: from, Size: size, Extension: extension})
		if size == 0 {
			break
		}
		err = p.need(size)
		have := min(size, len(p.buf)-p.at)
		m.Body = append(m.Body, p.buf[p.at:p.at+have]...)
		if p.at += have; err != nil {
			return p.fail(err, ruleChunksUnended.at(p.at, 0, strconv.Itoa(size)+" bytes of data", strconv.Itoa(have)+" bytes and the end of the stream"))
		}
		if err := p.chunkEnd(); err != nil {
			return err
		}
	}
	if err := p.fields(&m.Trailer, m); err != nil {
		return err
	}
	m.BodyAt = bodyAt
	p.forbid(m.Trailer, "Content-Length", ruleTrailerFraming)
	p.forbid(m.Trailer, "Transfer-Encoding", ruleTrailerFraming)
	return nil
}

// chunkEnd reads the line end after the data of a chunk.
func (p *parser) chunkEnd() error {
	err := p.need(1)
	if err == nil && p.buf[p.at] == '\n' {
		p.note(ruleLineEnd.at(p.at, 1, "CR LF", "LF alone"))
		p.at++
		return nil
	}
	if err == nil && p.buf[p.at] == '\r' {
		err = p.need(2)
	}
	if err != nil {
		return p.fail(err, ruleChunkEnd.at(p.at, 0, "CR LF", "the end of the stream"))
	}
	if !bytes.HasPrefix(p.buf[p.at:], []byte("\r\n")) {
		end := min(len(p.buf), p.at+2)
		return p.garbage(ruleChunkEnd.at(p.at, end-p.at, "CR LF", quote(string(p.buf[p.at:end]))))
	}
	p.at += 2
	return nil
}
