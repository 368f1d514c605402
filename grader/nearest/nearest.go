// Package nearest finds the name that a user probably meant.
package nearest

import "strings"

// To returns the candidate closest to name by edits (Levenshtein distance), else
// one that name begins or is a part of (http of http-server), "" when none is
// close enough to be what was meant.
func To(name string, candidates []string) string {
	best, bestDistance := "", len(name)/3+2
	for _, c := range candidates {
		if d := distance(name, c); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	if best != "" || len(name) < shortest {
		return best
	}
	for _, part := range []func(s, sub string) bool{strings.HasPrefix, strings.Contains} {
		for _, c := range candidates {
			if part(c, name) && (best == "" || len(c) < len(best)) {
				best = c
			}
		}
		if best != "" {
			return best
		}
	}
	return ""
}

// shortest is how long a part must be to tell what was meant.
const shortest = 3

func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
