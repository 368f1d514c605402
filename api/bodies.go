package api

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/go-chi/httprate"

	"github.com/wiregrade/wiregrade/api/door"
)

// light is a body that is kept in memory while it comes in.
const light = 1 << 20

// The bodies of routes that take large ones wait on the disk until there is room
// in memory, for them and for what they unpack to: neither many nor slow senders fill it.
type bodies struct {
	people, machines *door.Door // who may send a large one at once
	memory           *door.Door // who may have one in memory
}

func newBodies() *bodies {
	return &bodies{
		people: door.New(2, 64, 2*time.Second),
		// Behind one address may be many CI runners; and GitHub.
		machines: door.New(8, 64, 2*time.Second),
		memory:   door.New(3, 3, 30*time.Second),
	}
}

// heavy takes the body in before the request has a place in memory.
func (s *server) heavy(need Need, most int64, wait time.Duration) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		refuse := func(status int, says string) { huma.WriteErr(s.api, ctx, status, says) }
		r, _ := humago.Unwrap(ctx)
		if r.ContentLength > most {
			refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes", most))
			return
		}
		if r.ContentLength < 0 || r.ContentLength > light {
			to, who := s.bodies.people, ""
			if need == Signed {
				to = s.bodies.machines
				who, _ = httprate.KeyByIP(r)
			} else {
				who = string(ctx.Context().Value(actorKey{}).(*actor).ID)
			}
			leave, err := to.Enter(ctx.Context(), who)
			if err != nil {
				s.crowded(ctx, err)
				return
			}
			defer leave()
			ctx.SetReadDeadline(time.Now().Add(wait))
			kept, err := spool(s.Spool, r.Body, most)
			ctx.SetReadDeadline(time.Time{})
			var slow net.Error
			switch {
			case errors.As(err, &slow) && slow.Timeout():
				refuse(http.StatusRequestTimeout, fmt.Sprintf("the body did not come within %v", wait))
				return
			case errors.Is(err, errSpool):
				s.Log.Error("keep a body", "error", err)
				refuse(http.StatusInternalServerError, "a fault of ours")
				return
			case err != nil:
				refuse(http.StatusBadRequest, "the body ended early")
				return
			}
			defer kept.Close()
			ctx = &spooled{ctx, kept}
		}
		leave, err := s.bodies.memory.Enter(ctx.Context(), "")
		if err != nil {
			s.crowded(ctx, door.ErrFull)
			return
		}
		defer leave()
		next(ctx)
	}
}

func (s *server) crowded(ctx huma.Context, why error) {
	ctx.SetHeader("Retry-After", "10")
	if errors.Is(why, door.ErrBusy) {
		huma.WriteErr(s.api, ctx, http.StatusTooManyRequests, "you are sending several large bodies already: wait for one of them")
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
