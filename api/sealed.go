package api

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// What was said to a call, to be said again.
type said struct {
	Status int
	Header http.Header
	Body   []byte
}

// Write is for io.Writer: it adds to the body.
func (s *said) Write(p []byte) (int, error) {
	s.Body = append(s.Body, p...)
	return len(p), nil
}

// write says it.
func (s *said) write(ctx huma.Context) {
	for name, values := range s.Header {
		for _, v := range values {
			ctx.AppendHeader(name, v)
		}
	}
	ctx.SetStatus(s.Status)
	if len(s.Body) > 0 {
		ctx.BodyWriter().Write(s.Body)
	}
}

// The keys that are made of an Idempotency-Key, its person and what is called (HKDF, RFC 5869). The
// database holds find and nothing else of them: an answer may hold a token, and who reads the database is not to have it.
type callKeys struct {
	find   []byte // names the call
	digest []byte // makes the digest of what it says, which may be guessed otherwise
	aead   cipher.AEAD
}

func deriveKeys(given, person, method, path string) (k callKeys, err error) {
	secret, err := hkdf.Extract(sha256.New, []byte(given), []byte(person))
	if err != nil {
		return k, fmt.Errorf("derive keys: %w", err)
	}
	call := strings.Join([]string{"wiregrade call", method, path, ""}, "\n")
	var seal []byte
	for _, x := range []struct {
		use string
		key *[]byte
	}{{"find", &k.find}, {"digest", &k.digest}, {"seal", &seal}} {
		if *x.key, err = hkdf.Expand(sha256.New, secret, call+x.use, 32); err != nil {
			return k, fmt.Errorf("derive keys: %w", err)
		}
	}
	block, err := aes.NewCipher(seal)
	if err == nil {
		k.aead, err = cipher.NewGCM(block)
	}
	if err != nil {
		return k, fmt.Errorf("derive keys: %w", err)
	}
	return k, nil
}

// asks is the digest of what a call says.
func (k callKeys) asks() hash.Hash { return hmac.New(sha256.New, k.digest) }

// seal makes an answer unreadable without the Idempotency-Key.
func (k callKeys) seal(s said) ([]byte, error) {
	plain, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("seal an answer: %w", err)
	}
	nonce := make([]byte, k.aead.NonceSize())
	rand.Read(nonce)
	return k.aead.Seal(nonce, nonce, plain, k.find), nil
}

// open reads what seal made.
func (k callKeys) open(sealed []byte) (s said, err error) {
	n := k.aead.NonceSize()
	if len(sealed) < n {
		return s, errors.New("open an answer: it is cut off")
	}
	plain, err := k.aead.Open(nil, sealed[:n], sealed[n:], k.find)
	if err == nil {
		err = json.Unmarshal(plain, &s)
	}
	if err != nil {
		return s, fmt.Errorf("open an answer: %w", err)
	}
	return s, nil
}
