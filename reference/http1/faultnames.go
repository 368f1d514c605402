package http1

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"
)

// FaultNames gives the name of every fault of the server, as Set takes it ("head-body" for HeadBody), in the
// order of the struct.
func FaultNames() []string { return namesOf(reflect.TypeFor[Faults]()) }

// Set turns on the fault of that name. A name that no fault has is an error that gives the nearest one.
func (f *Faults) Set(name string) error { return setByName(f, name) }

// Any says whether some fault is on.
func (f Faults) Any() bool { return f != Faults{} }

// ClientFaultNames gives the name of every fault of the client, as Set takes it, in the order of the struct.
func ClientFaultNames() []string { return namesOf(reflect.TypeFor[ClientFaults]()) }

// Set turns on the fault of that name. A name that no fault has is an error that gives the nearest one.
func (f *ClientFaults) Set(name string) error { return setByName(f, name) }

func namesOf(t reflect.Type) []string {
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = kebab(t.Field(i).Name)
	}
	return names
}

func setByName(faults any, name string) error {
	v := reflect.ValueOf(faults).Elem()
	nearest, best := "", -1
	for i, known := range namesOf(v.Type()) {
		if known == name {
			v.Field(i).SetBool(true)
			return nil
		}
		if d := distance(known, name); best < 0 || d < best {
			nearest, best = known, d
		}
	}
	return fmt.Errorf("no fault %q: the nearest is %q", name, nearest)
}

// kebab turns HeadErrorBody into head-error-body: a word begins at a capital after a small letter or a digit, at
// the last capital of a run before a small letter, and at a digit after a letter.
func kebab(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, c := range runes {
		if i > 0 {
			before := runes[i-1]
			next := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if unicode.IsUpper(c) && (!unicode.IsUpper(before) || next) || unicode.IsDigit(c) && !unicode.IsDigit(before) {
				b.WriteByte('-')
			}
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// distance is the number of letters to add, drop or change to make b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, corner+1, row[j]+1)
		}
	}
	return row[len(b)]
}
