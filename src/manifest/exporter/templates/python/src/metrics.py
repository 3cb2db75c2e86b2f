"""The metrics, and the four ways to make one."""

import platform
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from . import __version__
from .spool import Snapshot, scan


class Metrics(Collector):
    """Every metric of this exporter, in `registry`.

    Nothing here waits for the spool: whoever asks for metrics gets what the last scan saw, at once. A scan that hangs
    shows as `@PREFIX@_up 0` as soon as the last one is older than `max_age` seconds.
    """

    def __init__(self, registry: CollectorRegistry, max_age: float, clock: Callable[[], float] = time.time) -> None:
        self._max_age = max_age
        self._clock = clock
        self._snapshot: Snapshot | None = None
        self._failed = False

        # 1. Set, inc, dec: where something happens, the code says so.
        self._scans = Counter("@PREFIX@_scans_total", "Scans of the spool, by result.", ["result"], registry=registry)
        for result in ("ok", "error"):
            self._scans.labels(result)  # there from the start, so that rate() sees the first one
        self._in_progress = Gauge("@PREFIX@_scans_in_progress", "Scans that run now.", registry=registry)
        self._last_success = Gauge(
            "@PREFIX@_last_success_timestamp_seconds",
            "When the last scan that succeeded began, since 1970.",
            registry=registry,
        )

        # 2. Callback: asked at each scrape, because an age grows by itself.
        oldest = Gauge("@PREFIX@_oldest_file_age_seconds", "Age of the file that has waited longest.", registry=registry)
        oldest.set_function(self._oldest_age)

        # 3. Timer: how long something takes, as a distribution.
        self._duration = Histogram(
            "@PREFIX@_scan_duration_seconds",
            "How long scans take.",
            buckets=(0.001, 0.01, 0.1, 0.5, 1, 5, 10, 30),
            registry=registry,
        )

        # 4. Custom collector: `collect` below makes its metrics anew, so that a queue that is gone is gone.
        registry.register(self)

        Info("@PREFIX@_build", "What runs here.", registry=registry).info(
            {"version": __version__, "python_version": platform.python_version()}
        )

    def scan(self, folder: Path) -> Snapshot:
        """Scans the spool and counts that; raises what the scan raises."""
        self._in_progress.inc()
        try:
            with self._duration.time():
                snapshot = scan(folder, self._clock())
        except Exception:
            self._failed = True
            self._scans.labels("error").inc()
            raise
        finally:
            self._in_progress.dec()
        self._snapshot, self._failed = snapshot, False
        self._scans.labels("ok").inc()
        self._last_success.set(snapshot.taken)
        return snapshot

    def collect(self) -> Iterator[Metric]:
        snapshot = self._snapshot
        fresh = snapshot is not None and self._clock() - snapshot.taken <= self._max_age
        up = fresh and not self._failed
        yield GaugeMetricFamily("@PREFIX@_up", "Whether the last scan succeeded and is recent.", value=float(up))
        files = GaugeMetricFamily("@PREFIX@_queue_files", "Files that wait, by queue.", labels=["queue"])
        size = GaugeMetricFamily("@PREFIX@_queue_bytes", "Bytes that wait, by queue.", labels=["queue"])
        for name, queue in snapshot.queues.items() if snapshot else ():
            files.add_metric([name], queue.files)
            size.add_metric([name], queue.bytes)
        yield files
        yield size

    def _oldest_age(self) -> float:
        oldest = self._snapshot.oldest if self._snapshot else None
        return 0.0 if oldest is None else max(0.0, self._clock() - oldest)
