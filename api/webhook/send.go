package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/wiregrade/wiregrade/grader/store"
)

// A Sender sends messages to endpoints, signed as Standard Webhooks has it.
type Sender struct {
	outbox  store.Outbox
	to      Addresses
	client  *http.Client
	version string
}

// NewSender is the sender of the outbox's messages; version is the grader's, for User-Agent.
func NewSender(o store.Outbox, to Addresses, version string) *Sender {
	return &Sender{o, to, to.client(), version}
}

// maxExcerpt is how much of a response is read and kept.
const maxExcerpt = 1000

// Send sends one message. An error asks for another attempt; on the last one the message has failed.
func (s *Sender) Send(ctx context.Context, id store.ID, last bool) error {
	m, e, secrets, err := s.outbox.ToSend(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil // it arrived, or its endpoint is gone
	}
	if err != nil {
		return err
	}
	if e.Disabled {
		return s.outbox.Sent(ctx, id, store.Attempt{Status: store.MessageFailed, Problem: "the endpoint is disabled"})
	}
	a := s.attempt(ctx, m, e, secrets)
	var failed error
	if a.Status == store.MessagePending {
		failed = errors.New(a.Problem)
		if last {
			a.Status, failed = store.MessageFailed, nil
		}
	}
	// What came of it is kept although the service is to stop now.
	return errors.Join(failed, s.outbox.Sent(context.WithoutCancel(ctx), id, a))
}

// attempt sends the message once and says what came of it.
func (s *Sender) attempt(ctx context.Context, m store.Message, e store.Endpoint, secrets []string) store.Attempt {
	fail := func(problem string) store.Attempt {
		return store.Attempt{Status: store.MessagePending, Problem: problem}
	}
	// What the operator allows may have changed since the endpoint was made.
	if err := s.to.Check(e.URL); err != nil {
		return store.Attempt{Status: store.MessageFailed, Problem: err.Error()}
	}
	if strings.HasPrefix(e.URL, "http:") {
		ctx = context.WithValue(ctx, plainKey{}, true)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(m.Payload))
	if err != nil {
		return fail("the URL cannot be asked for")
	}
	now := time.Now()
	var signatures []string
	for _, secret := range secrets {
		wh, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return fail("the secret cannot be read")
		}
		sig, err := wh.Sign(string(m.ID), now, m.Payload)
		if err != nil {
			return fail("the message cannot be signed")
		}
		signatures = append(signatures, sig)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "wiregrade/"+s.version)
	req.Header.Set(standardwebhooks.HeaderWebhookID, string(m.ID))
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	res, err := s.client.Do(req)
	if err != nil {
		return fail(unreached(err))
	}
	defer res.Body.Close()
	a := store.Attempt{Status: store.MessagePending, Code: res.StatusCode}
	excerpt, err := io.ReadAll(io.LimitReader(res.Body, maxExcerpt))
	a.Response = string(excerpt)
	switch {
	case res.StatusCode >= 200 && res.StatusCode < 300:
		// It was taken, whatever became of the rest of the answer.
		a.Status = store.MessageDelivered
	case res.StatusCode == http.StatusGone:
		a.Status, a.Disable, a.Problem = store.MessageFailed, true, "it answered 410 Gone: the endpoint is disabled"
	case res.StatusCode >= 300 && res.StatusCode < 400:
		a.Problem = fmt.Sprintf("it answered %d: redirects are not followed", res.StatusCode)
	case err != nil:
		a.Problem = fmt.Sprintf("it answered %d, and the answer did not end", res.StatusCode)
	default:
		a.Problem = fmt.Sprintf("it answered %d", res.StatusCode)
	}
	return a
}

// unreached says why there was no answer, and as little as that of the network
// around the service: staff of a course read it.
func unreached(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	switch {
	case errors.Is(err, ErrInside):
		return ErrInside.Error()
	case errors.Is(err, errPlain):
		return errPlain.Error()
	case errors.Is(err, context.DeadlineExceeded) || u != nil && u.Timeout():
		return "no answer in time"
	case strings.Contains(err.Error(), "certificate"):
		return "its certificate is not valid"
	default:
		return "it could not be reached"
	}
}
