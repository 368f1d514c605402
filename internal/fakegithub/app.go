package fakegithub

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Owner is the account on which the App is installed, and Installation its id there.
const (
	Owner        = "net-course"
	Installation = 99
)

func (g *GitHub) makeToken(w http.ResponseWriter, r *http.Request) {
	if err := g.jwt(bearer(r)); err != nil {
		g.bad(w, r, "the JWT: %v", err)
		return
	}
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if id != Installation {
		g.refuse(w, http.StatusNotFound, "Not Found")
		return
	}
	var in struct {
		Repositories []string          `json:"repositories"`
		Permissions  map[string]string `json:"permissions"`
	}
	if !g.body(w, r, &in) {
		return
	}
	if len(in.Repositories) == 0 || len(in.Permissions) == 0 {
		g.bad(w, r, "a token for everything is asked for")
		return
	}
	t := &token{installation: id, permissions: in.Permissions}
	for _, name := range in.Repositories {
		t.repositories = append(t.repositories, Owner+"/"+name)
	}
	secret := "ghs_" + rand.Text()
	g.mu.Lock()
	g.tokens[secret] = t
	g.mu.Unlock()
	g.answer(w, http.StatusCreated, map[string]any{"token": secret, "expires_at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "permissions": in.Permissions})
}

func (g *GitHub) revoke(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.tokens[bearer(r)]
	if t == nil || t.revoked {
		g.refuse(w, http.StatusUnauthorized, "Bad credentials")
		return
	}
	t.revoked = true
	w.WriteHeader(http.StatusNoContent)
}

// jwt checks a token that the App signed: RS256, its own id, ten minutes at most.
func (g *GitHub) jwt(raw string) error {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return errors.New("want three parts")
	}
	var header struct{ Alg string }
	var claims struct {
		Iss json.RawMessage
		Iat float64
		Exp float64
	}
	for i, into := range []any{&header, &claims} {
		data, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return err
		}
		if err := json.Unmarshal(data, into); err != nil {
			return err
		}
	}
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	now := float64(time.Now().Unix())
	switch {
	case header.Alg != "RS256":
		return fmt.Errorf("alg %q", header.Alg)
	case rsa.VerifyPKCS1v15(&g.private.PublicKey, crypto.SHA256, sum[:], sig) != nil:
		return errors.New("the signature is wrong")
	case strings.Trim(string(claims.Iss), `"`) != strconv.FormatInt(g.App, 10):
		return fmt.Errorf("iss %s", claims.Iss)
	case claims.Iat > now || claims.Exp < now || claims.Exp > now+600:
		return fmt.Errorf("iat %v, exp %v at %v", claims.Iat, claims.Exp, now)
	}
	return nil
}

// body reads a JSON body of bounded size.
func (g *GitHub) body(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(into); err != nil {
		g.bad(w, r, "the body: %v", err)
		return false
	}
	return true
}
