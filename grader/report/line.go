package report

import (
	"fmt"
	"unicode/utf8"
)

// show gives the bytes of r, escaped, with what is marked in spans of its own.
func show(data []byte, r mark, marks []mark) line {
	var out line
	for i := r.from; i < r.to; {
		text, n := glyph(data, i)
		t := plain
		for _, m := range marks {
			if (mark{i, i + n}).overlaps(m) {
				t = bad
			}
		}
		if last := len(out) - 1; last >= 0 && out[last].tone == t {
			out[last].text += text
		} else {
			out = append(out, span{text, t})
		}
		i += n
	}
	return out
}

// forward gives the range from from, at most to to, that takes at most room columns.
func forward(data []byte, from, to, room int) mark {
	at := from
	for at < to {
		text, n := glyph(data, at)
		if room -= columns(text); room < 0 {
			break
		}
		at += n
	}
	return mark{from, min(at, to)}
}

// backward gives the range up to to, at least from from, that takes at most room columns.
func backward(data []byte, from, to, room int) mark {
	at := to
	for at > from {
		prev := at - 1
		for prev > from && at-prev < utf8.UTFMax && !utf8.RuneStart(data[prev]) {
			prev--
		}
		text, n := glyph(data, prev)
		if n != at-prev { // not one character: take the byte alone
			prev = at - 1
			text, _ = glyph(data, prev)
		}
		if room -= columns(text); room < 0 {
			break
		}
		at = prev
	}
	return mark{at, to}
}

func (l line) columns() int {
	n := 0
	for _, s := range l {
		n += columns(s.text)
	}
	return n
}

// amount counts bytes with the thousands apart: 65,536 bytes.
func amount(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if n == 1 {
		return "1 byte"
	}
	return s + " bytes"
}
