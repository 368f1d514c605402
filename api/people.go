package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/conditional"

	"github.com/wiregrade/wiregrade/grader/store"
)

// A Person is somebody with an account.
type Person struct {
	ID       store.ID `json:"id"`
	Login    string   `json:"login"`
	Name     string   `json:"name"`
	Email    string   `json:"email"`
	Admin    bool     `json:"admin"`
	Disabled bool     `json:"disabled,omitempty" doc:"may do nothing: their tokens are refused"`
}

func viewPerson(p store.Person) Person {
	return Person{p.ID, p.Login, p.Name, p.Email, p.Admin, p.Disabled}
}

// A PersonChange is what can be changed of an account. The login stays: it stands in URLs.
type PersonChange struct {
	Name     string `json:"name" maxLength:"200"`
	Email    string `json:"email" maxLength:"200"`
	Admin    bool   `json:"admin"`
	Disabled bool   `json:"disabled"`
}

// Somebody is the person of a path.
type Somebody struct {
	Login string `path:"login"`
}

// NewPerson is an account to be made.
type NewPerson struct {
	Login string `json:"login" pattern:"^[a-z0-9][a-z0-9._-]{0,63}$"`
	Name  string `json:"name,omitempty" maxLength:"200"`
	Email string `json:"email,omitempty" maxLength:"200"`
	Admin bool   `json:"admin,omitempty"`
}

func (s *server) people() {
	route(s, SignedIn, http.MethodGet, "/me", "Who you are", func(_ context.Context, a *actor, _ *struct{}) (*Tagged[Person], error) {
		return &Tagged[Person]{quoted(a.Version), viewPerson(a.Person)}, nil
	})
	route(s, Admin, http.MethodPost, "/people", "Make an account", func(ctx context.Context, a *actor, in *struct{ Body NewPerson }) (*Tagged[Person], error) {
		b := in.Body
		p, err := s.Store.AddPerson(ctx, store.Person{Login: b.Login, Name: b.Name, Email: b.Email, Admin: b.Admin}, a.change(""))
		return &Tagged[Person]{quoted(p.Version), viewPerson(p)}, err
	}, status(http.StatusCreated))
	route(s, Admin, http.MethodGet, "/people", "List accounts", func(ctx context.Context, _ *actor, in *struct{ Paged }) (*List[Person], error) {
		all, next, err := s.Store.ListPeople(ctx, in.page())
		return list(all, next, viewPerson), err
	})
	route(s, Admin, http.MethodGet, "/people/{login}", "Read an account", func(ctx context.Context, _ *actor, in *struct {
		Somebody
		conditional.Params
	}) (*Tagged[Person], error) {
		p, err := s.Store.PersonByLogin(ctx, in.Login)
		if err == nil && in.HasConditionalParams() {
			if err := in.PreconditionFailed(etag(p.Version), time.Time{}); err != nil {
				return nil, err
			}
		}
		return &Tagged[Person]{quoted(p.Version), viewPerson(p)}, err
	})
	route(s, Admin, http.MethodPut, "/people/{login}", "Change an account, or disable it", func(ctx context.Context, a *actor, in *struct {
		Somebody
		Versioned
		Because
		Body PersonChange
	}) (*Tagged[Person], error) {
		version, err := in.version()
		if err != nil {
			return nil, err
		}
		p, err := s.Store.PersonByLogin(ctx, in.Login)
		if err != nil {
			return nil, err
		}
		if p.ID == a.ID && (in.Body.Disabled || !in.Body.Admin) {
			return nil, huma.Error422UnprocessableEntity("you would lock yourself out: let another admin do it")
		}
		p.Name, p.Email, p.Admin, p.Disabled, p.Version = in.Body.Name, in.Body.Email, in.Body.Admin, in.Body.Disabled, version
		p, err = s.Store.ChangePerson(ctx, p, a.change(in.Why))
		return &Tagged[Person]{quoted(p.Version), viewPerson(p)}, err
	})
	route(s, Admin, http.MethodPost, "/people/{login}/tokens", "Make a token for somebody who has none or lost it; its secret is shown this once", func(ctx context.Context, a *actor, in *struct {
		Somebody
		Because
		Body NewToken
	}) (*struct{ Body Token }, error) {
		p, err := s.Store.PersonByLogin(ctx, in.Login)
		if err != nil {
			return nil, err
		}
		return s.addToken(ctx, a, p.ID, in.Body, in.Why)
	}, status(http.StatusCreated))
	route(s, Admin, http.MethodGet, "/people/{login}/tokens", "List somebody's tokens", func(ctx context.Context, _ *actor, in *Somebody) (*List[Token], error) {
		p, err := s.Store.PersonByLogin(ctx, in.Login)
		if err != nil {
			return nil, err
		}
		all, err := s.Store.TokensOf(ctx, p.ID)
		return list(all, "", viewToken), err
	})
	route(s, Admin, http.MethodDelete, "/people/{login}/tokens/{token}", "End one of somebody's tokens", func(ctx context.Context, a *actor, in *struct {
		Somebody
		Because
		Token string `path:"token"`
	}) (*nothing, error) {
		p, err := s.Store.PersonByLogin(ctx, in.Login)
		if err != nil {
			return nil, err
		}
		return nil, s.Store.RevokeToken(ctx, p.ID, store.ID(in.Token), a.change(in.Why))
	})
}

