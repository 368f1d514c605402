package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wiregrade/wiregrade/grader/nearest"
	"github.com/wiregrade/wiregrade/grader/store"
)

// Limits of a list of people; a large course has a thousand.
const (
	maxRoster     = 1 << 20 // bytes
	maxRosterRows = 5000
)

// An Enrolled is what became of one line of the list.
type Enrolled struct {
	Login string     `json:"login"`
	Role  store.Role `json:"role"`
	Was   store.Role `json:"was,omitempty" doc:"the role before; missing for who was not in the course"`
	Made  bool       `json:"made" doc:"the account is new"`
	Token string     `json:"token,omitempty" doc:"a token for the new account, shown this once"`
}

func (s *server) roster() {
	route(s, Instructor, http.MethodPost, "/courses/{course}/members", "Enrol many: a CSV with the columns login, name, email, role; all or none", func(ctx context.Context, a *actor, in *struct {
		In
		Because
		Tokens  bool   `query:"tokens" doc:"for admins: make a token for each new account, and answer with it"`
		RawBody []byte `contentType:"text/csv"`
	}) (*List[Enrolled], error) {
		// The account is the same in every course: who holds a token of it would
		// reach the courses of others, too, as soon as it is enrolled there.
		if in.Tokens && !a.Admin {
			return nil, huma.Error403Forbidden("only an admin makes tokens for others: leave tokens=true out, and nobody was enrolled yet")
		}
		list, err := readRoster(in.RawBody)
		if err != nil {
			return nil, err
		}
		done, err := s.Store.EnrolMany(ctx, a.course.ID, list, a.change(in.Why))
		if err != nil {
			return nil, err
		}
		out := &List[Enrolled]{}
		for _, e := range done {
			v := Enrolled{Login: e.Person.Login, Role: e.Role, Was: e.Was, Made: e.Made}
			// Only for an account that is new: who has one has chosen who holds their tokens.
			if e.Made && in.Tokens {
				if _, v.Token, err = s.Store.AddToken(ctx, store.Token{Person: e.Person.ID, Name: "first"}, a.change(in.Why)); err != nil {
					return nil, err
				}
			}
			out.Body.Items = append(out.Body.Items, v)
		}
		return out, nil
	}, func(op *huma.Operation) {
		op.MaxBodyBytes, op.BodyReadTimeout = maxRoster, 30*time.Second
		op.Errors = append(op.Errors, http.StatusRequestEntityTooLarge)
	})
}

var rosterColumns = []string{"login", "name", "email", "role"}

// loginPattern is what the store takes, said here with the line.
var loginPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// readRoster reads the list. A mistake is told with its line, so that it is found in a spreadsheet.
func readRoster(data []byte) ([]store.NewMember, error) {
	wrong := func(line int, format string, args ...any) error {
		return huma.Error422UnprocessableEntity(fmt.Sprintf("line %d: ", line)+fmt.Sprintf(format, args...), &huma.ErrorDetail{Location: fmt.Sprintf("body line %d", line), Message: "nobody was enrolled"})
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) // as spreadsheets write it
	if !utf8.Valid(data) || bytes.ContainsRune(data, 0) {
		return nil, wrong(1, "the list is not UTF-8 text: save it as CSV (UTF-8)")
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.TrimLeadingSpace = true
	if head, _, _ := bytes.Cut(data, []byte("\n")); bytes.ContainsRune(head, ';') && !bytes.ContainsRune(head, ',') {
		r.Comma = ';' // as spreadsheets write it where the comma is in numbers
	}
	head, err := r.Read()
	if err != nil {
		return nil, wrong(1, "the first line names the columns: login,name,email,role (login is enough)")
	}
	at := map[string]int{}
	for i, name := range head {
		name = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(rosterColumns, name) {
			hint := "there are login, name, email and role"
			if n := nearest.To(name, rosterColumns); n != "" {
				hint = fmt.Sprintf("did you mean %s?", n)
			}
			return nil, wrong(1, "unknown column %s; %s", store.Quoted(name), hint)
		}
		if _, twice := at[name]; twice {
			return nil, wrong(1, "the column %s is there twice", name)
		}
		at[name] = i
	}
	if _, ok := at["login"]; !ok {
		return nil, wrong(1, "there is no column login")
	}
	var list []store.NewMember
	lines := map[string]int{}
	for {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			var pe *csv.ParseError
			if errors.As(err, &pe) {
				return nil, wrong(pe.Line, "%v", pe.Err)
			}
			return nil, err
		}
		line, _ := r.FieldPos(0)
		cell := func(name string) string {
			if i, ok := at[name]; ok {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		m := store.NewMember{Login: strings.ToLower(cell("login")), Name: cell("name"), Email: cell("email"), Role: store.Role(strings.ToLower(cell("role")))}
		if m.Role == "" {
			m.Role = store.Student
		}
		switch {
		case !loginPattern.MatchString(m.Login):
			return nil, wrong(line, "%s is no login: it has letters a to z, digits, dots, dashes and underscores, at most 64", store.Quoted(m.Login))
		case lines[m.Login] > 0:
			return nil, wrong(line, "%s stands in line %d already", m.Login, lines[m.Login])
		case !m.Role.Valid():
			return nil, wrong(line, "unknown role %s; there are student, ta and instructor", store.Quoted(string(m.Role)))
		case len(m.Name) > 200 || len(m.Email) > 200:
			return nil, wrong(line, "a name or an e-mail address of more than 200 bytes")
		case len(list) == maxRosterRows:
			return nil, wrong(line, "more than %d people: send them in parts", maxRosterRows)
		}
		lines[m.Login] = line
		list = append(list, m)
	}
	if len(list) == 0 {
		return nil, wrong(1, "nobody stands in the list")
	}
	return list, nil
}
