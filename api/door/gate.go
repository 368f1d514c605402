package door

import (
	"math"
	"net/http"
	"time"

	"github.com/go-chi/httprate"
)

// A Gate bounds what a minute may bring: requests of a person, whichever of
// their tokens they use, and of an address those by nobody and by wrong tokens, of
// which anybody can make up as many as they like. The address is the
// connection's: a header that anybody can write is not asked.
type Gate struct {
	people, wrong, bare *httprate.RateLimiter
	right               *httprate.RateLimiter // limits nothing: tokens that were right lately
	most                int
}

// NewGate makes a gate for so many requests a minute of one person, as many wrong
// tokens of one address, and ten times as many requests without a token.
func NewGate(rate int) *Gate {
	return &Gate{
		people: httprate.NewRateLimiter(rate, time.Minute), wrong: httprate.NewRateLimiter(rate, time.Minute),
		bare: httprate.NewRateLimiter(10*rate, time.Minute), right: httprate.NewRateLimiter(math.MaxInt32, time.Minute), most: rate,
	}
}

// Bare counts a request by nobody, and says whether it is answered.
func (g *Gate) Bare(w http.ResponseWriter, r *http.Request) bool {
	return !g.bare.OnLimit(w, r, address(r))
}

// Ask says whether a token is looked up. It is not after too many wrong ones from
// this address, unless it was right lately: nobody locks out those behind the same router.
func (g *Gate) Ask(w http.ResponseWriter, r *http.Request, token string) bool {
	if token == "" {
		return g.Bare(w, r)
	}
	if _, n, err := g.wrong.Status(address(r)); err == nil && n+1 <= float64(g.most) {
		return true
	}
	if _, n, err := g.right.Status(token); err == nil && n > 0 {
		return true
	}
	w.Header().Set("Retry-After", "60")
	return false
}

// Wrong counts a token that was looked up and is nobody's.
func (g *Gate) Wrong(w http.ResponseWriter, r *http.Request, token string) {
	if token != "" {
		g.wrong.OnLimit(w, r, address(r))
	}
}

// Right counts a request of a person by a token of theirs, and says whether it is answered.
func (g *Gate) Right(w http.ResponseWriter, r *http.Request, person, token string) bool {
	g.right.OnLimit(w, r, token)
	return !g.people.OnLimit(w, r, person)
}

func address(r *http.Request) string {
	key, _ := httprate.KeyByIP(r) // it has no error to give
	return key
}
