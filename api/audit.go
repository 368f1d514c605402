package api

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"time"

	"github.com/wiregrade/wiregrade/grader/store"
)

// An Entry is one change in the audit trail.
type Entry struct {
	Seq     int64           `json:"seq"`
	At      time.Time       `json:"at"`
	By      store.ID        `json:"by,omitempty" doc:"missing for the service itself"`
	Login   string          `json:"login,omitempty" doc:"of who did it"`
	Action  string          `json:"action"`
	Subject string          `json:"subject" doc:"what was changed, people and assignments by name"`
	Why     string          `json:"why,omitempty"`
	Old     json.RawMessage `json:"old,omitempty"`
	New     json.RawMessage `json:"new,omitempty"`
}

func (s *server) audit() {
	s.deliveries()
	route(s, Instructor, http.MethodGet, "/courses/{course}/audit", "List who changed what, the latest first", func(ctx context.Context, a *actor, in *struct {
		In
		Paged
	}) (*List[Entry], error) {
		return s.trail(ctx, a.course.ID, in.page())
	})
	route(s, Admin, http.MethodGet, "/audit", "List who changed what belongs to no course, accounts and tokens, the latest first", func(ctx context.Context, _ *actor, in *struct{ Paged }) (*List[Entry], error) {
		return s.trail(ctx, "", in.page())
	})
}

// written finds ids in the subject of an entry: what they stand for may be named anew, so names are not stored.
var written = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// trail reads a page of the audit trail, with names for people to read.
func (s *server) trail(ctx context.Context, course store.ID, p store.Page) (*List[Entry], error) {
	all, next, err := s.Store.Audit(ctx, course, p)
	if err != nil {
		return nil, err
	}
	var ids []store.ID
	for _, e := range all {
		if e.By != "" {
			ids = append(ids, e.By)
		}
		for _, id := range written.FindAllString(e.Subject, -1) {
			ids = append(ids, store.ID(id))
		}
	}
	names, err := s.Store.Names(ctx, ids)
	return list(all, next, func(e store.Entry) Entry {
		subject := written.ReplaceAllStringFunc(e.Subject, func(id string) string {
			if name := names[store.ID(id)]; name != "" {
				return name
			}
			return id
		})
		return Entry{e.Seq, e.At, e.By, names[e.By], e.Action, subject, e.Why, e.Old, e.New}
	}), err
}
