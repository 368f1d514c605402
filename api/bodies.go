package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/go-chi/httprate"

	"github.com/wiregrade/wiregrade/api/door"
)

// light is a body that is kept in memory while it comes in, where a route takes no large ones.
const light = 1 << 20

// small is a body that is kept in memory while it comes in, where a route takes large ones, too.
const small = 256 << 10

// The bodies of routes that take large ones are read to their ends before they take one of the few places for
// what they unpack to: large ones wait on the disk. Neither many nor slow senders fill the memory, or keep others out of it.
type bodies struct{ people, ci, github *entry }

// A way is what a body passes, large or small.
type way struct {
	place *door.Door // who may have one here at once
	// coming are strangers' ones, which have no place before they are there; nil where whose they are is known.
	coming *door.Crowd
}

// An entry is where the bodies of one kind of caller come in.
type entry struct {
	large, small way
	memory       *door.Door // what may be in memory at once with what it unpacks to
	// A body that says how long it is has to come within slack, and a second more for each pace bytes.
	slack time.Duration
	pace  int64
}

func newBodies() *bodies {
	memory := door.New(3, 3, 30*time.Second)
	return &bodies{
		people: &entry{
			large: way{place: door.New(2, 64, 2*time.Second)}, small: way{place: door.New(8, 512, 2*time.Second)}, memory: memory,
			slack: 30 * time.Second, pace: 256 << 10,
		},
		// Behind one address may be many CI runners. Whose call it is, is known by a whole body only: no number of
		// slow ones keeps out the next.
		ci: &entry{
			large: way{place: door.New(8, 64, 2*time.Second)}, small: way{door.New(512, 512, 2*time.Second), door.NewCrowd(512)}, memory: memory,
			slack: 30 * time.Second, pace: 256 << 10,
		},
		// GitHub sends at once, and does not call again when it is turned away: nobody else's calls take its places.
		github: &entry{
			large: way{door.New(64, 64, 2*time.Second), door.NewCrowd(64)}, small: way{door.New(512, 512, 2*time.Second), door.NewCrowd(512)},
			memory: door.New(3, 3, 30*time.Second),
			slack:  5 * time.Second, pace: 1 << 20,
		},
	}
}

// of is where a route's bodies come in, and who sends this one.
func (b *bodies) of(ctx huma.Context, need Need) (e *entry, who string) {
	if need != Signed {
		return b.people, string(ctx.Context().Value(actorKey{}).(*actor).ID)
	}
	r, _ := humago.Unwrap(ctx)
	who, _ = httprate.KeyByIP(r)
	if strings.HasSuffix(ctx.Operation().Path, githubHook) {
		return b.github, who
	}
	return b.ci, who
}

// within is how long a body may take, of which wait is the most.
func (e *entry) within(length int64, wait time.Duration) time.Duration {
	if length < 0 {
		return wait
	}
	return min(wait, e.slack+time.Duration(length)*time.Second/time.Duration(e.pace))
}

// heavy takes the body in before the request has a place in memory.
func (s *server) heavy(need Need, most int64, wait time.Duration) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, _ := humago.Unwrap(ctx)
		if r.ContentLength > most {
			huma.WriteErr(s.api, ctx, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes", most))
			return
		}
		e, who := s.bodies.of(ctx, need)
		body, out, ok := s.takeIn(ctx, e, who, most, e.within(r.ContentLength, wait))
		if !ok {
			return
		}
		defer out()
		leave, err := e.memory.Enter(ctx.Context(), "")
		if err != nil {
			s.crowded(ctx, door.ErrFull)
			return
		}
		defer leave()
		next(&spooled{ctx, body})
	}
}

