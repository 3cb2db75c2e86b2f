package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// clock starts at 1,000,000 seconds since 1970.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func fixture() (*prometheus.Registry, *metrics, *clock) {
	registry, clock := prometheus.NewRegistry(), &clock{time.Unix(1_000_000, 0)}
	return registry, newMetrics(registry, time.Minute, clock.Now), clock
}

// check compares the metrics of these names with their text.
func check(t *testing.T, registry *prometheus.Registry, want string, names ...string) {
	t.Helper()
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
}

func checkUp(t *testing.T, registry *prometheus.Registry, up string) {
	t.Helper()
	check(t, registry, `
# HELP @PREFIX@_up Whether the last scan succeeded and is recent.
# TYPE @PREFIX@_up gauge
@PREFIX@_up `+up+"\n", "@PREFIX@_up")
}

func TestAScanSetsEveryKindOfMetric(t *testing.T) {
	registry, metrics, clock := fixture()
	if _, err := metrics.scan(spool(t)); err != nil {
		t.Fatal(err)
	}
	clock.now = clock.now.Add(20 * time.Second)
	check(t, registry, `
# HELP @PREFIX@_last_success_timestamp_seconds When the last scan that succeeded began, since 1970.
# TYPE @PREFIX@_last_success_timestamp_seconds gauge
@PREFIX@_last_success_timestamp_seconds 1e+06
# HELP @PREFIX@_oldest_file_age_seconds Age of the file that has waited longest.
# TYPE @PREFIX@_oldest_file_age_seconds gauge
@PREFIX@_oldest_file_age_seconds 120
# HELP @PREFIX@_queue_bytes Bytes that wait, by queue.
# TYPE @PREFIX@_queue_bytes gauge
@PREFIX@_queue_bytes{queue="in"} 5
@PREFIX@_queue_bytes{queue="out"} 0
# HELP @PREFIX@_queue_files Files that wait, by queue.
# TYPE @PREFIX@_queue_files gauge
@PREFIX@_queue_files{queue="in"} 2
@PREFIX@_queue_files{queue="out"} 0
# HELP @PREFIX@_scans_in_progress Scans that run now.
# TYPE @PREFIX@_scans_in_progress gauge
@PREFIX@_scans_in_progress 0
# HELP @PREFIX@_scans_total Scans of the spool, by result.
# TYPE @PREFIX@_scans_total counter
@PREFIX@_scans_total{result="error"} 0
@PREFIX@_scans_total{result="ok"} 1
`, "@PREFIX@_last_success_timestamp_seconds", "@PREFIX@_oldest_file_age_seconds", "@PREFIX@_queue_bytes",
		"@PREFIX@_queue_files", "@PREFIX@_scans_in_progress", "@PREFIX@_scans_total")
	checkUp(t, registry, "1")
	problems, err := testutil.GatherAndLint(registry)
	if err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
}

func TestUpIs0BeforeTheFirstScanAndAfterAFailedOne(t *testing.T) {
	registry, metrics, _ := fixture()
	checkUp(t, registry, "0")
	if _, err := metrics.scan(spool(t)); err != nil {
		t.Fatal(err)
	}
	checkUp(t, registry, "1")
	if _, err := metrics.scan(filepath.Join(t.TempDir(), "nowhere")); err == nil {
		t.Fatal("no error")
	}
	checkUp(t, registry, "0")
}

func TestUpIs0WhenScansHang(t *testing.T) {
	registry, metrics, clock := fixture()
	if _, err := metrics.scan(spool(t)); err != nil {
		t.Fatal(err)
	}
	clock.now = clock.now.Add(61 * time.Second)
	checkUp(t, registry, "0")
}

func TestAQueueThatIsGoneIsGone(t *testing.T) {
	registry, metrics, _ := fixture()
	folder := spool(t)
	if _, err := metrics.scan(folder); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(folder, "out")); err != nil {
		t.Fatal(err)
	}
	if _, err := metrics.scan(folder); err != nil {
		t.Fatal(err)
	}
	if count, err := testutil.GatherAndCount(registry, "@PREFIX@_queue_files"); count != 1 || err != nil {
		t.Error(count, err)
	}
}
