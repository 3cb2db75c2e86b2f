from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from @PKG@.metrics import Metrics


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry, clock: Clock) -> Metrics:
    return Metrics(registry, max_age=60, clock=clock)


def test_a_scan_sets_every_kind_of_metric(
    metrics: Metrics, registry: CollectorRegistry, clock: Clock, spool: Path
) -> None:
    metrics.scan(spool)
    clock.now += 20
    for name, labels, value in [
        ("scans_total", {"result": "ok"}, 1),
        ("scans_total", {"result": "error"}, 0),
        ("scans_in_progress", {}, 0),
        ("last_success_timestamp_seconds", {}, 1_000_000),
        ("oldest_file_age_seconds", {}, 120),
        ("scan_duration_seconds_count", {}, 1),
        ("queue_files", {"queue": "in"}, 2),
        ("queue_bytes", {"queue": "in"}, 5),
        ("queue_files", {"queue": "out"}, 0),
        ("up", {}, 1),
    ]:
        assert registry.get_sample_value(f"@PREFIX@_{name}", labels) == value, name


def test_up_is_0_before_the_first_scan_and_after_a_failed_one(
    metrics: Metrics, registry: CollectorRegistry, spool: Path
) -> None:
    assert registry.get_sample_value("@PREFIX@_up") == 0
    metrics.scan(spool)
    with pytest.raises(FileNotFoundError):
        metrics.scan(spool / "nowhere")
    assert registry.get_sample_value("@PREFIX@_up") == 0
    assert registry.get_sample_value("@PREFIX@_scans_total", {"result": "error"}) == 1
    assert registry.get_sample_value("@PREFIX@_scans_in_progress") == 0


def test_up_is_0_when_scans_hang(metrics: Metrics, registry: CollectorRegistry, clock: Clock, spool: Path) -> None:
    metrics.scan(spool)
    clock.now += 61
    assert registry.get_sample_value("@PREFIX@_up") == 0


def test_a_queue_that_is_gone_is_gone(metrics: Metrics, registry: CollectorRegistry, spool: Path) -> None:
    metrics.scan(spool)
    (spool / "out").rmdir()
    metrics.scan(spool)
    assert registry.get_sample_value("@PREFIX@_queue_files", {"queue": "out"}) is None
