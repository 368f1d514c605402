package service

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/internal/queue"
)

// TestStreamsAreNotSlow follows a run for minutes: the histogram of answers has when the stream began,
// and all of the time of any other answer.
func TestStreamsAreNotSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rest := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second) // of the bubble's clock
			if strings.Contains(r.URL.Path, "/nobodys/") {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			w.WriteHeader(http.StatusOK)
			time.Sleep(188 * time.Second) // the same
		})
		_, requests := registry(&queue.Queue{}, nil)
		h := routes(nil, requests, nil, rest)
		get := func(path string) {
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/api/v1/courses/net/submissions/"+path, nil))
		}
		get("1/events")
		get("2/events")
		get("nobodys/events")
		text := scrape(t, requests)
		require.Contains(t, text, `wiregrade_http_seconds_sum{code="200",method="get"} 2`+"\n")
		require.Contains(t, text, `wiregrade_http_seconds_sum{code="404",method="get"} 1`+"\n", "a stream that is refused")
		get("1/runs")
		require.Contains(t, scrape(t, requests), `wiregrade_http_seconds_sum{code="200",method="get"} 191`+"\n")
	})
}
