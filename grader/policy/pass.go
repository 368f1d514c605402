package policy

// A PassRule says who passes a course: "at least 5 of 8 assignments passed".
// The zero value is passed by everybody.
type PassRule struct {
	AtLeast int      `json:"at_least,omitempty"` // assignments passed
	Must    []string `json:"must,omitempty"`     // assignments, by name, that must be among them
	Percent float64  `json:"percent,omitempty"`  // of all points that could be earned
}

// A Mark is what a student has for one assignment.
type Mark struct {
	Assignment string
	Got, Max   float64
	PassAt     float64 // percent that pass it; 0 means any submission passes
	HandedIn   bool
}

// Passed says whether the mark passes its assignment.
func (m Mark) Passed() bool {
	if !m.HandedIn {
		return false
	}
	// Compared without a division: 20 of 40 is 50 percent exactly.
	return 100*m.Got >= m.PassAt*m.Max
}

// A Standing is how a student stands against a pass rule.
type Standing struct {
	Passed  bool     `json:"passed"`
	Count   int      `json:"count"`             // assignments passed
	Of      int      `json:"of"`                // assignments there are
	Missing []string `json:"missing,omitempty"` // of Must, not passed yet
	Percent float64  `json:"percent"`
}

// Stand applies the rule to a student's marks, one for each assignment of the course.
func (r PassRule) Stand(marks []Mark) Standing {
	s := Standing{Of: len(marks)}
	passed := map[string]bool{}
	var got, most float64
	for _, m := range marks {
		got += m.Got
		most += m.Max
		if m.Passed() {
			s.Count++
			passed[m.Assignment] = true
		}
	}
	for _, name := range r.Must {
		if !passed[name] {
			s.Missing = append(s.Missing, name)
		}
	}
	if most > 0 {
		s.Percent = 100 * got / most
	}
	s.Passed = s.Count >= r.AtLeast && len(s.Missing) == 0 && 100*got >= r.Percent*most
	return s
}