// addToken makes a token of the person. Only here its secret is answered.
func (s *server) addToken(ctx context.Context, a *actor, person store.ID, n NewToken, why string) (*struct{ Body Token }, error) {
	t, secret, err := s.Store.AddToken(ctx, store.Token{Person: person, Name: n.Name, Rights: n.Rights, Expires: given(n.Expires)}, a.change(why))
	if err != nil {
		return nil, err
	}
	out := &struct{ Body Token }{viewToken(t)}
	out.Body.Secret = secret
	return out, nil
}

// A Token is one of the caller's tokens, without its secret.
type Token struct {
	ID      store.ID   `json:"id"`
	Name    string     `json:"name"`
	Rights  string     `json:"rights"`
	Created time.Time  `json:"created"`
	Expires *time.Time `json:"expires,omitempty"`
	Used    *time.Time `json:"used,omitempty"`
	Secret  string     `json:"secret,omitempty" doc:"shown this once"`
}

func viewToken(t store.Token) Token {
	return Token{ID: t.ID, Name: t.Name, Rights: t.Rights, Created: t.Created, Expires: some(t.Expires), Used: some(t.Used)}
}

// some is a time that may be missing.
func some(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func given(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// NewToken is a token to be made.
type NewToken struct {
	Name    string     `json:"name" maxLength:"100"`
	Rights  string     `json:"rights,omitempty" enum:"all,read,push" default:"all"`
	Expires *time.Time `json:"expires,omitempty"`
}

func (s *server) tokens() {
	route(s, SignedIn, http.MethodGet, "/me/tokens", "List your tokens", func(ctx context.Context, a *actor, _ *struct{}) (*List[Token], error) {
		all, err := s.Store.TokensOf(ctx, a.ID)
		return list(all, "", viewToken), err
	})
	route(s, SignedIn, http.MethodPost, "/me/tokens", "Make a token; its secret is shown this once", func(ctx context.Context, a *actor, in *struct{ Body NewToken }) (*struct{ Body Token }, error) {
		return s.addToken(ctx, a, a.ID, in.Body, "")
	}, status(http.StatusCreated))
	route(s, SignedIn, http.MethodDelete, "/me/tokens/{token}", "End one of your tokens", func(ctx context.Context, a *actor, in *struct {
		Token string `path:"token"`
	}) (*nothing, error) {
		return nil, s.Store.RevokeToken(ctx, a.ID, store.ID(in.Token), a.change(""))
	})
}
