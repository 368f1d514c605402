package githost

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"

	"github.com/wiregrade/wiregrade/grader/store"
)

// drain is how much of a push that is too large is read to the end: a client
// listens only when it has said all.
const drain = 1 << 30

// A push is one that is under way: what its hook is to know, and what came of it.
type push struct {
	h      *Host
	t      *target
	key    string // by which the hook finds it
	base   string
	judged func() // gives the place for unpacking to the next

	// Set by the hook's call, which ends before git answers.
	mu     sync.Mutex
	asked  bool
	taken  *store.Submission
	first  bool // it was not handed in before
	noWait bool
}

// receive takes a push: all of its body first, so that a slow client keeps no
// git waiting; then git unpacks it and asks the hook, which hands it in; then the branch
// moves; and then the client is told what becomes of the submission.
func (h *Host) receive(w http.ResponseWriter, r *http.Request, t *target) {
	if r.Header.Get("Content-Encoding") != "" {
		// Git's client compresses no push; what is small here could be without end unpacked.
		say(w, http.StatusUnsupportedMediaType, "a push is not taken compressed by HTTP")
		return
	}
	p := h.pace(w)
	defer p.end()
	spool, err := os.CreateTemp(h.Dir, "push-")
	if err != nil {
		h.Log.Error("take a push", "error", err)
		say(w, http.StatusInternalServerError, "a fault of ours: push again, and tell the staff if it stays")
		return
	}
	defer spool.Close()
	os.Remove(spool.Name()) // it lives as long as it is open
	body := p.body(r.Body)
	size, err := io.Copy(spool, io.LimitReader(body, h.MaxPush))
	if err != nil {
		panic(http.ErrAbortHandler) // the client went away, or took too long
	}
	left, err := io.Copy(io.Discard, io.LimitReader(body, drain))
	if err != nil || left == drain {
		// More is not even read. The client sees a connection that ends.
		panic(http.ErrAbortHandler)
	}
	spool.Seek(0, io.SeekStart)
	g := readGreeting(spool)
	spool.Seek(0, io.SeekStart)
	if left > 0 {
		answer(w, g.refusal(fmt.Sprintf("the push is larger than %s: leave out what the program does not need, such as builds, data and captures, also in earlier commits (git rm keeps them there)", sizeOf(h.MaxPush))))
		return
	}
	h.unpacked(p, r, t, g, spool, size)
}

// unpacked has git take the push and follows what becomes of it.
func (h *Host) unpacked(w http.ResponseWriter, r *http.Request, t *target, g greeting, spool io.Reader, size int64) {
	select {
	case h.unpack <- struct{}{}:
	case <-r.Context().Done():
		return
	}
	x := &push{h: h, t: t, key: rand.Text(), base: h.base(r), judged: sync.OnceFunc(func() { <-h.unpack })}
	defer x.judged()
	defer h.hooks.expect(x)()
	q := h.request(r, wish{push: true}.url("/"+t.path()))
	q.Body, q.ContentLength, q.TransferEncoding = io.NopCloser(spool), size, nil
	out := &held{ResponseWriter: w, to: holder{w: w, odd: !g.can("side-band-64k")}}
	h.backendHandler([]string{socketEnv + "=" + h.hooks.path, keyEnv + "=" + x.key}).ServeHTTP(out, q)
	x.judged()
	x.mu.Lock()
	defer x.mu.Unlock()
	if out.to.held {
		switch {
		case x.taken != nil:
			x.follow(r.Context(), out)
		case !x.asked && len(g.commands) > 0:
			// Git did not get as far as the hook, and its own words are no student's.
			io.WriteString(w, text("refused: git cannot take what was pushed, for the reason above; nothing was handed in: make the commit anew from the files alone, in a fresh clone, and push that\n"))
		}
		io.WriteString(w, flushPacket)
	}
	h.tidy(t)
}

// refusePush reads the push to its end and refuses it in a line that git shows.
func (h *Host) refusePush(w http.ResponseWriter, r *http.Request, line string) {
	p := h.pace(w)
	defer p.end()
	body := p.body(r.Body)
	// Only what the answer has to name is kept.
	pr, pw := io.Pipe()
	var g greeting
	read := make(chan struct{})
	go func() {
		defer close(read)
		g = readGreeting(pr)
		io.Copy(io.Discard, pr)
	}()
	n, err := io.Copy(pw, io.LimitReader(body, drain))
	pw.Close()
	<-read
	if err != nil || n == drain {
		panic(http.ErrAbortHandler)
	}
	answer(w, g.refusal(line))
}

// answer is a whole answer to a push.
func answer(w http.ResponseWriter, packets string) {
	w.Header().Set("Content-Type", "application/x-git-receive-pack-result")
	io.WriteString(w, packets)
}

// held is a response whose last packet is kept back.
type held struct {
	http.ResponseWriter
	to holder
}

// WriteHeader is for http.ResponseWriter.
func (r *held) WriteHeader(status int) {
	if status != http.StatusOK {
		r.to.odd = true
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write is for http.ResponseWriter.
func (r *held) Write(b []byte) (int, error) { return r.to.Write(b) }

// accept judges what a push wants to do and hands it in. It is called by the
// hook, while git keeps the push apart from the repository; the line says why it is refused.
func (x *push) accept(ctx context.Context, a asked) (line string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.asked = true
	if line := x.judge(a); line != "" {
		return line
	}
	x.noWait = slices.Contains(a.Options, noWait)
	return x.submit(ctx, a)
}
