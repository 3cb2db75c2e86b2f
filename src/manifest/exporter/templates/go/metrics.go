package main

import (
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// version is set by the build: -ldflags "-X main.version=1.2.3".
var version = "dev"

// metrics has every metric of this exporter, and shows the four ways to make one.
//
// Nothing here waits for the spool: whoever asks for metrics gets what the last scan saw, at once. A scan that hangs
// shows as @PREFIX@_up 0 as soon as the last one is older than maxAge.
type metrics struct {
	maxAge time.Duration
	now    func() time.Time

	mu     sync.Mutex // guards what follows
	last   *snapshot  // of the last scan that succeeded
	failed bool       // whether the last scan failed

	scans       *prometheus.CounterVec
	inProgress  prometheus.Gauge
	lastSuccess prometheus.Gauge
	duration    prometheus.Histogram
	up          *prometheus.Desc
	queueFiles  *prometheus.Desc
	queueBytes  *prometheus.Desc
}

func newMetrics(registry prometheus.Registerer, maxAge time.Duration, now func() time.Time) *metrics {
	m := &metrics{maxAge: maxAge, now: now}

	// 1. Set, inc, dec: where something happens, the code says so.
	m.scans = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "@PREFIX@_scans_total",
		Help: "Scans of the spool, by result.",
	}, []string{"result"})
	for _, result := range []string{"ok", "error"} {
		m.scans.WithLabelValues(result) // there from the start, so that rate() sees the first one
	}
	m.inProgress = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "@PREFIX@_scans_in_progress",
		Help: "Scans that run now.",
	})
	m.lastSuccess = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "@PREFIX@_last_success_timestamp_seconds",
		Help: "When the last scan that succeeded began, since 1970.",
	})

	// 2. Callback: asked at each scrape, because an age grows by itself.
	oldest := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "@PREFIX@_oldest_file_age_seconds",
		Help: "Age of the file that has waited longest.",
	}, m.oldestAge)

	// 3. Timer: how long something takes, as a distribution.
	m.duration = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "@PREFIX@_scan_duration_seconds",
		Help:    "How long scans take.",
		Buckets: []float64{0.001, 0.01, 0.1, 0.5, 1, 5, 10, 30},
	})

	// 4. Custom collector: Describe and Collect below make these anew, so that a queue that is gone is gone.
	m.up = prometheus.NewDesc("@PREFIX@_up", "Whether the last scan succeeded and is recent.", nil, nil)
	m.queueFiles = prometheus.NewDesc("@PREFIX@_queue_files", "Files that wait, by queue.", []string{"queue"}, nil)
	m.queueBytes = prometheus.NewDesc("@PREFIX@_queue_bytes", "Bytes that wait, by queue.", []string{"queue"}, nil)

	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "@PREFIX@_build_info",
		Help:        "What runs here.",
		ConstLabels: prometheus.Labels{"version": version, "go_version": runtime.Version()},
	})
	build.Set(1)

	registry.MustRegister(m.scans, m.inProgress, m.lastSuccess, oldest, m.duration, build, m)
	return m
}

// scan scans the spool and counts that.
func (m *metrics) scan(folder string) (*snapshot, error) {
	m.inProgress.Inc()
	defer m.inProgress.Dec()
	timer := prometheus.NewTimer(m.duration)
	found, err := scanSpool(folder, m.now())
	timer.ObserveDuration()

	m.mu.Lock()
	defer m.mu.Unlock()
	m.failed = err != nil
	if err != nil {
		m.scans.WithLabelValues("error").Inc()
		return nil, err
	}
	m.last = found
	m.scans.WithLabelValues("ok").Inc()
	m.lastSuccess.Set(seconds(found.taken))
	return found, nil
}

// Describe says which metrics Collect makes.
func (m *metrics) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- m.up
	descriptions <- m.queueFiles
	descriptions <- m.queueBytes
}

// Collect makes them of the last snapshot, which nobody changes once it is there.
func (m *metrics) Collect(found chan<- prometheus.Metric) {
	last, failed := m.state()
	up := 0.0
	if last != nil && !failed && m.now().Sub(last.taken) <= m.maxAge {
		up = 1
	}
	found <- prometheus.MustNewConstMetric(m.up, prometheus.GaugeValue, up)
	if last == nil {
		return
	}
	for name, queue := range last.queues {
		found <- prometheus.MustNewConstMetric(m.queueFiles, prometheus.GaugeValue, float64(queue.files), name)
		found <- prometheus.MustNewConstMetric(m.queueBytes, prometheus.GaugeValue, float64(queue.bytes), name)
	}
}

func (m *metrics) oldestAge() float64 {
	last, _ := m.state()
	if last == nil || last.oldest.IsZero() {
		return 0
	}
	return max(0, m.now().Sub(last.oldest).Seconds())
}

func (m *metrics) state() (*snapshot, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last, m.failed
}

// seconds since 1970, as Prometheus has its times.
func seconds(t time.Time) float64 {
	return float64(t.UnixNano()) / 1e9
}
