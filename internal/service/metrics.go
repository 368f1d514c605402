package service

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
)

// DefaultMetrics is where figures for Prometheus are given unless it is said: to this machine only. It
// is an address of its own, since a proxy before the other one comes from this machine, too.
const DefaultMetrics = "127.0.0.1:9464"

// listenMetrics is where figures are asked for; nil where they are not given.
func listenMetrics(o Options) (net.Listener, error) {
	if o.Metrics == "" {
		return nil, nil
	}
	ln, err := net.Listen("tcp", o.Metrics)
	switch {
	case err == nil:
		return ln, nil
	case !o.MetricsSet && errors.Is(err, syscall.EADDRINUSE):
		o.Log.Warn("no figures for Prometheus: the address is taken; choose another with --metrics-listen", "address", o.Metrics)
		return nil, nil
	default:
		return nil, &SettingError{"--metrics-listen", err.Error()}
	}
}

// registry is what there is to know, and where the time that requests take is put.
func registry(q *queue.Queue, suites []string) (*prometheus.Registry, *prometheus.HistogramVec) {
	reg := prometheus.NewRegistry()
	requests := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "wiregrade_http_seconds", Help: "Time to answer requests.", Buckets: []float64{.001, .003, .01, .03, .1, .3, 1, 3, 10},
	}, []string{"method", "code"})
	reg.MustRegister(requests, &figures{q, suites}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return reg, requests
}

// metrics answers Prometheus.
func metrics(reg *prometheus.Registry) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second}))
	return mux
}

var (
	upDesc       = prometheus.NewDesc("wiregrade_database_up", "1 while the database answers; without it there are no figures of the line.", nil, nil)
	waitingDesc  = prometheus.NewDesc("wiregrade_waiting", "Submissions in line, by class: 1 interactive, 2 after the due date, 3 regrade.", []string{"class"}, nil)
	runningDesc  = prometheus.NewDesc("wiregrade_running", "Submissions being graded.", nil, nil)
	strandedDesc = prometheus.NewDesc("wiregrade_stranded", "Submissions in line whose suite no worker alive has.", []string{"suite"}, nil)
	workersDesc  = prometheus.NewDesc("wiregrade_workers", "Workers that are alive.", nil, nil)
	slotsDesc    = prometheus.NewDesc("wiregrade_slots", "Submissions that the workers alive grade at once.", nil, nil)
	runsDesc     = prometheus.NewDesc("wiregrade_runs_total", "Runs that ended, by suite and outcome: graded, fault (ours), lost (their worker went away); replaced are submissions that a newer push kept from being graded.", []string{"suite", "outcome"}, nil)
	gradingDesc  = prometheus.NewDesc("wiregrade_grading_seconds", "Time that runs took that came to a result.", []string{"suite"}, nil)
)

// figures are those that the database has, whatever worker did the work: asked for when they are read.
type figures struct {
	q      *queue.Queue
	suites []string // that there are
}

// Describe is for Prometheus.
func (*figures) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{upDesc, waitingDesc, runningDesc, strandedDesc, workersDesc, slotsDesc, runsDesc, gradingDesc} {
		ch <- d
	}
}

// Collect is for Prometheus.
func (f *figures) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	now, err := f.q.Figures(ctx)
	var tallies []postgres.Tally
	if err == nil {
		tallies, err = f.q.Tallies(ctx)
	}
	if err != nil {
		// What the process knows of itself is wanted all the more.
		gauge(upDesc, 0)
		return
	}
	gauge(upDesc, 1)
	for _, c := range []store.Class{store.Interactive, store.LateClass, store.Regrading} {
		gauge(waitingDesc, float64(now.Waiting[c]), strconv.Itoa(int(c)))
	}
	gauge(runningDesc, float64(now.Running))
	gauge(workersDesc, float64(now.Workers))
	gauge(slotsDesc, float64(now.Slots))
	for suite, n := range zero(f.suites, now.Stranded) {
		gauge(strandedDesc, float64(n), suite)
	}
	count(ch, f.suites, tallies)
}

// zero adds those that have no figure yet: what is not there grows by nothing when it comes, and no alert is raised.
func zero[K comparable, V any](all []K, known map[K]V) map[K]V {
	with := map[K]V{}
	for _, k := range all {
		var none V
		with[k] = none
	}
	maps.Copy(with, known)
	return with
}

// took is how long the runs of a suite took, as Prometheus has it: each bucket with all that are below it.
type took struct {
	runs    uint64
	seconds float64
	buckets map[float64]uint64
}

// count makes counters and histograms of the tallies.
func count(ch chan<- prometheus.Metric, suites []string, tallies []postgres.Tally) {
	type key struct {
		suite   string
		outcome postgres.Outcome
	}
	var all []key
	for _, s := range suites {
		for _, o := range []postgres.Outcome{postgres.OutcomeGraded, postgres.OutcomeFault, postgres.OutcomeLost, postgres.OutcomeReplaced} {
			all = append(all, key{s, o})
		}
	}
	runs := map[key]int64{}
	times := map[string]*took{}
	for _, t := range tallies {
		runs[key{t.Suite, t.Outcome}] += t.Runs
		if t.Outcome != postgres.OutcomeGraded {
			continue
		}
		h := times[t.Suite]
		if h == nil {
			h = &took{buckets: map[float64]uint64{}}
			for _, b := range postgres.TallyBounds {
				h.buckets[b] = 0
			}
			times[t.Suite] = h
		}
		h.runs += uint64(t.Runs)
		h.seconds += t.Seconds
		for _, b := range postgres.TallyBounds {
			if t.Bound <= b {
				h.buckets[b] += uint64(t.Runs)
			}
		}
	}
	for k, n := range zero(all, runs) {
		ch <- prometheus.MustNewConstMetric(runsDesc, prometheus.CounterValue, float64(n), k.suite, string(k.outcome))
	}
	for suite, h := range times {
		ch <- prometheus.MustNewConstHistogram(gradingDesc, h.runs, h.seconds, h.buckets, suite)
	}
}
