package door

import (
	"net/http"
	"time"

	"github.com/go-chi/httprate"
)

// A Gate bounds what a minute may bring: requests of a person, whichever of
// their tokens they use, and of an address wrong tokens, of which anybody can make
// up as many as they like, and requests for what no person is asked for. Who shares
// an address is never kept out by others: a token that is right passes whatever its
// address did, and that one is needed is said without counting.
// The address is the connection's: a header that anybody can write is not asked.
type Gate struct {
	people, wrong, bare *httprate.RateLimiter
}

// NewGate makes a gate for so many requests a minute of one person, as many wrong
// tokens of one address, and ten times as many requests for which no person is asked for.
func NewGate(rate int) *Gate {
	return &Gate{
		people: httprate.NewRateLimiter(rate, time.Minute), wrong: httprate.NewRateLimiter(rate, time.Minute),
		bare: httprate.NewRateLimiter(10*rate, time.Minute),
	}
}

// Bare counts a request for which no person is asked for, and says whether it is answered.
func (g *Gate) Bare(w http.ResponseWriter, r *http.Request) bool {
	return !g.bare.OnLimit(w, r, address(r))
}

// Wrong counts a token that is nobody's, and says whether its bearer is told that, or else
// that there were too many. No token at all is not counted: a client of git, and a browser, asks
// without one first, and many share an address.
func (g *Gate) Wrong(w http.ResponseWriter, r *http.Request, token string) bool {
	return token == "" || !g.wrong.OnLimit(w, r, address(r))
}

// Right counts a request of a person, and says whether it is answered.
func (g *Gate) Right(w http.ResponseWriter, r *http.Request, person string) bool {
	return !g.people.OnLimit(w, r, person)
}

func address(r *http.Request) string {
	key, _ := httprate.KeyByIP(r) // it has no error to give
	return key
}
