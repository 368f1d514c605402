package upper

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Raise is the answer to text: its ASCII letters in upper case, every other byte as it is.
func Raise(text []byte) []byte {
	b := bytes.Clone(text)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return b
}

// answers lists every right answer to text: Raise's, and where text is UTF-8 its upper case too, with ß
// as it is (Go, C) or as SS (Python, Java).
func answers(text []byte) [][]byte {
	all := [][]byte{Raise(text)}
	if utf8.Valid(text) {
		upper := strings.ToUpper(string(text))
		all = append(all, []byte(upper), []byte(strings.ReplaceAll(upper, "ß", "SS")))
	}
	return all
}

// A Difference is where an answer departs from the right one.
type Difference struct {
	At, Len   int    // the bytes of the answer that are wrong; what is missing counts as one at its end
	Want, Got string // a short reading of both around that place
}

// Judge compares an answer with the right ones to text; ok says that it is one of them. Otherwise it tells
// the difference from the nearest.
func Judge(text, answer []byte) (d Difference, ok bool) {
	for i, right := range answers(text) {
		other, same := Compare(right, answer)
		if same {
			return Difference{}, true
		}
		if i == 0 || other.At > d.At {
			d = other
		}
	}
	return d, false
}

// Compare tells the first difference of got from want; ok says that there is none.
func Compare(want, got []byte) (d Difference, ok bool) {
	if bytes.Equal(want, got) {
		return Difference{}, true
	}
	at := 0
	for at < len(want) && at < len(got) && want[at] == got[at] {
		at++
	}
	n := 0
	for n < max(1, len(want)-at) && at+n < len(got) && (at+n >= len(want) || want[at+n] != got[at+n]) {
		n++
	}
	if at == len(want) {
		n = len(got) - at // all that came too much
	}
	return Difference{At: at, Len: max(1, n), Want: excerpt(want, at), Got: excerpt(got, at)}, false
}

const (
	short  = 40 // bytes that a reading quotes
	before = 10 // of them stand before the place that matters
)

// excerpt reads b for a person: whole when it is short, else around offset at, with its length.
func excerpt(b []byte, at int) string {
	switch {
	case len(b) == 0:
		return "nothing"
	case len(b) <= short:
		return strconv.Quote(string(b))
	}
	from := runeStart(b, max(0, min(at, len(b))-before))
	to := runeStart(b, min(len(b), from+short))
	left, right := "", ""
	if from > 0 {
		left = "…"
	}
	if to < len(b) {
		right = "…"
	}
	return fmt.Sprintf("%s%s%s (%d bytes)", left, strconv.Quote(string(b[from:to])), right, len(b))
}

// runeStart moves i back to where its UTF-8 character begins, if there is one.
func runeStart(b []byte, i int) int {
	for n := 0; n < utf8.UTFMax && i-n > 0 && i-n < len(b); n++ {
		if utf8.RuneStart(b[i-n]) {
			return i - n
		}
	}
	return i
}

// Excerpt reads b for a person, in at most some 60 characters.
func Excerpt(b []byte) string { return excerpt(b, 0) }
