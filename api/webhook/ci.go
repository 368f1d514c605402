package webhook

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/wiregrade/wiregrade/api/archive"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/gittree"
)

// A CI hears any CI that holds a hook key.
type CI struct {
	Store Keeper
	Queue store.Queue
}

// MaxCI bounds a CI's call: an archive of 32 MB as base64, and what names it.
const MaxCI = 45 << 20

// A HandIn is the body of a CI's call: a commit, and either its files or the
// repository that has it. A key of one student's says whose and for what by itself.
type HandIn struct {
	Commit     string `json:"commit" doc:"its full name; the same commit is taken once"`
	Assignment string `json:"assignment,omitempty"`
	Login      string `json:"login,omitempty"`
	Archive    []byte `json:"archive,omitempty" doc:"tar, tar.gz or zip, as base64"`
	Repository string `json:"repository,omitempty" doc:"owner/name on GitHub, bound to this student's work: the service fetches the commit from there"`
}

// Hear takes in one call. Its id, time and body are signed together (Standard
// Webhooks): a call that is older than five minutes, or was heard before, makes nothing new.
func (c *CI) Hear(ctx context.Context, id store.ID, h http.Header, body []byte) (Answer, error) {
	k, secret, err := c.Store.HookKey(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return Answer{}, ErrSignature
	}
	if err != nil {
		return Answer{}, err
	}
	wh, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return Answer{}, err
	}
	call := h.Get(standardwebhooks.HeaderWebhookID)
	if wh.Verify(body, h) != nil || len(call) > 100 || strings.ContainsFunc(call, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return Answer{}, ErrSignature
	}
	// One key's ids are no other key's.
	d := store.Delivery{Source: store.SourceCI, Delivery: string(k.ID) + "/" + call, Event: "submit"}
	d.Digest = digestOf(d.Delivery, body)
	heard, err := c.Store.Heard(ctx, d.Source, d.Delivery)
	if err == nil && heard.Outcome != "" {
		return c.answer(d, heard)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Answer{}, err
	}
	in, err := parse(body)
	if err != nil {
		return Answer{}, err
	}
	n, err := c.whose(ctx, k, in)
	if err != nil {
		return Answer{}, err
	}
	n.Delivery, n.Digest = d.Delivery, d.Digest
	if in.Repository != "" {
		return c.fetch(ctx, d, n, in)
	}
	files, err := archive.Unpack(in.Archive, store.DefaultLimits())
	if err != nil {
		return Answer{}, err
	}
	n.Files = files
	// The delivery is kept with what it made, in one transaction.
	_, _, err = c.Queue.Submit(ctx, n)
	if err == nil {
		// As it is kept: the same call may have come meanwhile.
		if heard, err = c.Store.Heard(ctx, d.Source, d.Delivery); err != nil {
			return Answer{}, err
		}
		return c.answer(d, heard)
	}
	if errors.Is(err, store.ErrOtherCall) {
		return Answer{}, ErrOtherBody
	}
	outcome, ok := refusal(err)
	if !ok {
		return Answer{}, err
	}
	d.Outcome = outcome
	kept, _, err := c.Store.Hear(ctx, d)
	if err != nil {
		return Answer{}, err
	}
	return c.answer(d, kept)
}

// answer is what was made of a call as it is kept, with the id as the caller knows it. A call that
// says something else under this id is refused: what was made is not what it asked for.
func (c *CI) answer(came, kept store.Delivery) (Answer, error) {
	// One that was kept before bodies were compared has no digest.
	if len(kept.Digest) > 0 && !bytes.Equal(came.Digest, kept.Digest) {
		return Answer{}, ErrOtherBody
	}
	a := answer(kept)
	_, a.Delivery, _ = strings.Cut(a.Delivery, "/")
	return a, nil
}

// digestOf tells one id's bodies apart. The id is in it: the same body under another id is a call of its own.
func digestOf(id string, body []byte) []byte {
	h := sha256.New()
	h.Write([]byte(id + "\x00"))
	h.Write(body)
	return h.Sum(nil)
}

func parse(body []byte) (HandIn, error) {
	var in HandIn
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return in, fmt.Errorf("%w: the body: %s", ErrMalformed, strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := dec.Token(); err != io.EOF {
		return in, fmt.Errorf("%w: something follows the JSON", ErrMalformed)
	}
	switch {
	case !gittree.ValidCommit(in.Commit):
		return in, fmt.Errorf("%w: commit: want its full name, 40 or 64 hexadecimal digits", ErrMalformed)
	case (in.Repository == "") == (len(in.Archive) == 0):
		return in, fmt.Errorf("%w: want either archive or repository", ErrMalformed)
	}
	return in, nil
}

// whose is the submission that the key may make of the call.
func (c *CI) whose(ctx context.Context, k store.HookKey, in HandIn) (store.NewSubmission, error) {
	n := store.NewSubmission{Course: k.Course, Assignment: k.Assignment, Person: k.Person, Source: store.SourceCI, Commit: in.Commit}
	if k.Person != "" {
		// What the call says beyond the key must agree with it.
		return n, c.agrees(ctx, k, in)
	}
	if in.Assignment == "" || in.Login == "" {
		return n, fmt.Errorf("%w: this key is for a whole course: want assignment and login", ErrMalformed)
	}
	a, err := c.Store.AssignmentByName(ctx, k.Course, in.Assignment)
	if err != nil {
		return n, unknown(err, "assignment", in.Assignment)
	}
	p, err := c.Store.PersonByLogin(ctx, in.Login)
	if err != nil {
		return n, unknown(err, "login", in.Login)
	}
	// Somebody else's student is as unknown as nobody.
	if _, err := c.Store.RoleIn(ctx, k.Course, p.ID); err != nil {
		return n, unknown(err, "login", in.Login)
	}
	n.Assignment, n.Person = a.ID, p.ID
	return n, nil
}

func (c *CI) agrees(ctx context.Context, k store.HookKey, in HandIn) error {
	if in.Assignment != "" {
		if a, err := c.Store.AssignmentByName(ctx, k.Course, in.Assignment); err != nil || a.ID != k.Assignment {
			return fmt.Errorf("%w: assignment: this key is for another", ErrMalformed)
		}
	}
	if in.Login != "" {
		if p, err := c.Store.PersonByLogin(ctx, in.Login); err != nil || p.ID != k.Person {
			return fmt.Errorf("%w: login: this key is somebody else's", ErrMalformed)
		}
	}
	return nil
}

func unknown(err error, what, name string) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%w: %s: there is no %s in this course", ErrMalformed, what, store.Quoted(name))
	}
	return err
}

// fetch has the commit fetched from the repository that is bound to this very work.
func (c *CI) fetch(ctx context.Context, d store.Delivery, n store.NewSubmission, in HandIn) (Answer, error) {
	r, err := c.Store.RepositoryByRemote(ctx, store.SourceGitHub, in.Repository)
	if errors.Is(err, store.ErrNotFound) || err == nil && (r.Course != n.Course || r.Assignment != n.Assignment || r.Person != n.Person) {
		return Answer{}, ErrUnbound
	}
	if err != nil {
		return Answer{}, err
	}
	d.Repository, d.Installation, d.Commit = r.ID, r.Installation, in.Commit
	kept, _, err := c.Store.Announce(ctx, d)
	if err != nil {
		return Answer{}, err
	}
	return c.answer(d, kept)
}
