package upper

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"
)

// Faults are the sets of faults that this package has.
type Faults interface {
	UDPServerFaults | UDPClientFaults | TCPServerFaults | TCPClientFaults
}

// FaultNames gives the name of every fault of F, as Set takes it: "one-read" for OneRead.
func FaultNames[F Faults]() []string {
	fields := faultFields(reflect.TypeFor[F]())
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = kebab(f.Name)
	}
	return names
}

// Set turns on the fault of that name. A name that no fault has is an error that gives the nearest one.
func Set[F Faults](f *F, name string) error {
	v := reflect.ValueOf(f).Elem()
	nearest, best := "", -1
	for _, field := range faultFields(v.Type()) {
		known := kebab(field.Name)
		if known == name {
			v.FieldByIndex(field.Index).SetBool(true)
			return nil
		}
		if d := distance(known, name); best < 0 || d < best {
			nearest, best = known, d
		}
	}
	return fmt.Errorf("no fault %q: the nearest is %q", name, nearest)
}

// faultFields lists the switches of a struct, those of embedded structs in their place.
func faultFields(t reflect.Type) []reflect.StructField {
	var fields []reflect.StructField
	for _, f := range reflect.VisibleFields(t) {
		if f.Type.Kind() == reflect.Bool {
			fields = append(fields, f)
		}
	}
	return fields
}

// kebab turns ResendsForever into resends-forever: a word begins at a capital after a small letter,
// at the last capital of a run (or after a digit) before a small letter, and at a digit after a small letter.
func kebab(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, c := range runes {
		if i > 0 {
			before := runes[i-1]
			next := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if unicode.IsUpper(c) && (unicode.IsLower(before) || next) ||
				unicode.IsDigit(c) && unicode.IsLower(before) {
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
