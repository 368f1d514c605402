package githost

import (
	"io"
	"net/http"
	"time"
)

// What a client may take its time for. One that sends or reads a byte now and
// then holds a connection until these run out, and nothing else.
const (
	minRate = 4 << 10     // bytes a second, after Options.Slack
	stalled = time.Minute // for one write to be taken
)

// A pace is a response whose every Write reaches the client at once, and a
// request's body that has to come at a pace.
type pace struct {
	http.ResponseWriter
	ctl   *http.ResponseController
	slack time.Duration
	broke bool // the body did not come to its end
}

func (h *Host) pace(w http.ResponseWriter) *pace {
	return &pace{ResponseWriter: w, ctl: http.NewResponseController(w), slack: h.Slack}
}

// Write is for http.ResponseWriter. net/http/cgi does not flush.
func (p *pace) Write(b []byte) (int, error) {
	p.ctl.SetWriteDeadline(time.Now().Add(stalled))
	n, err := p.ResponseWriter.Write(b)
	if err == nil {
		err = p.ctl.Flush()
	}
	return n, err
}

// end lifts the deadlines for the connection's next request.
func (p *pace) end() {
	if !p.broke { // or else the server would wait for the rest of the body
		p.ctl.SetReadDeadline(time.Time{})
	}
	p.ctl.SetWriteDeadline(time.Time{})
}

// body is the request's body under a deadline that what arrives puts off.
func (p *pace) body(r io.ReadCloser) io.ReadCloser {
	return &paced{ReadCloser: r, p: p, start: time.Now()}
}

type paced struct {
	io.ReadCloser
	p     *pace
	start time.Time
	got   int64
}

// Read is for io.Reader.
func (b *paced) Read(buf []byte) (int, error) {
	b.p.ctl.SetReadDeadline(b.start.Add(b.p.slack + time.Duration(b.got)*time.Second/minRate))
	n, err := b.ReadCloser.Read(buf)
	b.got += int64(n)
	if b.p.broke = err != nil && err != io.EOF; err == io.EOF {
		// From here on the server listens for whether the client is still there.
		b.p.ctl.SetReadDeadline(time.Time{})
	}
	return n, err
}
