package api

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wiregrade/wiregrade/grader/store"
)

// A call under an Idempotency-Key is made once and answered again with the same answer, as the
// Internet-Draft "The Idempotency-Key HTTP Header Field" has it. It is so for every POST by a person:
// route puts it there. A key belongs to one person and one address.
const idempotencyKey = "Idempotency-Key"

// The length of a key. The answer is sealed with it, so one that could be guessed is refused.
const minKey, maxKey = 16, 200

// callTime bounds a call under a key. It is over before the claim is given up (store.CallBound),
// so that a second one is not made beside it.
const callTime = 2 * time.Minute

// keepTime bounds what is done for a call once it was made.
const keepTime = 10 * time.Second

// callKey is the context's key for what the Store has in place of the Idempotency-Key.
type callKey struct{}

// once gives an operation the key.
func (s *server) once(op *huma.Operation) {
	least, most := minKey, maxKey
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: idempotencyKey, In: "header", Schema: &huma.Schema{Type: huma.TypeString, MinLength: &least, MaxLength: &most},
		Description: "a random word, such as a UUID: the same call again under the same key, within 24 hours, does nothing and has the same answer",
	})
	op.Errors = append(op.Errors, http.StatusConflict, http.StatusUnprocessableEntity)
	op.Middlewares = append(op.Middlewares, s.keyed) // the last: what it keeps is the route's own answer
}

// keyed makes a call that has a key, unless it was made before.
func (s *server) keyed(ctx huma.Context, next func(huma.Context)) {
	given, ok := bare(ctx.Header(idempotencyKey))
	switch {
	case !ok:
		says := fmt.Sprintf("an %s has %d to %d characters of ASCII, without spaces: a new UUID for each call is one", idempotencyKey, minKey, maxKey)
		huma.WriteErr(s.api, ctx, http.StatusUnprocessableEntity, says, &huma.ErrorDetail{Location: "header." + idempotencyKey, Message: says})
		return
	case given == "":
		next(ctx)
		return
	}
	person, url := ctx.Context().Value(actorKey{}).(*actor).ID, ctx.URL()
	k, err := deriveKeys(given, string(person), ctx.Method(), url.EscapedPath())
	if err != nil {
		s.fail(ctx, err)
		return
	}
	asks := k.asks()
	fmt.Fprintf(asks, "%q %q\n", url.RawQuery, ctx.Header("Content-Type"))
	body, status, says := readAll(ctx, asks)
	if says != "" {
		huma.WriteErr(s.api, ctx, status, says)
		return
	}
	claim, kept, err := s.Store.BeginCall(ctx.Context(), store.Call{Key: k.find, Person: person, Asks: asks.Sum(nil)})
	switch {
	case errors.Is(err, store.ErrOtherCall):
		huma.WriteErr(s.api, ctx, http.StatusUnprocessableEntity, "this "+idempotencyKey+" was used for a call that said something else: take a new one")
	case errors.Is(err, store.ErrUnderWay):
		ctx.SetHeader("Retry-After", "1")
		huma.WriteErr(s.api, ctx, http.StatusConflict, "the first call under this "+idempotencyKey+" is still under way: ask again for its answer")
	case err != nil:
		s.fail(ctx, err)
	case claim == "":
		said, err := k.open(kept)
		if err != nil {
			s.fail(ctx, err)
			return
		}
		said.write(ctx)
	default:
		s.make(&spooled{ctx, body}, next, k, claim)
	}
}

// make makes the call and keeps what it is answered, before anybody is told. Who goes
// away in the middle finds it when they ask again.
func (s *server) make(ctx huma.Context, next func(huma.Context), k callKeys, claim store.ID) {
	lasting := context.WithoutCancel(ctx.Context())
	drop := true // also when the route panics
	defer func() {
		if !drop {
			return
		}
		after, cancel := context.WithTimeout(lasting, keepTime)
		defer cancel()
		if err := s.Store.DropCall(after, k.find, claim); err != nil {
			s.Log.Warn("let go of an Idempotency-Key: it is given up by itself", "within", store.CallBound, "error", err)
		}
	}()
	work, cancel := context.WithTimeout(context.WithValue(lasting, callKey{}, hex.EncodeToString(k.find)), callTime)
	defer cancel()
	r := &recorded{request: huma.WithContext(ctx, work), said: said{Status: http.StatusOK, Header: http.Header{}}}
	next(r)
	if lasts(r.said.Status) {
		drop = false
		sealed, err := k.seal(r.said)
		if err == nil {
			after, cancel := context.WithTimeout(lasting, keepTime)
			defer cancel()
			err = s.Store.KeepAnswer(after, k.find, claim, sealed)
		}
		if err != nil {
			// The call was made: the key is not let go of, or a second one would be made at once.
			s.Log.Error("keep the answer of a call", "error", err)
		}
	}
	r.said.write(ctx)
}

// lasts says whether an answer holds for the same call later: a fault of ours does not,
// nor what asks to come again.
func lasts(status int) bool {
	return status < 500 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout
}

// bare is the key of a header, without the quotes that the draft has around it; ok is false for what is none.
func bare(header string) (key string, ok bool) {
	if n := len(header); n >= 2 && header[0] == '"' && header[n-1] == '"' {
		header = header[1 : n-1]
		if header == "" {
			return "", false
		}
	}
	if header == "" {
		return "", true
	}
	for _, c := range []byte(header) {
		if c <= ' ' || c > '~' {
			return "", false
		}
	}
	return header, len(header) >= minKey && len(header) <= maxKey
}

// readAll reads the body within its bounds, through the digest; a large one waits on the disk already.
// says is why it cannot be had, "" when it was.
func readAll(ctx huma.Context, digest hash.Hash) (body io.Reader, status int, says string) {
	in := ctx.BodyReader()
	if f, ok := in.(io.ReadSeeker); ok {
		if _, err := io.Copy(digest, f); err != nil {
			return nil, http.StatusInternalServerError, "a fault of ours"
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return nil, http.StatusInternalServerError, "a fault of ours"
		}
		return f, 0, ""
	}
	op := ctx.Operation()
	most, wait := min(op.MaxBodyBytes, light), op.BodyReadTimeout
	if most <= 0 {
		most = light // of a route that takes none
	}
	if wait <= 0 {
		wait = 5 * time.Second
	}
	ctx.SetReadDeadline(time.Now().Add(wait))
	data, err := io.ReadAll(io.LimitReader(in, most+1))
	ctx.SetReadDeadline(time.Time{})
	var slow net.Error
	switch {
	case errors.As(err, &slow) && slow.Timeout():
		return nil, http.StatusRequestTimeout, fmt.Sprintf("the body did not come within %v", wait)
	case err != nil:
		return nil, http.StatusBadRequest, "the body ended early"
	case int64(len(data)) > most:
		return nil, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes", most)
	}
	digest.Write(data)
	return bytes.NewReader(data), 0, ""
}

// A recorded request has its answer kept and not sent.
type recorded struct {
	request
	said said
}

// Unwrap is for whoever needs the request itself.
func (r *recorded) Unwrap() huma.Context { return r.request }

// SetStatus is for huma.Context.
func (r *recorded) SetStatus(code int) { r.said.Status = code }

// Status is for huma.Context.
func (r *recorded) Status() int { return r.said.Status }

// SetHeader is for huma.Context.
func (r *recorded) SetHeader(name, value string) { r.said.Header.Set(name, value) }

// AppendHeader is for huma.Context.
func (r *recorded) AppendHeader(name, value string) { r.said.Header.Add(name, value) }

// BodyWriter is for huma.Context.
func (r *recorded) BodyWriter() io.Writer { return &r.said }
