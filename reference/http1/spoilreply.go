package http1

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// spoilReply makes of a right response a wrong one: content first, then its length, its fields, its lines.
func (c *conn) spoilReply(w *wire, req *Request, method string, rep *reply) {
	f := c.Faults
	if rep.status == 200 && method != "HEAD" {
		w.spoilContent(f, rep)
	}
	w.spoilHEAD(f, method, rep)
	w.spoilLength(f, req, method, rep)
	w.spoilBodiless(f, rep)
	w.spoilDates(f, rep, c.now())
	w.spoilTypes(f, rep)
	w.spoilLines(f, req)
}

func (w *wire) set(name, value string) {
	for i := range w.header {
		if w.header[i].Name == name {
			w.header[i].Value = value
		}
	}
}

func (w *wire) drop(names ...string) {
	w.header = slices.DeleteFunc(w.header, func(f Field) bool { return slices.Contains(names, f.Name) })
}

func (w *wire) add(name, value string) { w.header = append(w.header, Field{Name: name, Value: value}) }

func (w *wire) spoilContent(f Faults, rep *reply) {
	body := rep.body
	switch {
	case f.ContentCut64k && len(body) > 65536:
		w.body = body[:65536]
		rep.close = true
		return
	case !rep.file:
		return
	case f.ContentCRLF:
		body = bytes.ReplaceAll(body, []byte("\n"), []byte("\r\n"))
	case f.ContentCutAtNUL:
		body, _, _ = bytes.Cut(body, []byte{0})
	case f.ContentUTF8:
		body = bytes.ToValidUTF8(body, []byte("\uFFFD"))
	}
	w.body = body
	w.set("Content-Length", strconv.Itoa(len(body)))
}

func (w *wire) spoilHEAD(f Faults, method string, rep *reply) {
	if method != "HEAD" {
		return
	}
	if f.HeadBody && rep.file && rep.status == 200 || f.HeadErrorBody && rep.status >= 400 || f.HeadFormBody && rep.form {
		w.body = rep.body
	}
	if f.HeadLengthZero {
		w.set("Content-Length", "0")
	}
	if f.HeadFewFields {
		w.drop("Content-Type", "Last-Modified", "ETag")
	}
}

func (w *wire) spoilLength(f Faults, req *Request, method string, rep *reply) {
	missing := f.LengthMissing && rep.file && rep.status == 200 && len(rep.body) > 0 ||
		f.LengthEmptyMissing && rep.file && rep.status == 200 && len(rep.body) == 0 ||
		f.LengthErrorMissing && rep.status >= 400 && !rep.close
	if missing {
		w.drop("Content-Length")
	}
	if rep.status != 200 || req == nil {
		return
	}
	n := len(w.body)
	if method == "HEAD" {
		n = len(rep.body)
	}
	kind := w.header.Get("Content-Type")
	switch {
	case f.LengthOneShort && n > 0:
		w.set("Content-Length", strconv.Itoa(n-1))
	case f.LengthOneMore:
		w.set("Content-Length", strconv.Itoa(n+1))
	case f.LengthInCharacters && strings.HasPrefix(kind, "text/"):
		w.set("Content-Length", strconv.Itoa(utf8.RuneCount(rep.body)))
	case f.LengthTwice:
		w.add("Content-Length", strconv.Itoa(n+1))
	case f.LengthNotNumber:
		w.set("Content-Length", strconv.Itoa(n)+" bytes")
	case f.ContentSurplusCRLF && method != "HEAD":
		w.body = append(bytes.Clone(w.body), "\r\n"...)
	}
	if method == "HEAD" || !rep.file {
		return
	}
	old := req.Version == "HTTP/1.0"
	switch {
	case f.LengthAndChunked && !old:
		w.chunk(Chunked(w.body, nil, "", nil), true)
	case f.ChunkedTo10 && old:
		w.chunk(Chunked(w.body, nil, "", nil), false)
	case f.ChunkedDecimal && !old:
		w.chunk(fmt.Appendf(nil, "%d\r\n%s\r\n0\r\n\r\n", n, w.body), false)
	case f.ChunkedNotEnded && !old:
		w.chunk(fmt.Appendf(nil, "%x\r\n%s\r\n", n, w.body), false)
	}
}

// chunk sends a body that is chunked, more or less.
func (w *wire) chunk(body []byte, length bool) {
	if !length {
		w.drop("Content-Length")
	}
	w.add("Transfer-Encoding", "chunked")
	w.body = body
}

