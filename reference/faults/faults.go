// Package faults names the switches of a struct of faults, so that a reference's faults can be listed and turned
// on by name.
package faults

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"
)

// Names gives the name of every switch of F, as Set takes it: "one-read" for OneRead. Those of embedded structs
// stand in their place.
func Names[F any]() []string {
	var names []string
	for _, f := range switches(reflect.TypeFor[F]()) {
		names = append(names, kebab(f.Name))
	}
	return names
}

// Set turns on the switch of that name. A name that no switch has is an error that gives the nearest one.
func Set[F any](f *F, name string) error {
	v := reflect.ValueOf(f).Elem()
	nearest, best := "", -1
	for _, field := range switches(v.Type()) {
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

func switches(t reflect.Type) []reflect.StructField {
	var fields []reflect.StructField
	for _, f := range reflect.VisibleFields(t) {
		if f.Type.Kind() == reflect.Bool {
			fields = append(fields, f)
		}
	}
	return fields
}

// kebab turns QRMissing into qr-missing: a word begins at a capital after a small letter or a digit, at the last
// capital of a run before a small letter, and at a digit after a letter.
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
