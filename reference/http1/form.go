package http1

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// form answers /form: the fields of a GET's query or of a POST's body, one name=value a line, decoded and in
// order. It looks at no file.
func (c *conn) form(req *Request, t target) *reply {
	f := c.Faults
	source := t.query
	if t.method == "POST" {
		source = string(req.Body)
		if f.FormChunkedEmpty && req.Framing == FramingChunked {
			source = ""
		}
		if f.FormPostQuery {
			source = t.query + "&" + source
		}
	} else if f.FormGetBody {
		source += "&" + string(req.Body)
	}
	fields, ok := c.decodeForm(source)
	if !ok {
		return refusal(400)
	}
	if f.Any() {
		fields = c.spoilFields(fields)
	}
	var body bytes.Buffer
	for _, field := range fields {
		body.WriteString(field.name + "=" + field.value)
		if !f.FormOneLine {
			body.WriteByte('\n')
		}
	}
	rep := &reply{status: 200, body: body.Bytes(), form: true}
	if f.FormTypeHTML {
		rep.add("Content-Type", "text/html; charset=utf-8")
	} else {
		rep.add("Content-Type", "text/plain; charset=utf-8")
	}
	return rep
}

// A formField is one decoded field of a form; bare when it had no equals sign.
type formField struct {
	name, value string
	bare        bool
}

// decodeForm reads application/x-www-form-urlencoded: split at the ampersands, then at the first equals sign, then
// decode. Empty segments are no fields; ok is false when an escape is broken.
func (c *conn) decodeForm(source string) (fields []formField, ok bool) {
	f := c.Faults
	if f.FormDecodesFirst {
		if source, ok = c.decodeField(source); !ok {
			return nil, false
		}
	}
	if f.FormSemicolon {
		source = strings.ReplaceAll(source, ";", "&")
	}
	for segment := range strings.SplitSeq(source, "&") {
		if segment == "" && !f.FormEmptySegment {
			continue
		}
		name, value, found := strings.Cut(segment, "=")
		if f.FormEqualsCut {
			value, _, _ = strings.Cut(value, "=")
		}
		if !f.FormDecodesFirst {
			var nameOK, valueOK bool
			raw := name
			name, nameOK = c.decodeField(name)
			value, valueOK = c.decodeField(value)
			if !nameOK || !valueOK {
				return nil, false
			}
			if f.FormNameNotDecoded {
				name = raw
			}
		}
		fields = append(fields, formField{name: name, value: value, bare: !found})
	}
	return fields, true
}

// decodeField decodes one name or value: plus is a space, then the percent escapes.
func (c *conn) decodeField(s string) (string, bool) {
	f := c.Faults
	if !f.FormPlus {
		s = strings.ReplaceAll(s, "+", " ")
	}
	if f.FormEscapes {
		return s, true
	}
	decoded, ok := unescape(s)
	if !ok && f.FormBroken200 {
		return s, true
	}
	if again, fine := unescape(decoded); f.FormEscapesTwice && fine {
		decoded = again
	}
	if f.FormUTF8 && ok {
		decoded = latin1(decoded)
	}
	return decoded, ok
}

// spoilFields drops and sorts decoded fields as the faults say.
func (c *conn) spoilFields(fields []formField) []formField {
	f := c.Faults
	if f.FormSorted {
		slices.SortStableFunc(fields, func(a, b formField) int { return strings.Compare(a.name, b.name) })
	}
	if f.FormLastLine && len(fields) > 0 {
		fields = fields[:len(fields)-1]
	}
	var kept []formField
	for i, field := range fields {
		later := slices.ContainsFunc(fields[i+1:], func(o formField) bool { return o.name == field.name })
		if f.FormEmptyValue && !field.bare && field.value == "" || f.FormBareName && field.bare || f.FormDuplicate && later {
			continue
		}
		kept = append(kept, field)
	}
	return kept
}

// latin1 takes each byte for a character, as a program does that knows no UTF-8.
func latin1(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		b = utf8.AppendRune(b, rune(s[i]))
	}
	return string(b)
}
