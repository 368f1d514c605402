package service

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/wiregrade/wiregrade/api"
	"github.com/wiregrade/wiregrade/api/githost"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
)

// routes is everything that the service answers: the API, git, whether it is well, and figures.
func routes(s *postgres.Store, q *queue.Queue, repositories *githost.Host, rest http.Handler) http.Handler {
	reg := prometheus.NewRegistry()
	requests := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "wiregrade_http_seconds", Help: "Time to answer requests.", Buckets: []float64{.001, .003, .01, .03, .1, .3, 1, 3, 10},
	}, []string{"method", "code"})
	reg.MustRegister(requests, &line{q}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle(api.Prefix+"/", promhttp.InstrumentHandlerDuration(requests, rest))
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
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
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

var (
	waitingDesc = prometheus.NewDesc("wiregrade_waiting", "Submissions in line, by class: 1 interactive, 2 after the due date, 3 regrade.", []string{"class"}, nil)
	runningDesc = prometheus.NewDesc("wiregrade_running", "Submissions being graded.", nil, nil)
)

// A line is the figures of the queue, asked for when they are read.
type line struct{ q *queue.Queue }

// Describe is for Prometheus.
func (*line) Describe(ch chan<- *prometheus.Desc) { ch <- waitingDesc; ch <- runningDesc }

// Collect is for Prometheus.
func (l *line) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	waiting, running, err := l.q.Waiting(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(waitingDesc, err)
		return
	}
	for _, c := range []store.Class{store.Interactive, store.LateClass, store.Regrading} {
		ch <- prometheus.MustNewConstMetric(waitingDesc, prometheus.GaugeValue, float64(waiting[c]), strconv.Itoa(int(c)))
	}
	ch <- prometheus.MustNewConstMetric(runningDesc, prometheus.GaugeValue, float64(running))
}
