package service

import (
	"bytes"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/internal/localpg"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
)

// A counted is what count makes of tallies, for a registry.
type counted []postgres.Tally

func (counted) Describe(ch chan<- *prometheus.Desc)   { ch <- runsDesc; ch <- gradingDesc }
func (c counted) Collect(ch chan<- prometheus.Metric) { count(ch, []string{"dns"}, c) }

func scrape(t *testing.T, c prometheus.Collector) string {
	reg := prometheus.NewRegistry()
	require.NoError(t, reg.Register(c))
	w := httptest.NewRecorder()
	metrics(reg).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	require.Equal(t, 200, w.Code, w.Body.String())
	return w.Body.String()
}

func TestCount(t *testing.T) {
	t.Parallel()
	text := scrape(t, counted{
		{Suite: "dns", Outcome: postgres.OutcomeFault, Bound: 1, Runs: 2, Seconds: 1},
		{Suite: "dns", Outcome: postgres.OutcomeGraded, Bound: 2, Runs: 3, Seconds: 5},
		{Suite: "dns", Outcome: postgres.OutcomeGraded, Bound: 30, Runs: 1, Seconds: 25},
		{Suite: "dns", Outcome: postgres.OutcomeGraded, Bound: math.Inf(1), Runs: 1, Seconds: 900},
		{Suite: "http", Outcome: postgres.OutcomeReplaced, Bound: 0, Runs: 7},
	})
	for _, line := range []string{
		`wiregrade_runs_total{outcome="fault",suite="dns"} 2`, `wiregrade_runs_total{outcome="graded",suite="dns"} 5`, `wiregrade_runs_total{outcome="replaced",suite="http"} 7`, `wiregrade_runs_total{outcome="lost",suite="dns"} 0`,
		`wiregrade_grading_seconds_bucket{suite="dns",le="1"} 0`, `wiregrade_grading_seconds_bucket{suite="dns",le="2"} 3`, `wiregrade_grading_seconds_bucket{suite="dns",le="20"} 3`,
		`wiregrade_grading_seconds_bucket{suite="dns",le="30"} 4`, `wiregrade_grading_seconds_bucket{suite="dns",le="600"} 4`, `wiregrade_grading_seconds_bucket{suite="dns",le="+Inf"} 5`,
		`wiregrade_grading_seconds_sum{suite="dns"} 930`, `wiregrade_grading_seconds_count{suite="dns"} 5`,
	} {
		require.Contains(t, text, line+"\n")
	}
}

// TestDatabaseAway asks while the database does not answer: that is told, and is no error of the page.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	c, err := localpg.Start(t.Context(), localpg.Options{Dir: filepath.Join(dir, "pg"), Forgetful: true})
	require.NoError(t, err)
	defer c.Stop()
	_, err = postgres.Migrate(t.Context(), c.URL(""))
	require.NoError(t, err)
	s, err := postgres.Open(t.Context(), c.URL(""))
	require.NoError(t, err)
	defer s.Close()
	q, err := queue.New(s)
	require.NoError(t, err)
	require.Contains(t, scrape(t, &figures{q, []string{"tiny"}}), "wiregrade_database_up 1\n")
	require.NoError(t, c.Stop())
	text := scrape(t, &figures{q, nil})
	require.Contains(t, text, "wiregrade_database_up 0\n")
	require.NotContains(t, text, "wiregrade_waiting")
}

// TestTakenAddress has the address of the figures taken: the default is done without, one that was chosen is an error.
func TestTakenAddress(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	var log bytes.Buffer
	ln, err := listenMetrics(Options{Metrics: taken.Addr().String(), Log: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	require.Nil(t, ln)
	require.Contains(t, log.String(), "--metrics-listen")
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	_, err = listenMetrics(Options{Metrics: taken.Addr().String(), MetricsSet: true, Log: quiet})
	var setting *SettingError
	require.ErrorAs(t, err, &setting)
	require.Equal(t, "--metrics-listen", setting.Setting)
	ln, err = listenMetrics(Options{Log: quiet})
	require.NoError(t, err)
	require.Nil(t, ln)
}
