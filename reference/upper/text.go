package upper

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"
)

// errCrashed stands for the end of a program that a fault has ended.
var errCrashed = errors.New("crashed, as its faults say")

// answer is what a server with these faults answers to text. Its error ends the server.
func (f *TextFaults) answer(text []byte) ([]byte, error) {
	if f.CutsAtNUL {
		text, _, _ = bytes.Cut(text, []byte{0})
	}
	if f.StripsBlanks {
		text = bytes.TrimSpace(text)
	}
	if f.StripsLineEnd {
		text = bytes.TrimRight(text, "\r\n")
	}
	if !utf8.Valid(text) {
		switch {
		case f.DiesOnNotUTF8:
			return nil, errCrashed
		case f.ReplacesNotUTF8:
			text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
		}
	}
	out := Raise(text)
	switch {
	case f.AnswersLowerCase:
		out = mapBytes(text, func(c byte) byte { return lower(c) })
	case f.AnswersAsItCame:
		out = bytes.Clone(text)
	case f.SwapsCase:
		out = mapBytes(text, func(c byte) byte {
			if l := lower(c); l != c {
				return l
			}
			return Raise([]byte{c})[0]
		})
	case f.RaisesAllBytes:
		out = mapBytes(text, func(c byte) byte {
			if 0x60 <= c && c < 0x80 {
				c -= 0x20
			}
			return c
		})
	case f.SevenBit:
		out = mapBytes(out, func(c byte) byte { return c & 0x7f })
	case f.RaisesLatin1:
		out = mapBytes(out, func(c byte) byte {
			if 0xe0 <= c && c < 0xff && c != 0xf7 {
				c -= 0x20
			}
			return c
		})
	case f.RaisesUTF8 && utf8.Valid(text):
		out = bytes.ToUpper(text)
	case f.RaisesSharpS && utf8.Valid(text):
		out = []byte(strings.ReplaceAll(strings.ToUpper(string(text)), "ß", "SS"))
	}
	if f.AnswersPrefixed {
		out = append([]byte("From Server: "), out...)
	}
	return out, nil
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

func mapBytes(b []byte, f func(byte) byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = f(c)
	}
	return out
}