// takeIn reads a body to its end, a small one into memory and others onto the disk, or says why it does not.
// out gives its place away.
func (s *server) takeIn(ctx huma.Context, e *entry, who string, most int64, wait time.Duration) (body kept, out func(), ok bool) {
	r, w := humago.Unwrap(ctx)
	ctl := http.NewResponseController(w)
	by, read := e.small, whole
	if r.ContentLength < 0 || r.ContentLength > small {
		by, read = e.large, func(r *http.Request) (kept, error) { return spool(s.Spool, r.Body, most) }
	}
	var err error
	if by.coming == nil {
		if out, err = by.place.Enter(ctx.Context(), who); err == nil {
			ctl.SetReadDeadline(time.Now().Add(wait))
			if body, err = read(r); err != nil {
				out()
			}
		}
	} else {
		ctl.SetReadDeadline(time.Now().Add(wait))
		leave := by.coming.Enter(func() { ctl.SetReadDeadline(time.Now()) })
		body, err = read(r)
		leave()
		if err == nil {
			ctl.SetReadDeadline(time.Time{})
			if out, err = by.place.Enter(ctx.Context(), who); err != nil {
				body.Close()
			}
		}
	}
	var slow net.Error
	switch {
	case err == nil:
		ctl.SetReadDeadline(time.Time{})
		leave := out
		return body, func() { body.Close(); leave() }, true
	case errors.Is(err, door.ErrBusy), errors.Is(err, door.ErrFull):
		s.crowded(ctx, err)
	case errors.As(err, &slow) && slow.Timeout():
		// The deadline stays: the rest is not waited for before the answer.
		huma.WriteErr(s.api, ctx, http.StatusRequestTimeout, fmt.Sprintf("the body did not come within %v", wait.Round(time.Second)))
	case errors.Is(err, errSpool):
		s.Log.Error("keep a body", "error", err)
		huma.WriteErr(s.api, ctx, http.StatusInternalServerError, "a fault of ours")
	default:
		huma.WriteErr(s.api, ctx, http.StatusBadRequest, "the body ended early")
	}
	return nil, nil, false
}

// A kept body has come to its end.
type kept interface {
	io.ReadSeeker
	io.Closer
}

// A held body is kept in memory.
type held struct{ *bytes.Reader }

// Close is for io.Closer.
func (held) Close() error { return nil }

// whole is a body that says how long it is, and is read no further.
func whole(r *http.Request) (kept, error) {
	data, err := io.ReadAll(r.Body)
	return held{bytes.NewReader(data)}, err
}

func (s *server) crowded(ctx huma.Context, why error) {
	ctx.SetHeader("Retry-After", "10")
	if errors.Is(why, door.ErrBusy) {
		huma.WriteErr(s.api, ctx, http.StatusTooManyRequests, "you are handing in several times at once already: wait for one of them")
		return
	}
	huma.WriteErr(s.api, ctx, http.StatusServiceUnavailable, "too many are handing in at this moment: try again in a few seconds")
}

// A request is huma's, under a name that leaves its own Context method be.
type request = huma.Context

// A spooled request has its body at hand: on the disk, or in memory when it is small.
type spooled struct {
	request
	body io.Reader
}

// BodyReader is the body.
func (s *spooled) BodyReader() io.Reader { return s.body }

// Unwrap is for whoever needs the request itself.
func (s *spooled) Unwrap() huma.Context { return s.request }

// errSpool is trouble with the disk and not with the sender.
var errSpool = errors.New("spool")

// spool reads a body into a file that lives as long as it is open. Of what is
// too large it keeps enough for that to be seen.
func spool(dir string, body io.Reader, most int64) (*os.File, error) {
	f, err := os.CreateTemp(dir, "body-")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSpool, err)
	}
	os.Remove(f.Name())
	in := &reading{r: body}
	_, err = io.Copy(f, io.LimitReader(in, most))
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	switch {
	case err == nil:
		return f, nil
	case in.err != nil && in.err != io.EOF:
		err = in.err
	default:
		err = fmt.Errorf("%w: %w", errSpool, err)
	}
	f.Close()
	return nil, err
}

// A reading remembers how reading ended, to tell it from writing.
type reading struct {
	r   io.Reader
	err error
}

// Read is for io.Reader.
func (r *reading) Read(p []byte) (n int, err error) {
	n, r.err = r.r.Read(p)
	return n, r.err
}
