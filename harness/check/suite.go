// Package check is the language in which conformance checks are written. A
// check plays one exchange with a submission, set-up steps first and then the
// steps by which its clause is judged.
package check

import (
	"fmt"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness/sandbox"
)

// A Suite is an assignment together with the checks that grade it.
type Suite struct {
	grader.Assignment
	Statement string   // what the student reads, Markdown
	Network   string   // "tcp" or "udp"
	Also      string   // the other one, where a server takes both at its port: a step that uses it waits for it
	Port      uint16   // the protocol's standard port, or the lecture's
	Folders   []string // environment names under which a writable folder is given: "ROOT"
	Files     []string // environment names under which a file is given that each check writes: "ZONE"
	Reference Program  // plays the submission's part without a fault
	Faults    []string // the ways in which the reference can be wrong, by name
	// Namespaces says that the checks need a network of their own: they serve at the standard port on many addresses.
	Namespaces bool
	// Wrong is the reference with those faults; its error names the nearest right name.
	Wrong  func(faults ...string) (Program, error)
	Groups []Group
	// Read says, once a check is over, what its events show: it fills Says and Decoded where a step has left them
	// empty. nil where the bytes speak for themselves.
	Read func(*grader.Transcript)
	// Hand gives the command that sends event seq of a transcript again, "" when there is none. It is asked for what
	// led to a violation, and what it gives takes the place of the check's own. nil where that is always right.
	Hand func(t *grader.Transcript, seq int) string
}

// A Program plays the submission's part inside the harness's process: the
// reference, or a faulty one in a fault table.
type Program = sandbox.Program

// An Env is what a Program has in place of an operating system.
type Env = sandbox.Env

// A Group is a set of checks on one part of one standard. It carries points.
type Group struct {
	Name   string
	Checks []Check
}

// A Check enforces one clause.
type Check struct {
	Name   string // unique in its group
	Clause grader.Clause
	Says   string  // the rule in one sentence a student can act on
	Needs  string  // a check of the same group that must pass first; may be empty
	Weight float64 // against the others of the group; 0 means 1
	Hand   string  // a command that shows it by hand, with $HOST and $PORT; may be empty
	// Advisory checks are shown and never charged: what the clause asks for,
	// but respected programs leave.
	Advisory bool
	Run      func(t *T)
}

// Must is a clause of a standard that binds: Must("RFC 9112", "2.2").
func Must(document, section string) grader.Clause {
	return grader.Clause{Document: document, Section: section, Level: grader.Must}
}

// Should is a clause that may be left for a good reason; leaving it costs half.
func Should(document, section string) grader.Clause {
	return grader.Clause{Document: document, Section: section, Level: grader.Should}
}

// May is a clause that leaves the choice; a check of it is advisory.
func May(document, section string) grader.Clause {
	return grader.Clause{Document: document, Section: section, Level: grader.May}
}

// Course is a rule of the assignment's own statement; section is a heading in it.
func Course(section string) grader.Clause { return Must(grader.Course, section) }

// CourseShould is a rule of the statement that costs half when it is not kept.
func CourseShould(section string) grader.Clause { return Should(grader.Course, section) }

// An Item is one check in its place in a suite.
type Item struct {
	Check *Check
	Rule  grader.Rule
	Needs string // the full name of the check that must pass first, or ""
}

// Wrong makes a Suite's Wrong of how a reference sets one fault by its name and
// of the program that has some.
func Wrong[F any](set func(faults *F, name string) error, program func(F) Program) func(...string) (Program, error) {
	return func(names ...string) (Program, error) {
		var faults F
		for _, name := range names {
			if err := set(&faults, name); err != nil {
				return nil, err
			}
		}
		return program(faults), nil
	}
}

// Items lists the suite's checks in order, with what reports say about each.
func (s *Suite) Items() []Item {
	var items []Item
	for _, g := range s.Groups {
		var sum float64
		for i := range g.Checks {
			sum += g.Checks[i].weight()
		}
		for i := range g.Checks {
			c := &g.Checks[i]
			item := Item{Check: c, Rule: grader.Rule{Name: g.Name + "/" + c.Name, Clause: c.Clause, Says: c.Says, Hand: c.Hand}}
			if sum > 0 {
				item.Rule.Share = c.weight() / sum
			}
			if c.Needs != "" {
				item.Needs = g.Name + "/" + c.Needs
			}
			items = append(items, item)
		}
	}
	return items
}

// weight is the check's weight when it is charged at all.
func (c *Check) weight() float64 {
	switch {
	case c.Advisory || c.Clause.Level == grader.May:
		return 0
	case c.Weight == 0:
		return 1
	default:
		return c.Weight
	}
}

// Validate reports the first mistake in how the suite is written.
func (s *Suite) Validate() error {
	if s.Network != "tcp" && s.Network != "udp" {
		return fmt.Errorf("suite %s: network %q", s.Name, s.Network)
	}
	if s.Also != "" && (s.Also != "tcp" && s.Also != "udp" || s.Also == s.Network) {
		return fmt.Errorf("suite %s: network %q beside %q", s.Name, s.Also, s.Network)
	}
	if s.Reference == nil || s.Statement == "" || s.Title == "" {
		return fmt.Errorf("suite %s: no reference, statement or title", s.Name)
	}
	inRubric := map[string]bool{}
	for _, item := range s.Rubric {
		inRubric[item.Group] = true
	}
	if len(inRubric) != len(s.Groups) {
		return fmt.Errorf("suite %s: %d groups, %d in the rubric", s.Name, len(s.Groups), len(inRubric))
	}
	for _, g := range s.Groups {
		if !inRubric[g.Name] {
			return fmt.Errorf("suite %s: group %s is not in the rubric", s.Name, g.Name)
		}
		earlier := map[string]bool{"": true}
		for _, c := range g.Checks {
			switch {
			case c.Name == "" || earlier[c.Name]:
				return fmt.Errorf("suite %s: check %s/%s: no name or a name used twice", s.Name, g.Name, c.Name)
			case !earlier[c.Needs]:
				return fmt.Errorf("suite %s: check %s/%s needs %s, which does not stand before it", s.Name, g.Name, c.Name, c.Needs)
			case c.Says == "" || c.Clause.Document == "" || c.Clause.Section == "" || c.Clause.Level == "" || c.Run == nil:
				return fmt.Errorf("suite %s: check %s/%s: no sentence, clause or body", s.Name, g.Name, c.Name)
			}
			earlier[c.Name] = true
		}
	}
	return nil
}