// spoilBodiless spoils the responses that have no content, or none to speak of.
func (w *wire) spoilBodiless(f Faults, rep *reply) {
	switch rep.status {
	case 201:
		if f.CreatedBodyUncounted {
			w.body = []byte("created\n")
		}
	case 204:
		if f.NoContentLength {
			w.add("Content-Length", "0")
		}
		if f.NoContentBody {
			w.body = []byte("done\n")
		}
		if f.NoContentChunked {
			w.chunk([]byte("0\r\n\r\n"), true)
		}
	case 304:
		if f.NotModifiedBody {
			w.body = rep.body
		}
		if f.NotModifiedNoEtag {
			w.drop("ETag")
		}
		if f.NotModifiedLength {
			w.add("Content-Length", "0")
		}
		if f.NotModifiedChunked {
			w.chunk([]byte("0\r\n\r\n"), true)
		}
	}
}

func (w *wire) spoilDates(f Faults, rep *reply, now time.Time) {
	// Two hours east of Greenwich, wherever the tests run.
	local := now.In(time.FixedZone("CEST", 2*60*60))
	switch {
	case f.DateNone, f.DateNoneOnError && rep.status/100 == 4, f.DateNoneOn304 && rep.status == 304:
		w.drop("Date")
	case f.DateLocalZone:
		w.set("Date", local.Format(time.RFC1123))
	case f.DateLocalAsGMT:
		w.set("Date", local.Format(dateLayouts[DateIMF]))
	case f.DateFormAsctime:
		w.set("Date", now.UTC().Format(dateLayouts[DateAsctime]))
	case f.DateFormRFC850:
		w.set("Date", now.UTC().Format(dateLayouts[DateRFC850]))
	}
	modified, _, _ := ParseDate(w.header.Get("Last-Modified"), now)
	tag := w.header.Get("ETag")
	switch {
	case f.LastModifiedNone:
		w.drop("Last-Modified")
	case f.LastModifiedNow:
		w.set("Last-Modified", FormatDate(now))
	case f.LastModifiedAhead:
		w.set("Last-Modified", FormatDate(now.Add(time.Hour)))
	case f.LastModifiedAsctime:
		w.set("Last-Modified", modified.Format(dateLayouts[DateAsctime]))
	case f.EtagNone:
		w.drop("ETag")
	case f.EtagUnquoted:
		w.set("ETag", strings.Trim(tag, `"`))
	case f.EtagWeakLowerCase:
		w.set("ETag", "w/"+tag)
	}
}

func (w *wire) spoilTypes(f Faults, rep *reply) {
	if rep.status != 200 || !rep.file {
		return
	}
	kind := w.header.Get("Content-Type")
	for _, t := range []struct {
		on       bool
		from, to string
	}{
		{f.TypeAlwaysHTML, "", "text/html"},
		{f.TypeHTMLWrong, "text/html", "text/plain"},
		{f.TypeCSSWrong, "text/css", "text/plain"},
		{f.TypeJSWrong, "text/javascript", "text/plain"},
		{f.TypeTextWrong, "text/plain", "application/octet-stream"},
		{f.TypeJSONWrong, "application/json", "text/plain"},
		{f.TypePNGWrong, "image/png", "image/jpeg"},
		{f.TypeJPEGWrong, "image/jpeg", "image/jpg"},
		{f.TypeGIFWrong, "image/gif", "image/png"},
		{f.TypeSVGWrong, "image/svg", "text/xml"},
		{f.TypeUnknownHTML, "application/octet-stream", "text/html"},
	} {
		if t.on && strings.HasPrefix(kind, t.from) {
			w.set("Content-Type", t.to)
		}
	}
	if f.TypeNone {
		w.drop("Content-Type")
	}
}

// spoilLines breaks the grammar of the head.
func (w *wire) spoilLines(f Faults, req *Request) {
	version, rest, _ := strings.Cut(w.status, " ")
	code, _, _ := strings.Cut(rest, " ")
	switch {
	case f.StatusLineLF:
		w.statusEnd = "\n"
	case f.StatusNoSpace:
		w.status = version + " " + code
	case f.StatusTwoSpaces:
		w.status = version + "  " + rest
	case f.StatusNoVersion:
		w.status = "HTTP " + rest
	case f.VersionLowerCase:
		w.status = "http/1.1 " + rest
	case f.VersionEchoed && req != nil:
		w.status = req.Version + " " + rest
	}
	kind := w.header.Get("Content-Type")
	for i := range w.header {
		field := &w.header[i]
		switch {
		case f.FieldSpaceColon && field.Name == "Content-Type":
			field.Name += " "
		case f.FieldFolded && field.Name == "Content-Type":
			field.Value = "\r\n " + field.Value
		case f.FieldNameSpace && field.Name == "Last-Modified":
			field.Name = "Last Modified"
		}
	}
	switch {
	case f.FieldTwice && kind != "":
		w.add("Content-Type", kind)
	case f.FieldLinesLF:
		w.fieldEnd = "\n"
	case f.FieldWithoutColon:
		w.headEnd = "have a nice day\r\n" + w.headEnd
	case f.HeadNotEnded:
		w.headEnd = ""
	}
}
