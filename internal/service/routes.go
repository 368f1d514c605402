package service

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/wiregrade/wiregrade/api"
	"github.com/wiregrade/wiregrade/api/githost"
	"github.com/wiregrade/wiregrade/internal/postgres"
)

// routes is everything that the service answers people: the API, git, and whether it is well.
func routes(s *postgres.Store, requests *prometheus.HistogramVec, repositories *githost.Host, rest http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(api.Prefix+"/", promhttp.InstrumentHandlerDuration(requests, rest))
	// A stream of events lasts as long as a run and its wait: what counts is when it begins, or is refused.
	// Pushes, whose answer does so too, are not counted.
	mux.Handle("GET "+api.Prefix+"/courses/{course}/submissions/{submission}/events", promhttp.InstrumentHandlerTimeToWriteHeader(requests, rest))
	if repositories != nil {
		mux.Handle(githost.Prefix, repositories)
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if s.Ping(ctx) != nil {
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return impatient(mux)
}

// leftover is how long what a request has still to send may take once it is answered.
const leftover = 5 * time.Second

// impatient bounds what net/http reads of a body after the answer, so as to
// use the connection again: without, who is refused and sends nothing more holds it for ever.
// A deadline from the start would cancel whoever follows a stream.
func impatient(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { http.NewResponseController(w).SetReadDeadline(time.Now().Add(leftover)) }()
		h.ServeHTTP(w, r)
	})
}
