package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/wiregrade/wiregrade/api"
	"github.com/wiregrade/wiregrade/grader/store"
)

// An Event is one piece of news about a submission: a step of its run, or its state.
type Event struct {
	Step  *api.Step
	State *api.Submission
}

// attempts is how often in a row a stream that brings nothing is asked for.
const attempts = 6

// Follow tells the news of a submission until its grading has ended, and gives how it
// ended. A stream that breaks is asked for again: the run goes on without it.
func (c *Client) Follow(ctx context.Context, course, id string, news func(Event)) (api.Submission, error) {
	var last api.Submission
	var err error
	pause := c.Pause
	for failed := 0; failed < attempts; failed++ {
		if failed > 0 {
			select {
			case <-ctx.Done():
				return last, ctx.Err()
			case <-time.After(pause):
			}
			pause *= 2
		}
		err = c.stream(ctx, course, id, func(e Event) {
			failed, pause = 0, c.Pause
			if e.State != nil {
				last = *e.State
			}
			news(e)
		})
		var p *Problem
		switch {
		case ctx.Err() != nil:
			return last, ctx.Err()
		case Ended(last.State):
			return last, nil
		case errors.As(err, &p) && p.Status < 500 && p.Status != http.StatusTooManyRequests:
			return last, err
		}
	}
	if err == nil {
		err = &UnreachableError{c.base, io.ErrUnexpectedEOF}
	}
	return last, err
}

// Ended says whether nothing more comes of a submission in the state by itself.
func Ended(s store.State) bool {
	return s == store.StateGraded || s == store.StateFault || s == store.StateReplaced
}

// stream reads one stream of events to its end.
func (c *Client) stream(ctx context.Context, course, id string, news func(Event)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	idle := time.AfterFunc(silence, cancel)
	defer idle.Stop()
	res, err := c.send(ctx, request{method: http.MethodGet, path: []string{"courses", course, "submissions", id, "events"}})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	lines := bufio.NewReaderSize(res.Body, maxEvent)
	var event string
	var data []byte
	for {
		line, err := lines.ReadSlice('\n')
		idle.Reset(silence)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return &UnreachableError{c.base, err}
		}
		line = bytes.TrimRight(line, "\r\n")
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch {
		case len(line) == 0:
			if e, ok := understand(event, data); ok {
				news(e)
			}
			event, data = "", nil
		case string(field) == "event":
			event = string(value)
		case string(field) == "data":
			if len(data)+len(value) > maxEvent {
				return &StrangeError{c.base, "an event without an end"}
			}
			data = append(data, value...)
		}
	}
}

// understand reads an event; one of a later version is passed over.
func understand(event string, data []byte) (e Event, ok bool) {
	switch event {
	case "step":
		e.Step = &api.Step{}
		return e, json.Unmarshal(data, e.Step) == nil
	case "state":
		e.State = &api.Submission{}
		return e, json.Unmarshal(data, e.State) == nil
	}
	return e, false
}
